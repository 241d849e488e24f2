//! What answers carry: headers, and for errors problem documents with examples from the problem table.

use serde_json::json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{
    ContentBuilder, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};

use super::errors::ErrorSet;
use super::examples;
use crate::config::Config;

/// Headers that tell the state of the plan's limit.
const LIMIT: &[&str] =
    &["RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];

/// A set as an answer.
pub(super) fn error(set: &ErrorSet, config: &Config) -> Response {
    let examples = set.kinds.iter().map(|&kind| {
        let entry = kind.entry();
        let value = Some(examples::problem(kind, config));
        (entry.slug, RefOr::T(ExampleBuilder::new().summary(entry.title).value(value).build()))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    let start = with_headers(ResponseBuilder::new().description(set.doc), set.headers, false);
    start.content("application/problem+json", content).build()
}

/// Adds headers of the components, the request's id, which every answer has, and the state of the limit,
/// which every answer to a recognised key has. (Errors have it too; they are crowded enough.)
pub(super) fn with_headers(response: ResponseBuilder, names: &[&str], charged: bool) -> ResponseBuilder {
    let limit = if charged { LIMIT } else { &[] };
    let all = names.iter().chain(limit).chain(&["X-Request-Id"]);
    all.fold(response, |response, name| {
        response.header_ref(*name, Ref::new(format!("#/components/headers/{name}")))
    })
}

/// The headers of answers, by name.
pub(super) fn headers() -> Vec<(&'static str, Header)> {
    let text = |doc: &str, example: &str| header(doc, string(), json!(example));
    let integer = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let count = |doc: &str, example: u32| header(doc, integer(), json!(example));
    vec![
        (
            "Accept-Patch",
            text(
                "The media types that PATCH takes, where the path has it (RFC 5789).",
                "application/merge-patch+json, application/json",
            ),
        ),
        ("ETag", text("The version of the record; send it as `If-Match` with a change.", "\"3\"")),
        (
            "Link",
            text(
                "Addresses of the `first`, `prev`, `next` and `last` page, as far as there are such (RFC 8288).",
                "</api/members?page=1>; rel=\"first\", </api/members?page=2>; rel=\"next\"",
            ),
        ),
        (
            "Idempotency-Replayed",
            text("Says that this is the first answer to the `Idempotency-Key` again.", "true"),
        ),
        (
            "Location",
            text("The path of the new record.", "/api/members/01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e"),
        ),
        ("Preference-Applied", text("Says that `Prefer` was honoured.", "handling=lenient")),
        (
            "RateLimit",
            text("What is left of the limit: `r` requests, for `t` seconds.", "\"hour\";r=987;t=1840"),
        ),
        (
            "RateLimit-Policy",
            text("The plan's limit: `q` requests in `w` seconds.", "\"hour\";q=1000;w=3600"),
        ),
        ("Retry-After", header("Seconds after which trying again may help.", integer(), json!(2))),
        (
            "WWW-Authenticate",
            text("How to authenticate (RFC 6750).", "Bearer realm=\"MemberPulse\", error=\"invalid_token\""),
        ),
        (
            "Set-Cookie",
            text("The session cookie.", "mp_session=8dF3k; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"),
        ),
        ("X-RateLimit-Limit", count("Requests that the plan allows in an hour.", 1_000)),
        ("X-RateLimit-Remaining", count("Requests that are left in the present window.", 987)),
        ("X-RateLimit-Reset", count("When the present window ends, in seconds since 1970.", 1_795_492_800)),
        (
            "X-Request-Id",
            text(
                "The id of the request: yours, if you sent a short one of letters, digits and `-_.:`, else one \
                 that the server made.",
                examples::REQUEST_ID,
            ),
        ),
    ]
}

fn header(doc: &str, schema: impl Into<RefOr<Schema>>, example: serde_json::Value) -> Header {
    HeaderBuilder::new().description(Some(doc)).schema(Some(schema)).example(Some(example)).build()
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
