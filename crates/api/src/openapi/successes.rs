//! What each operation answers when all goes well.

use domain::definition::Resource;
use domain::resources::INTEGRATION;
use serde_json::Value as Json;
use utoipa::openapi::{
    Content, ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Schema, Type,
};

use super::responses::with_headers;
use super::staff::Success;
use super::{CSV, JSON, LINKED_DATA, examples, schemas, staff};
use crate::handlers::imports::ImportCall;
use crate::handlers::staff::StaffCall;
use crate::routes::{RouteInfo, RouteKind, makes_a_record};

/// The answers of a route, by status.
pub(super) fn of(route: &RouteInfo) -> Vec<(&'static str, Response)> {
    let answers = Answers { charged: route.authenticated };
    match route.kind {
        RouteKind::Entry => {
            let entry = answers.start("The entry point.", &["Link"]);
            let entry = entry.content(JSON, Content::new(Some(Ref::from_schema_name("EntryPoint"))));
            vec![("200", linked_data(entry, "The same, as a Hydra entry point.").build())]
        }
        RouteKind::Me => vec![("200", answers.json("What this credential is.", "Me"))],
        RouteKind::RateLimit => vec![("200", answers.json("The state of the limit.", "RateLimit"))],
        RouteKind::Healthz => vec![("200", answers.json("The process runs.", "Health"))],
        RouteKind::Readyz => vec![("200", answers.json("The server is ready.", "Readiness"))],
        RouteKind::OpenApiJson => answers.cached("The document.", &[(JSON, ObjectBuilder::new().into())]),
        // Without a content, since generators of clients know no YAML and would complain.
        RouteKind::OpenApiYaml => answers.cached("The document, as `application/yaml`.", &[]),
        RouteKind::HydraDocs | RouteKind::HydraContext => {
            let document = answers.start("The document.", &["Link"]);
            vec![("200", linked_data(document, "A document of JSON-LD.").build())]
        }
        RouteKind::DocsAsset => {
            answers.cached("The file.", &[("text/css", string()), ("text/javascript", string())])
        }
        RouteKind::Docs => vec![("200", answers.page("The reference."))],
        RouteKind::ErrorIndex => vec![("200", answers.page("All errors."))],
        RouteKind::ErrorPage => vec![("200", answers.page("The error, its cause and its cure."))],
        RouteKind::List(it) => vec![("200", answers.list(it))],
        RouteKind::Get(it) => {
            let record = answers.record(it, "as it is", Some(examples::shown(it)), &["ETag"]);
            vec![("200", record), ("304", answers.not_modified())]
        }
        RouteKind::Create(it) if it.secret => {
            let start =
                answers.start("The new one, with its secret.", &["ETag", "Location", "Idempotency-Replayed"]);
            let json = start.content(JSON, Content::new(Some(schemas::of(it, "Made"))));
            vec![("201", linked_data(json, "The same, with `@context`, `@id` and `@type`.").build())]
        }
        RouteKind::RotateSecret(_) => {
            vec![("200", answers.replayable("The new secret.", "NewSecret"))]
        }
        RouteKind::Erase(_) => vec![("200", answers.replayable("What was erased.", "Erased"))],
        RouteKind::PersonalData(_) => {
            vec![("200", answers.json("All that is kept of the person.", "PersonalData"))]
        }
        RouteKind::TestWebhook => {
            vec![(
                "202",
                answers.replayable("The delivery of the test; it is sent at once.", "DeliveryDetail"),
            )]
        }
        RouteKind::RetryDelivery => {
            vec![("202", answers.replayable("The delivery, which is sent again at once.", "DeliveryDetail"))]
        }
        RouteKind::RecoverDeliveries => {
            vec![("202", answers.replayable("How many events are sent again.", "Recovered"))]
        }
        RouteKind::WebhookHealth => vec![("200", answers.json("How it does.", "WebhookHealth"))],
        RouteKind::GetDelivery => vec![("200", answers.json("The delivery.", "DeliveryDetail"))],
        RouteKind::EventTypes => vec![("200", answers.json("The types of event.", "EventTypes"))],
        RouteKind::Changes | RouteKind::IntegrationChanges => {
            vec![("200", answers.json("A part of the feed.", "ChangeList"))]
        }
        RouteKind::ReplaceFieldMapping => {
            let example = Some(examples::shown(&INTEGRATION));
            vec![("200", answers.record(&INTEGRATION, "after the change", example, &["ETag"]))]
        }
        RouteKind::Sync => vec![("200", answers.replayable("What became of each record.", "SyncReport"))],
        RouteKind::IntegrationStatus => vec![("200", answers.json("How it does.", "IntegrationStatus"))],
        RouteKind::RetrySync => {
            vec![("200", answers.replayable("The row of the log after the attempt.", "SyncEntry"))]
        }
        RouteKind::PreviewFieldMapping => {
            vec![("200", answers.replayable("What becomes of the sample.", "MappingPreview"))]
        }
        RouteKind::Create(it) => {
            let headers = ["ETag", "Location", "Idempotency-Replayed"];
            vec![("201", answers.record(it, "that was made", Some(examples::shown(it)), &headers))]
        }
        RouteKind::Batch(_) => {
            let answer = answers.start("What became of each item.", &["Idempotency-Replayed"]);
            let content = Content::new(Some(Ref::from_schema_name("BatchReport")));
            vec![("200", answer.content(JSON, content).build())]
        }
        RouteKind::Replace(it) | RouteKind::Patch(it) => {
            vec![("200", answers.record(it, "after the change", Some(examples::shown(it)), &["ETag"]))]
        }
        RouteKind::Delete(_) => vec![("204", answers.start("Deleted.", &[]).build())],
        RouteKind::Act(it, action) => {
            let example = examples::after(it, action.effect);
            if makes_a_record(action) {
                let headers = ["ETag", "Location", "Idempotency-Replayed"];
                vec![("201", answers.record(it, "that was made", example, &headers))]
            } else {
                let headers = ["ETag", "Idempotency-Replayed"];
                vec![("200", answers.record(it, "after the change", example, &headers))]
            }
        }
        RouteKind::Import(_, call) => vec![answers.import(call)],
        RouteKind::Staff(call) => vec![answers.staff(call)],
    }
}

/// Makes the answers of one route.
struct Answers {
    /// Whether they tell the state of the limit.
    charged: bool,
}

impl Answers {
    fn start(&self, doc: &str, headers: &[&str]) -> ResponseBuilder {
        with_headers(ResponseBuilder::new().description(doc), headers, self.charged)
    }

    fn json(&self, doc: &str, schema: &str) -> Response {
        self.start(doc, &[]).content(JSON, Content::new(Some(Ref::from_schema_name(schema)))).build()
    }

    /// What a repetition with the same `Idempotency-Key` answers again.
    fn replayable(&self, doc: &str, schema: &str) -> Response {
        let start = self.start(doc, &["Idempotency-Replayed"]);
        start.content(JSON, Content::new(Some(Ref::from_schema_name(schema)))).build()
    }

    fn import(&self, call: ImportCall) -> (&'static str, Response) {
        match call {
            ImportCall::Upload => {
                let start = self.start("The file is there.", &["Location", "Idempotency-Replayed"]);
                ("201", start.content(JSON, Content::new(Some(Ref::from_schema_name("Import")))).build())
            }
            ImportCall::Start => ("200", self.replayable("The import, which runs.", "Import")),
            ImportCall::Get => ("200", self.json("The import as it stands.", "Import")),
            ImportCall::Stop => ("200", self.json("The import, which runs no more.", "Import")),
            ImportCall::List => ("200", self.json("The imports.", "ImportList")),
            ImportCall::Preview => ("200", self.json("The first rows.", "ImportPreview")),
            ImportCall::FailedRows => {
                let file = self.start("The rows that failed.", &[]);
                ("200", file.content(CSV, Content::new(Some(string()))).build())
            }
            ImportCall::Discard => ("204", self.start("Forgotten.", &[]).build()),
        }
    }

    fn staff(&self, call: StaffCall) -> (&'static str, Response) {
        let (_, summary, _) = staff::words_of(call);
        let cookie: &[&str] = match call {
            StaffCall::SignIn | StaffCall::SignOut | StaffCall::ChangePassword => &["Set-Cookie"],
            _ => &[],
        };
        let content = |schema| Content::new(Some(Ref::from_schema_name(schema)));
        match staff::success(call) {
            Success::Shown(schema) => {
                ("200", self.start(summary, cookie).content(JSON, content(schema)).build())
            }
            Success::Made(schema) => {
                let headers = ["Location", "Idempotency-Replayed"];
                ("201", self.start("What was made.", &headers).content(JSON, content(schema)).build())
            }
            Success::Done => ("204", self.start("Done.", cookie).build()),
        }
    }

    fn page(&self, doc: &str) -> Response {
        self.start(doc, &[]).content("text/html", Content::new(Some(string()))).build()
    }

    /// What the client may keep and ask for again with `If-None-Match`.
    fn cached(&self, doc: &str, contents: &[(&str, RefOr<Schema>)]) -> Vec<(&'static str, Response)> {
        let start = self.start(doc, &["ETag"]);
        let file = contents.iter().fold(start, |answer, (content_type, schema)| {
            answer.content(*content_type, Content::new(Some(schema.clone())))
        });
        vec![("200", file.build()), ("304", self.not_modified())]
    }

    fn not_modified(&self) -> Response {
        self.start("What you have is still current.", &["ETag"]).build()
    }

    fn list(&self, resource: &'static Resource) -> Response {
        let content = ContentBuilder::new().schema(Some(schemas::of(resource, "List")));
        let content = content.example(Some(examples::list(resource))).build();
        let doc = format!("A page of {}.", schemas::whole(resource));
        let list = self.start(&doc, &["Link", "Preference-Applied"]).content(JSON, content);
        let list = if resource.parent.is_some() {
            list
        } else {
            linked_data(list, "The same, as a Hydra collection.")
        };
        list.content(CSV, Content::new(Some(string()))).build()
    }

    fn record(&self, resource: &Resource, which: &str, example: Option<Json>, headers: &[&str]) -> Response {
        let content = ContentBuilder::new().schema(Some(schemas::of(resource, ""))).example(example).build();
        let doc = format!("The {} {which}.", resource.noun());
        let record = self.start(&doc, headers).content(JSON, content);
        linked_data(record, "The same, with `@context`, `@id` and `@type`.").build()
    }
}

/// Adds the form in JSON-LD. What it holds is told by the Hydra documentation.
fn linked_data(answer: ResponseBuilder, doc: &str) -> ResponseBuilder {
    answer.content(LINKED_DATA, Content::new(Some(ObjectBuilder::new().description(Some(doc)))))
}

fn string() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).into()
}
