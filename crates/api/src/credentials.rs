//! From a request to its caller: the `Authorization` header or the session cookie, the key's host and
//! address, what the caller may do (API §2).

use std::net::IpAddr;
use std::sync::Arc;

use app::{Actor, Environment, KeyRefusal, QuotaState, Session};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, Method, header};
use domain::{Problem, ProblemKind};
use edge::{ClientAddress, SessionCookie, client_of, is_same_origin, same_host};

use crate::caller::{Caller, Credentials, outside_support, role_may_not};
use crate::error::ApiError;
use crate::rate_limit::{ChargeSlot, exceeded, session_exceeded};
use crate::state::ApiState;

/// Recognises the caller of a request and charges the request: to the plan's limit, or to the user's own.
pub(crate) async fn authenticate(state: &ApiState, parts: &Parts) -> Result<Caller, ApiError> {
    let caller = recognise(state, parts).await?;
    let slot = parts.extensions.get::<ChargeSlot>();
    let now = state.app.now();
    if let Credentials::Session(session) = &caller.by {
        let (quota, granted) = state.session_limit.charge(session.user.id, now);
        if let Some(slot) = slot {
            slot.free(quota);
        }
        return if granted { Ok(caller) } else { Err(session_exceeded(quota, now).into()) };
    }
    let charge = state.app.charge(&caller.tenant).await?;
    let (granted, quota) = (charge.granted, charge.state);
    if let Some(slot) = slot {
        slot.charged(charge);
    }
    if granted { Ok(caller) } else { Err(exceeded(quota, now).into()) }
}

/// The state of the limit that a caller's requests are charged to.
pub(crate) async fn limit_of(state: &ApiState, caller: &Caller) -> Result<QuotaState, ApiError> {
    match &caller.by {
        Credentials::Key(_) => Ok(state.app.quota_state(&caller.tenant).await?),
        Credentials::Session(session) => Ok(state.session_limit.state(session.user.id, state.app.now())),
    }
}

/// Recognises the caller of a request that costs nothing. A key counts more than a cookie, which browsers
/// send unasked.
pub(crate) async fn recognise(state: &ApiState, parts: &Parts) -> Result<Caller, ApiError> {
    if !parts.headers.contains_key(header::AUTHORIZATION)
        && let Some(session) = session(state, parts).await?
    {
        check_origin(state, parts)?;
        return Ok(Caller::of_session(session));
    }
    let key = bearer(parts)?;
    let from = client_address(&parts.extensions);
    match state.app.authenticate(key, from).await? {
        Ok(credential) => {
            if let Some(slot) = parts.extensions.get::<ChargeSlot>() {
                slot.with_key(&credential);
            }
            check_host(state, parts, credential.tenant.environment())?;
            Ok(Caller::of_key(credential))
        }
        Err(refusal) => {
            let wait = from.and_then(|from| state.throttle.failed(from, state.app.now()));
            Err(wait.map_or_else(|| refused(refusal, from), too_many_failures))
        }
    }
}

/// The session whose cookie a request brings, if it still runs.
pub(crate) async fn session(state: &ApiState, parts: &Parts) -> Result<Option<Arc<Session>>, ApiError> {
    let cookie = SessionCookie::of(&state.config.site(), &parts.extensions, &parts.headers);
    match cookie.token(&parts.headers) {
        Some(token) => Ok(state.app.session(token).await?),
        None => Ok(None),
    }
}

/// Refuses a change that a page of another site had the browser ask for.
pub(crate) fn check_origin(state: &ApiState, parts: &Parts) -> Result<(), ApiError> {
    let reads = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
    let secure = SessionCookie::of(&state.config.site(), &parts.extensions, &parts.headers).is_secure();
    if reads || is_same_origin(&state.config.site(), secure, &parts.uri, &parts.headers) {
        return Ok(());
    }
    let detail = "A session cookie changes something only from a page of this server";
    let hint = "Programs use an API key: `Authorization: Bearer KEY`.";
    Err(Problem::new(ProblemKind::CrossOriginRequest, detail).hint(hint).into())
}

fn too_many_failures(seconds: u32) -> ApiError {
    let detail = "Too many failed attempts came from this address";
    let hint = format!("Wait {seconds} seconds, then use a key that is valid.");
    Problem::new(ProblemKind::RateLimitExceeded, detail).hint(hint).retry_after(seconds).into()
}

/// Recognises the caller of a request and requires a scope of it.
pub(crate) async fn authorise(state: &ApiState, parts: &Parts, scope: &str) -> Result<Caller, ApiError> {
    let caller = authenticate(state, parts).await?;
    if caller.may(scope) {
        return Ok(caller);
    }
    if let Credentials::Session(session) = &caller.by {
        let outside = session.tenant.is_none();
        let problem = if outside { outside_support() } else { role_may_not(state.app.registry(), scope) };
        return Err(problem.into());
    }
    let detail = format!("The key lacks the scope {scope}");
    let problem = Problem::new(ProblemKind::InsufficientScope, detail);
    let challenge = format!("Bearer realm=\"MemberPulse\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Err(with_challenge(problem, &challenge))
}

/// Refuses an operator who is in no organisation.
pub(crate) fn require_tenant(caller: &Caller) -> Result<(), ApiError> {
    match &caller.by {
        Credentials::Session(session) if session.tenant.is_none() => Err(outside_support().into()),
        _ => Ok(()),
    }
}

/// Requires a session of the caller, and of its role a capability: what is never done by key.
pub(crate) async fn authorise_session(
    state: &ApiState,
    parts: &Parts,
    capability: Option<&str>,
) -> Result<(Caller, Arc<Session>), ApiError> {
    let caller = authenticate(state, parts).await?;
    let Credentials::Session(session) = &caller.by else {
        let detail = "No API key may do this, whatever its scopes";
        let hint = "It is done by who is signed in: POST /api/session, or in the portal.";
        let problem = Problem::new(ProblemKind::InsufficientScope, detail).hint(hint);
        return Err(with_challenge(problem, "Bearer realm=\"MemberPulse\", error=\"insufficient_scope\""));
    };
    let session = session.clone();
    match capability {
        Some(capability) if !session.can(capability) => {
            let outside = session.tenant.is_none() && capability != domain::access::PLATFORM;
            let problem =
                if outside { outside_support() } else { role_may_not(state.app.registry(), capability) };
            Err(problem.into())
        }
        _ => Ok((caller, session)),
    }
}

/// Who acts with a credential in this request.
pub(crate) fn actor(caller: &Caller, parts: &Parts) -> Actor {
    caller.actor(&client_of(&parts.extensions, &parts.headers))
}

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let Some(given) = parts.headers.get(header::AUTHORIZATION) else {
        let detail = "The request has no Authorization header, and no session that still runs";
        let problem = Problem::new(ProblemKind::MissingCredentials, detail)
            .hint("Send the header `Authorization: Bearer KEY`, or sign in.");
        return Err(with_challenge(problem, "Bearer realm=\"MemberPulse\""));
    };
    let scheme_and_key = given.to_str().ok().and_then(|text| text.trim().split_once(' '));
    match scheme_and_key {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => Ok(key.trim()),
        _ => {
            let detail = "The Authorization header is not of the form `Bearer KEY`";
            Err(invalid_token(Problem::new(ProblemKind::InvalidApiKey, detail)))
        }
    }
}

fn refused(refusal: KeyRefusal, from: Option<IpAddr>) -> ApiError {
    match refusal {
        KeyRefusal::Invalid => {
            let detail = "The API key is mistyped or not known here";
            invalid_token(Problem::new(ProblemKind::InvalidApiKey, detail))
        }
        KeyRefusal::Expired => {
            invalid_token(Problem::new(ProblemKind::ExpiredApiKey, "The API key has expired"))
        }
        KeyRefusal::Revoked => {
            let detail = "The API key was revoked, or its organisation was closed";
            invalid_token(Problem::new(ProblemKind::RevokedApiKey, detail))
        }
        KeyRefusal::IpNotAllowed => {
            let from = from.map_or_else(|| "an unknown address".to_owned(), |it| it.to_string());
            Problem::new(ProblemKind::IpNotAllowed, format!("The API key may not be used from {from}")).into()
        }
    }
}

/// A key used on the host of the other environment is told the right base URL (API §1).
fn check_host(state: &ApiState, parts: &Parts, environment: Environment) -> Result<(), ApiError> {
    let (own, other) = match environment {
        Environment::Production => (&state.config.production_host, &state.config.sandbox_host),
        Environment::Sandbox => (&state.config.sandbox_host, &state.config.production_host),
    };
    let host = parts.uri.host().or_else(|| parts.headers.get(header::HOST).and_then(|it| it.to_str().ok()));
    let (Some(host), Some(other)) = (host, other) else { return Ok(()) };
    if !same_host(host, other) || own.as_deref().is_some_and(|own| same_host(host, own)) {
        return Ok(());
    }
    let name = environment.name();
    let place = own.as_ref().map_or_else(|| state.config.public_url.clone(), |own| format!("https://{own}"));
    let problem = Problem::new(
        ProblemKind::WrongEnvironment,
        format!("This is a {name} key, but {host} serves the other environment"),
    )
    .hint(format!("The base URL for this key is {place}/api"));
    Err(invalid_token(problem))
}

fn invalid_token(problem: Problem) -> ApiError {
    with_challenge(problem, "Bearer realm=\"MemberPulse\", error=\"invalid_token\"")
}

/// RFC 6750 §3.
pub(crate) fn with_challenge(problem: Problem, challenge: &str) -> ApiError {
    let value = HeaderValue::from_str(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    ApiError::from(problem).header(header::WWW_AUTHENTICATE, value)
}

fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ClientAddress>().and_then(|ClientAddress(address)| *address)
}
