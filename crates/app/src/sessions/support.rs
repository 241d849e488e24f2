//! Support: a platform administrator in one organisation, for a stated reason and a short time (domain §2).

use db::{Param, Weight};
use domain::json::Object;
use domain::{Problem, UserId, Violation};
use serde_json::Value as Json;

use super::{Session, Support};
use crate::actor::{Actor, ActorKind, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::Organisation;
use crate::records::AuditEntry;
use crate::store::System;
use crate::tenant::Tenant;

/// Seconds for which support lasts: 30 minutes.
const LASTS: i64 = 30 * 60;
const REASON: std::ops::RangeInclusive<usize> = 5..=500;

impl App {
    /// Enters an organisation; another that the session may be in is left. The caller has checked that
    /// the session may.
    pub async fn start_support(
        &self,
        client: &Client,
        session: &Session,
        organisation: &Organisation,
        reason: &str,
    ) -> Result<Support, Failure> {
        let reason = reason.trim();
        if !REASON.contains(&reason.chars().count()) {
            let message =
                "Say in 5 to 500 characters why you enter, such as the number of the customer's request.";
            return Err(Problem::validation(vec![Violation::new("reason", "invalid_length", message)]).into());
        }
        if organisation.closed_at.is_some() {
            return Err(Problem::rule(
                "The organisation is closed",
                "Its data can be exported with commands.",
            )
            .into());
        }
        let params = [Param::Uuid(organisation.id.uuid())];
        let acts_as: Option<UserId> = self
            .db()
            .optional(Weight::Short, System::FIRST_ADMIN, &params, |row| Ok(row.uuid(0)?.into()))
            .await?;
        if session.support.is_some() {
            self.end_support(client, session).await?;
        }
        let until = self.now().plus_seconds(LASTS);
        let support = Support { reason: reason.to_owned(), until, acts_as };
        let params = vec![
            Param::Uuid(organisation.id.uuid()),
            acts_as.map_or(Param::Null, |user| Param::Uuid(user.uuid())),
            Param::Text(support.reason.clone()),
            Param::Integer(until.as_micros()),
            Param::Uuid(session.id.uuid()),
        ];
        let details = Object::from_iter([
            ("reason".to_owned(), Json::from(support.reason.clone())),
            ("until".to_owned(), Json::from(until.to_string())),
        ]);
        let acting = acts_as.unwrap_or(session.user.id);
        let actor =
            Actor { impersonator: Some(session.user.id), ..Actor::new(ActorKind::User(acting), client) };
        let id = organisation.id.to_string();
        let audit = AuditEntry::act(self, "impersonate", "organisation", Some(id), &actor)?.telling(&details);
        let log = self.log_of(Some(organisation)).await?;
        self.run_audited(System::START_SUPPORT, params, log, audit).await?;
        Ok(support)
    }

    /// Leaves the organisation in which the session is as support, if it is in one.
    pub async fn end_support(&self, client: &Client, session: &Session) -> Result<(), Failure> {
        let Some(organisation) =
            session.support.as_ref().and(session.tenant.as_ref()).map(Tenant::organisation)
        else {
            return Ok(());
        };
        let actor = session.actor(client);
        let id = organisation.id.to_string();
        let audit = AuditEntry::act(self, "impersonate_end", "organisation", Some(id), &actor)?;
        let log = self.log_of(Some(organisation)).await?;
        self.run_audited(System::END_SUPPORT, vec![Param::Uuid(session.id.uuid())], log, audit).await?;
        Ok(())
    }
}
