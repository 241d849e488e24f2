//! The OpenAPI document, made from the table of routes and the definitions of the resources.
//!
//! Nothing is written per resource by hand: a route or field that the server has is in the document, and
//! nothing else is. How the server answers is not decided here.

mod batch;
mod errors;
pub(crate) mod event_schema;
mod examples;
mod fields;
pub(crate) mod imports;
mod info;
mod integrations;
mod operations;
mod parameters;
mod personal_data;
mod responses;
mod schemas;
mod staff;
mod successes;
mod sync;
#[cfg(test)]
mod tests;
mod webhooks;
pub(crate) mod words;
mod yaml;

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::OnceLock;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use domain::definition::Registry;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{ComponentsBuilder, OpenApi, OpenApiBuilder, Paths};

use crate::config::Config;
use crate::etag::none_match_hits;
use crate::handlers::read::put_tag;
use crate::routes::routes;
use crate::state::ApiState;

/// The names of the security schemes.
const SECURITY_SCHEME: &str = "apiKey";
const SESSION_SCHEME: &str = "session";

const JSON: &str = "application/json";
const LINKED_DATA: &str = "application/ld+json";
const CSV: &str = "text/csv";
const MERGE_PATCH: &str = "application/merge-patch+json";
const YAML: &str = "application/yaml";

/// The document as JSON, indented so that its changes can be read.
#[must_use]
pub fn openapi_json(registry: Registry, config: &Config) -> String {
    // Maps with text as keys always become JSON.
    let mut text = document(registry, config).to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

/// The document as YAML.
#[must_use]
pub fn openapi_yaml(registry: Registry, config: &Config) -> String {
    // Maps with text as keys always become JSON.
    yaml::render(&serde_json::to_value(document(registry, config)).unwrap_or_default())
}

fn document(registry: Registry, config: &Config) -> OpenApi {
    let mut paths = Paths::new();
    let table = routes(registry, config);
    for route in &table {
        let operation: Operation = operations::operation(route, &table);
        let method: HttpMethod = operations::method(&route.method);
        paths.add_path_operation(&route.path, vec![method], operation);
    }
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(schemas::all(registry))
        .security_scheme(SECURITY_SCHEME, info::security_scheme())
        .security_scheme(SESSION_SCHEME, info::session_scheme(config));
    for (name, parameter) in parameters::shared() {
        components = components.parameter(name, parameter);
    }
    for (name, header) in responses::headers() {
        components = components.header(name, header);
    }
    for set in errors::ALL {
        components = components.response(set.name, responses::error(set, config));
    }
    OpenApiBuilder::new()
        .info(info::info(registry, config))
        .servers(Some(info::servers(config)))
        .tags(Some(info::tags(registry)))
        .paths(paths)
        .components(Some(components.build()))
        .build()
}

/// The document in both forms, made when it is first asked for.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    json: OnceLock<Document>,
    yaml: OnceLock<Document>,
}

#[derive(Debug)]
struct Document {
    text: Bytes,
    tag: HeaderValue,
}

impl Document {
    fn new(text: String) -> Self {
        Self { tag: content_tag(text.as_bytes()), text: text.into() }
    }

    fn answer(&self, headers: &HeaderMap, content_type: &'static str) -> Response {
        let mut response = if none_match_hits(headers, &self.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = Response::new(Body::from(self.text.clone()));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            response
        };
        put_tag(response.headers_mut(), self.tag.clone());
        response
    }
}

/// An entity tag made of the content itself.
pub(crate) fn content_tag(content: &[u8]) -> HeaderValue {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    let tag = format!("\"{:016x}\"", hasher.finish());
    HeaderValue::from_str(&tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// `GET /api/openapi.json`
pub(crate) async fn serve_json(State(state): State<ApiState>, request: Request) -> Response {
    let make = || Document::new(openapi_json(state.app.registry(), &state.config));
    state.documents.json.get_or_init(make).answer(request.headers(), JSON)
}

/// `GET /api/openapi.yaml`
pub(crate) async fn serve_yaml(State(state): State<ApiState>, request: Request) -> Response {
    let make = || Document::new(openapi_yaml(state.app.registry(), &state.config));
    state.documents.yaml.get_or_init(make).answer(request.headers(), YAML)
}
