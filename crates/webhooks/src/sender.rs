//! One attempt to deliver: a POST over HTTP/1.1, guarded, bounded in time and size.
//!
//! One client for all webhooks, so that connections are kept between deliveries. Redirects, proxies, cookies
//! and compression are not used. It must never know what is delivered, or whether to try again.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use domain::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, Response};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;
use tokio::time::timeout;

use crate::attempt::{Answer, Attempt, Outcome};
use crate::failure::{Circumstances, Failure};
use crate::guard::Guard;
use crate::resolver::{GuardedResolver, Lookup, SystemLookup};
use crate::retry_after;

/// How long a receiver may take (spec: API §8).
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(15);

const USER_AGENT: &str = concat!("MemberPulse-Webhooks/", env!("CARGO_PKG_VERSION"));
const MAX_BODY: usize = 4 * 1024;
const MAX_HEAD: usize = 8 * 1024;

/// How the sender works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operator's option `--allow-private-webhooks`.
    pub private_allowed: bool,
    /// Who is asked for the addresses of names.
    pub lookup: Arc<dyn Lookup>,
    /// Certificate authorities beside those of the system.
    pub extra_authorities: Vec<CertificateDer<'static>>,
    /// How long a connection may take to come about; what is left of the delivery's time counts, too.
    pub connect_timeout: Duration,
    /// How long to read the body of an answer. It is for the log only, so this is short.
    pub body_timeout: Duration,
    /// How many connections to keep for one host while nothing is sent.
    pub idle_per_host: usize,
    /// How long to keep them.
    pub idle_timeout: Duration,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The webhook's URL.
    pub url: String,
    /// The webhook's own headers, then those of the signature: a later one replaces an earlier one.
    pub headers: Vec<(String, String)>,
    /// JSON.
    pub body: Bytes,
    /// How long the receiver may take until the head of its answer is there, connection included.
    pub timeout: Duration,
    /// The present moment.
    pub started: Timestamp,
}

/// Sends deliveries. Cheap to clone; all clones share their connections.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    guard: Guard,
    body_timeout: Duration,
    no_authorities: bool,
}

/// The sender cannot be set up.
#[derive(Debug)]
pub struct SetupError(String);

impl Default for Settings {
    fn default() -> Self {
        Self {
            private_allowed: false,
            lookup: Arc::new(SystemLookup),
            extra_authorities: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(2),
            idle_per_host: 16,
            idle_timeout: Duration::from_secs(30),
        }
    }
}

impl Sender {
    /// Sets the client up. A machine without certificate authorities gets a sender that cannot send by https.
    pub fn new(settings: Settings) -> Result<Self, SetupError> {
        let guard = Guard::new(settings.private_allowed);
        let (tls, no_authorities) = tls(settings.extra_authorities)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .dns_resolver(GuardedResolver::new(guard, settings.lookup))
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(USER_AGENT)
            .tcp_nodelay(true)
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(settings.idle_timeout)
            .pool_max_idle_per_host(settings.idle_per_host)
            .build()
            .map_err(|error| SetupError(format!("{error:?}")))?;
        Ok(Self { client, guard, body_timeout: settings.body_timeout, no_authorities })
    }

    /// Makes one attempt. Takes at most the time-out and the short time for the answer's body; dropped before,
    /// it leaves nothing behind.
    pub async fn send(&self, outgoing: Outgoing) -> Attempt {
        let started = outgoing.started;
        let clock = Instant::now();
        let response = self.exchange(outgoing).await;
        let duration = clock.elapsed();
        let outcome = match response {
            Err(failure) => Outcome::Failed(failure),
            Ok(response) => {
                let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
                let now = Timestamp::from_micros(started.as_micros().saturating_add(micros));
                Outcome::Responded(self.read(response, now).await)
            }
        };
        Attempt { started, duration, outcome }
    }

    /// Sends the request and waits for the head of the answer.
    async fn exchange(&self, outgoing: Outgoing) -> Result<Response, Failure> {
        let url = self.guard.check_url(&outgoing.url).map_err(|refused| Failure::refused(&refused))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = Request::new(Method::POST, url);
        *request.headers_mut() = headers(&outgoing.headers)?;
        *request.body_mut() = Some(outgoing.body.into());
        match timeout(outgoing.timeout, self.client.execute(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                Err(Failure::of(&error, Circumstances { host: &host, no_authorities: self.no_authorities }))
            }
            Err(_) => Err(Failure::no_answer(&host, outgoing.timeout.as_secs_f32())),
        }
    }

    async fn read(&self, mut response: Response, now: Timestamp) -> Answer {
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after::parse(value, now));
        let headers = head(response.headers());
        let mut body = BytesMut::new();
        let complete = timeout(self.body_timeout, read_start(&mut response, &mut body)).await;
        // Dropping a response that was not read to its end closes its connection; one that was goes back to
        // the pool.
        drop(response);
        let body_complete = complete.unwrap_or(false);
        Answer { status, headers, body_start: body.freeze(), body_complete, retry_after }
    }
}

/// Reads the body up to its bound; whether that is all of it.
async fn read_start(response: &mut Response, start: &mut BytesMut) -> bool {
    loop {
        match response.chunk().await {
            Ok(None) => return true,
            Err(_) => return false,
            Ok(Some(chunk)) => {
                let room = MAX_BODY - start.len();
                start.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                if chunk.len() > room {
                    return false;
                }
            }
        }
    }
}

fn headers(given: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::with_capacity(given.len() + 1);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in given {
        let parsed = HeaderName::from_bytes(name.as_bytes()).ok().zip(HeaderValue::from_str(value).ok());
        let (name, value) = parsed.ok_or_else(|| Failure::header(name))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

fn head(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut room = MAX_HEAD;
    headers
        .iter()
        .map_while(|(name, value)| {
            room = room.checked_sub(name.as_str().len() + value.len())?;
            Some((name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        })
        .collect()
}

/// TLS by rustls and ring, with the system's certificate authorities; and whether there are none.
fn tls(extra: Vec<CertificateDer<'static>>) -> Result<(ClientConfig, bool), SetupError> {
    for authority in &extra {
        RootCertStore::empty()
            .add(authority.clone())
            .map_err(|error| SetupError(format!("an extra certificate authority is not usable: {error}")))?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupError(error.to_string()))?;
    let (builder, no_authorities) = match Verifier::new_with_extra_roots(extra, provider) {
        Ok(verifier) => (builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)), false),
        Err(error) => {
            tracing::warn!(
                %error,
                "this machine has no certificate authorities, so webhooks cannot be sent by https: install \
                 ca-certificates or set SSL_CERT_FILE, then start again"
            );
            (builder.with_root_certificates(RootCertStore::empty()), true)
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, no_authorities))
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the client that sends webhooks cannot be set up: {}", self.0)
    }
}

impl std::error::Error for SetupError {}
