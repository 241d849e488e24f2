//! Answers that are given again when a POST is repeated with the same `Idempotency-Key` (API §6).
//!
//! The answer to a change is stored in the transaction of the change: after a kill at any moment
//! there are both or neither, so a repetition can neither do the work twice nor lose its answer.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use db::{DbError, Param, Row};
use domain::Timestamp;
use parking_lot::Mutex;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::app::App;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::{FIND_ANSWER, STORE_ANSWER};
use crate::tenant::Tenant;

/// Seconds for which answers are kept: 24 hours.
pub(crate) const KEPT: i64 = 24 * 3_600;

/// The status of an answer that was erased (RFC 9110 §15.5.11).
pub(crate) const GONE: u16 = 410;

/// A client's key for a request, and what the request was.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct IdempotencyKey {
    credential: Uuid,
    key: String,
    request_hash: [u8; 32],
}

impl IdempotencyKey {
    /// The key that a credential, a key or a user, gave a request with this method, path and body.
    #[must_use]
    pub fn new(credential: Uuid, key: &str, method: &str, path: &str, body: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        for part in [method.as_bytes(), path.as_bytes(), body] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self { credential, key: key.to_owned(), request_hash: hasher.finalize().into() }
    }
}

/// An answer as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Header names and values that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Whether the body holds a secret, and is therefore kept encrypted.
    pub secret: bool,
}

impl Answer {
    /// Whether only its place is left: what every kept refusal has, a body, is gone.
    fn is_erased(&self) -> bool {
        self.status == GONE && self.body.is_empty()
    }
}

/// What is known of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known {
    /// Nothing: the request is new.
    New,
    /// The same request was answered with this.
    Answered(Answer),
    /// The same request was answered, and the answer told of somebody who was erased since.
    Erased,
    /// The key was used for another request.
    Reused,
}

/// How the answer to a change is made, so that it can be stored together with the change.
#[derive(Clone)]
pub struct Remember<T> {
    key: IdempotencyKey,
    render: Arc<dyn Fn(&T) -> Answer + Send + Sync>,
}

impl<T> fmt::Debug for Remember<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remember").field("key", &self.key).finish_non_exhaustive()
    }
}

impl<T> Remember<T> {
    /// Keeps what `render` makes of the result under this key.
    pub fn new(key: IdempotencyKey, render: impl Fn(&T) -> Answer + Send + Sync + 'static) -> Self {
        Self { key, render: Arc::new(render) }
    }

    /// Stores the answer, unless another request with the key was answered in the meantime.
    pub(crate) async fn keep(
        &self,
        app: &App,
        tx: &mut ScopedTx<'_, '_>,
        result: &T,
        now: Timestamp,
    ) -> Result<(), Failure> {
        store(app, tx, &self.key, &(self.render)(result), now).await
    }

    /// Stores the answer to a request that changed nothing.
    pub(crate) async fn keep_alone(&self, app: &App, tenant: &Tenant, result: &T) -> Result<(), Failure> {
        app.keep_answer(tenant, self.key.clone(), (self.render)(result)).await
    }
}

/// Requests with a key that this server is working on.
#[derive(Default)]
pub(crate) struct RunningKeys(Arc<Mutex<HashSet<(i64, Uuid, String)>>>);

/// The claim of a request on its key; ends when it is dropped.
pub struct Running {
    keys: Arc<Mutex<HashSet<(i64, Uuid, String)>>>,
    own: (i64, Uuid, String),
}

impl Drop for Running {
    fn drop(&mut self) {
        self.keys.lock().remove(&self.own);
    }
}

impl App {
    /// Claims a key while its request runs; `None` while another request with it runs on this server.
    #[must_use]
    pub fn claim_key(&self, tenant: &Tenant, key: &IdempotencyKey) -> Option<Running> {
        let keys = self.running_keys().0.clone();
        let own = (tenant.key(), key.credential, key.key.clone());
        let is_new = keys.lock().insert(own.clone());
        is_new.then_some(Running { keys, own })
    }

    /// What is known of a key.
    pub async fn find_answer(&self, tenant: &Tenant, key: &IdempotencyKey) -> Result<Known, Failure> {
        let oldest = self.now().plus_seconds(-KEPT);
        let params = vec![
            Param::Uuid(key.credential),
            Param::Text(key.key.clone()),
            Param::Integer(oldest.as_micros()),
        ];
        let found = tenant.optional(self.db(), &FIND_ANSWER, params, read).await?;
        Ok(match found {
            None => Known::New,
            Some((hash, answer)) if hash == key.request_hash && answer.is_erased() => Known::Erased,
            Some((hash, answer)) if hash == key.request_hash && answer.secret => {
                let body = self.unseal(&key.request_hash, &answer.body)?;
                Known::Answered(Answer { body, ..answer })
            }
            Some((hash, answer)) if hash == key.request_hash => Known::Answered(answer),
            Some(_) => Known::Reused,
        })
    }

    /// Keeps an answer that no change goes with: a refusal.
    pub async fn keep_answer(
        &self,
        tenant: &Tenant,
        key: IdempotencyKey,
        answer: Answer,
    ) -> Result<(), Failure> {
        let now = self.now();
        let shared = Arc::new((self.clone(), tenant.clone(), key, answer));
        let kept = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (app, tenant, key, answer) = &*shared;
                store(app, &mut ScopedTx::new(tx, tenant), key, answer, now).await
            })
        });
        kept.await
    }
}

async fn store(
    app: &App,
    tx: &mut ScopedTx<'_, '_>,
    key: &IdempotencyKey,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), Failure> {
    let headers: Json =
        answer.headers.iter().map(|(name, value)| Json::from(vec![name.clone(), value.clone()])).collect();
    let body = if answer.secret { app.seal(&key.request_hash, &answer.body)? } else { answer.body.clone() };
    let params = vec![
        Param::Uuid(key.credential),
        Param::Text(key.key.clone()),
        Param::Bytes(key.request_hash.to_vec()),
        Param::Integer(i64::from(answer.status)),
        Param::Text(headers.to_string()),
        Param::Bytes(body),
        Param::Boolean(answer.secret),
        Param::Integer(now.as_micros()),
        Param::Integer(now.plus_seconds(-KEPT).as_micros()),
    ];
    match tx.execute(&STORE_ANSWER, params).await? {
        0 => Err(Failure::Answered),
        _ => Ok(()),
    }
}

fn read(row: &Row<'_>) -> Result<(Vec<u8>, Answer), DbError> {
    let corrupt = || DbError::Corrupt("a kept answer is unreadable".to_owned());
    let answer = Answer {
        status: u16::try_from(row.integer(1)?).map_err(|_| corrupt())?,
        headers: serde_json::from_str(row.text(2)?).map_err(|_| corrupt())?,
        body: row.bytes(3)?.to_vec(),
        secret: row.optional_boolean(4)?.unwrap_or(false),
    };
    Ok((row.bytes(0)?.to_vec(), answer))
}
