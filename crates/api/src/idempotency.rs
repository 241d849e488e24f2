//! Repeating a POST safely with an `Idempotency-Key` (API §6).

use app::{Answer, IdempotencyKey, Known};
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use domain::{Problem, ProblemKind};
use edge::RequestId;

use crate::caller::Caller;
use crate::error::ApiError;
use crate::problem_document;
use crate::state::ApiState;

const HEADER: &str = "idempotency-key";
const LONGEST: usize = 255;

/// Does the work of a POST once for its idempotency key, if it has one: a repetition gets the first
/// answer again. `work` stores its answer under the key that it is given, together with its change.
pub(crate) async fn once<F>(
    state: &ApiState,
    parts: &Parts,
    credential: &Caller,
    body: &[u8],
    work: impl FnOnce(Option<IdempotencyKey>) -> F,
) -> Result<Response, ApiError>
where
    F: Future<Output = Result<Response, ApiError>>,
{
    let Some(key) = read_key(parts, credential, body)? else {
        return work(None).await;
    };
    let tenant = &credential.tenant;
    let Some(_running) = state.app.claim_key(tenant, &key) else {
        let detail = "A request with this Idempotency-Key is still being worked on";
        return Err(Problem::new(ProblemKind::Conflict, detail).retry_after(1).into());
    };
    if let Some(replay) = replay(state, credential, &key).await? {
        return Ok(replay);
    }
    match work(Some(key.clone())).await {
        Err(error) if error.answered => Ok(replay(state, credential, &key).await?.ok_or(error)?),
        Err(error) if is_kept(&error) => {
            let answer = refusal(state, parts, &error);
            state.app.keep_answer(tenant, key, answer).await?;
            Err(error)
        }
        result => result,
    }
}

/// Does the work of a POST once, like [`once`], where the answer is not stored together with the work: what
/// is done a second time after a kill in between does no harm.
pub(crate) async fn once_answered<F>(
    state: &ApiState,
    parts: &Parts,
    credential: &Caller,
    body: &[u8],
    work: impl FnOnce() -> F,
) -> Result<Response, ApiError>
where
    F: Future<Output = Result<Answer, ApiError>>,
{
    once(state, parts, credential, body, async |key| {
        let answer = work().await?;
        if let Some(key) = key {
            state.app.keep_answer(&credential.tenant, key, answer.clone()).await?;
        }
        Ok(respond(answer))
    })
    .await
}

fn read_key(parts: &Parts, credential: &Caller, body: &[u8]) -> Result<Option<IdempotencyKey>, ApiError> {
    let Some(given) = parts.headers.get(HEADER) else { return Ok(None) };
    let fine = |text: &&str| !text.trim().is_empty() && text.len() <= LONGEST;
    let Some(text) = given.to_str().ok().filter(fine) else {
        let detail = "Idempotency-Key must have 1 to 255 characters of ASCII, such as a new UUID";
        return Err(Problem::new(ProblemKind::MalformedRequest, detail).into());
    };
    let address = parts.uri.path_and_query().map_or(parts.uri.path(), |it| it.as_str());
    Ok(Some(IdempotencyKey::new(credential.id(), text, parts.method.as_str(), address, body)))
}

/// The kept answer to a request that was made before.
async fn replay(
    state: &ApiState,
    credential: &Caller,
    key: &IdempotencyKey,
) -> Result<Option<Response>, ApiError> {
    match state.app.find_answer(&credential.tenant, key).await? {
        Known::New => Ok(None),
        Known::Answered(answer) => {
            let mut response = respond(answer);
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
            Ok(Some(response))
        }
        Known::Erased => {
            let detail = "What this request was answered told of somebody who was erased since";
            let hint =
                "Nothing was done again. A request that is meant to be new needs a new Idempotency-Key.";
            Err(Problem::new(ProblemKind::Gone, detail).hint(hint).into())
        }
        Known::Reused => {
            let detail = "This Idempotency-Key was used for another request in the last 24 hours";
            Err(Problem::new(ProblemKind::IdempotencyKeyReused, detail).into())
        }
    }
}

/// An answer of 409, 429 or 5xx is not kept: the same request may succeed later (API §6).
fn is_kept(error: &ApiError) -> bool {
    let status = error.problem.kind.entry().status;
    (400..500).contains(&status) && !matches!(status, 408 | 409 | 429)
}

/// The problem document of a refusal, as it is given again.
fn refusal(state: &ApiState, parts: &Parts, error: &ApiError) -> Answer {
    let id = parts.extensions.get::<RequestId>().map(RequestId::text);
    let document = problem_document::document(error, &state.config, parts.uri.path(), id.unwrap_or_default());
    Answer {
        status: error.problem.kind.entry().status,
        headers: vec![("content-type".to_owned(), problem_document::MEDIA_TYPE.to_owned())],
        body: document.to_string().into_bytes(),
        secret: false,
    }
}

/// An answer as a response.
pub(crate) fn respond(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
