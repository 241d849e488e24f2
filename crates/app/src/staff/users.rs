//! Staff as stored: adding, listing, and what operators' commands do to them.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::access::Role;
use domain::staff::USER;
use domain::text::fold;
use domain::{OrganisationId, Problem, ProblemKind, Record, Timestamp, UserId, Value, Violation};
use serde_json::Value as Json;

use super::{Act, moment, optional_moment, optional_text, text};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::Organisation;
use crate::records::AuditEntry;
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

/// A member of staff (domain §1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their address, with which they sign in.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Their role.
    pub role: Role,
    /// Whether they may sign in: `active` or `suspended`.
    pub status: String,
    /// When they last signed in.
    pub last_login_at: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
}

impl User {
    /// The user as the definition of users has it.
    #[must_use]
    pub fn record(&self) -> Record {
        let values = vec![
            Value::Id(self.id.uuid()),
            text(&self.email),
            optional_text(self.first_name.as_ref()),
            optional_text(self.last_name.as_ref()),
            text(self.role.name()),
            text(&self.status),
            optional_moment(self.last_login_at),
            moment(self.created_at),
        ];
        Record::new(&USER, values)
    }

    /// Whether they can do an administrator's work.
    pub(super) fn is_active_admin(&self) -> bool {
        self.role == Role::ClientAdmin && self.status == "active"
    }
}

/// What is needed to add a member of staff.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// A valid address that no other user has.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Their role.
    pub role: Role,
    /// Their password; without one they cannot sign in yet.
    pub password: Option<String>,
}

impl App {
    /// Adds a member of staff to an organisation; platform administrators belong to none.
    pub async fn create_user(
        &self,
        act: impl Into<Act<User>>,
        organisation: Option<&Organisation>,
        new: NewUser,
    ) -> Result<User, Failure> {
        let act = act.into();
        let email =
            domain::input::email(&new.email).map_err(|violation| Problem::validation(vec![violation]))?;
        if (new.role == Role::PlatformAdmin) != organisation.is_none() {
            let message = "A platform administrator belongs to no organisation, everybody else to one.";
            return Err(
                Problem::validation(vec![Violation::new("role", "wrong_organisation", message)]).into()
            );
        }
        let hash = match &new.password {
            Some(password) => Param::Text(self.hash_password(password).await?),
            None => Param::Null,
        };
        let now = self.now();
        let user = User {
            id: UserId::new(now, self.random_bytes()?),
            email,
            first_name: new.first_name,
            last_name: new.last_name,
            role: new.role,
            status: "active".to_owned(),
            last_login_at: None,
            created_at: now,
        };
        let optional = |text: &Option<String>| text.clone().map_or(Param::Null, Param::Text);
        let params = vec![
            Param::Uuid(user.id.uuid()),
            organisation.map_or(Param::Null, |it| Param::Uuid(it.id.uuid())),
            Param::Text(user.email.clone()),
            Param::Text(fold(&user.email)),
            optional(&user.first_name),
            optional(&user.last_name),
            Param::Text(user.role.name().to_owned()),
            hash,
            Param::Integer(now.as_micros()),
            Param::Integer(now.as_micros()),
        ];
        let details = [("email", user.email.as_str()), ("role", user.role.name())];
        let details = details.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect();
        let audit = AuditEntry::act(self, "user_created", "user", Some(user.id.to_string()), &act.actor)?
            .telling(&details);
        let log = self.log_of(organisation).await?;
        let shared = Arc::new((self.clone(), act, params, log, audit, user.clone()));
        let stored = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (app, act, params, log, audit, user) = &*shared;
                tx.execute(System::INSERT_USER, params).await?;
                audit.clone().insert(&mut ScopedTx::new(tx, log)).await?;
                act.keep(app, tx, user, now).await
            })
        });
        stored.await.map_err(address_taken)?;
        Ok(user)
    }

    /// The staff of an organisation, oldest first.
    pub async fn users(&self, organisation: OrganisationId) -> Result<Vec<User>, Failure> {
        let params = [Param::Uuid(organisation.uuid())];
        Ok(self.db().all(Weight::Short, System::LIST_USERS, &params, read_user).await?)
    }

    /// Sets a user's password.
    pub async fn set_password(&self, actor: &Actor, email: &str, password: &str) -> Result<(), Failure> {
        let (id, log) = self.user_and_log(email).await?;
        self.store_password(log, actor, id, password).await
    }

    /// Stores a new password. Whoever knew the old one is signed out.
    pub(super) async fn store_password(
        &self,
        log: Tenant,
        actor: &Actor,
        id: UserId,
        password: &str,
    ) -> Result<(), Failure> {
        let hash = self.hash_password(password).await?;
        let params = vec![Param::Text(hash), Param::Integer(self.now().as_micros()), Param::Uuid(id.uuid())];
        let audit = AuditEntry::act(self, "password_set", "user", Some(id.to_string()), actor)?;
        let statements = vec![
            (System::SET_PASSWORD, params),
            (System::END_SESSIONS_OF_USER, vec![Param::Uuid(id.uuid())]),
        ];
        self.run_all_audited(statements, log, audit).await?;
        Ok(())
    }

    /// Keeps a user from signing in, and signs them out. An operator's command: it does not ask whether
    /// somebody else can still administer the organisation.
    pub async fn suspend_user(&self, actor: &Actor, email: &str) -> Result<(), Failure> {
        self.set_status(actor, email, "user_suspended", ["active", "suspended"]).await
    }

    /// Lets a suspended user sign in again.
    pub async fn activate_user(&self, actor: &Actor, email: &str) -> Result<(), Failure> {
        self.set_status(actor, email, "user_activated", ["suspended", "active"]).await
    }

    async fn set_status(
        &self,
        actor: &Actor,
        email: &str,
        action: &'static str,
        [old, new]: [&'static str; 2],
    ) -> Result<(), Failure> {
        let (id, log) = self.user_and_log(email).await?;
        let params = vec![
            Param::Text(new.to_owned()),
            Param::Integer(self.now().as_micros()),
            Param::Uuid(id.uuid()),
            Param::Text(new.to_owned()),
        ];
        let audit = AuditEntry::act(self, action, "user", Some(id.to_string()), actor)?.replacing(
            "status",
            &Json::from(old),
            &Json::from(new),
        );
        let statements =
            vec![(System::SET_STATUS, params), (System::END_SESSIONS_OF_USER, vec![Param::Uuid(id.uuid())])];
        self.run_all_audited(statements, log, audit).await?;
        Ok(())
    }

    /// A user's id, and in whose log what is done to the user belongs.
    async fn user_and_log(&self, email: &str) -> Result<(UserId, Tenant), Failure> {
        let params = [Param::Text(fold(email))];
        let read = |row: &Row<'_>| Ok((row.uuid(0)?.into(), row.optional_text(4)?.map(str::to_owned)));
        let found = self.db().optional(Weight::Short, System::FIND_USER, &params, read).await?;
        let problem = || Problem::new(ProblemKind::NotFound, "There is no user with this address");
        let (id, slug) = found.ok_or_else(problem)?;
        let organisation = match slug {
            Some(slug) => Some(self.organisation(&slug).await?),
            None => None,
        };
        Ok((id, self.log_of(organisation.as_ref()).await?))
    }
}

/// Tells which value is in use, where it is that.
pub(super) fn address_taken(failure: Failure) -> Failure {
    let Failure::Store(DbError::Unique { .. }) = failure else { return failure };
    let message = "Another user signs in with this address; addresses are unique on the platform.";
    let violation = Violation::new("email", "duplicate", message);
    let detail = "A user with this address exists already";
    Problem::new(ProblemKind::Conflict, detail).violations(vec![violation]).into()
}

pub(super) fn read_user(row: &Row<'_>) -> Result<User, DbError> {
    let role = Role::by_name(row.text(4)?);
    let optional = |column: usize| Ok::<_, DbError>(row.optional_text(column)?.map(str::to_owned));
    Ok(User {
        id: row.uuid(0)?.into(),
        email: row.text(1)?.to_owned(),
        first_name: optional(2)?,
        last_name: optional(3)?,
        role: role.ok_or_else(|| DbError::Corrupt("a user has an unknown role".to_owned()))?,
        status: row.text(5)?.to_owned(),
        last_login_at: row.optional_integer(6)?.map(Timestamp::from_micros),
        created_at: Timestamp::from_micros(row.integer(7)?),
    })
}
