//! A receiver of webhooks on this machine that keeps what it gets and answers as a test wants.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use parking_lot::Mutex;
use serde_json::Value as Json;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How a receiver answers.
#[derive(Clone, Debug)]
pub enum Behaviour {
    /// With this status and these headers.
    Status(u16, Vec<(&'static str, String)>),
    /// With 500 to every third request, else with 204.
    FailOneInThree,
    /// With this status and the body that came.
    Echo(u16),
    /// Not at all.
    Hang,
}

impl Behaviour {
    /// With this status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }
}

/// A request that was received.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as it came.
    pub body: Bytes,
}

impl Received {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON: {error}"))
    }

    /// A header's text.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no header {name}"));
        value.to_str().unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    received: Mutex<Vec<Received>>,
    bell: Notify,
}

/// The receiver; it ends with the test.
pub struct Receiver {
    shared: Arc<Shared>,
    url: String,
    server: JoinHandle<()>,
}

impl Receiver {
    /// A receiver that answers 204.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(Behaviour::status(204)),
            received: Mutex::default(),
            bell: Notify::new(),
        });
        let router = Router::new().fallback(receive).with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.unwrap_or_else(|error| panic!("nowhere to listen: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { shared, url: format!("http://{address}/hook"), server }
    }

    /// Where it receives.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers so from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock() = behaviour;
    }

    /// What was received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().clone()
    }

    /// Waits until so many requests were received, and answers with all.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let waiting = async {
            loop {
                let received = self.received();
                if received.len() >= count {
                    return received;
                }
                self.shared.bell.notified().await;
            }
        };
        let received = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        received.unwrap_or_else(|_| panic!("{} of {count} deliveries came", self.received().len()))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn receive(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return StatusCode::BAD_REQUEST.into_response() };
    let body = body.to_bytes();
    let count = {
        let mut received = shared.received.lock();
        received.push(Received { headers: head.headers, body: body.clone() });
        received.len()
    };
    shared.bell.notify_one();
    let behaviour = shared.behaviour.lock().clone();
    let mut answer = Bytes::from_static(b"thanks");
    let (status, headers) = match behaviour {
        Behaviour::Echo(status) => {
            answer = body;
            (status, Vec::new())
        }
        Behaviour::Status(status, headers) => (status, headers),
        Behaviour::FailOneInThree => (if count.is_multiple_of(3) { 500 } else { 204 }, Vec::new()),
        Behaviour::Hang => std::future::pending().await,
    };
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer)).unwrap_or_else(|error| panic!("no answer: {error}"))
}
