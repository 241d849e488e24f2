//! Reading many records: one page, its total, and where the next one begins.

use std::ops::Range;

use db::{DbError, Param, Row, Weight};
use domain::definition::{Kind, Resource};
use domain::json::ValueRef;
use domain::listing::{Cursor, ListQuery, MAX_ITEMS_PER_PAGE, Order, Page, Test};
use domain::{Timestamp, Value};

use super::page_starts::is_far;
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

/// What was read of one page.
pub(super) struct Shown {
    /// Records on it.
    pub(super) records: usize,
    /// Where it begins, when that was asked for and something stands before it.
    pub(super) start: Option<Cursor>,
    /// Where the next one begins, when there is one.
    pub(super) next: Option<Cursor>,
}

/// Which rows are read for a page, beside the one behind it that tells whether there is more.
#[derive(Clone, Copy)]
pub(super) struct Window {
    skip: u64,
    /// Whether the row in front of the page is read too, to know where the page begins.
    with_start: bool,
}

impl Window {
    /// The page alone.
    pub(super) fn of(query: &ListQuery) -> Self {
        Self { skip: query.records_before(), with_start: false }
    }

    /// The page with the row in front of it.
    pub(super) fn with_start(query: &ListQuery) -> Self {
        match query.records_before().checked_sub(1) {
            Some(skip) => Self { skip, with_start: true },
            None => Self::of(query),
        }
    }

    /// The row numbers, from 0.
    fn rows(self, query: &ListQuery) -> Range<u64> {
        let most = u64::from(query.items_per_page) + u64::from(self.with_start) + 1;
        self.skip..self.skip.saturating_add(most)
    }
}

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
        let mut sequence = None;
        let page = if is_far(&schema, query) {
            let number = *sequence.insert(self.recent_sequence(tenant).await?);
            self.far_page(tenant, &schema, query, number, each).await?
        } else {
            self.page(tenant, &schema, query, Window::of(query), each).await?
        };
        let total = match (query.count, total_at_the_end(query, &page)) {
            (false, _) => None,
            (true, Some(total)) => Some(total),
            (true, None) => {
                let sequence = match sequence {
                    Some(sequence) => sequence,
                    None => self.recent_sequence(tenant).await?,
                };
                Some(self.count(tenant, &schema, query, sequence).await?)
            }
        };
        let next_cursor = page.next.map(|cursor| cursor.encode(resource, &query.order));
        Ok(Listing { shown: page.records, total, next_cursor })
    }

    /// Shows one page.
    pub(super) async fn page(
        &self,
        tenant: &Tenant,
        schema: &Schema,
        query: &ListQuery,
        window: Window,
        mut each: impl FnMut(&RecordRow<'_, '_>) -> Result<(), DbError> + Send,
    ) -> Result<Shown, Failure> {
        let (sql, params) = render_list(schema, query, &window.rows(query), self.now()).into_parts();
        let most = query.items_per_page as usize;
        let mut shown = 0;
        let mut more = false;
        let (mut first, mut last) = (None, None);
        let mut lead = window.with_start;
        let read = |row: &Row<'_>| {
            if shown == most {
                more = true;
                return Ok(());
            }
            let row = RecordRow { schema, row, with_deleted: query.include_deleted };
            if std::mem::take(&mut lead) {
                first = Some(order_values(&row, &query.order)?);
                return Ok(());
            }
            shown += 1;
            if shown == most {
                last = Some(order_values(&row, &query.order)?);
            }
            each(&row)
        };
        tenant.each(self.db(), weight(schema, query), &sql, params, read).await?;
        let place = |values| cursor_after(schema.resource, &query.order, values);
        Ok(Shown { records: shown, start: first.map(place), next: last.filter(|_| more).map(place) })
    }
}

/// The total, when the page tells it: it is the last one, and what stands before it is known. Most
/// filters match few records, so that nothing has to be counted for them.
fn total_at_the_end(query: &ListQuery, page: &Shown) -> Option<u64> {
    match query.page {
        Page::Number(number) if page.next.is_none() && (page.records > 0 || number == 1) => {
            Some(query.records_before() + page.records as u64)
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
    render_list(&Schema::new(resource), query, &Window::of(query).rows(query), now).into_parts()
}

/// The statement of a total, likewise.
#[must_use]
pub fn count_statement(
    resource: &'static Resource,
    query: &ListQuery,
    now: Timestamp,
) -> (TenantSql, Vec<Param>) {
    render_count(&Schema::new(resource), query, now).into_parts()
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
