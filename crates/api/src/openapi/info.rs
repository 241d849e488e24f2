//! What the document says of the API as a whole: how to authenticate, where the servers are, what holds
//! for every call.

use domain::definition::{Kind, Registry};
use domain::resources::OWN;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::{Tag, TagBuilder};
use utoipa::openapi::{Info, InfoBuilder, LicenseBuilder, Server};

use super::operations::{CHANGES, DOCUMENTATION, GENERAL, HEALTH, tag_of};
use super::{staff, words};
use edge::SessionCookie;

use crate::config::Config;

/// The first of the two licences. An SPDX expression would be exact, but is shown as a broken link.
const LICENCE: &str = "https://spdx.org/licenses/Apache-2.0.html";

/// Title, version, licence, and what holds for every call.
pub(super) fn info(registry: Registry, config: &Config) -> Info {
    let licence = LicenseBuilder::new().name("Apache-2.0 OR MIT").url(Some(LICENCE)).build();
    InfoBuilder::new()
        .title("MemberPulse API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(description(registry, config)))
        .license(Some(licence))
        .build()
}

fn description(registry: Registry, config: &Config) -> String {
    let many: Vec<&str> = registry.iter().map(|resource| resource.plural).collect();
    let has_money = registry.iter().flat_map(|it| it.fields).any(|field| matches!(field.kind, Kind::Money));
    let money = if has_money {
        " Amounts of money are strings such as `\"49.00\"`, so that none is rounded."
    } else {
        ""
    };
    format!(
        "Read and change the {} of an organisation.

## Authentication

Send `Authorization: Bearer KEY` with an API key. A key belongs to one organisation and one environment \
and carries scopes; each call names the scope that it needs. `GET /api/me` shows what a key is. Keys are shown \
once, when they are made.

Staff sign in with `POST /api/session` and call with its cookie; their role decides what they may do. What no key \
may do, such as making keys, is done so.

## Environments

Keys that begin with `mp_live_` work on production data, keys that begin with `mp_test_` on the sandbox: the key \
decides, and neither environment sees the other's records.

## Values

Names are in camelCase. Moments are RFC 3339 in UTC, dates are `YYYY-MM-DD`.{money} Text is trimmed; empty \
text stands for null where a field may be null. Control characters other than tabs and line breaks are refused. \
Fields that a body does not know, and keys given twice, are errors.

## Lists

Lists come in pages: `page` and `itemsPerPage`, or `cursor` to go on from a page without gaps or repeats \
while records change. Filters are combined with *and*; `field[]=a&field[]=b` is *or*. The `Link` header names \
the neighbouring pages.

## Changing records

Every record has a `version`, of which its `ETag` is made. Send it as `If-Match` so that you change only what \
you have seen. A change that was answered with 2xx is durable.

A POST with an `Idempotency-Key` of your own can be sent again when the answer got lost: it is done once, and the \
first answer is given again for 24 hours.

## Limits

The plan allows a number of requests an hour, for each environment. Every answer to a key tells in `RateLimit` what \
is left; over the limit the answer is 429, with `Retry-After`. Answers of 304 and `GET /api/rate-limit` cost \
nothing. Bodies may have 1 MiB, those of batches 8 MiB.

## Errors

Every error is a problem document (RFC 9457) of type `application/problem+json`. Its `type` is the address of a \
page that explains cause and cure: [all of them]({}). All violations of a request come at once. Give the \
`requestId` when you ask for help.",
        words::listed(&many),
        config.problem_path(),
    )
}

/// The base addresses: one for each environment where they have hosts of their own.
pub(super) fn servers(config: &Config) -> Vec<Server> {
    let server = |url: String, doc: &str| ServerBuilder::new().url(url).description(Some(doc)).build();
    let at = |host: Option<&String>| {
        host.map_or_else(|| config.public_url.clone(), |host| format!("https://{host}"))
    };
    let (production, sandbox) = (config.production_host.as_ref(), config.sandbox_host.as_ref());
    if production.is_none() && sandbox.is_none() {
        return vec![server(config.public_url.clone(), "Both environments: the key decides.")];
    }
    vec![server(at(production), "Production"), server(at(sandbox), "Sandbox")]
}

/// How requests authenticate.
pub(super) fn security_scheme() -> SecurityScheme {
    let http = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("mp_live_… or mp_test_…")
        .description(Some(
            "An API key: `mp_live_` (production) or `mp_test_` (sandbox), then 49 letters and digits. An \
             administrator makes keys with `memberpulse api-key create`.",
        ));
    SecurityScheme::Http(http.build())
}

/// How browsers authenticate.
pub(super) fn session_scheme(config: &Config) -> SecurityScheme {
    let doc = "The cookie that `POST /api/session` sets. Changes are taken only from pages of this server: \
               `Sec-Fetch-Site` or `Origin` must say so.";
    let cookie = ApiKeyValue::with_description(SessionCookie::plain(&config.site()).name(), doc);
    SecurityScheme::ApiKey(ApiKey::Cookie(cookie))
}

/// The groups of operations, in the order to show them.
pub(super) fn tags(registry: Registry) -> Vec<Tag> {
    let tag = |name: &str, doc: &str| TagBuilder::new().name(name).description(Some(doc)).build();
    let resources = registry.iter().chain(OWN.iter()).map(|resource| tag(&tag_of(resource), resource.doc));
    [tag(GENERAL, "Where everything is, and what a key is.")]
        .into_iter()
        .chain(resources)
        .chain(staff::TAGS.map(|(name, doc)| tag(name, doc)))
        .chain([
            tag(CHANGES, "What happened, in order and without gaps."),
            tag(DOCUMENTATION, "This document, its reference page, and the pages that explain errors."),
            tag(HEALTH, "Whether the server runs and can serve."),
        ])
        .collect()
}
