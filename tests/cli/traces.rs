//! Traces through the program itself: what arrives at a collector, what never leaves, and that a collector which does not
//! answer is nobody's trouble.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use serde_json::json;
use testkit::{Behaviour, Receiver};
use tokio::runtime::Runtime;

use super::*;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A collector: the receiver of webhooks takes whatever is sent to it.
struct Collector {
    runtime: Runtime,
    receiver: Receiver,
}

impl Collector {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let receiver = runtime.block_on(Receiver::start());
        Self { runtime, receiver }
    }

    /// A server that sends its traces here.
    fn server(&self, store: &Store, options: &[&str]) -> Serving {
        store.serve_with(&[&["--otlp-endpoint", self.receiver.url()], options].concat())
    }

    /// Everything that arrived, decoded, and as it came.
    fn spans(&self) -> (Vec<Span>, Vec<u8>) {
        let received = self.receiver.received();
        let bytes = received.iter().flat_map(|it| it.body.to_vec()).collect();
        let requests = received.iter().map(|it| {
            assert_eq!(it.header("content-type"), "application/x-protobuf");
            ExportTraceServiceRequest::decode(it.body.clone()).unwrap()
        });
        let spans = requests.flat_map(|it| it.resource_spans).flat_map(|it| it.scope_spans);
        (spans.flat_map(|it| it.spans).collect(), bytes)
    }
}

/// An attribute as text.
fn attribute(span: &Span, name: &str) -> Option<String> {
    let found = span.attributes.iter().find(|it| it.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => panic!("{name}: {other:?}"),
    }
}

/// A request with headers of its own.
fn request_with(address: &str, method: &str, path: &str, headers: &str, body: &str) -> (u16, Json) {
    let mut connection = connect(address);
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    connection.write_all(head.as_bytes()).unwrap();
    answer(connection)
}

fn named<'s>(spans: &'s [Span], name: &str) -> Vec<&'s Span> {
    spans.iter().filter(|span| span.name == name).collect()
}

fn traces_of(store: &Store, system: &str) {
    store.make_acme();
    let (_, key) = store.make_key();
    let collector = Collector::start();
    let hooks = collector.runtime.block_on(Receiver::start());
    let server = collector.server(store, &["--allow-private-webhooks"]);
    let subscribed = json!({"url": hooks.url(), "events": ["*"]});
    assert_eq!(post(&server.address, "/api/webhooks", &key, &subscribed).0, 201);
    let headers = format!(
        "Authorization: Bearer {key}\r\nX-Request-Id: my-own-7\r\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\r\n\
         tracestate: vendor=told-by-caller\r\nbaggage: who=carried-by-caller\r\n"
    );
    let body = json!({"firstName": "Wilhelmina", "lastName": "Quux", "email": "wilhelmina@quux.example"});
    let (status, made) = request_with(&server.address, "POST", "/api/members", &headers, &body.to_string());
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    let list = "/api/members?email=wilhelmina@quux.example&search=Quux";
    assert_eq!(server.get(list, &key).1["totalItems"], 1);
    assert_eq!(server.get(&format!("/api/members/{id}"), &key).0, 200);
    assert_eq!(server.get("/members/secret-path", "").0, 303);
    assert_eq!(request(&server.address, "BREW", "/api/members", &key).0, 405);
    assert_eq!(server.get("/healthz", "").0, 200);
    let delivered = collector.runtime.block_on(hooks.wait_for(1));
    assert!(delivered[0].headers.get("traceparent").is_none(), "receivers are others' systems");
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("traces"), "{log}");

    // All has arrived by the time that the server has ended.
    let (spans, bytes) = collector.spans();
    let post = named(&spans, "POST /api/members");
    let [post] = post[..] else { panic!("{spans:#?}") };
    assert_eq!(post.kind, SpanKind::Server as i32);
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(
        (hex(&post.trace_id), hex(&post.parent_span_id)),
        (TRACE.to_owned(), "00f067aa0ba902b7".to_owned())
    );
    for (name, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/api/members"),
        ("url.scheme", "http"),
        ("http.response.status_code", "201"),
        ("memberpulse.request.id", "my-own-7"),
    ] {
        assert_eq!(attribute(post, name).as_deref(), Some(value), "{name}");
    }
    let children: Vec<&Span> = spans.iter().filter(|it| it.parent_span_id == post.span_id).collect();
    let write =
        children.iter().find(|it| it.name == "TRANSACTION").unwrap_or_else(|| panic!("{children:#?}"));
    assert_eq!(write.kind, SpanKind::Client as i32);
    assert_eq!(attribute(write, "db.system.name").as_deref(), Some(system));
    assert_eq!(attribute(write, "db.operation.name").as_deref(), Some("TRANSACTION"));
    let get = named(&spans, "GET /api/members/{id}");
    let [get] = get[..] else { panic!("{spans:#?}") };
    assert_ne!(get.trace_id, post.trace_id);
    assert!(spans.iter().any(|it| it.parent_span_id == get.span_id && it.name == "SELECT"), "{spans:#?}");
    let unknown = named(&spans, "HTTP /api/members");
    assert_eq!(attribute(unknown[0], "http.request.method").as_deref(), Some("_OTHER"));
    assert_eq!(attribute(unknown[0], "http.response.status_code").as_deref(), Some("405"));
    let delivery = named(&spans, "POST webhook");
    assert_eq!(delivery.len(), delivered.len());
    assert_eq!(attribute(delivery[0], "memberpulse.event.type").as_deref(), Some("member.created"));
    assert_eq!(attribute(delivery[0], "http.response.status_code").as_deref(), Some("204"));
    assert!(spans.iter().all(|it| it.events.is_empty() && !it.name.contains("healthz")));
    // Timers look at the store, too: only work that somebody asked for is told of.
    let stores = spans.iter().filter(|it| attribute(it, "db.system.name").is_some());
    assert!(stores.into_iter().all(|it| !it.parent_span_id.is_empty()));

    let resource = String::from_utf8_lossy(&bytes).into_owned();
    assert!(resource.contains("memberpulse"), "the service has a name");
    let hook_host = hooks.url().trim_start_matches("http://").trim_end_matches("/hook").to_owned();
    for secret in [
        &key,
        id,
        "ilhelmina",
        "Quux",
        "quux.example",
        "secret-path",
        "BREW",
        "told-by",
        "carried-by",
        &hook_host,
    ] {
        let secret = secret.as_bytes();
        let found = bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!found, "{}", String::from_utf8_lossy(secret));
    }
}

#[test]
fn requests_store_and_deliveries_are_traced_on_sqlite() {
    traces_of(&Store::directory(), "sqlite");
}

#[test]
fn requests_store_and_deliveries_are_traced_on_postgresql() {
    traces_of(&Store::postgres(), "postgresql");
}

fn traces_of_syncs(store: &Store) {
    store.make_acme();
    let (_, key) = store.make_key();
    let collector = Collector::start();
    let server = collector.server(store, &[]);
    let mapping = json!([{"external": "Id", "field": "externalId"}, {"external": "First", "field": "firstName"},
        {"external": "Last", "field": "lastName"}, {"external": "Mail", "field": "email"}]);
    let integration = json!({"name": "CRM", "kind": "custom", "fieldMapping": {"members": mapping}});
    let (status, made) = post(&server.address, "/api/integrations", &key, &integration);
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/integrations/{}", made["id"].as_str().unwrap());
    let record =
        |id: &str| json!({"Id": id, "First": "Wilhelmina", "Last": "Quux", "Mail": "w@quux.example"});
    // The second waits until the first gives the address up.
    let sent = json!({"resource": "members", "records": [record("S-1"), record("S-2")]});
    let (status, report) = post(&server.address, &format!("{path}/sync"), &key, &sent);
    assert_eq!((status, &report["summary"]["failed"]), (200, &json!(1)), "{report}");
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));

    store.execute("UPDATE sync_log SET next_retry_at = 1 WHERE status = 'retrying'");
    let server = collector.server(store, &[]);
    let log = format!("{path}/sync-log?type=record");
    wait_until(|| server.get(&log, &key).1["data"][0]["attempts"] == 2);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));

    let (spans, bytes) = collector.spans();
    let one = |name: &str| match named(&spans, name)[..] {
        [span] => span,
        _ => panic!("{name}: {spans:#?}"),
    };
    let (request, sync) = (one("POST /api/integrations/{id}/sync"), one("sync"));
    assert_eq!((&sync.trace_id, &sync.parent_span_id), (&request.trace_id, &request.span_id));
    assert_eq!(attribute(sync, "memberpulse.sync.records").as_deref(), Some("2"));
    // Nobody asked for it: a trace of its own.
    let retry = one("sync retry");
    assert!(retry.parent_span_id.is_empty(), "{retry:#?}");
    for span in [sync, retry] {
        assert_eq!(span.kind, SpanKind::Internal as i32);
        let within = |it: &&Span| it.parent_span_id == span.span_id && it.name == "TRANSACTION";
        assert_eq!(spans.iter().filter(within).count(), 1, "{}: {spans:#?}", span.name);
    }
    for secret in ["ilhelmina", "Quux", "quux.example", "S-1", "CRM"] {
        assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{secret}");
    }
}

#[test]
fn syncs_and_their_retries_are_traced_on_sqlite() {
    traces_of_syncs(&Store::directory());
}

#[test]
fn syncs_and_their_retries_are_traced_on_postgresql() {
    traces_of_syncs(&Store::postgres());
}

/// One that hangs takes connections and never answers; one that fails answers 503; one is not there.
#[test]
fn a_collector_that_does_not_work_is_nobodys_trouble() {
    let collector = Collector::start();
    let gone = "http://127.0.0.1:1".to_owned();
    for (behaviour, why) in [
        (Some(Behaviour::Hang), "not sent"),
        (Some(Behaviour::status(503)), "503 Service Unavailable"),
        (None, "refused"),
    ] {
        let endpoint = match &behaviour {
            Some(behaviour) => {
                collector.receiver.behave(behaviour.clone());
                collector.receiver.url().to_owned()
            }
            None => gone.clone(),
        };
        let store = Store::directory();
        let server = store.serve_with(&["--otlp-endpoint", &endpoint]);
        let mut connection = connect(&server.address);
        // More than the queue holds, so that batches are under way and spans are dropped.
        for _ in 0..3_000 {
            connection.write_all(b"GET /api/members HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut head = [0; 12];
            connection.read_exact(&mut head).unwrap();
            assert_eq!(head, *b"HTTP/1.1 401");
            read_rest(&mut connection);
        }
        server.signal(Signal::TERM);
        let (code, log) = server.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains(why), "{why}: {log}");
        let said = log.lines().filter(|line| line.contains("does not take traces")).count();
        assert!(said <= 1, "{log}");
    }
}

/// Reads what is left of an answer whose status line was read.
fn read_rest(connection: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    connection.read_exact(&mut vec![0; length.parse().unwrap()]).unwrap();
}

#[test]
fn an_address_that_is_none_is_refused_at_the_start() {
    let store = Store::directory();
    for wrong in ["collector:4318", "grpc://collector:4317", "http://user:word@collector:4318"] {
        let ran = store.run(&["serve", "--listen", "127.0.0.1:0", "--otlp-endpoint", wrong]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.contains("--otlp-endpoint") && ran.err.contains("http://"), "{ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
    }
}

/// The variables that every program with OpenTelemetry has.
#[test]
fn the_standard_variables_are_understood() {
    let collector = Collector::start();
    let store = Store::directory();
    let mut command = store.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.receiver.url())
        .env("OTEL_SERVICE_NAME", "members-of-acme")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=for-the-collector");
    let server = Serving::start(command);
    assert_eq!(server.get("/api/me", "").0, 401);
    server.signal(Signal::TERM);
    assert_eq!(server.end().0, Some(0));
    let (spans, bytes) = collector.spans();
    assert_eq!(named(&spans, "GET /api/me").len(), 1);
    assert!(String::from_utf8_lossy(&bytes).contains("members-of-acme"));
    assert_eq!(collector.receiver.received()[0].header("api-key"), "for-the-collector");
}
