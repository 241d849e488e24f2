//! What a list asks of a tenant, whichever part of it is shown: the key under which totals and the
//! starts of pages are remembered while nothing changes.

use domain::listing::{Filter, ListQuery};

use crate::store::Schema;
use crate::tenant::Tenant;

/// Which records are listed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Question {
    tenant: i64,
    resource: &'static str,
    filters: Vec<Filter>,
    search: Vec<String>,
    include_deleted: bool,
}

impl Question {
    pub(super) fn of(tenant: &Tenant, schema: &Schema, query: &ListQuery) -> Self {
        Self {
            tenant: tenant.key(),
            resource: schema.resource.name,
            filters: query.filters.clone(),
            search: query.search.clone(),
            include_deleted: query.include_deleted,
        }
    }
}

/// Whether the answer stays the same while the tenant's sequence does. A log has rows of acts that are
/// no changes, and loses old ones; and a derived status changes as time passes.
pub(super) fn is_lasting(schema: &Schema, query: &ListQuery) -> bool {
    let position = schema.resource.derived.and_then(|rule| schema.resource.position(rule.field));
    let derived = query.filters.iter().any(|filter| Some(filter.position) == position);
    schema.resource.is_versioned() && !derived
}
