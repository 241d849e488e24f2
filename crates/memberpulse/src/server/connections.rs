//! Accepting connections and speaking HTTP/1.1 on them, within limits: how many there are, how long a
//! request's head may take to arrive, how large it may be, how long a client may take nothing.
//!
//! It stops in three steps, so that no request is lost: answers say `Connection: close` while clients still come; then it
//! listens no more but lingers on connections that are open; then it closes those that are idle.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::{Service as _, ServiceExt as _};

use super::limits::most_connections;
use super::stream::Impatient;

/// From the start of a connection, or the end of an answer, until the next request's head is complete.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// More than the 16 KiB that `api` takes for an address, so that it can say so, and room for headers.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long a client may take nothing of an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long open connections are kept after the last one was accepted: what is on its way on them is still answered. One
/// that was closed at once could lose a request that its client had just sent.
const LINGER: Duration = Duration::from_millis(500);

/// How long to wait when the system has no more files or memory for connections.
const PAUSE: Duration = Duration::from_secs(1);

/// What lies between TCP and HTTP.
pub(super) trait Transport: Clone + Send + Sync + 'static {
    /// What HTTP is spoken on.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens it; nothing when the client does not go along.
    fn open(&self, stream: TcpStream) -> impl Future<Output = Option<Self::Stream>> + Send;
}

/// Nothing.
#[derive(Clone, Copy)]
pub(super) struct Plain;

impl Transport for Plain {
    type Stream = TcpStream;

    async fn open(&self, stream: TcpStream) -> Option<TcpStream> {
        Some(stream)
    }
}

/// Connections that are still open.
pub(super) struct Open(GracefulShutdown);

impl Open {
    pub(super) fn count(&self) -> usize {
        self.0.count()
    }

    /// Lingers; then closes idle connections, and the others after their request; answers whether all ended in time.
    pub(super) async fn finish(self, time: Duration) -> bool {
        let lingering = async {
            while self.count() > 0 {
                tokio::time::sleep(LINGER / 50).await;
            }
        };
        // An error means that some are open still.
        let _ = tokio::time::timeout(LINGER, lingering).await;
        tokio::time::timeout(time, self.0.shutdown()).await.is_ok()
    }
}

/// Whether clients are to leave. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Leaving(Arc<AtomicBool>);

impl Leaving {
    /// Has every answer from now on say that its connection is closed after it.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn tell(&self, mut response: Response) -> Response {
        if self.0.load(Ordering::Relaxed) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// Serves connections until `stop`; then listens no more, and asks clients to leave.
pub(super) async fn accept(
    listener: TcpListener,
    transport: impl Transport,
    router: Router,
    leaving: Leaving,
    stop: impl Future<Output = ()>,
) -> Open {
    let mut connections = Connections {
        http: http(),
        transport,
        make_service: router.into_make_service_with_connect_info::<SocketAddr>(),
        open: GracefulShutdown::new(),
        leaving: leaving.clone(),
    };
    let places = Arc::new(Semaphore::new(most_connections()));
    let mut stop = pin!(stop);
    loop {
        let (stream, client, place) = tokio::select! {
            next = next(&listener, &places) => next,
            () = &mut stop => break,
        };
        connections.serve(stream, client, place).await;
    }
    leaving.begin();
    connections.serve_queued(listener, &places).await;
    Open(connections.open)
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(LARGEST_HEAD + 16 * 1024);
    http
}

/// The next client, when there is room for one.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Fails only when it is closed, which nobody does.
    let place = places.clone().acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, client)) => return (stream, client, place),
            // The client's fault: the next one waits already.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
                ) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again in a second");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

struct Connections<T> {
    http: http1::Builder,
    transport: T,
    make_service: axum::extract::connect_info::IntoMakeServiceWithConnectInfo<Router, SocketAddr>,
    open: GracefulShutdown,
    leaving: Leaving,
}

impl<T: Transport> Connections<T> {
    /// Serves those whom the system has let in already, and closes the door behind them: to them it would look as if a
    /// server had taken their request and gone.
    async fn serve_queued(&mut self, listener: TcpListener, places: &Arc<Semaphore>) {
        let Ok(listener) = listener.into_std() else { return };
        // It does not block: an error means that nobody waits, or that no more can be taken.
        while let Ok(place) = places.clone().try_acquire_owned()
            && let Ok((stream, client)) = listener.accept()
        {
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let Ok(stream) = stream {
                self.serve(stream, client, Some(place)).await;
            }
        }
    }

    async fn serve(&mut self, stream: TcpStream, client: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        // Answers are written whole; waiting to fill packets would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        let Ok(service) = self.make_service.call(client).await;
        let leaving = self.leaving.clone();
        let service = service
            .map_request(|request: Request<Incoming>| request.map(Body::new))
            .map_response(move |response| leaving.tell(response));
        let service = TowerToHyperService::new(service);
        let (http, transport, watcher) = (self.http.clone(), self.transport.clone(), self.open.watcher());
        tokio::spawn(async move {
            if let Some(stream) = transport.open(stream).await {
                let io = TokioIo::new(Impatient::new(stream, WRITE_TIMEOUT));
                if let Err(error) = watcher.watch(http.serve_connection(io, service)).await {
                    // Clients come and go as they like; nothing here needs an operator.
                    tracing::debug!(%error, "a connection ended early");
                }
            }
            drop(place);
        });
    }
}
