//! The product's server with plan limits that no benchmark reaches: a run sends more requests in a
//! minute than any plan allows in an hour. All else is the product: the use cases, the router, and the
//! very files that speak HTTP in `memberpulse serve`. Each request is charged to a limit as always.

#[path = "../../crates/memberpulse/src/server/connections.rs"]
mod connections;
#[path = "../../crates/memberpulse/src/server/limits.rs"]
mod limits;
#[path = "../../crates/memberpulse/src/server/stream.rs"]
mod stream;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use app::db::{Db, SqliteOptions};
use app::{App, Options, PlanLimits};
use clap::Args;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use connections::Plain;

use crate::seed::DATABASE;
use crate::settings::Outcome;

/// Requests an hour; a hundred thousand a second would not use them up.
const LIMIT: u32 = 2_000_000_000;
const GRACE: Duration = Duration::from_secs(10);

/// How the product is started.
#[derive(Args)]
pub(crate) struct Product {
    /// A seeded data directory.
    #[arg(long)]
    data_dir: PathBuf,
    /// The address to listen on.
    #[arg(long)]
    listen: SocketAddr,
}

/// Serves until it is told to stop.
pub(crate) fn run(product: &Product) -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve(product))
}

async fn serve(product: &Product) -> Outcome<()> {
    let listener = TcpListener::bind(product.listen).await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let db = Db::open_sqlite(SqliteOptions::new(product.data_dir.join(DATABASE))).await?;
    let limits = PlanLimits { standard: LIMIT, professional: LIMIT, enterprise: LIMIT };
    let (app, _) = App::open(db, Options { limits, ..Options::default() })
        .await
        .map_err(|failure| failure.inside().unwrap_or_default())?;
    let config = api::Config { public_url: format!("http://{}", product.listen), ..api::Config::default() };
    let router = api::router(app.clone(), config).map_err(|failure| failure.inside().unwrap_or_default())?;
    let (stop, stopped) = watch::channel(false);
    let clockwork = tokio::spawn(app.clone().run_clockwork(stopped));
    let open = connections::accept(listener, Plain, router, connections::Leaving::default(), async move {
        terminate.recv().await;
    })
    .await;
    if open.count() > 0 {
        open.finish(GRACE).await;
    }
    stop.send(true)?;
    clockwork.await?;
    app.close().await;
    Ok(())
}
