//! SQL of the product: rendered from definitions, always scoped to a tenant, and executed.

pub(crate) mod integrations;
mod list_sql;
mod numbers;
mod row;
mod schema;
mod scope;
mod statements;
pub(crate) mod system;
mod terms;

pub(crate) use list_sql::{cursor_after, render_count, render_list};
pub(crate) use row::{RowValues, folded_param, insert_params, param, read_record};
pub(crate) use schema::Schema;
pub(crate) use scope::ScopedTx;
pub use scope::TenantSql;
pub(crate) use system::System;
pub use system::{StatementText, statements};
pub(crate) use terms::{number_term, terms_of};
