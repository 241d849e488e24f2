//! The named schemas of the document: those of each resource, made from its definition, and the few
//! that the API itself has.

use app::{Environment, Plan};
use domain::definition::{Registry, Resource};
use domain::resources::OWN;
use serde_json::json;
use utoipa::openapi::schema::{AnyOfBuilder, SchemaType};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Schema, Type};

use super::fields::{View, known, named, object};
use super::staff::or_null;
use super::{batch, examples, imports, integrations, personal_data, staff, webhooks, words};

/// All named schemas.
pub(super) fn all(registry: Registry) -> Vec<(String, RefOr<Schema>)> {
    let of_resources = registry.iter().flat_map(of_resource);
    of_resources
        .chain(OWN.iter().flat_map(of_own))
        .chain(webhooks::schemas().map(|(name, schema)| (name.to_owned(), schema)))
        .chain(personal_data::schemas().map(|(name, schema)| (name.to_owned(), schema)))
        .chain(integrations::schemas(registry).into_iter().map(|(name, schema)| (name.to_owned(), schema)))
        .chain(imports::schemas().map(|(name, schema)| (name.to_owned(), schema)))
        .chain(common())
        .chain(staff::schemas(registry))
        .map(|(name, schema)| (name, schema.into()))
        .collect()
}

/// The name of a resource's schema; `suffix` tells which.
pub(super) fn name(resource: &Resource, suffix: &str) -> String {
    format!("{}{suffix}", words::capitalised(resource.name))
}

/// A reference to a resource's schema.
pub(super) fn of(resource: &Resource, suffix: &str) -> Ref {
    Ref::from_schema_name(name(resource, suffix))
}

/// All the records of a resource in a sentence: `members`, but `the audit log`.
pub(super) fn whole(resource: &Resource) -> String {
    let many = resource.plural_noun();
    if resource.is_versioned() { many } else { format!("the {many}") }
}

/// Settings have what records have but batches; what is made with a secret shows it once.
fn of_own(resource: &'static Resource) -> Vec<(String, ObjectBuilder)> {
    if !resource.is_versioned() {
        return of_log(resource);
    }
    let mut all = of_resource(resource);
    all.retain(|(it, _)| ![name(resource, "Batch"), name(resource, "BatchItem")].contains(it));
    if resource.secret {
        all.push((name(resource, "Made"), webhooks::made(resource)));
    }
    all
}

fn of_log(log: &'static Resource) -> Vec<(String, ObjectBuilder)> {
    let view = |view| object(log.fields, view, None);
    vec![
        (name(log, ""), view(View::Shown).description(Some(log.doc))),
        (name(log, "Sparse"), view(View::Sparse).description(Some(sparse(log)))),
        (name(log, "List"), list(log)),
    ]
}

fn sparse(resource: &Resource) -> String {
    let one = words::with_article(&resource.noun());
    format!("What `fields` asks for of {one}: each field is there only if it was named.")
}

fn of_resource(resource: &'static Resource) -> Vec<(String, ObjectBuilder)> {
    let one = words::with_article(&resource.noun());
    let shown_too = resource.derived.map(|it| (it.field, it.shown));
    let view = |view| object(resource.fields, view, shown_too);
    let given = format!(
        "What makes {one}, or replaces one: optional fields that are left out take their defaults. Fields \
         that only the server sets may be sent back as they were read, and are then ignored."
    );
    let patch = format!(
        "Changes to {one} as a JSON Merge Patch (RFC 7396): what is left out stays, null takes a value away."
    );
    vec![
        (name(resource, ""), view(View::Shown).description(Some(resource.doc))),
        (
            name(resource, "Input"),
            view(View::Given).description(Some(given)).examples([examples::complete(resource)]),
        ),
        (
            name(resource, "Patch"),
            view(View::Patch).description(Some(patch)).examples([examples::patch(resource)]),
        ),
        (name(resource, "Sparse"), view(View::Sparse).description(Some(sparse(resource)))),
        (name(resource, "List"), list(resource)),
        (name(resource, "Batch"), batch::input(resource)),
        (name(resource, "BatchItem"), batch::item(resource)),
    ]
}

fn list(resource: &'static Resource) -> ObjectBuilder {
    let many = whole(resource);
    let mut item = AnyOfBuilder::new().item(of(resource, ""));
    let mut deleted = "";
    if resource.is_versioned() {
        item = item.item(Ref::from_schema_name("DeletedRecord"));
        deleted = "with `includeDeleted` it can be a deleted one, ";
    }
    let item = item
        .item(of(resource, "Sparse"))
        .description(Some(format!("One of {many}: {deleted}with `fields` it has only those fields.")));
    let data = ArrayBuilder::new().items(item).description(Some(format!("What this page has of {many}.")));
    let number = |doc: &str| {
        let types = SchemaType::from_iter([Type::Integer, Type::Null]);
        ObjectBuilder::new().schema_type(types).format(known(KnownFormat::Int64)).description(Some(doc))
    };
    let properties: [(&str, RefOr<Schema>); 6] = [
        ("data", data.into()),
        (
            "page",
            number("The number of this page, from 1; null in a list that goes on from a `cursor`.").into(),
        ),
        ("itemsPerPage", integer().description(Some("The most records that this page can have.")).into()),
        ("totalItems", number("How many records there are in all; null with `count=false`.").into()),
        ("totalPages", number("How many pages they make; null with `count=false`.").into()),
        (
            "nextCursor",
            nullable_text()
                .description(Some("Where the list goes on: send it as `cursor`. Null on the last page."))
                .into(),
        ),
    ];
    closed_record(properties).description(Some(format!("A page of {many}.")))
}

/// An object of which every property is always there.
pub(super) fn closed_record(
    properties: impl IntoIterator<Item = (&'static str, RefOr<Schema>)>,
) -> ObjectBuilder {
    properties
        .into_iter()
        .fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name, schema).required(name))
}

/// The schemas that belong to no resource.
fn common() -> Vec<(String, ObjectBuilder)> {
    [
        ("BatchReport", batch::report()),
        ("DeletedRecord", deleted_record()),
        ("EntryPoint", entry_point()),
        ("Health", status("ok", "Says that the process answers.", &[])),
        ("Me", me()),
        ("Merge", batch::merge()),
        ("Problem", problem()),
        ("RateLimit", rate_limit()),
        ("Readiness", readiness()),
        ("Violation", violation()),
    ]
    .into_iter()
    .map(|(name, schema)| (name.to_owned(), schema))
    .collect()
}

fn deleted_record() -> ObjectBuilder {
    let moment = text("When the record was deleted.").format(known(KnownFormat::DateTime));
    let version = integer().format(known(KnownFormat::Int64)).minimum(Some(1_i64));
    closed_record([
        ("id", uuid("The id that the record had.").into()),
        ("deletedAt", moment.into()),
        ("version", version.description(Some("The version that the deletion made.")).into()),
    ])
    .property("mergedInto", uuid("The record that this one was merged into, if it was."))
    .description(Some("What is left of a deleted record, in lists with `includeDeleted=true`."))
}

fn problem() -> ObjectBuilder {
    let kind = text("The address of the page that explains this kind of error.").format(named("uri"));
    let status = integer().minimum(Some(400)).maximum(Some(599));
    let violations = ArrayBuilder::new().items(Ref::from_schema_name("Violation"));
    closed_record([
        ("type", kind.into()),
        ("title", text("The kind of error in a few words, always the same.").into()),
        ("status", status.description(Some("The HTTP status.")).into()),
        ("detail", text("What went wrong this time.").into()),
        ("instance", text("The path of the request.").into()),
        (
            "requestId",
            text("The id of the request, as in `X-Request-Id`; name it when you ask for help.").into(),
        ),
    ])
    .property("code", text("A word for programs where the type alone does not say enough."))
    .property("mergedInto", uuid("The record that took the place of the one asked for (410)."))
    .property("hint", text("What to do next, when it is more than the detail says."))
    .property("violations", violations.description(Some("Every field or parameter at fault, all at once.")))
    .description(Some("An error as a problem document (RFC 9457, which obsoletes RFC 7807)."))
}

fn violation() -> ObjectBuilder {
    closed_record([
        (
            "propertyPath",
            text("The field or parameter, e.g. `email`, `speakers[0].name`, `order[email]`.").into(),
        ),
        ("message", text("What is wrong and what would be right, for people.").into()),
        ("code", text("A stable word for programs, e.g. `invalid_email`.").into()),
    ])
    .description(Some("A field or parameter that breaks a rule."))
}

fn me() -> ObjectBuilder {
    let one_of = |doc: &str, words: Vec<&'static str>| text(doc).enum_values(Some(words));
    let organisation = closed_record([
        ("id", uuid("The organisation's id.").into()),
        ("slug", text("The organisation's short name.").into()),
        ("name", text("The organisation's name.").into()),
        ("timezone", text("Its IANA time zone: what `today` means.").into()),
        ("currency", text("Its ISO 4217 currency: what amounts are in.").into()),
    ]);
    let expires = nullable_text().format(known(KnownFormat::DateTime));
    let key = closed_record([
        ("id", uuid("The key's id.").into()),
        ("name", text("The name that the key was given.").into()),
        ("expiresAt", expires.description(Some("When the key stops working; null for never.")).into()),
    ]);
    let user = closed_record([
        ("id", uuid("The user's id.").into()),
        ("email", text("The user's e-mail address.").into()),
        ("role", text("The user's role.").into()),
    ]);
    let scopes = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
    let environments = Environment::ALL.iter().map(|it| it.name()).collect();
    let plans = Plan::ALL.iter().map(|it| it.name()).collect();
    closed_record([
        (
            "organisation",
            organisation.description(Some("The organisation that the credential belongs to.")).into(),
        ),
        ("environment", one_of("The environment that the credential opens.", environments).into()),
        ("key", or_null(key, "The key; null where somebody is signed in.")),
        ("user", or_null(user, "Who is signed in; null where a key is used.")),
        ("scopes", scopes.description(Some("What the credential may do.")).into()),
        ("plan", one_of("The organisation's plan.", plans).into()),
        ("rateLimit", closed_record(limit()).description(Some("The state of the plan's limit.")).into()),
    ])
    .description(Some("What this credential is."))
}

fn rate_limit() -> ObjectBuilder {
    let plans = Plan::ALL.iter().map(|it| it.name());
    let plan = text("The organisation's plan, which sets the limit.").enum_values(Some(plans));
    let window = integer().description(Some("Seconds from the first request of a window to its end."));
    closed_record([("plan", plan.into()), ("windowSeconds", window.into())].into_iter().chain(limit()))
        .description(Some("The state of the plan's limit of requests, per organisation and environment."))
}

fn limit() -> [(&'static str, RefOr<Schema>); 3] {
    let count = |doc: &str| integer().format(known(KnownFormat::Int64)).description(Some(doc));
    let reset = text("When the present window ends.").format(known(KnownFormat::DateTime));
    [
        ("limit", count("Requests that the plan allows in an hour.").into()),
        ("remaining", count("Requests that are left in the present window.").into()),
        ("resetAt", reset.into()),
    ]
}

fn entry_point() -> ObjectBuilder {
    let link = ObjectBuilder::new().schema_type(Type::String);
    let links = ObjectBuilder::new().additional_properties(Some(link));
    closed_record([
        ("name", text("The name of the API.").into()),
        ("version", text("The version of the server.").into()),
        (
            "links",
            links.description(Some("Paths of the collections and of the documentation, by name.")).into(),
        ),
    ])
    .description(Some("Where everything else is."))
}

/// `{"status": …}`, with further parts that are `ok`.
fn status(word: &str, doc: &str, parts: &[&str]) -> ObjectBuilder {
    let fixed = |word: &str| ObjectBuilder::new().schema_type(Type::String).enum_values(Some([json!(word)]));
    let start = ObjectBuilder::new().property("status", fixed(word)).required("status");
    let all = parts.iter().fold(start, |object, part| object.property(*part, fixed("ok")).required(*part));
    all.description(Some(doc))
}

fn readiness() -> ObjectBuilder {
    let dispatcher =
        text("`ok`, or `off` where this server sends no webhooks.").enum_values(Some(["ok", "off"]));
    let ready = status("ready", "Says that the server can do its work.", &["database"]);
    ready.property("dispatcher", dispatcher).required("dispatcher")
}

pub(super) fn text(doc: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(doc))
}

pub(super) fn nullable_text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]))
}

pub(super) fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).format(known(KnownFormat::Int32))
}

pub(super) fn uuid(doc: &str) -> ObjectBuilder {
    text(doc).format(named("uuid"))
}
