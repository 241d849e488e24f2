//! The bare reference server: the same framework and database file, one prepared query per request and
//! the same bytes in the answer's body. It has no keys, no limits, no rules and no request ids, and shares
//! no code with the product. A competent person would write it like this for this table alone.

mod json;
mod query;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::get;
use clap::Args;
use uuid::Uuid;

use self::query::{Database, List};
use crate::settings::Outcome;

/// How the reference is started.
#[derive(Args)]
pub(crate) struct Reference {
    /// The database file of a seeded data directory.
    #[arg(long)]
    database: PathBuf,
    /// The address to listen on.
    #[arg(long)]
    listen: SocketAddr,
    /// Map this many bytes of the file into memory; 0 reads pages as the product does.
    #[arg(long, default_value_t = 0)]
    mmap: u64,
}

/// Serves until it is killed.
pub(crate) fn run(reference: &Reference) -> Outcome<()> {
    let state = Arc::new(Database { path: reference.database.clone(), mmap: reference.mmap });
    let router = Router::new()
        .route("/{tenant}/members/{id}", get(one))
        .route("/{tenant}/{list}", get(list))
        .with_state(state);
    let listen = reference.listen;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async move {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

async fn one(State(database): State<Arc<Database>>, Path((tenant, id)): Path<(i64, String)>) -> Response {
    let Ok(id) = Uuid::try_parse(&id) else { return empty(StatusCode::NOT_FOUND) };
    match database.one(tenant, id) {
        Ok(Some(body)) => json(body),
        Ok(None) => empty(StatusCode::NOT_FOUND),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn list(
    State(database): State<Arc<Database>>,
    Path((tenant, list)): Path<(i64, String)>,
    uri: Uri,
) -> Response {
    let Some(list) = List::read(&list, uri.query().unwrap_or_default()) else {
        return empty(StatusCode::NOT_FOUND);
    };
    match database.list(tenant, &list) {
        Ok(body) => json(body),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
