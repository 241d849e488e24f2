//! From a presented token to a session.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::Timestamp;
use domain::access::{PLATFORM, Role, capabilities_of};
use domain::definition::Registry;
use quick_cache::sync::Cache;

use super::{IDLE, LONGEST, Session, SessionUser, Support, TOKEN, form_token, hash};
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::read_organisation;
use crate::store::System;
use crate::tenant::{Environment, Tenant};

/// Seconds between two notes of a session's use: each is a write.
const NOTED_EVERY: i64 = 5 * 60;

/// Sessions that were read, valid while the database has not changed since.
pub(crate) struct SessionCache(Cache<[u8; 32], Cached>);

#[derive(Clone)]
struct Cached {
    mark: u64,
    session: Arc<Session>,
}

impl SessionCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(10_000))
    }
}

impl App {
    /// The session of a token, if it has not ended, and notes its use.
    pub async fn session(&self, token: &str) -> Result<Option<Arc<Session>>, Failure> {
        if token.len() != TOKEN || !token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Ok(None);
        }
        let now = self.now();
        let Some(session) = self.find_session(token).await?.filter(|it| it.expires_at > now) else {
            return Ok(None);
        };
        if now.as_micros().saturating_sub(session.last_seen_at.as_micros()) >= NOTED_EVERY * 1_000_000 {
            self.note_use(&session, now).await;
        }
        if session.support.as_ref().is_some_and(|support| support.until <= now) {
            return Ok(Some(Arc::new(outside_support(&session))));
        }
        Ok(Some(session))
    }

    async fn find_session(&self, token: &str) -> Result<Option<Arc<Session>>, Failure> {
        let hash = hash(token);
        // As for keys: the mark is read first, so that what commits in between only costs a look-up.
        let mark = self.db().change_mark()?;
        if let Some(mark) = mark
            && let Some(cached) = self.sessions().0.get(&hash)
            && cached.mark == mark
        {
            return Ok(Some(cached.session));
        }
        let params = [Param::Bytes(hash.to_vec())];
        let registry = self.registry();
        let each = |row: &Row<'_>| read(row, registry, token);
        let found = self.db().optional(Weight::Short, System::FIND_SESSION, &params, each).await?.flatten();
        let Some(session) = found.map(Arc::new) else { return Ok(None) };
        if let Some(mark) = mark {
            self.sessions().0.insert(hash, Cached { mark, session: session.clone() });
        }
        Ok(Some(session))
    }

    /// Moves the end of a session on. That it cannot be done now ends nobody's work.
    async fn note_use(&self, session: &Session, now: Timestamp) {
        let end = now.plus_seconds(IDLE).min(session.created_at.plus_seconds(LONGEST));
        let params = vec![
            Param::Integer(now.as_micros()),
            Param::Integer(end.as_micros()),
            Param::Uuid(session.id.uuid()),
            Param::Integer(now.as_micros()),
        ];
        if let Err(failure) = self.run(System::TOUCH_SESSION, params).await {
            tracing::warn!(error = failure.inside(), "the use of a session could not be noted");
        }
    }
}

/// Reads a session; none where its organisation was closed.
fn read(row: &Row<'_>, registry: Registry, token: &str) -> Result<Option<Session>, DbError> {
    let corrupt = |what: &str| DbError::Corrupt(format!("a session has an unreadable {what}"));
    let optional = |column: usize| Ok::<_, DbError>(row.optional_text(column)?.map(str::to_owned));
    let moment = |column: usize| row.integer(column).map(Timestamp::from_micros);
    let environment = Environment::by_name(row.text(1)?).ok_or_else(|| corrupt("environment"))?;
    let tenant = match row.optional_integer(13)? {
        Some(key) => Some(Tenant::new(key, Arc::new(read_organisation(row, 14)?), environment)),
        None => None,
    };
    let support = match (optional(3)?, row.optional_integer(4)?) {
        (Some(reason), Some(until)) => Some(Support {
            reason,
            until: Timestamp::from_micros(until),
            acts_as: row.optional_uuid(2)?.map(Into::into),
        }),
        _ => None,
    };
    let role = Role::by_name(row.text(12)?).ok_or_else(|| corrupt("role"))?;
    let session = Session {
        id: row.uuid(0)?.into(),
        user: SessionUser {
            id: row.uuid(8)?.into(),
            email: row.text(9)?.to_owned(),
            first_name: optional(10)?,
            last_name: optional(11)?,
            role,
        },
        tenant,
        support,
        form_token: form_token(token),
        created_at: moment(5)?,
        expires_at: moment(7)?,
        environment,
        last_seen_at: moment(6)?,
        capabilities: capabilities_of(registry, role),
    };
    let closed = session.tenant.as_ref().is_some_and(|tenant| tenant.organisation().closed_at.is_some());
    Ok(match (&session.support, closed) {
        (Some(_), true) => Some(outside_support(&session)),
        (Some(_), false) => {
            // Support may do what an administrator of the organisation may, and still end it.
            let mut capabilities = capabilities_of(registry, Role::ClientAdmin);
            capabilities.push(PLATFORM.to_owned());
            Some(Session { capabilities, ..session })
        }
        (None, true) => None,
        (None, false) => Some(session),
    })
}

/// The session of a platform administrator whose stay in an organisation has ended.
fn outside_support(session: &Session) -> Session {
    let capabilities = vec![PLATFORM.to_owned()];
    Session { tenant: None, support: None, capabilities, ..session.clone() }
}
