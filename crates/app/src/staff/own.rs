//! What a member of staff does to the own account.

use std::sync::Arc;

use db::{Param, Weight};
use domain::json::Object;
use domain::staff::{PASSWORD_CHANGE, SIGN_IN, SWITCH};
use domain::{Problem, ProblemKind, Violation};

use super::{read, read_with, typed};
use crate::actor::Client;
use crate::app::App;
use crate::failure::Failure;
use crate::passwords::violations_of;
use crate::sessions::{NewSession, Session, SignInRefusal, Subjects};
use crate::store::System;
use crate::tenant::{Environment, Tenant};

impl App {
    /// Signs in whom a body names.
    pub async fn sign_in_with(
        &self,
        client: &Client,
        body: &Object,
    ) -> Result<Result<NewSession, SignInRefusal>, Failure> {
        let who = read(&SIGN_IN, self.now(), body)?;
        let email = who.text(&SIGN_IN, "email").unwrap_or_default();
        self.sign_in(client, email, typed(body, "password")).await
    }

    /// Opens the environment that a body names from now on.
    pub async fn switch_with(&self, session: &Session, body: &Object) -> Result<(), Failure> {
        let wanted = read(&SWITCH, self.now(), body)?;
        match wanted.text(&SWITCH, "environment").and_then(Environment::by_name) {
            Some(environment) => self.switch_environment(session, environment).await,
            None => Ok(()),
        }
    }

    /// Changes the password of who is signed in, and signs them out everywhere: whoever else knew the old
    /// one is out, too. Wrong guesses of the present one count as attempts to sign in.
    pub async fn change_password(
        &self,
        client: &Client,
        session: &Session,
        body: &Object,
    ) -> Result<(), Failure> {
        let password = typed(body, "password");
        read_with(&PASSWORD_CHANGE, self.now(), body, violations_of(password))?;
        let user = &session.user;
        let subjects = Arc::new(Subjects::new(&user.email, client.address));
        if let Some(seconds) = self.begin_attempt(&subjects).await? {
            return Err(too_many(seconds).into());
        }
        let params = [Param::Uuid(user.id.uuid())];
        let read = |row: &db::Row<'_>| Ok(row.optional_text(0)?.map(str::to_owned));
        let hash = self.db().optional(Weight::Short, System::PASSWORD_OF, &params, read).await?.flatten();
        if !self.is_password(typed(body, "currentPassword"), hash.as_deref()).await? {
            let message = "This is not your present password.";
            let violation = Violation::new("currentPassword", "wrong_password", message);
            return Err(Problem::validation(vec![violation]).into());
        }
        let forgotten = self.db().write(move |tx| {
            let subjects = subjects.clone();
            Box::pin(async move { subjects.forget(tx).await })
        });
        forgotten.await?;
        let log = self.log_of(session.tenant.as_ref().map(Tenant::organisation)).await?;
        self.store_password(log, &session.actor(client), user.id, password).await
    }
}

/// The refusal of an attempt that comes too soon after several failures.
pub(crate) fn too_many(seconds: u32) -> Problem {
    let detail = "Too many attempts failed";
    let hint = format!("Wait {seconds} seconds, then try again.");
    Problem::new(ProblemKind::RateLimitExceeded, detail).hint(hint).retry_after(seconds)
}
