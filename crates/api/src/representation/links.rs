//! The addresses of the pages around a page, relative to the server and with the same filters.

use axum::http::{HeaderValue, Uri};
use domain::listing::{ListQuery, Page};

use crate::query::parameters;

/// Which pages there are beside the one that is shown.
pub(super) struct Links {
    pub(super) first: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
    /// Known when the total is.
    pub(super) last: Option<String>,
}

impl Links {
    /// The pages around this one.
    pub(super) fn of(uri: &Uri, query: &ListQuery, listing: &app::Listing) -> Self {
        let kept = parameters(uri).into_iter().filter(|(name, _)| name != "page" && name != "cursor");
        let path = format!("{}?", uri.path());
        let mut base = form_urlencoded::Serializer::for_suffix(path.clone(), path.len());
        let base = base.extend_pairs(kept).finish();
        let at = |name: &str, value: &str| {
            let mut address = form_urlencoded::Serializer::for_suffix(base.clone(), path.len());
            address.append_pair(name, value).finish()
        };
        let page = |number: u64| at("page", &number.to_string());
        let (previous, next) = match (&query.page, &listing.next_cursor) {
            (Page::Number(number), next) => (
                number.checked_sub(1).filter(|&before| before > 0).map(page),
                next.as_ref().map(|_| page(number + 1)),
            ),
            (Page::After(_), next) => (None, next.as_ref().map(|cursor| at("cursor", cursor))),
        };
        let last = total_pages(query, listing).map(|pages| page(pages.max(1)));
        Self { first: page(1), previous, next, last }
    }

    /// The `Link` header (RFC 8288).
    pub(super) fn header(&self) -> Option<HeaderValue> {
        let one = |address: &String, relation: &str| format!("<{address}>; rel=\"{relation}\"");
        let links = [
            Some(one(&self.first, "first")),
            self.previous.as_ref().map(|address| one(address, "prev")),
            self.next.as_ref().map(|address| one(address, "next")),
            self.last.as_ref().map(|address| one(address, "last")),
        ];
        let links: Vec<String> = links.into_iter().flatten().collect();
        HeaderValue::from_str(&links.join(", ")).ok()
    }
}

/// How many pages a list has, when its total is known.
pub(super) fn total_pages(query: &ListQuery, listing: &app::Listing) -> Option<u64> {
    listing.total.map(|total| total.div_ceil(u64::from(query.items_per_page)))
}
