//! The parameters of operations: those of the path, those of lists as the list grammar knows them, and
//! the headers that are honoured.

use domain::ProblemKind;
use domain::definition::{Field, Kind, Resource};
use domain::listing::{DEFAULT_ITEMS_PER_PAGE, MAX_ITEMS_PER_PAGE, MAX_PAGE, known_parameters};
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Required, Schema, Type};

use super::fields::{custom_field_key, known, named};
use super::{examples, words};
use crate::docs;
use crate::handlers::changes::{DEFAULT_LIMIT, MAX_LIMIT};

type Parameters = Vec<RefOr<Parameter>>;

/// The parameters that several operations share, by their names among the components.
pub(super) fn shared() -> Vec<(&'static str, Parameter)> {
    let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
    let whole = |most: u64| integer().minimum(Some(1)).maximum(Some(most));
    let items = whole(MAX_ITEMS_PER_PAGE.into()).default(Some(json!(DEFAULT_ITEMS_PER_PAGE)));
    let key = string().min_length(Some(1)).max_length(Some(255));
    let page = "The number of the page, from 1, which is also the default. A page past the end is empty. \
                Not together with `cursor`.";
    let cursor = "Continues after the `nextCursor` of the page before: stable while records are added or \
                  removed, and equally fast at any depth. Keep the other parameters as they were.";
    let count = "`false` leaves the total out, which is cheaper.";
    let deleted = "`true` lists deleted records too, as `{\"id\", \"deletedAt\", \"version\"}`. Together with \
                   `updatedAt[after]` an outside system can follow deletions by listing alone.";
    let if_match = "The `ETag` of the version that you have read, such as `\"3\"`. If the record has changed since, nothing \
                    is done and the answer is 412.";
    let if_none_match =
        "The `ETag` of what you have. If it is still current, the answer is 304 without a body.";
    let idempotency = "A value of your own, such as a new UUID. If you send the same request with it again within \
                       24 hours, nothing is done twice: you get the first answer again, with \
                       `Idempotency-Replayed: true`.";
    let prefer = "`handling=lenient` has unknown and malformed parameters ignored, which otherwise are errors \
                  (RFC 7240).";
    vec![
        ("Page", query("page", page, whole(MAX_PAGE).format(known(KnownFormat::Int64)))),
        (
            "ItemsPerPage",
            query("itemsPerPage", "The most records on a page.", items.format(known(KnownFormat::Int32))),
        ),
        ("Cursor", query("cursor", cursor, string().min_length(Some(1)))),
        ("Count", query("count", count, flag().default(Some(json!(true))))),
        ("IncludeDeleted", query("includeDeleted", deleted, flag().default(Some(json!(false))))),
        ("IfMatch", header("If-Match", if_match, string())),
        ("IfNoneMatch", header("If-None-Match", if_none_match, string())),
        ("IdempotencyKey", header("Idempotency-Key", idempotency, key)),
        ("Prefer", header("Prefer", prefer, string())),
    ]
}

/// A reference to one of the [`shared`] ones.
pub(super) fn reference(name: &str) -> RefOr<Parameter> {
    RefOr::Ref(Ref::new(format!("#/components/parameters/{name}")))
}

/// The parameters of the change feed.
pub(super) fn of_changes() -> Parameters {
    let limit = integer().minimum(Some(1)).maximum(Some(MAX_LIMIT)).default(Some(json!(DEFAULT_LIMIT)));
    let types = ArrayBuilder::new().items(string());
    let doc = "Only events of these types or groups of types: `types[]=member.created&types[]=event.*`.";
    let types = optional("types[]", doc).schema(Some(types)).style(Some(ParameterStyle::Form));
    let cursor = "Where to go on: the `nextCursor` of the answer before, or the `sequence` of the last event that \
                  you have. Without it the feed begins with the oldest change that is kept.";
    vec![
        query("cursor", cursor, string().pattern(Some("^[0-9]{1,18}$"))).into(),
        types.explode(Some(true)).build().into(),
        query("limit", "The most events in the answer.", limit.format(known(KnownFormat::Int32))).into(),
        reference("Prefer"),
    ]
}

/// Whether to sign out everywhere.
pub(super) fn everywhere() -> RefOr<Parameter> {
    let flag = ObjectBuilder::new().schema_type(Type::Boolean).default(Some(json!(false)));
    query("everywhere", "`true` ends all sessions of the user.", flag).into()
}

/// Only what belongs to an integration.
pub(super) fn of_integration() -> RefOr<Parameter> {
    query("integrationId", "Only those of this integration.", string().format(named("uuid"))).into()
}

/// What a file is called.
pub(super) fn file_name() -> RefOr<Parameter> {
    query("fileName", "What the file is called, to recognise the import by.", string()).into()
}

/// What stands between braces in a path.
pub(super) fn of_path(path: &str, resource: Option<&'static Resource>) -> Parameters {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| path_parameter(name, resource).into()).collect()
}

fn path_parameter(name: &str, resource: Option<&'static Resource>) -> Parameter {
    let one_of = |words: Vec<&'static str>| string().enum_values(Some(words));
    let (doc, schema, example) = match (name, resource) {
        ("id", Some(Resource { parent: Some(parent), .. })) => {
            let example = parent.resource.field("id").map(examples::of_field);
            (format!("The id of the {}.", parent.resource.noun()), string().format(named("uuid")), example)
        }
        ("id", Some(resource)) => {
            let example = resource.field("id").map(examples::of_field);
            (format!("The id of the {}.", resource.noun()), string().format(named("uuid")), example)
        }
        ("deliveryId" | "syncEntryId", Some(resource)) => {
            (format!("The id of the {}.", resource.noun()), string().format(named("uuid")), None)
        }
        ("importId", _) => ("The id of the import.".to_owned(), string().format(named("uuid")), None),
        ("type", _) => {
            let slugs = ProblemKind::ALL.iter().map(|kind| kind.entry().slug).collect();
            ("The last segment of a problem's `type`.".to_owned(), one_of(slugs), None)
        }
        ("class", _) => ("The name of the class.".to_owned(), string(), Some(json!("Member"))),
        ("file", _) => ("The name of the file.".to_owned(), one_of(docs::FILES.to_vec()), None),
        _ => (String::new(), string(), None),
    };
    let parameter =
        ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.description(Some(doc)).schema(Some(schema)).example(example).build()
}

/// Every parameter that lists of this resource take.
pub(super) fn of_list(resource: &'static Resource) -> Parameters {
    let mut all: Parameters = Vec::new();
    for name in known_parameters(resource) {
        all.extend(list_parameter(resource, &name));
    }
    all.extend(
        resource.fields.iter().filter(|field| matches!(field.kind, Kind::CustomFields)).map(custom_fields),
    );
    all.push(reference("Prefer"));
    all
}

fn list_parameter(resource: &'static Resource, name: &str) -> Option<RefOr<Parameter>> {
    let (base, key) = match name.split_once('[') {
        Some((base, rest)) => (base, rest.strip_suffix(']')),
        None => (name, None),
    };
    let parameter = match (base, key) {
        ("order", Some(field)) => order(name, field),
        ("exists", Some(field)) => exists(name, field),
        (base, key) => match (resource.field(base), key) {
            // Described as `field[]`, which one value can use too: generators of clients make the same name
            // of both, and could offer neither.
            (Some(field), None) if has_any_of(field) => return None,
            (Some(field), None) => query(name, &format!("{}.", equality(field)), value(resource, field)),
            (Some(field), Some("")) => any_of(resource, name, field),
            (Some(field), Some(operator)) => range(name, field, operator),
            (None, _) => return fixed(resource, base),
        },
    };
    Some(parameter.into())
}

fn fixed(resource: &'static Resource, name: &str) -> Option<RefOr<Parameter>> {
    Some(match name {
        "page" => reference("Page"),
        "itemsPerPage" => reference("ItemsPerPage"),
        "cursor" => reference("Cursor"),
        "count" => reference("Count"),
        "includeDeleted" => reference("IncludeDeleted"),
        "search" => search(resource).into(),
        "fields" => sparse(resource).into(),
        _ => return None,
    })
}

fn search(resource: &Resource) -> Parameter {
    let doc = format!(
        "Up to 10 words, each of which must be the beginning of a word in {}.",
        words::listed(resource.search)
    );
    query("search", &doc, string())
}

fn sparse(resource: &Resource) -> Parameter {
    let names = resource.fields.iter().map(|field| field.name);
    let list = ArrayBuilder::new().items(string().enum_values(Some(names))).min_items(Some(1));
    let doc = "The fields to show, separated by commas; all when it is left out.";
    let parameter = optional("fields", doc).schema(Some(list));
    parameter.style(Some(ParameterStyle::Form)).explode(Some(false)).build()
}

fn order(name: &str, field: &str) -> Parameter {
    let doc = format!(
        "Orders by {field}. Several orders count in the sequence in which they are given; without any, the \
         newest come first."
    );
    query(name, &doc, string().enum_values(Some(["asc", "desc"])))
}

fn exists(name: &str, field: &str) -> Parameter {
    let doc = format!("`true`: only records that have a {field}; `false`: only those without.");
    query(name, &doc, ObjectBuilder::new().schema_type(Type::Boolean))
}

/// Whether the list grammar knows `field[]` beside `field`.
fn has_any_of(field: &Field) -> bool {
    !field.kind.is_ordered()
}

fn equality(field: &Field) -> String {
    let name = field.name;
    match field.kind {
        Kind::Tags { .. } => format!("Only records that have this among their {name}"),
        _ if field.folded => format!("Only records with this {name}, in upper or lower case"),
        _ => format!("Only records with this {name}"),
    }
}

fn any_of(resource: &Resource, name: &str, field: &Field) -> Parameter {
    let list = ArrayBuilder::new().items(value(resource, field)).min_items(Some(1)).max_items(Some(100));
    let (plain, equality) = (field.name, equality(field));
    let doc =
        format!("{equality}, or with any of several: `{name}=a&{name}=b`. For one, `{plain}=a` does too.");
    let parameter = optional(name, &doc).schema(Some(list));
    parameter.style(Some(ParameterStyle::Form)).explode(Some(true)).build()
}

/// The value of an equality filter.
fn value(resource: &Resource, field: &Field) -> ObjectBuilder {
    match field.kind {
        Kind::Choice(words) => {
            let derived = resource.derived.filter(|it| it.field == field.name).map(|it| it.shown);
            string().enum_values(Some(words.iter().copied().chain(derived)))
        }
        Kind::Id => string().format(named("uuid")),
        Kind::Boolean => ObjectBuilder::new().schema_type(Type::Boolean),
        Kind::Date(_) => string().format(known(KnownFormat::Date)),
        Kind::Timestamp => string().format(known(KnownFormat::DateTime)),
        Kind::Money => string().pattern(Some(format!("^{AMOUNT}$"))),
        Kind::Decimal { .. } => ObjectBuilder::new().schema_type(Type::Number),
        kind if kind.is_numeric() => integer().format(known(KnownFormat::Int64)),
        _ => string().min_length(Some(1)),
    }
}

const AMOUNT: &str = r"-?[0-9]{1,15}(\.[0-9]{1,2})?";

fn range(name: &str, field: &Field, operator: &str) -> Parameter {
    let of = field.name;
    let moment =
        "a date, or a date-time such as `2026-01-31T09:00:00Z`; a date stands for its first instant in UTC";
    let doc = match operator {
        "after" => format!("Only records whose {of} is this or later: {moment}."),
        "before" => format!("Only records whose {of} is this or earlier: {moment}."),
        "strictly_after" => format!("Only records whose {of} is later than this: {moment}."),
        "strictly_before" => format!("Only records whose {of} is earlier than this: {moment}."),
        "gt" => format!("Only records whose {of} is greater than this."),
        "gte" => format!("Only records whose {of} is this or greater."),
        "lt" => format!("Only records whose {of} is less than this."),
        "lte" => format!("Only records whose {of} is this or less."),
        _ => format!("Only records whose {of} lies between two numbers, both included: `1..5`."),
    };
    let schema = match (operator, field.kind) {
        ("between", Kind::Decimal { .. } | Kind::Money) => {
            string().pattern(Some(format!(r"^{AMOUNT}\.\.{AMOUNT}$")))
        }
        ("between", _) => string().pattern(Some(r"^-?[0-9]{1,18}\.\.-?[0-9]{1,18}$")),
        (_, Kind::Timestamp) => string().format(known(KnownFormat::DateTime)),
        (_, Kind::Date(_)) => string().format(known(KnownFormat::Date)),
        (_, Kind::Decimal { .. }) => ObjectBuilder::new().schema_type(Type::Number),
        (_, Kind::Money) => string().pattern(Some(format!("^{AMOUNT}$"))),
        _ => integer().format(known(KnownFormat::Int64)),
    };
    query(name, &doc, schema)
}

fn custom_fields(field: &Field) -> RefOr<Parameter> {
    let name = field.name;
    let doc =
        format!("Only records whose custom field has this value, compared as text: `{name}[key]=value`.");
    let schema =
        ObjectBuilder::new().property_names(Some(custom_field_key())).additional_properties(Some(string()));
    // An empty example keeps pages to try calls from making one up and sending it.
    let parameter = optional(name, &doc).schema(Some(schema)).example(Some(json!({})));
    parameter.style(Some(ParameterStyle::DeepObject)).explode(Some(true)).build().into()
}

fn query(name: &str, doc: &str, schema: impl Into<RefOr<Schema>>) -> Parameter {
    optional(name, doc).schema(Some(schema)).build()
}

/// Without an example, which pages to try calls would send unasked.
fn header(name: &str, doc: &str, schema: ObjectBuilder) -> Parameter {
    optional(name, doc).parameter_in(ParameterIn::Header).schema(Some(schema)).build()
}

fn optional(name: &str, doc: &str) -> ParameterBuilder {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(doc))
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}
