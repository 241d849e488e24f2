//! Reading many records: one page, its total, and where the next one begins.

use db::{DbError, Param, Row, Weight};
use domain::definition::{Kind, Resource};
use domain::json::ValueRef;
use domain::listing::{Cursor, ListQuery, MAX_ITEMS_PER_PAGE, Order, Page, Test};
use domain::{Timestamp, Value};

use super::row::RecordRow;
use crate::app::App;
use crate::failure::Failure;
use crate::store::{Schema, TenantSql, cursor_after, render_count, render_list};
use crate::tenant::Tenant;

/// What is known of a list after its page was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Records on this page.
    pub shown: usize,
    /// Records that match in all, when the total was wanted.
    pub total: Option<u64>,
    /// Where the next page begins, when there is one.
    pub next_cursor: Option<String>,
}

/// Pages that begin later than this are slow enough to be kept off the async workers.
const FAR: u64 = 2_000;

impl App {
    /// Shows the records of one page to `each`, in order.
    pub async fn list(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        query: &ListQuery,
        each: impl FnMut(&RecordRow<'_, '_>) -> Result<(), DbError> + Send,
    ) -> Result<Listing, Failure> {
        let schema = self.schema(resource)?;
        let (shown, next) = self.page(tenant, &schema, query, each).await?;
        let total = match (query.count, total_at_the_end(query, shown, next.is_some())) {
            (false, _) => None,
            (true, Some(total)) => Some(total),
            (true, None) => Some(self.count(tenant, &schema, query).await?),
        };
        Ok(Listing { shown, total, next_cursor: next.map(|cursor| cursor.encode(resource, &query.order)) })
    }

    /// Shows one page; answers how many records it had, and where the next one begins if there is one.
    pub(super) async fn page(
        &self,
        tenant: &Tenant,
        schema: &Schema,
        query: &ListQuery,
        mut each: impl FnMut(&RecordRow<'_, '_>) -> Result<(), DbError> + Send,
    ) -> Result<(usize, Option<Cursor>), Failure> {
        let statement = render_list(schema, query, self.now());
        let most = query.items_per_page as usize;
        let mut shown = 0;
        let mut more = false;
        let mut last = None;
        let read = |row: &Row<'_>| {
            if shown == most {
                more = true;
                return Ok(());
            }
            shown += 1;
            let row = RecordRow { schema, row, with_deleted: query.include_deleted };
            if shown == most {
                last = Some(order_values(&row, &query.order)?);
            }
            each(&row)
        };
        tenant.each(self.db(), weight(schema, query), &statement.sql, statement.params, read).await?;
        let next = last.filter(|_| more);
        Ok((shown, next.map(|values| cursor_after(schema.resource, &query.order, values))))
    }
}

/// The total, when the page tells it: it is the last one, and what stands before it is known. Most
/// filters match few records, so that nothing has to be counted for them.
fn total_at_the_end(query: &ListQuery, shown: usize, more: bool) -> Option<u64> {
    match query.page {
        Page::Number(page) if !more && (shown > 0 || page == 1) => {
            Some((page - 1) * u64::from(query.items_per_page) + shown as u64)
        }
        _ => None,
    }
}

/// The statement of a page and its parameters but the tenant, for tests that look at its plan.
#[must_use]
pub fn list_statement(
    resource: &'static Resource,
    query: &ListQuery,
    now: Timestamp,
) -> (TenantSql, Vec<Param>) {
    let statement = render_list(&Schema::new(resource), query, now);
    (statement.sql, statement.params)
}

/// The statement of a total, likewise.
#[must_use]
pub fn count_statement(
    resource: &'static Resource,
    query: &ListQuery,
    now: Timestamp,
) -> (TenantSql, Vec<Param>) {
    let statement = render_count(&Schema::new(resource), query, now);
    (statement.sql, statement.params)
}

/// The row's values in the fields of the order.
fn order_values(row: &RecordRow<'_, '_>, order: &[Order]) -> Result<Vec<Value>, DbError> {
    let owned = |value| match value {
        ValueRef::Null => Value::Null,
        ValueRef::Text(text) => Value::Text(text.to_owned()),
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Boolean(flag) => Value::Boolean(flag),
        ValueRef::Id(uuid) => Value::Id(uuid),
    };
    order.iter().map(|term| row.get(term.position).map(owned)).collect()
}

/// Whether an index answers the question directly, or rows may have to be searched or sorted.
fn weight(schema: &Schema, query: &ListQuery) -> Weight {
    let resource = schema.resource;
    let indexed = |position: usize| {
        let field = &resource.fields[position];
        field.unique
            || matches!(field.kind, Kind::Id | Kind::Serial)
            || matches!(field.name, "status" | "createdAt" | "updatedAt")
    };
    let far = match query.page {
        Page::Number(page) => page.saturating_mul(u64::from(query.items_per_page)) > FAR,
        Page::After(_) => false,
    };
    let filters = query.filters.iter().all(|it| indexed(it.position) && !matches!(it.test, Test::Exists(_)));
    let order = query.order.iter().all(|term| indexed(term.position));
    let long = query.items_per_page > MAX_ITEMS_PER_PAGE;
    let direct = !long && !far && filters && order && query.search.is_empty() && !query.include_deleted;
    if direct { Weight::Short } else { Weight::Long }
}
