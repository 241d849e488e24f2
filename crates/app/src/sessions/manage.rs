//! What a session is told to do: change the environment, end.

use db::Param;
use domain::UserId;
use domain::json::Object;
use serde_json::Value as Json;

use super::Session;
use crate::actor::{Actor, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::store::System;
use crate::tenant::{Environment, Tenant};

impl App {
    /// Opens the other of the organisation's environments from now on.
    pub async fn switch_environment(
        &self,
        session: &Session,
        environment: Environment,
    ) -> Result<(), Failure> {
        let params = vec![Param::Text(environment.name().to_owned()), Param::Uuid(session.id.uuid())];
        self.run(System::SWITCH_SESSION, params).await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn sign_out(&self, client: &Client, session: &Session) -> Result<(), Failure> {
        let actor = session.actor(client);
        let id = session.user.id.to_string();
        let audit = AuditEntry::act(self, "logout", "user", Some(id), &actor)?;
        let log = self.log_of_session(session).await?;
        let params = vec![Param::Uuid(session.id.uuid())];
        self.run_audited(System::END_SESSION, params, log, audit).await?;
        Ok(())
    }

    /// Ends every session of a user, whose acts are in this log.
    pub(crate) async fn end_sessions(&self, log: Tenant, actor: &Actor, user: UserId) -> Result<(), Failure> {
        let details = Object::from_iter([("everywhere".to_owned(), Json::from(true))]);
        let audit = AuditEntry::act(self, "logout", "user", Some(user.to_string()), actor)?.telling(&details);
        self.run_audited(System::END_SESSIONS_OF_USER, vec![Param::Uuid(user.uuid())], log, audit).await?;
        Ok(())
    }

    /// Ends every session of the user who has this one.
    pub async fn sign_out_everywhere(&self, client: &Client, session: &Session) -> Result<(), Failure> {
        let log = self.log_of_session(session).await?;
        self.end_sessions(log, &session.actor(client), session.user.id).await
    }

    /// Whose log has what a session does to itself.
    async fn log_of_session(&self, session: &Session) -> Result<Tenant, Failure> {
        self.log_of(session.tenant.as_ref().map(Tenant::organisation)).await
    }
}
