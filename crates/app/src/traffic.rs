//! Requests by key, hour and outcome: counted in memory, added to the store now and then in one transaction, so that no
//! request waits for it. A server that is killed takes the counts of a few seconds with it.

use std::collections::{HashMap, HashSet};

use db::{Param, Row, Weight};
use domain::{KeyId, Timestamp};
use parking_lot::Mutex;

use crate::app::App;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::integrations::{ADD_REQUEST_COUNTS, REQUEST_COUNTS};
use crate::tenant::Tenant;

const HOUR: i64 = 3_600_000_000;

/// Requests by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct RequestCounts {
    /// Answered with 2xx or 3xx.
    pub succeeded: i64,
    /// Answered with 4xx, but none of the following.
    pub client_errors: i64,
    /// Answered with 401.
    pub unauthorised: i64,
    /// Answered with 403.
    pub forbidden: i64,
    /// Answered with 429.
    pub rate_limited: i64,
    /// Answered with 5xx.
    pub server_errors: i64,
    /// When the last one came, in microseconds; 0 when there was none.
    pub last_at: i64,
}

impl RequestCounts {
    fn note(&mut self, status: u16, at: Timestamp) {
        let slot = match status {
            401 => &mut self.unauthorised,
            403 => &mut self.forbidden,
            429 => &mut self.rate_limited,
            400..=499 => &mut self.client_errors,
            500.. => &mut self.server_errors,
            _ => &mut self.succeeded,
        };
        *slot += 1;
        self.last_at = self.last_at.max(at.as_micros());
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.succeeded += other.succeeded;
        self.client_errors += other.client_errors;
        self.unauthorised += other.unauthorised;
        self.forbidden += other.forbidden;
        self.rate_limited += other.rate_limited;
        self.server_errors += other.server_errors;
        self.last_at = self.last_at.max(other.last_at);
    }

    fn params(&self) -> Vec<Param> {
        let all = [
            self.succeeded,
            self.client_errors,
            self.unauthorised,
            self.forbidden,
            self.rate_limited,
            self.server_errors,
            self.last_at,
        ];
        all.into_iter().map(Param::Integer).collect()
    }
}

/// Counts that are not yet stored.
#[derive(Default)]
pub(crate) struct Traffic(Mutex<HashMap<(KeyId, i64), Counted>>);

#[derive(Clone)]
struct Counted {
    tenant: Tenant,
    counts: RequestCounts,
}

impl Traffic {
    pub(crate) fn note(&self, tenant: &Tenant, key: KeyId, status: u16, at: Timestamp) {
        let mut noted = self.0.lock();
        let fresh = || Counted { tenant: tenant.clone(), counts: RequestCounts::default() };
        noted.entry((key, hour_of(at))).or_insert_with(fresh).counts.note(status, at);
    }

    /// What is not yet stored of these keys, by key and hour.
    fn pending(&self, keys: &HashSet<KeyId>, since: i64) -> Vec<(KeyId, i64, RequestCounts)> {
        let noted = self.0.lock();
        let wanted = noted.iter().filter(|((key, hour), _)| *hour >= since && keys.contains(key));
        wanted.map(|((key, hour), counted)| (*key, *hour, counted.counts)).collect()
    }
}

/// The first moment of an hour.
pub(crate) fn hour_of(at: Timestamp) -> i64 {
    at.as_micros().div_euclid(HOUR) * HOUR
}

impl App {
    /// Counts the answer to a request with a key.
    pub fn note_request(&self, tenant: &Tenant, key: KeyId, status: u16) {
        self.traffic().note(tenant, key, status, self.now());
    }

    /// Adds what was counted to the store. What cannot be stored now is kept for the next time.
    pub(crate) async fn flush_traffic(&self) -> Result<(), Failure> {
        let counted: Vec<((KeyId, i64), Counted)> = self.traffic().0.lock().drain().collect();
        if counted.is_empty() {
            return Ok(());
        }
        let rows = counted.clone();
        let stored = self.db().write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move {
                for ((key, hour), counted) in rows {
                    let key = [Param::Integer(hour), Param::Uuid(key.uuid())];
                    let params = key.into_iter().chain(counted.counts.params()).collect();
                    ScopedTx::new(tx, &counted.tenant).execute(&ADD_REQUEST_COUNTS, params).await?;
                }
                Ok::<(), Failure>(())
            })
        });
        if let Err(failure) = stored.await {
            let mut noted = self.traffic().0.lock();
            for (key, counted) in counted {
                match noted.get_mut(&key) {
                    Some(since) => since.counts.add(&counted.counts),
                    None => drop(noted.insert(key, counted)),
                }
            }
            return Err(failure);
        }
        Ok(())
    }

    /// The requests with the keys of some integrations since a moment, by key and hour; only hours that had some.
    pub(crate) async fn traffic_of(
        &self,
        tenant: &Tenant,
        integrations: Vec<Param>,
        keys: &HashSet<KeyId>,
        since: Timestamp,
    ) -> Result<Vec<(KeyId, i64, RequestCounts)>, Failure> {
        let since = hour_of(since);
        let mut found = Vec::new();
        let each = |row: &Row<'_>| {
            let counts = RequestCounts {
                succeeded: row.integer(2)?,
                client_errors: row.integer(3)?,
                unauthorised: row.integer(4)?,
                forbidden: row.integer(5)?,
                rate_limited: row.integer(6)?,
                server_errors: row.integer(7)?,
                last_at: row.integer(8)?,
            };
            found.push((row.uuid(0)?.into(), row.integer(1)?, counts));
            Ok(())
        };
        let params = [Param::Integer(since)].into_iter().chain(integrations).collect();
        tenant.each(self.db(), Weight::Long, &REQUEST_COUNTS, params, each).await?;
        found.extend(self.traffic().pending(keys, since));
        Ok(found)
    }
}
