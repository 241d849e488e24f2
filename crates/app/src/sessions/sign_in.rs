//! Signing in with address and password.

use std::sync::Arc;

use db::{Param, Row, Weight};
use domain::json::Object;
use domain::text::fold;
use domain::{Problem, ProblemKind, SessionId, UserId};

use super::{IDLE, LONGEST, Session, Subjects, TOKEN, hash};
use crate::actor::{Actor, ActorKind, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::keys::base62;
use crate::organisations::{Organisation, read_organisation};
use crate::records::AuditEntry;
use crate::staff::too_many;
use crate::store::{ScopedTx, System};
use crate::tenant::Environment;

/// A session that has just begun. The only time that its token is seen.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// What the browser presents from now on.
    pub token: String,
    /// The session.
    pub session: Arc<Session>,
}

/// Why somebody is not signed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignInRefusal {
    /// Nobody has this address, or the password is another. Which of them is not told.
    WrongCredentials,
    /// The password is right, but the account is suspended.
    Suspended,
    /// The password is right, but the organisation was closed.
    Closed,
    /// Too many attempts failed, of this account or from this client.
    Locked {
        /// Seconds after which another attempt is taken.
        seconds: u32,
    },
}

impl SignInRefusal {
    /// What who wants to sign in is told.
    #[must_use]
    pub fn problem(self) -> Problem {
        let suspended = |detail: &str| Problem::new(ProblemKind::AccountSuspended, detail);
        match self {
            Self::WrongCredentials => {
                let detail = "Nobody signs in with this e-mail address and this password";
                Problem::new(ProblemKind::InvalidCredentials, detail)
            }
            Self::Suspended => suspended("This account is suspended")
                .hint("Ask an administrator of your organisation to let you in again."),
            Self::Closed => suspended("The organisation of this account is closed"),
            Self::Locked { seconds } => too_many(seconds),
        }
    }
}

/// What is known of who wants to sign in.
struct Account {
    id: UserId,
    password_hash: Option<String>,
    active: bool,
    organisation: Option<Organisation>,
}

impl App {
    /// Signs a member of staff in.
    pub async fn sign_in(
        &self,
        client: &Client,
        email: &str,
        password: &str,
    ) -> Result<Result<NewSession, SignInRefusal>, Failure> {
        let signed_in = self.try_to_sign_in(client, email, password).await?;
        if signed_in.is_err() {
            self.metrics().failed_authentication("password");
        }
        Ok(signed_in)
    }

    async fn try_to_sign_in(
        &self,
        client: &Client,
        email: &str,
        password: &str,
    ) -> Result<Result<NewSession, SignInRefusal>, Failure> {
        let subjects = Subjects::new(email, client.address);
        if let Some(seconds) = self.begin_attempt(&subjects).await? {
            return Ok(Err(SignInRefusal::Locked { seconds }));
        }
        let account = self.account(email).await?;
        let stored = account.as_ref().and_then(|it| it.password_hash.as_deref());
        let right = self.is_password(password, stored).await?;
        let Some(account) = account else {
            self.note_failure(client, None, "wrong credentials").await?;
            return Ok(Err(SignInRefusal::WrongCredentials));
        };
        if !right {
            self.note_failure(client, Some(&account), "wrong credentials").await?;
            return Ok(Err(SignInRefusal::WrongCredentials));
        }
        let closed = account.organisation.as_ref().is_some_and(|it| it.closed_at.is_some());
        let refusal = match (account.active, closed) {
            (false, _) => Some((SignInRefusal::Suspended, "suspended")),
            (true, true) => Some((SignInRefusal::Closed, "organisation closed")),
            (true, false) => None,
        };
        if let Some((refusal, why)) = refusal {
            self.forget_attempt(subjects).await?;
            self.note_failure(client, Some(&account), why).await?;
            return Ok(Err(refusal));
        }
        let token = base62(&self.random_bytes::<32>()?, TOKEN);
        if !self.begin_session(client, &account, subjects, &token).await? {
            return Ok(Err(SignInRefusal::WrongCredentials));
        }
        let session = self.session(&token).await?;
        Ok(session.map(|session| NewSession { token, session }).ok_or(SignInRefusal::WrongCredentials))
    }

    async fn account(&self, email: &str) -> Result<Option<Account>, Failure> {
        let params = [Param::Text(fold(email.trim()))];
        let read = |row: &Row<'_>| {
            Ok(Account {
                id: row.uuid(0)?.into(),
                password_hash: row.optional_text(1)?.map(str::to_owned),
                active: row.text(2)? == "active",
                organisation: match row.optional_uuid(3)? {
                    Some(_) => Some(read_organisation(row, 4)?),
                    None => None,
                },
            })
        };
        Ok(self.db().optional(Weight::Short, System::FIND_SIGN_IN, &params, read).await?)
    }

    /// Stores the session, with all that goes with it; not if the password was changed or the account
    /// suspended since it was checked.
    async fn begin_session(
        &self,
        client: &Client,
        account: &Account,
        subjects: Subjects,
        token: &str,
    ) -> Result<bool, Failure> {
        let now = self.now();
        let (moment, user) = (Param::Integer(now.as_micros()), Param::Uuid(account.id.uuid()));
        let optional = |text: Option<String>| text.map_or(Param::Null, Param::Text);
        let checked = vec![moment.clone(), user.clone(), optional(account.password_hash.clone())];
        let session = vec![
            Param::Uuid(SessionId::new(now, self.random_bytes()?).uuid()),
            Param::Bytes(hash(token).to_vec()),
            user,
            Param::Text(Environment::Production.name().to_owned()),
            optional(client.address.map(|address| address.to_string())),
            optional(client.user_agent.clone()),
            moment.clone(),
            moment,
            Param::Integer(now.plus_seconds(IDLE.min(LONGEST)).as_micros()),
        ];
        let actor = Actor::new(ActorKind::User(account.id), client);
        let audit = AuditEntry::act(self, "login", "user", Some(account.id.to_string()), &actor)?;
        let log = self.log_of(account.organisation.as_ref()).await?;
        let shared = Arc::new((checked, session, subjects, log, audit));
        let begun = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (checked, session, subjects, log, audit) = &*shared;
                if tx.execute(System::SIGNED_IN, checked).await? == 0 {
                    return Ok(false);
                }
                tx.execute(System::INSERT_SESSION, session).await?;
                subjects.forget(tx).await?;
                audit.clone().insert(&mut ScopedTx::new(tx, log)).await?;
                Ok::<bool, Failure>(true)
            })
        });
        begun.await
    }

    async fn forget_attempt(&self, subjects: Subjects) -> Result<(), Failure> {
        let forgotten = self.db().write(move |tx| {
            let subjects = subjects.clone();
            Box::pin(async move { subjects.forget(tx).await })
        });
        Ok(forgotten.await?)
    }

    /// Who it was is not known, only whose account it was about.
    async fn note_failure(
        &self,
        client: &Client,
        account: Option<&Account>,
        why: &str,
    ) -> Result<(), Failure> {
        let actor = Actor::new(ActorKind::System, client);
        let id = account.map(|account| account.id.to_string());
        let details = Object::from_iter([("reason".to_owned(), why.into())]);
        let audit = AuditEntry::act(self, "login_failed", "user", id, &actor)?.telling(&details);
        let log = self.log_of(account.and_then(|account| account.organisation.as_ref())).await?;
        self.run_all_audited(Vec::new(), log, audit).await?;
        Ok(())
    }
}
