//! The statements that belong to no tenant or come before one is known, and the fixed ones that do, by subject.
//! All are listed, so that a test can prepare each on both engines and check its scope.

mod answers;
mod deliveries;
mod history;
mod imports;
mod keys;
mod organisations;
mod overview;
mod personal_data;
mod schedule;
mod secrets;
mod users;
mod webhooks;

use std::sync::LazyLock;

use domain::definition::Registry;
use domain::resources::OWN;

use super::integrations;
use super::schema::Schema;
use super::scope::TenantSql;
pub(crate) use answers::*;
pub(crate) use deliveries::*;
pub(crate) use history::*;
pub(crate) use imports::*;
pub(crate) use keys::*;
pub(crate) use organisations::*;
pub(crate) use overview::*;
pub(crate) use personal_data::*;
pub(crate) use schedule::*;
pub(crate) use secrets::*;
pub(crate) use webhooks::*;

/// Statements outside any tenant: each subject adds its own.
pub(crate) struct System;

// A subject whose list is missing here is found by the compiler, as one that nothing uses.
const OUTSIDE: &[&[&str]] = &[
    answers::OUTSIDE,
    history::OUTSIDE,
    keys::OUTSIDE,
    organisations::OUTSIDE,
    schedule::OUTSIDE,
    secrets::OUTSIDE,
    users::OUTSIDE,
    webhooks::OUTSIDE,
];
static SCOPED: &[&[&LazyLock<TenantSql>]] = &[
    answers::SCOPED,
    deliveries::SCOPED,
    history::SCOPED,
    imports::SCOPED,
    integrations::SCOPED,
    keys::SCOPED,
    organisations::SCOPED,
    overview::SCOPED,
    personal_data::SCOPED,
    schedule::SCOPED,
    secrets::SCOPED,
    webhooks::SCOPED,
];

/// A statement as a test sees it.
#[derive(Clone, Debug)]
pub struct StatementText {
    /// The SQL.
    pub text: String,
    /// Whether it is bound to a tenant.
    pub scoped: bool,
}

/// Every statement of the product but those of lists and updates, whose shape depends on the request.
#[must_use]
pub fn statements(registry: Registry) -> Vec<StatementText> {
    let outside = OUTSIDE.concat().into_iter();
    let outside = outside.map(|text| StatementText { text: text.to_owned(), scoped: false });
    let due = registry.iter().filter_map(due_statement);
    let due = due.map(|text| StatementText { text, scoped: false });
    let of_resources = registry.iter().flat_map(|resource| {
        let schema = Schema::new(resource);
        let update = TenantSql::update(&resource.table(), "version = ?", "AND id = ?");
        let all = [
            schema.get,
            schema.some,
            schema.insert,
            schema.delete,
            schema.insert_term,
            schema.delete_term,
            update,
        ];
        all.into_iter().chain(schema.find_same).chain(schema.get_by.into_iter().map(|(_, sql)| sql))
    });
    let of_own = OWN.iter().flat_map(|resource| {
        let schema = Schema::new(resource);
        // Settings have nothing that is searched for, and rows of logs are written by statements of their own.
        let written = resource.is_versioned().then_some([schema.insert, schema.delete]);
        let unique = schema.find_same.into_iter().chain(schema.get_by.into_iter().map(|(_, sql)| sql));
        [schema.get].into_iter().chain(written.into_iter().flatten()).chain(unique)
    });
    let fixed = SCOPED.concat().into_iter().map(|sql| TenantSql::clone(sql));
    let scoped = fixed.chain(of_resources).chain(of_own);
    let scoped = scoped.map(|sql| StatementText { text: sql.text().to_owned(), scoped: true });
    outside.chain(due).chain(scoped).collect()
}
