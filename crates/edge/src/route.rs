//! What a log may say of where a request went.

use axum::extract::MatchedPath;
use axum::http::Extensions;

/// The route that a request took, such as `/api/members/{id}`; what was written in the place of `{id}`, or at an
/// address that is no route, may be anything, an e-mail address too.
#[must_use]
pub fn route(extensions: &Extensions) -> &str {
    extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str)
}
