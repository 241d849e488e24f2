//! Totals of lists, counted once per change of the tenant and not once per request (quality.md).

use db::{Param, Weight};
use domain::listing::{Filter, ListQuery};
use quick_cache::sync::Cache;

use crate::app::App;
use crate::failure::Failure;
use crate::store::{Schema, System, render_count};
use crate::tenant::Tenant;

/// Totals with the sequence number of the tenant at which they were counted.
pub(crate) struct CountCache(Cache<Question, (i64, u64)>);

/// What was counted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Question {
    tenant: i64,
    resource: &'static str,
    filters: Vec<Filter>,
    search: Vec<String>,
    include_deleted: bool,
}

impl CountCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

impl App {
    /// How many records of the tenant the filters match.
    pub(super) async fn count(
        &self,
        tenant: &Tenant,
        schema: &Schema,
        query: &ListQuery,
    ) -> Result<u64, Failure> {
        let question = Question {
            tenant: tenant.key(),
            resource: schema.resource.name,
            filters: query.filters.clone(),
            search: query.search.clone(),
            include_deleted: query.include_deleted,
        };
        // Read before counting: a change in between makes the total newer than its number says,
        // which costs one more count and never shows an old total.
        let sequence = self.sequence(tenant).await?;
        // A log has rows of acts that are no changes, and loses old ones: its sequence tells nothing.
        let lasting = schema.resource.is_versioned() && !depends_on_time(schema, query);
        if lasting
            && let Some((counted_at, total)) = self.counts().0.get(&question)
            && counted_at == sequence
        {
            return Ok(total);
        }
        let statement = render_count(schema, query, self.now());
        let mut total = 0;
        let each = |row: &db::Row<'_>| {
            total = row.integer(0)?;
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &statement.sql, statement.params, each).await?;
        let total = u64::try_from(total).unwrap_or(0);
        if lasting {
            self.counts().0.insert(question, (sequence, total));
        }
        Ok(total)
    }

    /// The number of the tenant's last change.
    pub(crate) async fn sequence(&self, tenant: &Tenant) -> Result<i64, Failure> {
        let params = [Param::Integer(tenant.key())];
        let sequence =
            self.db().optional(Weight::Short, System::SEQUENCE, &params, |row| row.integer(0)).await?;
        sequence.ok_or_else(|| Failure::internal("the tenant's row is missing"))
    }
}

/// Whether the answer changes as time passes: a derived status is asked for.
fn depends_on_time(schema: &Schema, query: &ListQuery) -> bool {
    let position = schema.resource.derived.and_then(|rule| schema.resource.position(rule.field));
    query.filters.iter().any(|filter| Some(filter.position) == position)
}
