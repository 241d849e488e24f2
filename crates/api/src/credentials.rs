//! Who sends a request: the `Authorization` header, the key's host, address and scope (API §2).

use std::net::IpAddr;
use std::sync::Arc;

use app::{Actor, Client, Credential, Environment, KeyRefusal};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use domain::{Problem, ProblemKind};

use crate::client_address::ClientAddress;
use crate::config::same_host;
use crate::edge::RequestId;
use crate::error::ApiError;
use crate::rate_limit::{ChargeSlot, exceeded};
use crate::state::ApiState;

/// Recognises the key of a request and charges the request to the plan's limit.
pub(crate) async fn authenticate(state: &ApiState, parts: &Parts) -> Result<Arc<Credential>, ApiError> {
    let credential = recognise(state, parts).await?;
    let charge = state.app.charge(&credential.tenant).await?;
    let (granted, quota) = (charge.granted, charge.state);
    if let Some(slot) = parts.extensions.get::<ChargeSlot>() {
        slot.charged(charge);
    }
    if granted { Ok(credential) } else { Err(exceeded(quota, state.app.now()).into()) }
}

/// Recognises the key of a request that costs nothing.
pub(crate) async fn recognise(state: &ApiState, parts: &Parts) -> Result<Arc<Credential>, ApiError> {
    let key = bearer(parts)?;
    let from = client_address(parts);
    match state.app.authenticate(key, from).await? {
        Ok(credential) => {
            check_host(state, parts, credential.tenant.environment())?;
            Ok(credential)
        }
        Err(refusal) => {
            let wait = from.and_then(|from| state.throttle.failed(from, state.app.now()));
            Err(wait.map_or_else(|| refused(refusal, from), too_many_failures))
        }
    }
}

fn too_many_failures(seconds: u32) -> ApiError {
    let detail = "Too many failed attempts came from this address";
    let hint = format!("Wait {seconds} seconds, then use a key that is valid.");
    Problem::new(ProblemKind::RateLimitExceeded, detail).hint(hint).retry_after(seconds).into()
}

/// Recognises the key of a request and requires a scope of it.
pub(crate) async fn authorise(
    state: &ApiState,
    parts: &Parts,
    scope: &str,
) -> Result<Arc<Credential>, ApiError> {
    let credential = authenticate(state, parts).await?;
    if credential.has_scope(scope) {
        return Ok(credential);
    }
    let detail = format!("The key lacks the scope {scope}");
    let problem = Problem::new(ProblemKind::InsufficientScope, detail);
    let challenge = format!("Bearer realm=\"MemberPulse\", error=\"insufficient_scope\", scope=\"{scope}\"");
    Err(with_challenge(problem, &challenge))
}

/// From where a request comes.
pub(crate) fn client(parts: &Parts) -> Client {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).chars().take(255).collect();
    Client {
        address: client_address(parts),
        user_agent: parts.headers.get(header::USER_AGENT).map(text),
        request_id: parts.extensions.get::<RequestId>().map(|RequestId(id)| text(id)),
    }
}

/// Who acts with a credential in this request.
pub(crate) fn actor(credential: &Credential, parts: &Parts) -> Actor {
    Actor::new(credential.actor_kind(), &client(parts))
}

fn bearer(parts: &Parts) -> Result<&str, ApiError> {
    let Some(given) = parts.headers.get(header::AUTHORIZATION) else {
        let problem =
            Problem::new(ProblemKind::MissingCredentials, "The request has no Authorization header")
                .hint("Send the header `Authorization: Bearer KEY`.");
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
fn with_challenge(problem: Problem, challenge: &str) -> ApiError {
    let value = HeaderValue::from_str(challenge).unwrap_or(HeaderValue::from_static("Bearer"));
    ApiError::from(problem).header(header::WWW_AUTHENTICATE, value)
}

fn client_address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ClientAddress>().and_then(|ClientAddress(address)| *address)
}
