//! The pages behind problem types: what causes each error and what cures it (API §5).

use std::sync::LazyLock;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Problem, ProblemKind};
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;
use crate::state::ApiState;

/// The one style sheet stands in the page and is named by its hash (CSP 3, section 6.7.3.3): any other is refused.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy)
        .unwrap_or(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"))
});

const STYLE: &str = "body{font:16px/1.6 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}\
    code{background:#8882;padding:.1em .3em;border-radius:.2em}dt{margin-top:1rem}\
    :root{color-scheme:light dark}";

/// `GET /errors`: all of them.
pub(crate) async fn index(State(state): State<ApiState>) -> Response {
    let base = state.config.problem_path();
    let rows: String = ProblemKind::ALL
        .iter()
        .map(|kind| {
            let entry = kind.entry();
            let (slug, status, title) = (entry.slug, entry.status, entry.title);
            format!("<dt><a href=\"{base}/{slug}\">{title}</a> ({status})</dt><dd>{}</dd>", text(entry.cause))
        })
        .collect();
    let intro = "Every error is a problem document (RFC 9457). Its <code>type</code> is the address of one of these pages.";
    html("Errors of the MemberPulse API", &format!("<p>{intro}</p><dl>{rows}</dl>"))
}

/// `GET /errors/{type}`
pub(crate) async fn page(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let base = state.config.problem_path();
    let slug = request.uri().path().strip_prefix(base).unwrap_or_default().trim_start_matches('/');
    let kind = ProblemKind::by_slug(slug).ok_or_else(Problem::not_found)?;
    let entry = kind.entry();
    let body = format!(
        "<p>Status <code>{}</code>, type <code>{}/{slug}</code></p><h2>Cause</h2><p>{}</p><h2>Cure</h2><p>{}</p>\
         <p><a href=\"{base}\">All errors</a></p>",
        entry.status,
        state.config.problem_base,
        text(entry.cause),
        text(entry.cure),
    );
    Ok(html(entry.title, &body))
}

fn html(title: &str, body: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · MemberPulse</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let mut response = Html(page).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

/// The table's own text as HTML; words between backticks are code.
fn text(plain: &str) -> String {
    let escaped = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let parts = escaped.split('`').enumerate();
    parts
        .map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}
