//! The entry point: where everything else is.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde_json::{Map, Value as Json, json};

use crate::error::ApiError;
use crate::negotiate;
use crate::representation::linked_data::{self, ENTRY_POINT};
use crate::representation::{RECORD, Representation, put_vary};
use crate::state::ApiState;

/// The media type of the entry point where JSON is asked for, or nothing in particular. It is the same
/// document as in JSON-LD, and says so: API Platform's parser, when it is given an address and nothing
/// else, accepts anything and then looks for this name in the type.
const JSON: &str = "application/json; profile=\"application/ld+json\"";

/// `GET /api`
pub(crate) async fn entry(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let shown_as = negotiate::representation(request.headers(), RECORD)?;
    let collections = || {
        let all = linked_data::collections(state.app.registry());
        all.map(|it| (it.plural.to_owned(), Json::from(format!("/api/{}", it.segment()))))
    };
    let mut links: Map<String, Json> = collections().collect();
    links.insert("me".to_owned(), json!("/api/me"));
    links.insert("docs".to_owned(), json!("/api/docs"));
    links.insert("openapi".to_owned(), json!("/api/openapi.json"));
    links.insert("errors".to_owned(), json!(state.config.problem_path()));
    let mut body = json!({
        "@context": format!("/api/contexts/{ENTRY_POINT}"),
        "@id": "/api",
        "@type": ENTRY_POINT,
        "name": "MemberPulse API",
        "version": env!("CARGO_PKG_VERSION"),
        "links": links,
    });
    if let Some(members) = body.as_object_mut() {
        members.extend(collections());
    }
    let mut response = shown_as.response(body.to_string());
    if shown_as == Representation::Json {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    put_vary(&mut response);
    Ok(response)
}
