//! The one place that adds the tenant to SQL.
//!
//! A [`TenantSql`] can be made only by the functions here, each of which puts `tenant = ?` in, and
//! can be run only together with a [`Tenant`], whose key is bound to it. There is no other way to a
//! tenant's rows, so a query that forgets its tenant cannot be written.

use db::{Db, DbError, Param, Row, Tx, Weight};

use super::numbers::Numbers;
use super::system::{FIND_NUMBER, STORE_NUMBER, System};
use crate::tenant::Tenant;

/// A statement with a place, or several, for the tenant's key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TenantSql {
    text: String,
    /// For each place of the tenant, how many other parameters stand before it.
    places: Vec<usize>,
}

impl TenantSql {
    /// `SELECT columns FROM table WHERE tenant = ? rest`.
    pub(super) fn select(columns: &str, table: &str, rest: &str) -> Self {
        Self::render(&format!("SELECT {columns} FROM {table} WHERE tenant = {{tenant}} {rest}"))
    }

    /// `INSERT INTO table (tenant, columns…) VALUES (?, ?…)`.
    pub(super) fn insert<C: AsRef<str>>(table: &str, columns: &[C]) -> Self {
        let names: Vec<&str> = columns.iter().map(AsRef::as_ref).collect();
        let names = names.join(", ");
        let marks = ", ?".repeat(columns.len());
        Self::render(&format!("INSERT INTO {table} (tenant, {names}) VALUES ({{tenant}}{marks})"))
    }

    /// `UPDATE table SET changes WHERE tenant = ? rest`.
    pub(crate) fn update(table: &str, changes: &str, rest: &str) -> Self {
        Self::render(&format!("UPDATE {table} SET {changes} WHERE tenant = {{tenant}} {rest}"))
    }

    /// `DELETE FROM table WHERE tenant = ? rest`.
    pub(super) fn delete(table: &str, rest: &str) -> Self {
        Self::render(&format!("DELETE FROM {table} WHERE tenant = {{tenant}} {rest}"))
    }

    /// A statement in which every `{tenant}` stands for the tenant's key.
    pub(super) fn render(template: &str) -> Self {
        let mut text = String::with_capacity(template.len());
        let mut places = Vec::new();
        let mut before = 0;
        for (index, part) in template.split("{tenant}").enumerate() {
            if index > 0 {
                text.push('?');
                places.push(before);
            }
            text.push_str(part);
            before += part.matches('?').count();
        }
        debug_assert!(!places.is_empty(), "a tenant statement without a tenant: {text}");
        Self { text, places }
    }

    /// The SQL text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The parameters with the tenant's key in its places.
    fn bind(&self, tenant: &Tenant, mut params: Vec<Param>) -> Vec<Param> {
        for &before in self.places.iter().rev() {
            params.insert(before.min(params.len()), Param::Integer(tenant.key()));
        }
        params
    }
}

/// A statement of a tenant in the making, with its parameters but the tenant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Statement {
    sql: TenantSql,
    params: Vec<Param>,
}

impl Statement {
    pub(super) fn with_room(length: usize) -> Self {
        let sql = TenantSql { text: String::with_capacity(length), places: Vec::with_capacity(2) };
        Self { sql, params: Vec::with_capacity(8) }
    }

    /// Text without marks.
    pub(super) fn push(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    /// The tenant's mark.
    pub(super) fn tenant(&mut self) {
        self.sql.text.push('?');
        self.sql.places.push(self.params.len());
    }

    /// The mark of a parameter.
    pub(super) fn param(&mut self, param: Param) {
        self.sql.text.push('?');
        self.params.push(param);
    }

    /// Text with a mark for each of some parameters.
    pub(super) fn with_params(&mut self, text: &str, params: impl IntoIterator<Item = Param>) {
        self.sql.text.push_str(text);
        self.params.extend(params);
    }

    /// Another statement, as a part of this one.
    pub(super) fn append(&mut self, other: Self) {
        self.sql.text.push_str(&other.sql.text);
        self.sql.places.extend(other.sql.places.iter().map(|before| before + self.params.len()));
        self.params.extend(other.params);
    }

    /// The text, and the parameters but the tenant.
    pub(crate) fn into_parts(self) -> (TenantSql, Vec<Param>) {
        (self.sql, self.params)
    }
}

impl Tenant {
    /// Reads rows of this tenant.
    pub(crate) async fn each(
        &self,
        db: &Db,
        weight: Weight,
        sql: &TenantSql,
        params: Vec<Param>,
        each: impl FnMut(&Row<'_>) -> Result<(), DbError> + Send,
    ) -> Result<(), DbError> {
        db.each(weight, sql.text(), &sql.bind(self, params), each).await
    }

    /// Reads the first row of this tenant.
    pub(crate) async fn optional<T: Send>(
        &self,
        db: &Db,
        sql: &TenantSql,
        params: Vec<Param>,
        map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Option<T>, DbError> {
        db.optional(Weight::Short, sql.text(), &sql.bind(self, params), map).await
    }
}

/// A transaction that can touch the rows of one tenant only.
pub(crate) struct ScopedTx<'t, 'a> {
    tx: &'t mut Tx<'a>,
    tenant: &'t Tenant,
    /// Known while the tenant is locked.
    numbers: Option<Numbers>,
}

impl<'t, 'a> ScopedTx<'t, 'a> {
    pub(crate) fn new(tx: &'t mut Tx<'a>, tenant: &'t Tenant) -> Self {
        Self { tx, tenant, numbers: None }
    }

    pub(crate) async fn execute(&mut self, sql: &TenantSql, params: Vec<Param>) -> Result<u64, DbError> {
        self.tx.execute(sql.text(), &sql.bind(self.tenant, params)).await
    }

    pub(crate) async fn batch(&mut self, sql: &TenantSql, rows: Vec<Vec<Param>>) -> Result<u64, DbError> {
        let rows: Vec<Vec<Param>> = rows.into_iter().map(|row| sql.bind(self.tenant, row)).collect();
        self.tx.batch(sql.text(), &rows).await
    }

    pub(crate) async fn optional<T: Send>(
        &mut self,
        sql: &TenantSql,
        params: Vec<Param>,
        map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Option<T>, DbError> {
        self.tx.optional(sql.text(), &sql.bind(self.tenant, params), map).await
    }

    pub(crate) async fn all<T: Send>(
        &mut self,
        sql: &TenantSql,
        params: Vec<Param>,
        map: impl FnMut(&Row<'_>) -> Result<T, DbError> + Send,
    ) -> Result<Vec<T>, DbError> {
        self.tx.all(sql.text(), &sql.bind(self.tenant, params), map).await
    }

    /// Locks the tenant against other writers until the transaction ends. Whoever changes records
    /// locks first, which puts a tenant's changes in order.
    pub(crate) async fn lock(&mut self) -> Result<(), DbError> {
        let params = [Param::Integer(self.tenant.key())];
        let sequence = self.tx.optional(System::LOCK_TENANT, &params, |row| row.integer(0)).await?;
        let sequence = sequence.ok_or_else(|| DbError::Other("the tenant's row is missing".to_owned()))?;
        self.numbers = Some(Numbers::at(sequence));
        Ok(())
    }

    /// Whether the locked tenant has never had a change.
    pub(crate) fn is_untouched(&self) -> bool {
        self.numbers.as_ref().is_some_and(|numbers| numbers.sequence == 0)
    }

    /// The number of the next change.
    pub(crate) fn next_sequence(&mut self) -> Result<i64, DbError> {
        self.numbers.as_mut().map(Numbers::next_sequence).ok_or_else(not_locked)
    }

    /// The next number of a counter, which is read when it is first asked for.
    pub(crate) async fn next_number(&mut self, name: &str) -> Result<i64, DbError> {
        let known = self.numbers.as_ref().and_then(|numbers| numbers.counters.get(name).copied());
        let last = if let Some(last) = known {
            last
        } else {
            let params = vec![Param::Text(name.to_owned())];
            self.optional(&FIND_NUMBER, params, |row| row.integer(0)).await?.unwrap_or(0)
        };
        let numbers = self.numbers.as_mut().ok_or_else(not_locked)?;
        numbers.counters.insert(name.to_owned(), last + 1);
        Ok(last + 1)
    }

    /// Stores the numbers that were given out. The last thing that a change does.
    pub(crate) async fn finish(mut self) -> Result<(), DbError> {
        let Some(numbers) = self.numbers.take() else { return Ok(()) };
        if numbers.sequence != numbers.stored_sequence {
            let params = [Param::Integer(numbers.sequence), Param::Integer(self.tenant.key())];
            self.tx.execute(System::STORE_SEQUENCE, &params).await?;
        }
        for (name, value) in numbers.counters {
            self.execute(&STORE_NUMBER, vec![Param::Text(name), Param::Integer(value)]).await?;
        }
        Ok(())
    }
}

fn not_locked() -> DbError {
    DbError::Other("a tenant's numbers were taken without locking it".to_owned())
}
