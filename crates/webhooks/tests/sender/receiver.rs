//! Receivers: a web server that keeps what it got, and bare sockets for those that misbehave.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use domain::Timestamp;
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use webhooks::{Answer, Failure, LookingUp, Lookup, Outcome, Outgoing, Sender, Settings};

/// 2026-05-28, long before or after nothing.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_780_000_000_000_000);

/// One request, as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    pub(crate) method: String,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Something that listens, and counts connections.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    /// A web server that answers every request like this.
    pub(crate) async fn web(answer: impl Fn(&Arrived) -> Response + Clone + Send + Sync + 'static) -> Self {
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&arrived);
        let router = Router::new().fallback(move |request: Request| {
            let answer = answer.clone();
            let kept = Arc::clone(&kept);
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
                let method = head.method.to_string();
                let one = Arrived { method, uri: head.uri, headers: head.headers, body };
                let response = answer(&one);
                kept.lock().push(one);
                response
            }
        });
        let (inner, inside) = listen().await;
        tokio::spawn(async move { axum::serve(inside, router).await.unwrap() });
        // In front of it, so that connections can be counted.
        let front = Self::bare(move |mut outer| async move {
            let mut inner = TcpStream::connect(inner).await.unwrap();
            drop(tokio::io::copy_bidirectional(&mut outer, &mut inner).await);
        });
        Self { arrived, ..front.await }
    }

    /// A bare socket: each connection is handed to `serve`.
    pub(crate) async fn bare<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (address, listener) = listen().await;
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counter.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections, arrived: Arc::default() }
    }

    /// A bare socket that takes connections and says nothing.
    pub(crate) async fn hanging() -> Self {
        Self::bare(|stream| async move {
            std::future::pending::<()>().await;
            drop(stream);
        })
        .await
    }

    /// A bare socket that reads the request, then writes these pieces with a pause after each, for ever again
    /// from `again` on, if that is set.
    pub(crate) async fn dripping(
        pieces: &'static [&'static str],
        pause: Duration,
        again: Option<usize>,
    ) -> Self {
        Self::bare(move |mut stream| async move {
            read_request(&mut stream).await;
            let once = pieces.iter();
            let more = again.map(|from| pieces[from..].iter().cycle()).into_iter().flatten();
            for piece in once.chain(more) {
                if stream.write_all(piece.as_bytes()).await.is_err() {
                    return;
                }
                tokio::time::sleep(pause).await;
            }
            std::future::pending::<()>().await;
        })
        .await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().clone()
    }
}

/// Reads what the sender sends, whose body is `{}`.
pub(crate) async fn read_request(stream: &mut TcpStream) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n{}") {
        assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0, "the request ends too early");
    }
}

pub(crate) async fn listen() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

/// Settings for receivers on this machine, with times short enough to wait for.
pub(crate) fn settings() -> Settings {
    Settings { private_allowed: true, body_timeout: Duration::from_millis(200), ..Settings::default() }
}

pub(crate) fn sender() -> Sender {
    Sender::new(settings()).unwrap()
}

pub(crate) fn outgoing(url: impl Into<String>) -> Outgoing {
    Outgoing {
        url: url.into(),
        headers: Vec::new(),
        body: Bytes::from_static(b"{}"),
        timeout: Duration::from_secs(10),
        started: NOW,
    }
}

/// Sends with a sender of its own and expects an answer.
pub(crate) async fn answered(url: impl Into<String>) -> Answer {
    match sender().send(outgoing(url)).await.outcome {
        Outcome::Responded(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

pub(crate) fn failure(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Responded(answer) => panic!("{answer:?}"),
    }
}

/// A resolver that gives each look-up its own answer, the last one again and again.
#[derive(Debug)]
pub(crate) struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Scripted {
    pub(crate) fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Lookup for Scripted {
    fn lookup(&self, _name: &str) -> LookingUp {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let answer = self.answers[turn].clone();
        Box::pin(async move { Ok(answer) })
    }
}
