//! The schema's history, in order. Append only: a migration that was released never changes.

use db::{Migration, MigrationSql};

macro_rules! migration {
    ($version:literal, $name:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: MigrationSql::Both(include_str!(concat!("../../../migrations/", $name, ".sql"))),
        }
    };
}

/// All migrations, oldest first.
#[must_use]
pub fn migrations() -> Vec<Migration> {
    vec![
        migration!(1, "0001_core"),
        migration!(2, "0002_resources"),
        migration!(3, "0003_trust"),
        migration!(4, "0004_audit"),
        migration!(5, "0005_staff"),
        migration!(6, "0006_webhooks"),
        migration!(7, "0007_integrations"),
        migration!(8, "0008_sync"),
        migration!(9, "0009_webhook_health"),
        migration!(10, "0010_imports"),
        migration!(11, "0011_traffic"),
    ]
}
