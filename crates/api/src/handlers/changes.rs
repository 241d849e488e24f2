//! The change feed (API §8).

use app::{FeedPage, FeedQuery};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use domain::definition::Registry;
use domain::json::write_string;
use domain::listing::Lenience;
use domain::text::did_you_mean;
use domain::{Problem, ProblemKind, Violation, event_types};

use super::{json_response, record_id};
use crate::credentials::authorise;
use crate::error::ApiError;
use crate::negotiate::accepts_json;
use crate::query;
use crate::state::ApiState;

/// Events in an answer when the client does not say, and the most.
pub(crate) const DEFAULT_LIMIT: usize = 100;
pub(crate) const MAX_LIMIT: usize = 1_000;

const KNOWN: [&str; 4] = ["cursor", "limit", "types", "types[]"];

/// `GET /api/changes`
pub(crate) async fn changes(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, "changes:read").await?;
    accepts_json(&parts.headers)?;
    let feed = read_query(&parts, state.app.registry())?;
    let mut body = Vec::with_capacity(64 * 1_024);
    body.extend_from_slice(START);
    let page = state.app.changes(&credential.tenant, &feed, &mut body).await?;
    Ok(answer(body, &page))
}

/// `GET /api/integrations/{id}/changes`
pub(crate) async fn of_integration(
    State(state): State<ApiState>,
    request: Request,
) -> Result<Response, ApiError> {
    let (parts, _) = request.into_parts();
    let credential = authorise(&state, &parts, "changes:read").await?;
    accepts_json(&parts.headers)?;
    let id = record_id(&parts.uri)?;
    let feed = read_query(&parts, state.app.registry())?;
    let mut body = Vec::with_capacity(64 * 1_024);
    body.extend_from_slice(START);
    let page = state.app.integration_changes(&credential.tenant, id, &feed, &mut body).await?;
    Ok(answer(body, &page))
}

const START: &[u8] = b"{\"data\":[";

fn answer(mut body: Vec<u8>, page: &FeedPage) -> Response {
    body.extend_from_slice(b"],\"nextCursor\":");
    write_string(&mut body, &page.next.to_string());
    body.extend_from_slice(format!(",\"hasMore\":{}}}", page.more).as_bytes());
    json_response(body)
}

fn read_query(parts: &Parts, registry: Registry) -> Result<FeedQuery, ApiError> {
    let mut feed = FeedQuery { after: None, types: Vec::new(), limit: DEFAULT_LIMIT };
    let mut violations = Vec::new();
    for (name, value) in query::parameters(&parts.uri) {
        let wrong = match &*name {
            "cursor" => match value.parse::<i64>() {
                Ok(after) if after >= 0 => {
                    feed.after = Some(after);
                    None
                }
                _ => Some(
                    "The cursor must be the nextCursor of an answer, or the sequence of an event.".to_owned(),
                ),
            },
            "limit" => match value.parse::<usize>() {
                Ok(limit) if (1..=MAX_LIMIT).contains(&limit) => {
                    feed.limit = limit;
                    None
                }
                _ => Some(format!("The limit must be a whole number from 1 to {MAX_LIMIT}.")),
            },
            "types" | "types[]" => {
                let fault = event_types::fault(registry, &value);
                if fault.is_none() {
                    feed.types.push(value.into_owned());
                }
                fault
            }
            _ => {
                let near = did_you_mean(&name, KNOWN);
                let message = format!("The feed takes {}.{near}", KNOWN.join(", "));
                violations.push(Violation::new(name, "unknown_parameter", message));
                continue;
            }
        };
        violations.extend(wrong.map(|message| Violation::new(name, "invalid_value", message)));
    }
    if violations.is_empty() || query::lenience(&parts.headers) == Lenience::Lenient {
        return Ok(feed);
    }
    let detail = "One or more query parameters cannot be used";
    Err(Problem::new(ProblemKind::InvalidQueryParameter, detail).violations(violations).into())
}
