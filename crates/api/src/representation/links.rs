//! The addresses of the pages around a page, relative to the server and with the same filters.

use std::borrow::Cow;

use axum::http::{HeaderValue, Uri};
use domain::listing::{ListQuery, Page};
use form_urlencoded::byte_serialize;

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
        // As the client wrote them: what it can ask, it can ask again.
        let parameters = uri.query().unwrap_or_default().split('&');
        let kept = parameters.filter(|it| !it.is_empty() && !matches!(name(it).as_ref(), "page" | "cursor"));
        let mut base = String::with_capacity(128);
        base.extend([uri.path(), "?"]);
        for parameter in kept {
            push(&mut base, parameter);
        }
        let at = |name: &str, value: &str| [&base, name, "=", value].concat();
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
        let links = [
            (Some(&self.first), ">; rel=\"first\""),
            (self.previous.as_ref(), ">; rel=\"prev\""),
            (self.next.as_ref(), ">; rel=\"next\""),
            (self.last.as_ref(), ">; rel=\"last\""),
        ];
        let mut header = String::with_capacity(4 * (self.first.len() + 24));
        for (address, relation) in links {
            let Some(address) = address else { continue };
            header.push_str(if header.is_empty() { "<" } else { ", <" });
            header.extend([address.as_str(), relation]);
        }
        HeaderValue::try_from(header).ok()
    }
}

/// The decoded name of a parameter.
fn name(parameter: &str) -> Cow<'_, str> {
    let written = parameter.split('=').next().unwrap_or_default();
    if !written.contains(['%', '+']) {
        return Cow::Borrowed(written);
    }
    form_urlencoded::parse(parameter.as_bytes()).next().map_or(Cow::Borrowed(""), |(name, _)| name)
}

/// Appends a parameter, written as addresses have to be.
fn push(base: &mut String, parameter: &str) {
    let as_it_is = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$'()*+,;:@/?=".contains(&byte);
    if parameter.bytes().all(as_it_is) {
        base.extend([parameter, "&"]);
        return;
    }
    for (name, value) in form_urlencoded::parse(parameter.as_bytes()) {
        base.extend(byte_serialize(name.as_bytes()));
        base.push('=');
        base.extend(byte_serialize(value.as_bytes()));
        base.push('&');
    }
}

/// How many pages a list has, when its total is known.
pub(super) fn total_pages(query: &ListQuery, listing: &app::Listing) -> Option<u64> {
    listing.total.map(|total| total.div_ceil(u64::from(query.items_per_page)))
}
