//! One operation for each route: what it is called, what it takes, what it answers.

use std::collections::BTreeMap;

use axum::http::Method;
use domain::definition::{Action, Effect, Resource};
use domain::resources::{INTEGRATION, SYNC_LOG, WEBHOOK};
use serde_json::Value as Json;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::link::{Link, LinkBuilder};
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::{ContentBuilder, HttpMethod, Ref, RefOr, Required, SecurityRequirement};

use super::{
    JSON, MERGE_PATCH, SECURITY_SCHEME, SESSION_SCHEME, batch, errors, examples, imports, parameters,
    schemas, staff, successes, words,
};
use crate::handlers::staff::StaffCall;
use crate::routes::{RouteInfo, RouteKind};

/// The tags that belong to no resource.
pub(super) const GENERAL: &str = "General";
pub(super) const DOCUMENTATION: &str = "Documentation";
pub(super) const HEALTH: &str = "Health";
pub(super) const CHANGES: &str = "Changes";

/// The tag of a resource.
pub(super) fn tag_of(resource: &Resource) -> String {
    words::capitalised(&resource.plural_noun())
}

/// The operation of a route; `table` is all of them.
pub(super) fn operation(route: &RouteInfo, table: &[RouteInfo]) -> Operation {
    let about = About::of(route.kind);
    let scope = route.scope.as_ref().map(|scope| {
        if route.session_only {
            format!("Needs the capability `{scope}` of who is signed in; no API key has it.")
        } else {
            format!("Needs the scope `{scope}`.")
        }
    });
    let session = (route.session_only && route.scope.is_none()).then(|| "Needs a session.".to_owned());
    let description =
        [Some(about.text), scope, session].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    // An empty list says that no key is needed; leaving it out would say nothing.
    let schemes: &[&str] = match (route.authenticated, route.session_only) {
        (false, _) => &[],
        (true, false) => &[SECURITY_SCHEME, SESSION_SCHEME],
        (true, true) => &[SESSION_SCHEME],
    };
    let security = schemes.iter().map(|&scheme| SecurityRequirement::new::<_, [&str; 0], _>(scheme, []));
    let in_path = match route.kind {
        RouteKind::Staff(call) => staff::in_path(call),
        kind => kind.resource(),
    };
    let parameters: Vec<RefOr<Parameter>> =
        parameters::of_path(&route.path, in_path).into_iter().chain(own_parameters(route.kind)).collect();
    let mut operation = OperationBuilder::new()
        .tag(about.tag)
        .operation_id(Some(route.operation_id.as_str()))
        .summary(Some(about.summary))
        .description(Some(description))
        .securities(Some(security))
        .request_body(body(route.kind))
        .build();
    if !parameters.is_empty() {
        operation.parameters = Some(parameters);
    }
    if let Some(scope) = &route.scope {
        operation.extensions = Some(ExtensionsBuilder::new().add("x-required-scope", scope.as_str()).build());
    }
    let answers = &mut operation.responses.responses;
    for (status, mut response) in successes::of(route) {
        if status == "201" {
            response.links = links(route, table);
        }
        answers.insert(status.to_owned(), response.into());
    }
    for set in errors::of(route.kind) {
        answers.insert(set.status().to_string(), Ref::from_response_name(set.name).into());
    }
    operation
}

/// The method as the library writes it.
pub(super) fn method(method: &Method) -> HttpMethod {
    match *method {
        Method::POST => HttpMethod::Post,
        Method::PUT => HttpMethod::Put,
        Method::PATCH => HttpMethod::Patch,
        Method::DELETE => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// What can be done with the record that an answer holds.
fn links(route: &RouteInfo, table: &[RouteInfo]) -> BTreeMap<String, RefOr<Link>> {
    let own = route.kind.resource().map(|resource| resource.name);
    let name = if matches!(route.kind, RouteKind::Import(..)) { "importId" } else { "id" };
    let place = format!("{{{name}}}");
    let on_record = table.iter().filter(|other| {
        own.is_some() && other.kind.resource().map(|it| it.name) == own && other.path.contains(&place)
    });
    let link = |other: &RouteInfo| {
        let id = other.operation_id.as_str();
        let link = LinkBuilder::new().operation_id(id).parameter(name, "$response.body#/id").build();
        (id.to_owned(), RefOr::T(link))
    };
    on_record.map(link).collect()
}

/// What an operation is, in words.
struct About {
    tag: String,
    summary: String,
    text: String,
}

impl About {
    fn of(kind: RouteKind) -> Self {
        let (summary, text) = words_of(kind);
        let tag = match kind {
            RouteKind::Entry | RouteKind::Me | RouteKind::RateLimit => GENERAL.to_owned(),
            RouteKind::Healthz | RouteKind::Readyz => HEALTH.to_owned(),
            RouteKind::Changes => CHANGES.to_owned(),
            RouteKind::RetrySync => tag_of(&SYNC_LOG),
            RouteKind::EventTypes => tag_of(&WEBHOOK),
            RouteKind::Staff(call) => staff::words_of(call).0.to_owned(),
            _ => kind.resource().map_or_else(|| DOCUMENTATION.to_owned(), tag_of),
        };
        Self { tag, summary, text }
    }
}

fn words_of(kind: RouteKind) -> (String, String) {
    let fixed = |summary: &str, text: &str| (summary.to_owned(), text.to_owned());
    match kind {
        RouteKind::Entry => {
            fixed("Show the entry point", "Paths of the collections and of the documentation.")
        }
        RouteKind::Me => fixed(
            "Show what this key is",
            "The organisation, environment, scopes and plan behind the API key of this request.",
        ),
        RouteKind::RateLimit => fixed(
            "Show the rate limit",
            "How many requests of this hour the organisation has left in this environment. Asking costs none.",
        ),
        RouteKind::OpenApiJson => {
            fixed("Get this document as JSON", "The OpenAPI 3.1 description of the API.")
        }
        RouteKind::OpenApiYaml => {
            fixed("Get this document as YAML", "The OpenAPI 3.1 description of the API.")
        }
        RouteKind::Docs => {
            fixed("Read the reference", "This document as a page on which calls can be tried.")
        }
        RouteKind::DocsAsset => fixed("Get a file of the reference", "What the reference page consists of."),
        RouteKind::HydraDocs => fixed(
            "Get the Hydra documentation",
            "The classes, properties and operations of the API in the Hydra vocabulary, for clients such as \
             API Platform's.",
        ),
        RouteKind::HydraContext => fixed(
            "Get a JSON-LD context",
            "What the names in the `application/ld+json` answers of one class stand for.",
        ),
        RouteKind::ErrorIndex => fixed("Read about all errors", "A page that lists every kind of error."),
        RouteKind::ErrorPage => fixed(
            "Read about an error",
            "The page behind the `type` of a problem document: what causes the error and what cures it.",
        ),
        RouteKind::Healthz => fixed("Check that the process runs", "Answers as long as the process does."),
        RouteKind::Readyz => fixed(
            "Check that the server is ready",
            "Answers 200 when the server can do its work: its database answers.",
        ),
        RouteKind::List(it)
        | RouteKind::Create(it)
        | RouteKind::Batch(it)
        | RouteKind::Get(it)
        | RouteKind::Replace(it)
        | RouteKind::Patch(it)
        | RouteKind::Delete(it) => words_of_record(kind, it),
        RouteKind::RotateSecret(it) => (
            format!("Make a new secret for {}", words::with_article(&it.noun())),
            "For 24 hours both secrets sign, so that the receiver can change over without missing anything."
                .to_owned(),
        ),
        RouteKind::Erase(it) => (
            format!("Erase {}", words::with_article(&it.noun())),
            "Deletes the record and every trace of what it held: in the change feed (where its changes stay as \
             `{\"id\", \"erased\": true}`), the audit log (where who did what when stays), deliveries and kept \
             answers. Files that were sent for import, and reports of failed rows, are discarded where they tell of \
             it: by an e-mail address that it has or had, or by its externalId. Also of records that were merged \
             into it, and of one that was deleted before. While a file is being sent or imported it is refused \
             (409). It cannot be undone; doing it again does no harm. Backups are not reached."
                .to_owned(),
        ),
        RouteKind::PersonalData(it) => (
            format!("Get all that is kept of {}", words::with_article(&it.noun())),
            "The record, its history with who changed what, and where its changes were sent: for a person who \
             asks what is kept of them."
                .to_owned(),
        ),
        RouteKind::TestWebhook => fixed(
            "Send a test",
            "Sends an event of type `webhook.test`, once. The answer's delivery tells what became of it.",
        ),
        RouteKind::RecoverDeliveries => fixed(
            "Send missed events",
            "Sends again what failed since a moment, and what happened while the webhook was switched off, as far \
             as it is kept (30 days).",
        ),
        RouteKind::WebhookHealth => fixed(
            "See how a webhook does",
            "What became of the attempts of the last 24 hours, hour by hour, and how long they took. A delivery that \
             was tried three times counts as three attempts.",
        ),
        RouteKind::GetDelivery => fixed(
            "Get a delivery",
            "What was sent, and for each attempt what came back: status, headers, the beginning of the body, how \
             long it took.",
        ),
        RouteKind::RetryDelivery => {
            fixed("Send a delivery again", "Sends the same event with the same `webhook-id` once more, now.")
        }
        RouteKind::EventTypes => fixed(
            "List event types",
            "Every type of event that can be subscribed to, with schema and example.",
        ),
        RouteKind::Changes => fixed(
            "Read the change feed",
            "The events of this environment in the order of their numbers, without gaps: the same that webhooks \
             carry. Kept for 30 days. Whoever missed webhooks catches up here exactly.",
        ),
        RouteKind::ReplaceFieldMapping => fixed(
            "Replace the field mapping",
            "Replaces the rules of all resources: a resource that is left out has none afterwards. Answers with the \
             integration.",
        ),
        RouteKind::Sync => fixed(
            "Sync records",
            "Stores records of the outside system, in its own shape, each found again by the outside system's id \
             (`externalId`); and deletes those that were deleted there. Which side is right when a record differs, says \
             `sourceOfTruth`. One transaction, with a result for each record, then for each deletion: a record that \
             fails keeps no other from being stored, is in the sync log, and is tried again by itself up to three \
             times where waiting can help.",
        ),
        RouteKind::RetrySync => fixed(
            "Retry a record",
            "Tries a record that failed once more, now, by the rules as they are today. Answers with its row of the \
             sync log.",
        ),
        RouteKind::IntegrationStatus => fixed(
            "See how an integration does",
            "Made from what really happened: requests with its keys, syncs, deliveries of its webhooks, the end of its \
             credentials. `errors` says what is wrong and what to do about it, newest first; `hours` has the requests and \
             the synced records of each of the last 24 hours, for charts.",
        ),
        RouteKind::IntegrationChanges => fixed(
            "Read the change feed in the outside system's shape",
            "The change feed (`GET /api/changes`) with records as the outbound rules of the integration's field mapping \
             make them; resources without rules are shown as the API shows them. What the integration itself \
             changed has its id in `origin.integrationId`.",
        ),
        RouteKind::PreviewFieldMapping => fixed(
            "Try the field mapping",
            "Says what becomes of a record of the outside system, and what is wrong with it, without storing \
             anything: by the rules of the integration, or by `rules` that are not stored yet.",
        ),
        RouteKind::Act(it, action) => (
            format!("{} {}", words::capitalised(action.name), words::with_article(it.name)),
            action.doc.to_owned(),
        ),
        RouteKind::Import(it, call) => imports::words_of(call, it),
        RouteKind::Staff(call) => {
            let (_, summary, text) = staff::words_of(call);
            fixed(summary, text)
        }
    }
}

fn words_of_record(kind: RouteKind, resource: &Resource) -> (String, String) {
    let many = resource.plural_noun();
    let name = resource.noun();
    let one = words::with_article(&name);
    match kind {
        RouteKind::List(_) if !resource.is_versioned() => (
            format!("Read the {many}"),
            "A page of the entries that match all filters, newest first unless `order` says otherwise."
                .to_owned(),
        ),
        RouteKind::Get(_) if !resource.is_versioned() => {
            (format!("Get {one}"), format!("Answers with one {name}; it never changes."))
        }
        RouteKind::List(_) => (
            format!("List {many}"),
            format!(
                "A page of the {many} that match all filters, newest first unless `order` says otherwise. \
                 Unknown parameters are errors, because a misspelt filter would return records that you did \
                 not ask for.\n\nWith `Accept: text/csv` and without `page`, `itemsPerPage` and `cursor` it is all \
                 of them at once, as a file: a column for each field, or for each of `fields` in the order \
                 given. Lists are joined by `;`, or are JSON where a text contains that; objects are JSON. A text \
                 that a spreadsheet would take for a formula has an apostrophe in front."
            ),
        ),
        RouteKind::Create(_) => (
            format!("Create {one}"),
            format!("Answers with the new {name}; `Location` is where it can be read."),
        ),
        RouteKind::Batch(_) => (
            format!("Change many {many}"),
            "Up to 1,000 items in one transaction, each with a result of its own; a failing item keeps the \
             others from nothing unless the batch is `atomic`."
                .to_owned(),
        ),
        RouteKind::Get(_) => (
            format!("Get {one}"),
            format!("Answers with the {name}, or with 304 where `If-None-Match` names its present version."),
        ),
        RouteKind::Replace(_) => (
            format!("Replace {one}"),
            "Replaces all fields that can be written: an optional field that is left out takes its default."
                .to_owned(),
        ),
        RouteKind::Patch(_) => (
            format!("Change {one}"),
            "Changes the fields that are named: a JSON Merge Patch (RFC 7396). Null takes a value away; lists \
             are replaced as a whole; objects are merged."
                .to_owned(),
        ),
        _ => (
            format!("Delete {one}"),
            format!(
                "Deletes the {name} for good: it answers 404 from then on. Lists with `includeDeleted=true` \
                 still name it."
            ),
        ),
    }
}

fn own_parameters(kind: RouteKind) -> Vec<RefOr<Parameter>> {
    match kind {
        RouteKind::List(resource) => parameters::of_list(resource),
        RouteKind::Get(_) | RouteKind::OpenApiJson | RouteKind::OpenApiYaml => {
            vec![parameters::reference("IfNoneMatch")]
        }
        RouteKind::Create(_)
        | RouteKind::Batch(_)
        | RouteKind::RotateSecret(_)
        | RouteKind::Erase(_)
        | RouteKind::TestWebhook
        | RouteKind::RecoverDeliveries
        | RouteKind::RetryDelivery
        | RouteKind::PreviewFieldMapping
        | RouteKind::Sync
        | RouteKind::RetrySync => vec![parameters::reference("IdempotencyKey")],
        RouteKind::Changes | RouteKind::IntegrationChanges => parameters::of_changes(),
        RouteKind::Import(_, call) => imports::own_parameters(call),
        RouteKind::Replace(_)
        | RouteKind::Patch(_)
        | RouteKind::Delete(_)
        | RouteKind::ReplaceFieldMapping => {
            vec![parameters::reference("IfMatch")]
        }
        RouteKind::Act(..) => vec![parameters::reference("IfMatch"), parameters::reference("IdempotencyKey")],
        RouteKind::Staff(StaffCall::SignOut) => vec![parameters::everywhere()],
        RouteKind::Staff(call) if staff::is_list(call) => {
            let own = (call == StaffCall::ListKeys).then(parameters::of_integration);
            ["Page", "ItemsPerPage", "Prefer"].map(parameters::reference).into_iter().chain(own).collect()
        }
        RouteKind::Staff(call) if staff::is_repeatable(call) => {
            vec![parameters::reference("IdempotencyKey")]
        }
        _ => Vec::new(),
    }
}

fn body(kind: RouteKind) -> Option<RequestBody> {
    match kind {
        RouteKind::Create(it) | RouteKind::Replace(it) => {
            let content = ContentBuilder::new().schema(Some(schemas::of(it, "Input"))).examples_from_iter([
                ("minimal", example("Only what must be given", examples::minimal(it))),
                ("complete", example("Every field", examples::complete(it))),
            ]);
            Some(required_body().content(JSON, content.build()).build())
        }
        RouteKind::RecoverDeliveries => Some(body_of("Recover")),
        RouteKind::ReplaceFieldMapping => {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("FieldMappingInput")));
            let example = INTEGRATION.field("fieldMapping").map(examples::of_field);
            Some(required_body().content(JSON, content.example(example).build()).build())
        }
        RouteKind::PreviewFieldMapping => Some(body_of("MappingQuestion")),
        RouteKind::Sync => Some(body_of("SyncOrder")),
        RouteKind::Patch(it) => {
            let patch = || ContentBuilder::new().schema(Some(schemas::of(it, "Patch")));
            let patch = || patch().example(Some(examples::patch(it))).build();
            Some(required_body().content(MERGE_PATCH, patch()).content(JSON, patch()).build())
        }
        RouteKind::Batch(it) => {
            let content = ContentBuilder::new().schema(Some(schemas::of(it, "Batch")));
            Some(required_body().content(JSON, content.example(Some(batch::example(it))).build()).build())
        }
        RouteKind::Act(_, Action { effect: Effect::Merge, .. }) => Some(body_of("Merge")),
        RouteKind::Act(it, Action { effect: Effect::Clone, .. }) => {
            let content = ContentBuilder::new().schema(Some(schemas::of(it, "Patch")));
            let content = content.example(Some(examples::patch(it))).build();
            let doc = "What is to be different in the new record; it may be left out.";
            Some(RequestBodyBuilder::new().description(Some(doc)).content(JSON, content).build())
        }
        RouteKind::Import(it, call) => imports::body(call, it),
        RouteKind::Staff(call) => staff::body(call),
        _ => None,
    }
}

/// A body of a named schema.
fn body_of(schema: &str) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema)));
    required_body().content(JSON, content.build()).build()
}

fn required_body() -> RequestBodyBuilder {
    RequestBodyBuilder::new().required(Some(Required::True))
}

fn example(summary: &str, value: Json) -> RefOr<utoipa::openapi::example::Example> {
    RefOr::T(ExampleBuilder::new().summary(summary).value(Some(value)).build())
}
