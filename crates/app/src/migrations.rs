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
        migration!(12, "0012_webhook_since"),
    ]
}

/// The rule of CONTRIBUTING.md that lets old and new servers run beside each other.
#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Made before there was a release that anybody could upgrade from.
    const BEFORE_RELEASES: u32 = 11;

    /// What an older program, or a busy database, does not bear.
    fn fault(name: &str, sql: &str) -> Option<String> {
        let text: String =
            sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join(" ");
        let words =
            |statement: &str| statement.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_uppercase();
        let statements: Vec<String> = text.split(';').map(words).filter(|it| !it.is_empty()).collect();
        let mut own = BTreeSet::new();
        for statement in &statements {
            if let Some(table) = statement.strip_prefix("CREATE TABLE ") {
                own.insert(table.split([' ', '(']).next().unwrap_or_default());
            }
            let on_own = own.iter().any(|table| {
                [format!(" ON {table} "), format!(" ON {table}(")].iter().any(|it| statement.contains(it))
            });
            let takes_away = ["DROP TABLE", "DROP COLUMN", "RENAME ", "ALTER COLUMN", "ADD CONSTRAINT"];
            let takes_away = takes_away.iter().any(|it| statement.contains(it))
                || (statement.contains("ADD COLUMN")
                    && statement.contains("NOT NULL")
                    && !statement.contains("DEFAULT"))
                || (statement.starts_with("CREATE UNIQUE INDEX") && !on_own);
            if takes_away && !name.split('_').any(|word| word == "contract") {
                return Some(format!("older programs may use what this changes: {statement}"));
            }
            let builds =
                statement.starts_with("CREATE INDEX") || statement.starts_with("CREATE UNIQUE INDEX");
            if builds && !on_own && !statement.contains("CONCURRENTLY") {
                return Some(format!("this locks a table that may be large: {statement}"));
            }
        }
        None
    }

    #[test]
    fn migrations_let_older_programs_go_on() {
        for migration in migrations().into_iter().filter(|it| it.version > BEFORE_RELEASES) {
            // The embedded database has one program and no locks that matter.
            let (MigrationSql::Both(sql) | MigrationSql::Split { postgres: sql, .. }) = migration.sql;
            assert_eq!(fault(migration.name, sql), None, "{}: see CONTRIBUTING.md", migration.name);
        }
    }

    #[test]
    fn what_older_programs_do_not_bear_is_found() {
        for (sql, fine) in [
            ("CREATE TABLE a (id {int} NOT NULL);\nCREATE UNIQUE INDEX a_id ON a (id);", true),
            ("ALTER TABLE members ADD COLUMN size {text};", true),
            ("ALTER TABLE members ADD COLUMN size {int} NOT NULL DEFAULT 0;", true),
            ("-- DROP TABLE is only talked of\nSELECT 1;", true),
            ("CREATE INDEX CONCURRENTLY members_city ON members (tenant, city);", true),
            ("ALTER TABLE members ADD COLUMN size {int} NOT NULL;", false),
            ("alter table members\n  rename column bio to story;", false),
            ("ALTER TABLE members DROP COLUMN bio;", false),
            ("DROP TABLE courses;", false),
            ("CREATE UNIQUE INDEX CONCURRENTLY members_mobile ON members (tenant, mobile);", false),
            ("CREATE INDEX members_city ON members (tenant, city);", false),
        ] {
            assert_eq!(fault("0013_test", sql).is_none(), fine, "{sql}");
        }
        assert_eq!(fault("0013_contract_courses", "DROP TABLE courses;"), None);
    }
}
