//! The schema of one field, made from its definition. Nothing here knows a particular resource.
//!
//! What is sent may be described more loosely than what is shown, never more strictly than the server
//! reads it: lengths count after trimming, and empty text stands for null where null is allowed.

use domain::definition::{Default, Field, Kind, Owner};
use domain::json::to_json;
use domain::record::Value;
use serde_json::{Value as Json, json};
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{
    Array, ArrayBuilder, KnownFormat, Object, ObjectBuilder, RefOr, Schema, SchemaFormat, Type,
};

use super::examples;

/// Which way a record goes, and how much of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum View {
    /// In an answer, complete.
    Shown,
    /// In an answer that `fields=` made sparse.
    Sparse,
    /// In a body that makes a record or replaces it.
    Given,
    /// In a merge patch.
    Patch,
}

impl View {
    const fn is_sent(self) -> bool {
        matches!(self, Self::Given | Self::Patch)
    }
}

/// Whether bodies may bring the field. What integrations own is left out: only theirs may.
pub(super) fn writable(field: &Field) -> bool {
    !field.read_only && field.owner == Owner::Anyone
}

/// An object with these fields. `shown_too` is the derived word that a status field can show.
pub(super) fn object(fields: &[Field], view: View, shown_too: Option<(&str, &'static str)>) -> ObjectBuilder {
    let mut object = ObjectBuilder::new();
    for field in fields.iter().filter(|field| !view.is_sent() || writable(field)) {
        let shown_too = shown_too.filter(|(name, _)| *name == field.name).map(|(_, word)| word);
        object = object.property(field.name, schema(field, view, shown_too));
        let required = match view {
            View::Shown => true,
            View::Given => field.required,
            View::Sparse | View::Patch => false,
        };
        if required {
            object = object.required(field.name);
        }
    }
    let closed = view.is_sent().then_some(AdditionalProperties::FreeForm(false));
    object.additional_properties(closed)
}

/// The schema of a field.
fn schema(field: &Field, view: View, shown_too: Option<&'static str>) -> RefOr<Schema> {
    match field.kind {
        Kind::Tags { max_items, max_length } => {
            let item = text_of(view, 1, max_length);
            let unique = view.is_sent();
            list(field, view, item.into(), max_items).unique_items(unique).into()
        }
        Kind::Objects { fields, max_items } => {
            // A list in a patch replaces the whole list, so its items are complete.
            let view = if view.is_sent() { View::Given } else { View::Shown };
            list(field, view, object(fields, view, None).into(), max_items).into()
        }
        _ => scalar(field, view, shown_too).into(),
    }
}

fn list(field: &Field, view: View, item: RefOr<Schema>, max_items: usize) -> ArrayBuilder {
    let list = ArrayBuilder::from(Array::new(item));
    // RFC 7396: null takes the list away, which leaves the empty one.
    let list = if view.is_sent() {
        list.schema_type(SchemaType::from_iter([Type::Array, Type::Null])).max_items(Some(max_items))
    } else {
        list
    };
    list.description(Some(field.doc)).examples(example(field))
}

fn scalar(field: &Field, view: View, shown_too: Option<&'static str>) -> ObjectBuilder {
    let schema = match field.kind {
        Kind::Choice(words) => choice(field, words, shown_too),
        Kind::CustomFields => custom_fields(view),
        Kind::Headers => headers(view),
        Kind::FieldMapping => field_mapping(view),
        Kind::Text { min, max } => {
            // Empty text is read as null.
            typed(field, text_of(view, if field.nullable { 0 } else { min }, max))
        }
        kind => typed(field, of_kind(kind, view)),
    };
    let schema = schema.description(Some(description(field))).examples(example(field));
    let schema = if view == View::Given { schema.default(default(field)) } else { schema };
    if view.is_sent() || writable(field) { schema } else { schema.read_only(true) }
}

/// A kind's schema, without regard to null.
fn of_kind(kind: Kind, view: View) -> Object {
    let string = || ObjectBuilder::new().schema_type(Type::String);
    let sent = view.is_sent();
    let longest = |max: usize| sent.then_some(max);
    match kind {
        Kind::Id => string().format(named("uuid")),
        Kind::Serial | Kind::Version => integer(1, i64::MAX),
        Kind::Integer { min, max } if sent => integer(min, max).maximum(Some(max)),
        Kind::Integer { min, max } => integer(min, max),
        Kind::Decimal { min, max, step } => decimal(min, max, step, sent),
        Kind::Money if sent => string().pattern(Some("^[0-9]{1,15}(\\.[0-9]{1,2})?$")),
        Kind::Money => string().pattern(Some("^[0-9]+\\.[0-9]{2}$")),
        Kind::Date(_) => string().format(known(KnownFormat::Date)),
        Kind::Timestamp => string().format(known(KnownFormat::DateTime)),
        Kind::Boolean => ObjectBuilder::new().schema_type(Type::Boolean),
        Kind::PersonName => return text_of(view, 1, 100),
        // Both may hold letters beyond ASCII, which the formats `email` and `uri` do not allow.
        Kind::Email => string().format(known(KnownFormat::IdnEmail)).max_length(longest(254)),
        Kind::Url => string().format(named("iri")).max_length(longest(2_000)),
        Kind::Phone => string().max_length(longest(50)),
        Kind::Country if sent => string().pattern(Some("^[A-Za-z]{2}$")),
        Kind::Country => string().pattern(Some("^[A-Z]{2}$")),
        Kind::Html { max } => string().content_media_type("text/html").max_length(longest(max)),
        Kind::TimeZone => string().min_length(sent.then_some(1)),
        Kind::Json => ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true))),
        // Kinds with more to say than their own bounds are made elsewhere.
        Kind::Text { .. }
        | Kind::Choice(_)
        | Kind::Tags { .. }
        | Kind::Objects { .. }
        | Kind::CustomFields
        | Kind::Headers
        | Kind::FieldMapping => string(),
    }
    .build()
}

/// Text within bounds; what is shown is not promised to stay within them.
fn text_of(view: View, min: usize, max: usize) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String);
    if !view.is_sent() {
        return text.build();
    }
    text.min_length(Some(min).filter(|min| *min > 0)).max_length(Some(max)).build()
}

fn integer(min: i64, max: i64) -> ObjectBuilder {
    let format = if i32::try_from(max).is_ok() { KnownFormat::Int32 } else { KnownFormat::Int64 };
    ObjectBuilder::new().schema_type(Type::Integer).format(known(format)).minimum(Some(min))
}

/// Bounds are in hundredths.
fn decimal(min: i64, max: i64, step: i64, bounded: bool) -> ObjectBuilder {
    let number = ObjectBuilder::new().schema_type(Type::Number);
    if !bounded {
        return number;
    }
    let number = number.minimum(Some(hundredths(min))).maximum(Some(hundredths(max)));
    // Only quarters are exact in binary; validators that divide would refuse multiples of others.
    let exact = step % 25 == 0;
    number.multiple_of(exact.then(|| hundredths(step)))
}

#[expect(clippy::cast_precision_loss, reason = "bounds in definitions are far below 2^53")]
fn hundredths(number: i64) -> f64 {
    number as f64 / 100.0
}

/// Adds null to the types of a schema where the field may be null.
fn typed(field: &Field, schema: Object) -> ObjectBuilder {
    let own = schema.schema_type.clone();
    let schema = ObjectBuilder::from(schema);
    match own {
        SchemaType::Type(own) if field.nullable => {
            schema.schema_type(SchemaType::from_iter([own, Type::Null]))
        }
        _ => schema,
    }
}

fn choice(field: &Field, words: &[&str], shown_too: Option<&str>) -> ObjectBuilder {
    let null = field.nullable.then_some(Json::Null);
    let words = words.iter().copied().chain(shown_too).map(Json::from).chain(null);
    typed(field, ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build())
}

fn custom_fields(view: View) -> ObjectBuilder {
    let scalars = [Type::String, Type::Number, Type::Boolean, Type::Null];
    let value = ObjectBuilder::new().schema_type(SchemaType::from_iter(scalars));
    if !view.is_sent() {
        return ObjectBuilder::new().additional_properties(Some(value));
    }
    // A patch may bring more keys than a record can have: null takes one away.
    let most = (view == View::Given).then_some(50);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .property_names(Some(custom_field_key()))
        .additional_properties(Some(value.max_length(Some(1_000))))
        .max_properties(most)
}

/// Headers by name.
fn headers(view: View) -> ObjectBuilder {
    let value = ObjectBuilder::new().schema_type(Type::String);
    if !view.is_sent() {
        return ObjectBuilder::new().additional_properties(Some(value));
    }
    let types = if view == View::Patch { vec![Type::String, Type::Null] } else { vec![Type::String] };
    let most = (view == View::Given).then_some(20);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
        .additional_properties(Some(value.schema_type(SchemaType::from_iter(types))))
        .max_properties(most)
}

/// For each resource, by its plural name, a list of rules.
pub(super) fn field_mapping(view: View) -> ObjectBuilder {
    let types = if view == View::Patch { vec![Type::Array, Type::Null] } else { vec![Type::Array] };
    let object = ObjectBuilder::new().additional_properties(Some(mapping_rules(types)));
    if view.is_sent() {
        object.schema_type(SchemaType::from_iter([Type::Object, Type::Null]))
    } else {
        object
    }
}

/// Rules of a mapping (API §9).
pub(super) fn mapping_rules(types: Vec<Type>) -> ArrayBuilder {
    let transform = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
    let rule = ObjectBuilder::new()
        .property("external", ObjectBuilder::new().schema_type(Type::String))
        .required("external")
        .property("field", ObjectBuilder::new().schema_type(Type::String))
        .required("field")
        .property(
            "direction",
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["inbound", "outbound", "both"])),
        )
        .property("transforms", ArrayBuilder::new().items(transform));
    ArrayBuilder::new().items(rule).schema_type(SchemaType::from_iter(types))
}

/// The keys that custom fields can have.
pub(super) fn custom_field_key() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z][A-Za-z0-9_]{0,63}$"))
}

fn description(field: &Field) -> String {
    match field.kind {
        Kind::Url => format!("{} A full http or https address.", field.doc),
        _ => field.doc.to_owned(),
    }
}

fn example(field: &Field) -> Option<Json> {
    Some(examples::of_field(field)).filter(|value| !value.is_null())
}

fn default(field: &Field) -> Option<Json> {
    match field.default {
        Default::Text(word) => Some(json!(word)),
        Default::Integer(number) => Some(to_json(field.kind, &Value::Integer(number))),
        Default::Boolean(flag) => Some(json!(flag)),
        // These depend on the organisation or say nothing; the field's text tells them.
        Default::Empty | Default::Today | Default::OrganisationZone => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the builders take an option")]
pub(super) fn known(format: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(format))
}

/// A format that the library has no word for.
#[expect(clippy::unnecessary_wraps, reason = "the builders take an option")]
pub(super) fn named(format: &str) -> Option<SchemaFormat> {
    Some(SchemaFormat::Custom(format.to_owned()))
}
