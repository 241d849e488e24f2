//! A page of settings, with the ways to the pages beside it.

use app::RecordRow;
use domain::Record;
use domain::definition::Resource;
use domain::listing::{self, Lenience};

use crate::failure::PageError;
use crate::form::Form;
use crate::visit::Visit;

/// Settings on a page.
const ITEMS: &str = "30";

/// Some of a tenant's settings of one kind.
pub(super) struct PageOf {
    pub(super) records: Vec<Record>,
    /// The address of the page before, if there is one.
    pub(super) newer: String,
    /// The address of the page after, if there is one.
    pub(super) older: String,
}

/// The page that is asked for, in an order such as `order[name]`; the list is at `base`.
pub(super) async fn page_of(
    visit: &Visit,
    resource: &'static Resource,
    order: &str,
    base: &str,
) -> Result<PageOf, PageError> {
    let asked = Form::parse(visit.parts.uri.query().unwrap_or_default().as_bytes());
    let page = asked.get("page").and_then(|page| page.parse::<u64>().ok()).unwrap_or(1).max(1);
    let number = page.to_string();
    let pairs = [(order, "asc"), ("page", number.as_str()), ("itemsPerPage", ITEMS), ("count", "false")];
    let query = listing::parse(resource, pairs, Lenience::Strict)?;
    let mut records = Vec::new();
    let each = |row: &RecordRow<'_, '_>| {
        records.push(row.record()?);
        Ok(())
    };
    let listing = visit.app.list(visit.tenant()?, resource, &query, each).await?;
    let at = |page: u64| format!("{base}?page={page}");
    Ok(PageOf {
        records,
        newer: if page > 1 { at(page - 1) } else { String::new() },
        older: if listing.next_cursor.is_some() { at(page + 1) } else { String::new() },
    })
}
