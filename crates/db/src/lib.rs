//! Two database engines under one SQL text: SQLite inside the process and PostgreSQL beside it.
//!
//! The crate knows connections, transactions, values, placeholders and migrations. It must never
//! know a table by name (its own `schema_migrations` apart), a tenant, or a rule of the domain.
//!
//! # Portable SQL
//!
//! * A parameter is a plain `?`; it becomes `$1`, `$2`, … for PostgreSQL.
//! * Text columns sort bytewise on both engines when they are declared with `{text}`.
//! * `CAST(SUM(x) AS BIGINT)`: PostgreSQL sums BIGINT into NUMERIC, which no getter reads.
//! * After a statement failed inside a transaction nothing more can run in it, on both engines.
//!   Use [`Tx::attempt`] for work that may fail without giving up the rest, or
//!   `ON CONFLICT DO NOTHING`.

mod backup;
mod database;
mod error;
mod lock;
mod migrate;
mod options;
mod postgres;
mod row;
mod snapshot;
mod spans;
mod sql;
mod sqlite;
mod stats;
mod tx;
mod value;

pub use backup::{BackupReport, RestoreReport, backup, restore};
pub use database::{Db, Engine, Weight};
pub use error::DbError;
pub use futures_util::future::BoxFuture;
pub use lock::ServerLock;
pub use migrate::{Migration, MigrationReport, MigrationSql};
pub use options::{PostgresOptions, SqliteOptions};
pub use row::{Column, Row, Text};
pub use snapshot::{SchemaState, Snapshot};
pub use spans::SPANS;
pub use stats::Stats;
pub use tx::Tx;
pub use value::Param;
