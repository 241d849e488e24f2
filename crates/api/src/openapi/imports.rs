//! What the document says of imports: words, bodies, answers, schemas.

use app::{ImportStatus, MAX_IMPORT_FILE, MAX_IMPORT_FILES, PREVIEW_ROWS, match_fields};
use domain::definition::Resource;
use serde_json::{Value as Json, json};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{
    ArrayBuilder, ContentBuilder, KnownFormat, ObjectBuilder, Ref, RefOr, Required, Schema, Type,
};

use super::fields::{known, mapping_rules};
use super::schemas::{closed_record, integer, nullable_text, text, uuid};
use super::{CSV, JSON, parameters};
use crate::handlers::imports::ImportCall;

/// The name of a call's operation.
pub(crate) fn operation_id(call: ImportCall, resource: &Resource) -> String {
    let one = super::words::capitalised(resource.name);
    let many = super::words::capitalised(resource.plural);
    match call {
        ImportCall::Upload => format!("create{one}Import"),
        ImportCall::List => format!("list{one}Imports"),
        ImportCall::Get => format!("get{one}Import"),
        ImportCall::Preview => format!("preview{one}Import"),
        ImportCall::Start => format!("start{one}Import"),
        ImportCall::Stop => format!("stop{one}Import"),
        ImportCall::FailedRows => format!("get{many}ThatFailed"),
        ImportCall::Discard => format!("delete{one}Import"),
    }
}

pub(super) fn words_of(call: ImportCall, resource: &Resource) -> (String, String) {
    let many = resource.plural_noun();
    let mib = MAX_IMPORT_FILE / 1024 / 1024;
    match call {
        ImportCall::Upload => (
            format!("Send a file of {many}"),
            format!(
                "A CSV file in UTF-8 with commas, whose first row names the columns, of at most {mib} MiB. It is looked \
                 through, but nothing is stored until it is started. At most {MAX_IMPORT_FILES} files can wait; one that \
                 is not started is forgotten after a day. With an `Idempotency-Key`, files are told apart by their \
                 length alone."
            ),
        ),
        ImportCall::List => (
            format!("List imports of {many}"),
            "Newest first. They are kept for 7 days after their end.".to_owned(),
        ),
        ImportCall::Get => (
            format!("Watch an import of {many}"),
            "How far it is, and what became of its rows. `stopped` means that it ended before the end of the file, \
             since somebody stopped it or its server was ended: `lastLine` is the last line that was done. Start \
             it again and it goes on there."
                .to_owned(),
        ),
        ImportCall::Preview => (
            format!("Look at the first {many} of a file"),
            format!("What would become of the first {PREVIEW_ROWS} rows, with what is wrong with each. Nothing is stored."),
        ),
        ImportCall::Start => (
            format!("Start an import of {many}"),
            "Stores the rows in the background, each by the rules of a single change: what is there already is \
             updated. One that has stopped goes on after its last row; its mapping can then not be changed."
                .to_owned(),
        ),
        ImportCall::Stop => (
            format!("Stop an import of {many}"),
            "What is stored stays. It can be started again, and goes on.".to_owned(),
        ),
        ImportCall::FailedRows => (
            format!("Get the {many} of a file that failed"),
            "Their cells as they were, with the columns `_line` and `_error`, as CSV: mend it and send it again. \
             Empty where none failed."
                .to_owned(),
        ),
        ImportCall::Discard => (
            format!("Forget an import of {many}"),
            "With its file and the rows that failed. What it has stored stays. One that runs must be stopped \
             first."
                .to_owned(),
        ),
    }
}

pub(super) fn own_parameters(call: ImportCall) -> Vec<RefOr<Parameter>> {
    match call {
        ImportCall::Upload => {
            vec![
                parameters::file_name(),
                parameters::reference("IdempotencyKey"),
                parameters::reference("Prefer"),
            ]
        }
        ImportCall::Start => vec![parameters::reference("IdempotencyKey")],
        _ => Vec::new(),
    }
}

pub(super) fn body(call: ImportCall, resource: &'static Resource) -> Option<RequestBody> {
    match call {
        ImportCall::Upload => {
            let names: Vec<&str> =
                resource.fields.iter().filter(|it| it.required).map(|field| field.name).collect();
            let example = format!("{}\n{}\n", names.join(","), vec![""; names.len()].join(","));
            // The format of binary data is what generators of clients take for a file.
            let file = ObjectBuilder::new().schema_type(Type::String).format(known(KnownFormat::Binary));
            let content = ContentBuilder::new().schema(Some(file)).example(Some(json!(example))).build();
            Some(RequestBodyBuilder::new().required(Some(Required::True)).content(CSV, content).build())
        }
        ImportCall::Preview | ImportCall::Start => {
            let doc = "How the columns are read. Left out, they are named like fields, as in an export.";
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ImportReading")));
            let content = content.example(Some(reading_example(resource))).build();
            Some(RequestBodyBuilder::new().description(Some(doc)).content(JSON, content).build())
        }
        _ => None,
    }
}

fn reading_example(resource: &'static Resource) -> Json {
    let required = resource.fields.iter().filter(|field| field.required);
    let rules: Vec<Json> =
        required.map(|field| json!({"external": field.name.to_uppercase(), "field": field.name})).collect();
    let match_by = match_fields(resource).into_iter().find(|name| *name == "externalId");
    json!({"mapping": rules, "matchBy": match_by})
}

/// The named schemas.
pub(super) fn schemas() -> [(&'static str, ObjectBuilder); 4] {
    [("Import", import()), ("ImportList", list()), ("ImportReading", reading()), ("ImportPreview", preview())]
}

fn count(doc: &str) -> RefOr<Schema> {
    integer().format(known(KnownFormat::Int64)).description(Some(doc)).into()
}

fn names(doc: &str) -> RefOr<Schema> {
    let name = ObjectBuilder::new().schema_type(Type::String);
    ArrayBuilder::new().items(name).description(Some(doc)).into()
}

fn import() -> ObjectBuilder {
    let statuses = ImportStatus::ALL.iter().map(|it| it.name());
    let status = text("Where it stands.").enum_values(Some(statuses));
    let moment = |doc: &str| text(doc).format(known(KnownFormat::DateTime));
    let counts = closed_record([
        ("created", count("Records made.")),
        ("updated", count("Records changed.")),
        ("unchanged", count("Records that were as wanted already.")),
        ("failed", count("Rows that could not be stored.")),
    ]);
    let whole = ObjectBuilder::new().schema_type(Type::Boolean);
    let nullable_rules = mapping_rules(vec![Type::Array, Type::Null]);
    closed_record([
        ("id", uuid("The import's id.").into()),
        ("resource", text("What its rows are.").into()),
        ("fileName", text("What the file is called.").into()),
        ("status", status.into()),
        ("size", count("Bytes of the file.")),
        ("totalRows", count("Rows of the file, without its header.")),
        ("columns", names("The names of the file's columns.")),
        (
            "suggestedMapping",
            mapping_rules(vec![Type::Array])
                .description(Some("Rules guessed from the names of the columns."))
                .into(),
        ),
        (
            "mapping",
            nullable_rules
                .description(Some(
                    "The rules with which it was started; null where columns are named like fields.",
                ))
                .into(),
        ),
        ("matchBy", nullable_text().description(Some("The field by which rows find their records.")).into()),
        ("lastLine", count("The line of the last row that was done; 0 before the first.")),
        ("counts", counts.description(Some("What became of the rows so far.")).into()),
        (
            "failedRowsComplete",
            whole.description(Some("False where not all failed rows could be kept.")).into(),
        ),
        ("unmappedColumns", names("Columns that nothing was read from; known at the end.")),
        ("message", nullable_text().description(Some("Why it ended, unless all is well.")).into()),
        ("createdBy", nullable_text().description(Some("The user or key that sent it.")).into()),
        ("createdAt", moment("When the file came.").into()),
        ("updatedAt", moment("When it was last moved on.").into()),
    ])
    .description(Some("An import that runs in the background."))
}

fn list() -> ObjectBuilder {
    let data = ArrayBuilder::new().items(Ref::from_schema_name("Import"));
    closed_record([("data", data.description(Some("Newest first, at most 100.")).into())])
        .description(Some("Imports."))
}

fn reading() -> ObjectBuilder {
    let rules = mapping_rules(vec![Type::Array, Type::Null]);
    let rules = rules.description(Some(
        "Rules from columns to fields, such as `suggestedMapping` has them; null where columns are named like \
         fields.",
    ));
    ObjectBuilder::new()
        .property("mapping", rules)
        .property(
            "matchBy",
            nullable_text().description(Some(
                "The field by which rows find their records: `id` or a unique one. Left out, the first that a row \
                 has counts.",
            )),
        )
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .description(Some("How the columns of a file are read."))
}

fn preview() -> ObjectBuilder {
    let statuses = ["created", "updated", "unchanged", "failed"];
    let status = text("What would become of the row.").enum_values(Some(statuses));
    let violations = ArrayBuilder::new().items(Ref::from_schema_name("Violation"));
    let row = closed_record([
        ("line", count("The line on which it begins.")),
        ("cells", names("Its cells.")),
        ("status", status.into()),
        ("detail", nullable_text().description(Some("What is wrong with it.")).into()),
        ("violations", violations.description(Some("Every cell at fault.")).into()),
    ]);
    let rows = ArrayBuilder::new().items(row).description(Some("The first rows."));
    closed_record([
        ("columns", names("The names of the file's columns.")),
        ("rows", rows.into()),
        ("unmappedColumns", names("Columns that nothing is read from.")),
        ("missingFields", names("Fields that a new record needs and no column fills.")),
    ])
    .description(Some("The first rows of a file, and what would become of them."))
}
