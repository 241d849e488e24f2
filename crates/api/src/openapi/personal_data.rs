//! Schemas of what is told of a person, and of erasing it.

use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ArrayBuilder, KnownFormat, ObjectBuilder};

use super::fields::known;
use super::schemas::{closed_record, integer, nullable_text, text, uuid};

/// The named schemas.
pub(super) fn schemas() -> [(&'static str, ObjectBuilder); 2] {
    [("Erased", erased()), ("PersonalData", personal_data())]
}

fn count(doc: &str) -> ObjectBuilder {
    integer().format(known(KnownFormat::Int64)).description(Some(doc))
}

fn moment(doc: &str) -> ObjectBuilder {
    text(doc).format(known(KnownFormat::DateTime))
}

/// An object of which the schema tells no more.
fn open(doc: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .description(Some(doc))
}

fn erased() -> ObjectBuilder {
    closed_record([
        ("id", uuid("The record that is gone.").into()),
        ("changes", count("Entries of the change feed that tell no more of it.").into()),
        ("auditEntries", count("Entries of the audit log that tell no more of it.").into()),
        ("deliveries", count("Deliveries to webhooks that tell no more of it.").into()),
        ("answers", count("Kept answers to repeated requests that tell no more of it.").into()),
        ("imports", count("Imports whose file or report told of it, and was discarded.").into()),
    ])
    .description(Some("What was erased."))
}

fn personal_data() -> ObjectBuilder {
    let actor = closed_record([
        ("type", text("What it is: a key, a user, the system.").into()),
        ("id", nullable_text().description(Some("Its id.")).into()),
    ]);
    let entry = closed_record([
        ("at", moment("When.").into()),
        ("action", text("What was done: `create`, `update`, `delete`, `merge`, `erase`.").into()),
        ("actor", actor.description(Some("Who did it.")).into()),
        ("changes", open("For each field that changed its `old` and its `new` value.").into()),
    ]);
    let recipient = closed_record([
        ("url", text("Where.").into()),
        ("attempts", count("How often it was tried.").into()),
        ("first", moment("When first.").into()),
        ("last", moment("When last.").into()),
    ]);
    let history = ArrayBuilder::new().items(entry).description(Some("What was done with it, oldest first."));
    let recipients = ArrayBuilder::new()
        .items(recipient)
        .description(Some("Where its changes were sent, as far as it is kept."));
    closed_record([
        ("exportedAt", moment("When this was put together.").into()),
        ("record", open("The record as it is now.").into()),
        ("history", history.into()),
        ("recipients", recipients.into()),
    ])
    .description(Some("All that is kept of a person."))
}
