//! Where the pages of a list begin. A page by its number means passing over all that stands before it;
//! when it was read once, or the page before it was, the next reader goes straight there, as with a
//! cursor. Starts hold while the tenant has no change.

use db::DbError;
use domain::listing::{Cursor, ListQuery, Order, Page};
use quick_cache::sync::Cache;

use super::list::{Shown, Window};
use super::question::{Question, is_lasting};
use super::row::RecordRow;
use crate::app::App;
use crate::failure::Failure;
use crate::store::Schema;
use crate::tenant::Tenant;

/// What stands before this many records costs less to pass over than to remember.
const NEAR: u64 = 250;

/// Starts of pages, with the sequence number of the tenant at which they were seen.
pub(crate) struct PageStarts(Cache<Place, (i64, Cursor)>);

/// A place in an ordered list.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Place {
    question: Question,
    order: Vec<Order>,
    /// Records before it.
    before: u64,
}

impl PageStarts {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

/// Whether the start of the page is worth remembering, and can be.
pub(super) fn is_far(schema: &Schema, query: &ListQuery) -> bool {
    query.records_before() >= NEAR && is_lasting(schema, query)
}

impl App {
    /// Shows a page that is far from the beginning. `sequence` is the tenant's, read before: a change
    /// since then makes what is remembered here look older than it is, and nobody uses it.
    pub(super) async fn far_page(
        &self,
        tenant: &Tenant,
        schema: &Schema,
        query: &ListQuery,
        sequence: i64,
        each: impl FnMut(&RecordRow<'_, '_>) -> Result<(), DbError> + Send,
    ) -> Result<Shown, Failure> {
        let before = query.records_before();
        let place = |before| Place {
            question: Question::of(tenant, schema, query),
            order: query.order.clone(),
            before,
        };
        let known = self.page_starts().0.get(&place(before)).filter(|(seen_at, _)| *seen_at == sequence);
        let shown = if let Some((_, start)) = known {
            let query = ListQuery { page: Page::After(start), ..query.clone() };
            self.page(tenant, schema, &query, Window::of(&query), each).await?
        } else {
            self.page(tenant, schema, query, Window::with_start(query), each).await?
        };
        let remember = |before, start: Option<&Cursor>| {
            if let Some(start) = start {
                self.page_starts().0.insert(place(before), (sequence, start.clone()));
            }
        };
        remember(before, shown.start.as_ref());
        remember(before + shown.records as u64, shown.next.as_ref());
        Ok(shown)
    }
}
