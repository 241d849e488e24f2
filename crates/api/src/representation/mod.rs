//! How records are shown: JSON, JSON-LD with Hydra, CSV. Which of them is chosen once per request;
//! from then on each has its own path from the row to the body.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod linked_data;
mod links;

use app::Tenant;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use domain::Timestamp;
use domain::definition::Resource;
use domain::listing::{Filter, ListQuery, Test};

use crate::caller::Caller;
use crate::state::ApiState;

/// A media type in which something is shown (API §1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Representation {
    /// `application/json`
    Json,
    /// `application/ld+json`
    LinkedData,
    /// `text/csv`
    Csv,
}

/// What only programs read, and what has no other form.
pub(crate) const JSON: &[Representation] = &[Representation::Json];
/// What a record is shown as.
pub(crate) const RECORD: &[Representation] = &[Representation::Json, Representation::LinkedData];
/// What a list is shown as.
pub(crate) const LIST: &[Representation] =
    &[Representation::Json, Representation::LinkedData, Representation::Csv];

/// What lists of a resource are shown as. The parts of a record are no collection of their own, which is
/// all that Hydra's clients know.
pub(crate) const fn of_list(resource: &Resource) -> &'static [Representation] {
    if resource.parent.is_some() { &[Representation::Json, Representation::Csv] } else { LIST }
}

impl Representation {
    /// The media type as `Accept` names it.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::LinkedData => "application/ld+json",
            Self::Csv => "text/csv",
        }
    }

    /// The media type with its parameters, for `Content-Type`.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            _ => self.media_type(),
        }
    }

    /// An answer in this form.
    pub(crate) fn response(self, body: impl Into<Body>) -> Response {
        let mut response = Response::new(body.into());
        // Once for all headers of the answer, which would make the map grow four times.
        *response.headers_mut() = HeaderMap::with_capacity(edge::OWN_HEADERS + 4);
        let content_type = HeaderValue::from_static(self.content_type());
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
        response
    }
}

/// Says that the answer depends on `Accept` (RFC 9110 §12.5.5).
pub(crate) fn put_vary(response: &mut Response) {
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept"));
}

/// A question for a list: who asks what.
pub(crate) struct Question<'a> {
    pub(crate) state: &'a ApiState,
    pub(crate) parts: &'a Parts,
    pub(crate) credential: &'a Caller,
    pub(crate) resource: &'static Resource,
    pub(crate) query: ListQuery,
    pub(crate) now: Timestamp,
}

impl<'a> Question<'a> {
    /// Whose records are asked for.
    fn tenant(&self) -> &'a Tenant {
        &self.credential.tenant
    }

    /// Room for a page of records of usual length: for one, where only one can match.
    fn room(&self) -> usize {
        let is_unique = |filter: &Filter| {
            self.resource.fields[filter.position].unique
                && matches!(&filter.test, Test::AnyOf(values) if values.len() == 1)
        };
        let unique = self.query.filters.iter().any(is_unique);
        let records = if unique { 1 } else { self.query.items_per_page };
        records as usize * 1_536
    }
}
