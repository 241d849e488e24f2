//! Schemas of what webhooks and the change feed have of their own.

use domain::definition::Resource;
use domain::resources::DELIVERY;
use serde_json::json;
use utoipa::openapi::schema::{AdditionalProperties, SchemaType};
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder, Ref, Type};

use super::fields::{View, known, object};
use super::schemas::{closed_record, integer, nullable_text, text, uuid};

/// A new record of a resource with a secret: the record and the secret, shown once.
pub(super) fn made(resource: &'static Resource) -> ObjectBuilder {
    object(resource.fields, View::Shown, None)
        .property("secret", secret())
        .required("secret")
        .description(Some(format!("A new {} with its secret, which is never shown again.", resource.noun())))
}

fn secret() -> ObjectBuilder {
    text("What deliveries are signed with, as Standard Webhooks says. Keep it: it is shown this once.")
        .pattern(Some("^whsec_[A-Za-z0-9+/]+=*$"))
        .examples([json!("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")])
}

/// The named schemas.
pub(super) fn schemas() -> [(&'static str, ObjectBuilder); 9] {
    [
        ("Change", change()),
        ("ChangeList", change_list()),
        ("DeliveryAttempt", attempt()),
        ("DeliveryDetail", delivery()),
        ("EventTypes", event_types()),
        ("NewSecret", new_secret()),
        ("Recover", recover()),
        ("Recovered", recovered()),
        ("WebhookHealth", health()),
    ]
}

fn new_secret() -> ObjectBuilder {
    let end = text("Until when the secret before signs too.").format(known(KnownFormat::DateTime));
    closed_record([
        ("id", uuid("What the secret belongs to.").into()),
        ("secret", secret().into()),
        ("previousExpiresAt", end.into()),
    ])
    .description(Some("A new secret. For 24 hours deliveries carry the signatures of both."))
}

fn recover() -> ObjectBuilder {
    let since = text("The moment from which on events are sent again.").format(known(KnownFormat::DateTime));
    ObjectBuilder::new()
        .property("since", since)
        .required("since")
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("Which events are sent again: what failed, and what was never queued."))
        .examples([json!({"since": "2026-11-24T00:00:00Z"})])
}

fn recovered() -> ObjectBuilder {
    let since = text("The moment that was given.").format(known(KnownFormat::DateTime));
    let queued = integer().format(known(KnownFormat::Int64)).description(Some("Events that were queued."));
    closed_record([("queued", queued.into()), ("since", since.into())])
        .description(Some("How many events are sent again."))
}

fn health() -> ObjectBuilder {
    let count = |doc: &str| integer().format(known(KnownFormat::Int64)).description(Some(doc));
    let perhaps = |doc: &str| count(doc).schema_type(SchemaType::from_iter([Type::Integer, Type::Null]));
    let moment = |doc: &str| text(doc).format(known(KnownFormat::DateTime));
    let rate = ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Number, Type::Null]))
        .minimum(Some(0))
        .maximum(Some(1));
    let figures = || {
        [
            ("succeeded", count("Attempts that the receiver answered with success.").into()),
            ("failed", count("Attempts that it did not.").into()),
            ("averageMs", perhaps("Milliseconds that an attempt took on average; null without one.").into()),
            ("slowestMs", perhaps("Milliseconds of the slowest attempt; null without one.").into()),
        ]
    };
    let hour =
        [("start", moment("The first moment of the hour, in UTC.").into())].into_iter().chain(figures());
    let hours = ArrayBuilder::new().items(closed_record(hour));
    let whole = [
        ("since", moment("The first moment that is counted.").into()),
        (
            "successRate",
            rate.description(Some("The share of attempts that succeeded; null without one.")).into(),
        ),
    ];
    let hours = [("hours", hours.description(Some("Each hour, the oldest first, 24 in all.")).into())];
    closed_record(whole.into_iter().chain(figures()).chain(hours))
        .description(Some("What became of a webhook's attempts in the last 24 hours."))
}

fn delivery() -> ObjectBuilder {
    let body = nullable_text().description(Some("What is sent; null when it is no longer kept."));
    let request = closed_record([("body", body.into())]).description(Some("What is sent at each attempt."));
    let attempts = ArrayBuilder::new().items(Ref::from_schema_name("DeliveryAttempt"));
    object(DELIVERY.fields, View::Shown, None)
        .property("request", request)
        .required("request")
        .property("attempts", attempts.description(Some("Every attempt, the first one first.")))
        .required("attempts")
        .description(Some("A delivery with what was sent and what came back."))
}

fn attempt() -> ObjectBuilder {
    let headers = || {
        let value = ObjectBuilder::new().schema_type(Type::String);
        ObjectBuilder::new().additional_properties(Some(value)).description(Some("Headers by name."))
    };
    let request = closed_record([
        ("method", text("Always POST.").into()),
        ("url", text("Where it was sent.").into()),
        ("headers", headers().into()),
    ]);
    let body = nullable_text().description(Some("The beginning of the body, at most 4 KiB."));
    let response = closed_record([
        ("status", integer().description(Some("The HTTP status.")).into()),
        ("headers", headers().into()),
        ("body", body.into()),
    ])
    .schema_type(SchemaType::from_iter([Type::Object, Type::Null]));
    let started = text("When it began.").format(known(KnownFormat::DateTime));
    let duration = integer().format(known(KnownFormat::Int64));
    let error = nullable_text().description(Some("What went wrong, and what to do; null after a success."));
    closed_record([
        ("number", integer().format(known(KnownFormat::Int64)).description(Some("From 1.")).into()),
        ("startedAt", started.into()),
        ("durationMs", duration.description(Some("Milliseconds that it took.")).into()),
        ("request", request.into()),
        ("response", response.description(Some("What came back; null when nothing did.")).into()),
        ("error", error.into()),
    ])
    .description(Some("One attempt to deliver."))
}

fn event_types() -> ObjectBuilder {
    let free = |doc: &str| {
        let any = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
        any.description(Some(doc))
    };
    let one = closed_record([
        ("name", text("The name to subscribe to.").into()),
        ("description", text("When it is sent.").into()),
        ("schema", free("The JSON Schema of the event.").into()),
        ("example", free("An event of this type.").into()),
    ]);
    closed_record([("data", ArrayBuilder::new().items(one).into())])
        .description(Some("Every type of event, with schema and example."))
}

fn change() -> ObjectBuilder {
    let free = |doc: &str| {
        let any = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)));
        any.description(Some(doc))
    };
    let at = text("When it happened, in UTC.").format(known(KnownFormat::DateTime));
    let sequence = integer().format(known(KnownFormat::Int64));
    let environment = text("The environment.").enum_values(Some(["production", "sandbox"]));
    let integration = nullable_text().description(Some("The integration through which it was made."));
    let origin = closed_record([
        ("type", text("`api_key`, `user`, `integration` or `system`.").into()),
        ("id", nullable_text().description(Some("Its id.")).into()),
        ("integrationId", integration.into()),
    ]);
    closed_record([
        ("id", text("The event, the same as in webhooks.").into()),
        ("type", text("The type, e.g. `member.updated`.").into()),
        ("timestamp", at.into()),
        ("sequence", sequence.description(Some("The number of the change, without gaps.")).into()),
        ("environment", environment.into()),
        ("organizationId", uuid("The organisation.").into()),
        ("origin", origin.description(Some("Who made the change.")).into()),
        ("data", free("The record, as the API shows it.").into()),
        ("previous", free("The changed fields with their values before.").into()),
    ])
    .description(Some("An event, as webhooks carry it too."))
}

fn change_list() -> ObjectBuilder {
    let data = ArrayBuilder::new().items(Ref::from_schema_name("Change"));
    let more = ObjectBuilder::new().schema_type(Type::Boolean);
    closed_record([
        ("data", data.description(Some("Events in the order of their numbers.")).into()),
        ("nextCursor", text("Where to go on, now or later. There is always one.").into()),
        ("hasMore", more.description(Some("Whether there is more already.")).into()),
    ])
    .description(Some("A part of the change feed."))
}
