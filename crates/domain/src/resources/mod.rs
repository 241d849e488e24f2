//! The resources of the product: members, events and courses (domain §3–§5), and what the server keeps
//! about them: settings and logs.
//!
//! Each has a definition and a file of rules. This module never knows how records are read, stored or
//! shown: the machinery does that from the definitions.

mod audit_log;
mod common;
mod course;
mod delivery;
mod event;
mod integration;
mod member;
mod sync_log;
#[cfg(test)]
mod testing;
mod webhook;

pub use audit_log::AUDIT_LOG;
pub use course::COURSE;
pub use delivery::{DELIVERY, FAILED, PENDING, SUCCEEDED};
pub use event::EVENT;
pub use integration::{EXTERNAL, INTEGRATION, LATEST_WINS, MEMBERPULSE};
pub use member::MEMBER;
pub use sync_log::{SYNC_LOG, sync_words};
pub use webhook::{WARNED_AFTER as WEBHOOK_WARNED_AFTER, WEBHOOK};

use crate::definition::{Registry, Resource};

/// The resources that the server knows.
pub const REGISTRY: Registry = Registry::new(RESOURCES);

const RESOURCES: &[&Resource] = &[&MEMBER, &EVENT, &COURSE];

/// What every server has beside its resources: how tenants have set things up, and the logs of what
/// happened.
pub const OWN: Registry = Registry::new(OWN_LIST);

const OWN_LIST: &[&Resource] = &[&WEBHOOK, &DELIVERY, &INTEGRATION, &SYNC_LOG, &AUDIT_LOG];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Field, Kind};
    use crate::input::{Context, Mode, apply};
    use crate::json;

    /// Where the tables of [`OWN`] are made.
    const SYSTEM: &str = concat!(
        include_str!("../../../../migrations/0001_core.sql"),
        include_str!("../../../../migrations/0006_webhooks.sql"),
        include_str!("../../../../migrations/0007_integrations.sql"),
        include_str!("../../../../migrations/0008_sync.sql"),
        include_str!("../../../../migrations/0009_webhook_health.sql"),
    );
    const MIGRATION: &str = include_str!("../../../../migrations/0002_resources.sql");

    #[test]
    fn the_definitions_have_no_mistakes() {
        assert_eq!(REGISTRY.mistakes(), Vec::<String>::new());
        assert_eq!(OWN.mistakes(), Vec::<String>::new());
    }

    #[test]
    fn the_examples_make_a_valid_record_which_shows_them_again() {
        let context = Context { integration: true, ..testing::context() };
        for resource in REGISTRY.iter() {
            let example = |field: &Field| json::parse(field.example.as_bytes()).unwrap();
            let writable = resource.fields.iter().filter(|field| !field.read_only);
            let body = writable.map(|field| (field.name.to_owned(), example(field))).collect();
            let record = apply(resource, None, &body, Mode::Create, &context).unwrap();
            for (position, field) in resource.fields.iter().enumerate() {
                if !field.read_only || field.name == "duration" {
                    let shown = json::to_json(field.kind, record.at(position));
                    assert_eq!(shown, example(field), "{}.{}", resource.name, field.name);
                }
            }
        }
    }

    #[test]
    fn every_field_of_every_list_item_is_documented() {
        for field in REGISTRY.iter().flat_map(|resource| resource.fields) {
            let Kind::Objects { fields, .. } = field.kind else { continue };
            for inner in fields {
                assert!(!inner.doc.is_empty(), "{}[].{}", field.name, inner.name);
                let example = serde_json::from_str::<serde_json::Value>(inner.example);
                assert!(example.is_ok(), "{}[].{}", field.name, inner.name);
            }
        }
    }

    /// What the migration must say of a field: its column, and the folded twin if it has one.
    fn columns(field: &Field) -> Vec<String> {
        let token = match field.kind {
            Kind::Id => "{uuid}",
            Kind::Boolean => "{bool}",
            Kind::Timestamp => "{int}",
            kind if kind.is_numeric() => "{int}",
            _ => "{text}",
        };
        let null = if field.nullable { "" } else { " NOT NULL" };
        let column = field.column();
        let mut lines = vec![format!("{column} {token}{null}")];
        if field.folded {
            lines.push(format!("{column}_folded {{text}}{null}"));
        }
        lines
    }

    #[test]
    fn the_tables_are_those_of_the_definitions() {
        for resource in REGISTRY.iter() {
            let start = format!("CREATE TABLE {} (\n", resource.plural);
            let (_, table) = MIGRATION.split_once(&start).unwrap();
            let (table, _) = table.split_once("\n)").unwrap();
            let found: Vec<&str> = table.lines().map(|line| line.trim().trim_end_matches(',')).collect();
            let mut expected = vec!["tenant {int} NOT NULL".to_owned()];
            expected.extend(resource.fields.iter().flat_map(columns));
            expected.push("PRIMARY KEY (tenant, id)".to_owned());
            assert_eq!(found, expected, "{}", resource.plural);
        }
    }

    #[test]
    fn the_servers_own_tables_have_the_columns_of_the_definitions() {
        for log in OWN.iter() {
            let (_, table) = SYSTEM.split_once(&format!("CREATE TABLE {} (\n", log.table())).unwrap();
            let (table, _) = table.split_once("\n)").unwrap();
            for line in log.fields.iter().flat_map(columns) {
                let added = format!("ALTER TABLE {} ADD COLUMN {line}", log.table());
                let is_there = table.contains(&format!("    {line},\n")) || SYSTEM.contains(&added);
                assert!(is_there, "{}: {line}", log.name);
            }
        }
    }

    #[test]
    fn every_unique_field_has_a_unique_index_of_its_tenant() {
        for resource in REGISTRY.iter() {
            for field in resource.fields.iter().filter(|field| field.unique) {
                let table = resource.plural;
                let column = field.column();
                let key = if field.folded { format!("{column}_folded") } else { column.clone() };
                let index = format!("CREATE UNIQUE INDEX {table}_{column} ON {table} (tenant, {key});");
                assert!(MIGRATION.contains(&index), "{index}");
            }
        }
    }
}
