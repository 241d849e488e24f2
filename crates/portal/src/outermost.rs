//! The outermost layer: request ids, limits, panics, headers of every answer.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Problem, ProblemKind};
use edge::Cut;
use tracing::Instrument as _;

use crate::failure::PageError;
use crate::pages::error;
use crate::router::Portal;

macro_rules! policy {
    ($images:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src ",
            $images,
            "; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    };
}

/// Everything comes from this server, scripts and styles as files of their own.
const POLICY: &str = policy!("'self' data:");
/// That of a page on which images come from where a record says.
pub(crate) const POLICY_WITH_IMAGES: &str = policy!("'self' data: https:");

/// Wraps every request.
pub(crate) async fn outermost(State(portal): State<Portal>, mut request: Request, next: Next) -> Response {
    let id = portal.request_ids.of(request.headers());
    let address =
        edge::find_client_address(request.extensions(), request.headers(), &portal.config.trusted_proxies);
    request.extensions_mut().insert(id.clone());
    request.extensions_mut().insert(address);
    let headers = request.headers().clone();
    let route = edge::route(request.extensions()).to_owned();
    let counting = portal.counts.of(request.method(), request.extensions());
    let began = Instant::now();
    // A file on a slow line takes longer than any other form. Its sender is known before it is read.
    let is_file = request.method() == Method::POST && request.uri().path().ends_with("/import");
    let usual = portal.config.request_timeout;
    let time = if is_file { edge::FILE_TIME.max(usual) } else { usual };
    let span = edge::request_span(&request, &id, portal.config.public_url.starts_with("https://"));
    let mut response = match edge::guard(request, next, time).instrument(span.clone()).await {
        Ok(response) => response,
        Err(cut) => {
            let kind = match cut {
                Cut::AddressTooLong => ProblemKind::UriTooLong,
                Cut::TimedOut(_) => ProblemKind::RequestTimeout,
                Cut::Panicked(_) => ProblemKind::InternalError,
            };
            let failure =
                PageError { inside: cut.inside(), ..PageError::from(Problem::new(kind, cut.detail())) };
            error::log(id.text(), &route, &failure);
            error::outside(&headers, id.text(), &failure)
        }
    };
    response.headers_mut().entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    edge::put_headers(response.headers_mut(), id);
    counting.answered(response.status().as_u16(), began.elapsed());
    edge::note_answer(&span, response.status());
    response
}
