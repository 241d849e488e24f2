//! Reading records: one, and lists.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Value;
use domain::definition::Resource;
use domain::listing::{self, Filter, Lenience, Test};

use super::record_id;
use crate::credentials::authorise;
use crate::error::ApiError;
use crate::representation::{self, Question, Representation, linked_data, put_vary};
use crate::state::ApiState;
use crate::{etag, negotiate, query};

/// `GET /api/members/{id}`
pub(crate) async fn get(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &resource.read_scope()).await?;
    let shown_as = negotiate::representation(&parts.headers, representation::RECORD)?;
    query::no_parameters(&parts.uri, &parts.headers)?;
    let id = record_id(&parts.uri)?;
    let now = state.app.now();
    let view = |row: &app::RecordRow<'_, '_>| {
        let tag = etag::etag(row.version()?, row.shows_derived(now)?, shown_as);
        let mut body = Vec::with_capacity(2_048);
        if !etag::none_match_hits(&parts.headers, &tag) {
            match shown_as {
                Representation::LinkedData => linked_data::write_row(&mut body, row, now)?,
                _ => row.write_json(&mut body, None, now)?,
            }
        }
        Ok((tag, body))
    };
    let (tag, body) = state.app.get(&credential.tenant, resource, id, view).await?;
    let mut response =
        if body.is_empty() { StatusCode::NOT_MODIFIED.into_response() } else { shown_as.response(body) };
    put_tag(response.headers_mut(), tag);
    put_vary(&mut response);
    Ok(response)
}

/// The `Cache-Control` of an answer with a tag: keep it, but ask each time.
pub(super) const TAGGED: &str = "private, no-cache";

/// An entity tag, and leave to keep the representation for asking again.
pub(crate) fn put_tag(headers: &mut HeaderMap, tag: HeaderValue) {
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(TAGGED));
}

/// `GET /api/members`
pub(crate) async fn list(
    State(state): State<ApiState>,
    request: Request,
    resource: &'static Resource,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, &resource.read_scope()).await?;
    let shown_as = negotiate::representation(&parts.headers, representation::of_list(resource))?;
    let parameters = query::parameters(&parts.uri);
    let lenience = query::lenience(&parts.headers);
    let pairs = parameters.iter().map(|(name, value)| (name.as_ref(), value.as_ref()));
    let mut query = listing::parse(resource, pairs, lenience)?;
    if let Some(parent) = resource.parent {
        let id = record_id(&parts.uri)?;
        state.app.require(&credential.tenant, parent.resource, id).await?;
        let test = Test::AnyOf(vec![Value::Id(id.uuid())]);
        query.filters.extend(resource.position(parent.field).map(|position| Filter { position, test }));
    }
    let now = state.app.now();
    let question = Question { state: &state, parts: &parts, credential: &credential, resource, query, now };
    let mut response = match shown_as {
        Representation::Json => representation::json::list(&question).await?,
        Representation::LinkedData => linked_data::list(&question).await?,
        Representation::Csv => representation::csv::list(question).await?,
    };
    put_vary(&mut response);
    if lenience == Lenience::Lenient {
        response.headers_mut().insert("preference-applied", HeaderValue::from_static("handling=lenient"));
    }
    Ok(response)
}

/// A body-less answer, for deletions.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
