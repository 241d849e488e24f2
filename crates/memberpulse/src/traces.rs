//! Traces by OpenTelemetry: spans are sent to a collector over OTLP (protobuf over HTTP) from the background.
//!
//! No request waits for the collector: what has no room in the queue is dropped, and an export that fails is dropped too.
//! What a span tells is up to those who make it; events of the log are never sent.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{Key, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use parking_lot::Mutex;
use rustls::ClientConfig;
use rustls_platform_verifier::Verifier;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tracing::Metadata;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

use crate::halt::Halt;

/// How long a collector may take for one export.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How long what is left may take to get out when the server stops.
const LAST: Duration = Duration::from_secs(5);

/// How often it is said that the collector does not take what is sent.
const SAID_EVERY: Duration = Duration::from_mins(5);

/// What sends spans.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to send to the collector at this address, to which `/v1/traces` is added. Standard variables of
    /// OpenTelemetry decide what nothing here decides: samplers, sizes of queues, headers, attributes of the service.
    pub(crate) fn start(endpoint: &str, runtime: &Handle) -> Result<Self, Halt> {
        let failed = |error: &dyn std::fmt::Display| Halt::failed(format!("traces cannot be sent: {error}"));
        let collector = Collector {
            client: client().map_err(|error| failed(&error))?,
            runtime: runtime.clone(),
            said: Arc::new(Mutex::new(None)),
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{endpoint}/v1/traces"))
            .with_http_client(collector)
            .build()
            .map_err(|error| failed(&error))?;
        opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        // In batches, from a thread of its own, with a queue that has an end.
        Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(service()).build()))
    }

    /// Takes our own spans from everything that is logged.
    pub(crate) fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        let ours = |metadata: &Metadata<'_>| metadata.is_span() && metadata.target() == db::SPANS;
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("memberpulse"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(ours))
            .boxed()
    }

    /// Sends what is left, for as long as that may take. Blocks: not for a thread of the runtime.
    pub(crate) fn finish(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(LAST) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Who sends: the name that OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES gives, else the program's.
fn service() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    let given = Resource::builder().build().get(&Key::from_static_str("service.name"));
    let named = given.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    if named { builder.build() } else { builder.with_service_name("memberpulse").build() }
}

/// The collector over HTTP. It is called from the exporter's thread; the exchange itself runs on the server's runtime.
#[derive(Debug)]
struct Collector {
    client: reqwest::Client,
    runtime: Handle,
    /// When its failure was last told of.
    said: Arc<Mutex<Option<Instant>>>,
}

impl HttpClient for Collector {
    fn send_bytes<'life0, 'async_trait>(
        &'life0 self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let (client, said) = (self.client.clone(), self.said.clone());
            let exchange = self.runtime.spawn(async move {
                let answer = exchange(&client, request).await;
                match &answer {
                    Ok(answer) if answer.status().is_success() => {}
                    Ok(answer) => complain(&said, &format!("it answers {}", answer.status())),
                    Err(error) => complain(&said, &explain(error)),
                }
                answer
            });
            Ok(exchange.await??)
        })
    }
}

async fn exchange(
    client: &reqwest::Client,
    request: Request<Bytes>,
) -> Result<Response<Bytes>, reqwest::Error> {
    let mut answer = client.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    // What it says is not read: a few bytes, or, from something that is no collector, without end.
    drop(answer);
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The innermost cause says what is wrong; the outer ones name the address, which may hold a token.
fn explain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if error.is_timeout() { "it does not answer in time".to_owned() } else { cause.to_string() }
}

fn complain(said: &Mutex<Option<Instant>>, why: &str) {
    let mut said = said.lock();
    if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
        *said = Some(Instant::now());
        tracing::warn!(why, "the collector does not take traces; they are dropped");
    }
}

/// TLS by rustls and ring with the system's certificate authorities, as everywhere.
fn client() -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Verifier::new(provider.clone()).map_err(|error| error.to_string());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = match verifier {
        Ok(verifier) => config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)),
        // A machine without authorities still sends to a collector beside it.
        Err(_) => config.with_root_certificates(rustls::RootCertStore::empty()),
    };
    reqwest::Client::builder()
        .tls_backend_preconfigured(config.with_no_client_auth())
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(TIMEOUT)
        .build()
        .map_err(|error| error.to_string())
}
