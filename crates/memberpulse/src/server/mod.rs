//! The life of a server: lock, listen, open the store, serve, stop in order.
//!
//! What is served are the routers of `api`, `guides` and `portal`; this module knows connections and signals, not requests.

mod connections;
mod limits;
mod signals;
mod stream;
mod tls;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use app::{App, Failure};
use axum::Router;
use db::ServerLock;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use webhooks::{Dispatcher, DispatcherSettings, Schedule, Sender};

use crate::cli::{HostAndPort, Place, ServerSettings};
use crate::halt::Halt;
use crate::secret_key;
use crate::store::{self, Missing};

use connections::{Leaving, Plain};
use tls::Tls;

pub(crate) use signals::Signals;

/// How long running requests may take to end when the server stops.
const GRACE: Duration = Duration::from_secs(30);

/// Connections that may wait to be accepted: a burst of clients must not be turned away, which costs
/// each a second.
const BACKLOG: u32 = 4096;

/// How much longer a lease of deliveries is than the time that a receiver has.
const LEASE_MARGIN: Duration = Duration::from_secs(10);

/// How long the clockwork may take to end what it is doing.
const CLOCKWORK_GRACE: Duration = Duration::from_secs(10);

/// `memberpulse serve`.
pub(crate) async fn serve(place: &Place, settings: &ServerSettings) -> Result<(), Halt> {
    let mut signals = Signals::listen()?;
    let server = tokio::select! {
        started = Server::start(place, settings) => started?,
        () = signals.next() => return Ok(()),
    };
    tracing::info!(address = %server.base_url(), "serving");
    server.run(settings, signals).await
}

/// A server that listens but does not answer yet.
pub(crate) struct Server {
    app: App,
    listener: TcpListener,
    address: SocketAddr,
    /// Where figures for operators are shown, when not beside the API.
    metrics: Option<TcpListener>,
    tls: Option<Tls>,
    _lock: Option<ServerLock>,
}

impl Server {
    /// Takes the data directory, the address and the store, in this order: what can be told at once is
    /// told before anything is changed.
    pub(crate) async fn start(place: &Place, settings: &ServerSettings) -> Result<Self, Halt> {
        let lock = match place {
            Place::Directory(directory) => Some(lock(directory)?),
            Place::Postgres(_) => None,
        };
        let tls = match (&settings.tls_cert, &settings.tls_key) {
            (Some(certificate), Some(key)) => Some(Tls::open(certificate.clone(), key.clone())?),
            // The command line takes both or none.
            _ => None,
        };
        let (listener, address) = listen(&settings.listen, "--listen").await?;
        let metrics = match &settings.metrics_listen {
            Some(wanted) => Some(listen(wanted, "--metrics-listen").await?.0),
            None => None,
        };
        let options = app::Options {
            vault: Some(secret_key::vault(place, settings)?),
            private_webhooks: settings.allow_private_webhooks,
            ..app::Options::default()
        };
        let app = store::open(place, Missing::Create, options).await?;
        secret_key::check(&app, settings).await?;
        Ok(Self { app, listener, address, metrics, tls, _lock: lock })
    }

    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The address under which a client on this machine reaches the server.
    pub(crate) fn base_url(&self) -> String {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            ip => ip,
        };
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", SocketAddr::new(ip, self.address.port()))
    }

    /// The API and the guides, and beside them the portal.
    #[cfg(feature = "portal")]
    fn router(&self, config: api::Config) -> Result<Router, Failure> {
        let beside = portal::Config {
            public_url: config.public_url.clone(),
            hosts: [config.production_host.clone(), config.sandbox_host.clone()],
            trusted_proxies: config.trusted_proxies.clone(),
            request_timeout: config.request_timeout,
            ..portal::Config::default()
        };
        let portal = portal::router(self.app.clone(), beside)?;
        Ok(self.programs(config)?.fallback_service(portal))
    }

    /// What is served without the portal.
    #[cfg(not(feature = "portal"))]
    fn router(&self, config: api::Config) -> Result<Router, Failure> {
        self.programs(config)
    }

    /// The API, and the guides to it.
    fn programs(&self, config: api::Config) -> Result<Router, Failure> {
        let guides = guides::router(self.app.random_bytes()?);
        Ok(api::router(self.app.clone(), config)?.merge(guides))
    }

    /// Serves until a signal says to stop; then finishes what runs and closes the store.
    pub(crate) async fn run(self, settings: &ServerSettings, mut signals: Signals) -> Result<(), Halt> {
        let config = api::Config {
            public_url: settings.public_url.clone().unwrap_or_else(|| self.base_url()),
            production_host: settings.production_host.clone(),
            sandbox_host: settings.sandbox_host.clone(),
            problem_base: settings.problem_base.clone(),
            trusted_proxies: settings.trusted_proxies.clone(),
            metrics: self.metrics.is_none(),
            ..api::Config::default()
        };
        let router = self.router(config)?;
        let (stop, stopped) = watch::channel(false);
        let metrics = self.metrics.map(|listener| {
            let address = listener.local_addr().ok();
            tracing::info!(address = address.map(tracing::field::display), "showing figures at /metrics");
            let router = api::metrics_router(self.app.clone());
            let until = until(stopped.clone());
            tokio::spawn(connections::accept(listener, Plain, router, Leaving::default(), until))
        });
        let clockwork = tokio::spawn(self.app.clone().run_clockwork(stopped.clone()));
        if let Some(tls) = self.tls.clone() {
            tokio::spawn(tls.follow(stopped.clone()));
        }
        let dispatcher = if settings.no_webhooks {
            tokio::spawn(async {})
        } else {
            tokio::spawn(dispatcher(&self.app, settings, stopped)?)
        };

        let (app, leaving, delay) = (self.app.clone(), Leaving::default(), settings.shutdown_delay);
        let leave = leaving.clone();
        let stop_accepting = async move {
            signals.next().await;
            tokio::spawn(async move {
                signals.next().await;
                tracing::warn!("stopped at once by a second signal");
                std::process::exit(1);
            });
            app.announce_stop();
            if !delay.is_zero() {
                tracing::info!(
                    seconds = delay.as_secs_f32(),
                    "about to stop: not ready any more, but serving"
                );
                leave.begin();
                tokio::time::sleep(delay).await;
            }
        };
        let open = match self.tls {
            Some(tls) => connections::accept(self.listener, tls, router, leaving, stop_accepting).await,
            None => connections::accept(self.listener, Plain, router, leaving, stop_accepting).await,
        };
        tracing::info!(connections = open.count(), "stopping: running requests are finished first");
        if !open.finish(GRACE).await {
            tracing::warn!(seconds = GRACE.as_secs(), "some requests did not end in time and were cut off");
        }
        // Nobody listens any more only when the clockwork has ended by itself.
        let _ = stop.send(true);
        if tokio::time::timeout(CLOCKWORK_GRACE, clockwork).await.is_err() {
            tracing::warn!("scheduled work did not end in time and was cut off");
        }
        if tokio::time::timeout(GRACE, dispatcher).await.is_err() {
            tracing::warn!("webhooks under way did not end in time; they are sent again at the next start");
        }
        if let Some(metrics) = metrics
            && let Ok(open) = metrics.await
        {
            open.finish(CLOCKWORK_GRACE).await;
        }
        self.app.close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

/// Ends when it is told to stop.
async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that nobody can tell any more.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What sends webhooks until it is told to stop.
fn dispatcher(
    app: &App,
    settings: &ServerSettings,
    stopped: watch::Receiver<bool>,
) -> Result<impl Future<Output = ()> + Send + 'static, Halt> {
    let sender = Sender::new(webhooks::Settings {
        private_allowed: settings.allow_private_webhooks,
        ..webhooks::Settings::default()
    });
    let sender = sender.map_err(|error| Halt::failed(error.to_string()))?;
    let schedule = Schedule {
        delays: settings.webhook_retries.clone(),
        disable_after: settings.webhook_disable_after,
        ..Schedule::default()
    };
    let usual = DispatcherSettings::default();
    // An attempt must fit into its lease.
    let lease = settings.webhook_timeout + LEASE_MARGIN;
    let settings = DispatcherSettings { schedule, timeout: settings.webhook_timeout, lease, ..usual };
    Ok(Dispatcher::run(app.clone(), sender, settings, stopped))
}

fn lock(directory: &Path) -> Result<ServerLock, Halt> {
    store::make_directory(directory)?;
    Ok(ServerLock::acquire(directory)?)
}

async fn listen(wanted: &HostAndPort, option: &str) -> Result<(TcpListener, SocketAddr), Halt> {
    let listener = bind(&wanted.0).await.and_then(|listener| Ok((listener.local_addr()?, listener)));
    let (address, listener) = listener.map_err(|error| {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
        let advice = match error.kind() {
            AddrInUse => {
                format!("another program listens there (another server?): stop it, or choose another port with {option}")
            }
            AddrNotAvailable => {
                "this machine does not have the address: use one of its own, or 0.0.0.0 for all".to_owned()
            }
            PermissionDenied => format!("ports below 1024 are for privileged users: choose another with {option}"),
            _ => format!("choose another address with {option}"),
        };
        Halt::failed(format!("cannot listen on {}: {error}; {advice}", wanted.0))
    })?;
    Ok((listener, address))
}

/// Listens on the first address of the name that can be had.
async fn bind(name: &str) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in tokio::net::lookup_host(name).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // So that a restart need not wait until the last connections are forgotten.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}
