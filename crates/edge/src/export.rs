//! A whole list as CSV, as a stream.
//!
//! Its parts are read when the client has taken the part before, each by a query of its own, so that a client that stops
//! reading holds neither memory nor a connection to the database.

use app::csv::Table;
use app::domain::Timestamp;
use app::{Failure, Walk};
use axum::body::{Body, Bytes};
use futures_util::stream::{self, StreamExt as _};

use crate::request_id::RequestId;

/// The body with all that the walk sees. Its first part is read at once, so that what can go wrong at the beginning is
/// answered as any other failure.
pub async fn export(
    walk: Walk,
    table: Table,
    now: Timestamp,
    request: Option<RequestId>,
) -> Result<Body, Failure> {
    let mut export = Export { walk, table, now, request };
    let first = export.part().await?;
    let rest = stream::try_unfold(export, |mut export| async move {
        if export.walk.ended() {
            return Ok(None);
        }
        match export.part().await {
            Ok(part) => Ok(Some((part, export))),
            Err(failure) => Err(export.broken_off(&failure)),
        }
    });
    Ok(Body::from_stream(stream::once(async { Ok(first) }).chain(rest)))
}

/// A list on its way to the client.
struct Export {
    walk: Walk,
    table: Table,
    now: Timestamp,
    request: Option<RequestId>,
}

impl Export {
    async fn part(&mut self) -> Result<Bytes, Failure> {
        let Self { walk, table, now, .. } = self;
        walk.part(|row| table.write(row, *now)).await?;
        let part = table.take();
        walk.made(part.len());
        Ok(Bytes::from(part))
    }

    /// Ends the body early, which the client sees as a broken transfer: the status is already sent.
    fn broken_off(&self, failure: &Failure) -> std::io::Error {
        let request = self.request.as_ref().map(RequestId::text);
        let error = failure.inside().unwrap_or_else(|| failure.problem().detail);
        tracing::error!(request_id = request, error, "an export broke off");
        std::io::Error::other("the export cannot go on")
    }
}
