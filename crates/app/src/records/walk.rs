//! Going through a whole list, part by part, in constant memory and without keeping a connection in
//! between.

use db::DbError;
use domain::definition::Resource;
use domain::listing::{ListQuery, Page};

use super::list::Window;
use super::row::RecordRow;
use crate::app::App;
use crate::failure::Failure;
use crate::tenant::Tenant;

/// A walk through all records that match a question, in its order.
///
/// Each part is read on its own and begins after the last record of the one before, so that records
/// which come or go meanwhile make no other record appear twice or not at all, as long as its place in
/// the order stays.
pub struct Walk {
    app: App,
    tenant: Tenant,
    resource: &'static Resource,
    query: ListQuery,
    ended: bool,
}

/// Bytes that one part should make, and bounds of the records in it: enough for speed, few enough for
/// a stream that holds a part in memory.
const PART: usize = 256 * 1024;
const FEWEST: u32 = 50;
const MOST: u32 = 1_000;

impl App {
    /// Begins a walk through all records that match a question, whatever page it asks for.
    #[must_use]
    pub fn walk(&self, tenant: &Tenant, resource: &'static Resource, query: ListQuery) -> Walk {
        let query = ListQuery { page: Page::Number(1), items_per_page: FEWEST, count: false, ..query };
        Walk { app: self.clone(), tenant: tenant.clone(), resource, query, ended: false }
    }
}

impl Walk {
    /// Whether there is nothing more to show.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Shows the records of the next part to `each`.
    pub async fn part(
        &mut self,
        each: impl FnMut(&RecordRow<'_, '_>) -> Result<(), DbError> + Send,
    ) -> Result<(), Failure> {
        if self.ended {
            return Ok(());
        }
        let schema = self.app.schema(self.resource)?;
        let page = self.app.page(&self.tenant, &schema, &self.query, Window::of(&self.query), each).await?;
        match page.next {
            Some(cursor) => self.query.page = Page::After(cursor),
            None => self.ended = true,
        }
        Ok(())
    }

    /// Chooses the size of the next part by how many bytes the caller made of the last one.
    pub fn made(&mut self, bytes: usize) {
        let each = (bytes / self.query.items_per_page as usize).max(1);
        let fitting = u32::try_from(PART / each).unwrap_or(MOST);
        self.query.items_per_page = fitting.clamp(FEWEST, MOST);
    }
}
