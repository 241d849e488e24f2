//! What makes an integrator trust the API: exact limits, safe repetition.

mod audit_log;
mod check;
mod clock;
mod erasure;
mod erasure_of_files;
mod idempotency;
mod import;
mod quota;

use db::{Db, Engine, Weight};

/// Where in the whole database a text occurs: `table.column`, whatever tables there are.
pub(crate) async fn places(db: &Db, text: &str) -> Vec<String> {
    let columns = match db.engine() {
        Engine::Sqlite => {
            "SELECT m.name, c.name, 'CAST(' || c.name || ' AS TEXT)' FROM sqlite_schema m \
             JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CASE WHEN data_type = 'bytea' \
             THEN 'encode(' || column_name || ', ''escape'')' ELSE 'CAST(' || column_name || ' AS TEXT)' END \
             FROM information_schema.columns WHERE table_schema = 'public'"
        }
    };
    let read =
        |row: &db::Row<'_>| Ok([row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned()]);
    let mut found = Vec::new();
    for [table, column, value] in db.all(Weight::Long, columns, &[], read).await.unwrap() {
        let sql: &'static str =
            format!("SELECT COUNT(*) FROM {table} WHERE LOWER({value}) LIKE '%{text}%'").leak();
        let count = db.optional(Weight::Long, sql, &[], |row| row.integer(0)).await.unwrap();
        if count != Some(0) {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}
