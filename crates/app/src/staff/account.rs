//! What an administrator does to the staff of the organisation.

use std::sync::Arc;

use db::{Param, Tx, Weight};
use domain::access::Role;
use domain::input::{Mode, apply};
use domain::json::Object;
use domain::staff::{NEW_PASSWORD, NEW_USER, USER};
use domain::text::fold;
use domain::{OrganisationId, Problem, UserId};
use serde_json::Value as Json;

use super::users::{address_taken, read_user};
use super::{Act, NewUser, User, context, not_found, read_with, typed};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::passwords::violations_of;
use crate::records::{AuditEntry, differing_fields, write_differences};
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

impl App {
    /// Adds a member of staff to the tenant's organisation from a body.
    pub async fn add_user(
        &self,
        tenant: &Tenant,
        act: impl Into<Act<User>>,
        body: &Object,
    ) -> Result<User, Failure> {
        let password = Some(typed(body, "password")).filter(|it| !it.is_empty());
        let wrong = password.map(violations_of).unwrap_or_default();
        let new = read_with(&NEW_USER, self.now(), body, wrong)?;
        let text = |name: &str| new.text(&NEW_USER, name).map(str::to_owned);
        let new = NewUser {
            email: text("email").unwrap_or_default(),
            first_name: text("firstName"),
            last_name: text("lastName"),
            role: text("role").and_then(|name| Role::by_name(&name)).unwrap_or(Role::ClientUser),
            password: password.map(str::to_owned),
        };
        self.create_user(act, Some(tenant.organisation()), new).await
    }

    /// A member of the organisation's staff.
    pub async fn user(&self, tenant: &Tenant, id: UserId) -> Result<User, Failure> {
        let params = of(id, tenant.organisation().id);
        let found = self.db().optional(Weight::Short, System::FIND_USER_OF, &params, read_user).await?;
        Ok(found.ok_or_else(not_found)?)
    }

    /// Changes a member of staff by a merge patch.
    pub async fn change_user(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        id: UserId,
        body: &Object,
    ) -> Result<User, Failure> {
        let log = self.log_of(Some(tenant.organisation())).await?;
        let audit = AuditEntry::act(self, "user_changed", "user", Some(id.to_string()), actor)?;
        let shared = Arc::new((log, audit, body.clone(), tenant.clone()));
        let now = self.now();
        let changed = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (log, audit, body, tenant) = &*shared;
                let old = lock_user(tx, log, id).await?;
                let (before, context) = (old.record(), context(tenant, now));
                let after = apply(&USER, Some(&before), body, Mode::Patch, &context)?;
                let fields = differing_fields(&USER, Some(&before), Some(&after));
                if fields.is_empty() {
                    return Ok(old);
                }
                let text = |name: &str| after.text(&USER, name).map(str::to_owned);
                let new = User {
                    email: text("email").unwrap_or_default(),
                    first_name: text("firstName"),
                    last_name: text("lastName"),
                    role: text("role").and_then(|name| Role::by_name(&name)).unwrap_or(old.role),
                    status: text("status").unwrap_or_default(),
                    ..old.clone()
                };
                if old.is_active_admin() && !new.is_active_admin() {
                    keep_an_admin(tx, log, id).await?;
                }
                tx.execute(System::CHANGE_USER, &change(&new, log, now)).await?;
                let mut changes = Vec::new();
                write_differences(&mut changes, &USER, &fields, Some(&before), Some(&after));
                let mut audit = audit.clone().changing(changes);
                if new.status != old.status {
                    let suspended = new.status == "suspended";
                    audit.action = if suspended { "user_suspended" } else { "user_activated" };
                    tx.execute(System::END_SESSIONS_OF_USER, &[Param::Uuid(id.uuid())]).await?;
                }
                audit.insert(&mut ScopedTx::new(tx, log)).await?;
                Ok::<User, Failure>(new)
            })
        });
        changed.await.map_err(address_taken)
    }

    /// Removes a member of staff for good. What they did stays in the audit log.
    pub async fn remove_user(&self, tenant: &Tenant, actor: &Actor, id: UserId) -> Result<(), Failure> {
        let log = self.log_of(Some(tenant.organisation())).await?;
        let audit = AuditEntry::act(self, "user_deleted", "user", Some(id.to_string()), actor)?;
        let shared = Arc::new((log, audit));
        let removed = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (log, audit) = &*shared;
                let user = lock_user(tx, log, id).await?;
                if user.is_active_admin() {
                    keep_an_admin(tx, log, id).await?;
                }
                tx.execute(System::END_SESSIONS_OF_USER, &[Param::Uuid(id.uuid())]).await?;
                tx.execute(System::DELETE_USER, &of(id, log.organisation().id)).await?;
                let details = [("email", user.email.as_str()), ("role", user.role.name())];
                let details =
                    details.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect();
                audit.clone().telling(&details).insert(&mut ScopedTx::new(tx, log)).await?;
                Ok::<(), Failure>(())
            })
        });
        removed.await
    }

    /// Sets somebody else's password. One's own takes the present one: [`Self::change_password`].
    pub async fn reset_password(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        own: UserId,
        id: UserId,
        body: &Object,
    ) -> Result<(), Failure> {
        let password = typed(body, "password");
        let wrong = violations_of(password);
        read_with(&NEW_PASSWORD, self.now(), body, wrong)?;
        self.user(tenant, id).await?;
        if id == own {
            let hint =
                "Change your own password with POST /api/session/password, which asks for the present one.";
            return Err(Problem::rule("This is your own account", hint).into());
        }
        let log = self.log_of(Some(tenant.organisation())).await?;
        self.store_password(log, actor, id, password).await
    }

    /// Ends every session of a member of staff.
    pub async fn sign_user_out(&self, tenant: &Tenant, actor: &Actor, id: UserId) -> Result<(), Failure> {
        self.user(tenant, id).await?;
        let log = self.log_of(Some(tenant.organisation())).await?;
        self.end_sessions(log, actor, id).await
    }
}

/// A user's id within an organisation, as statements take it.
fn of(id: UserId, organisation: OrganisationId) -> [Param; 2] {
    [Param::Uuid(id.uuid()), Param::Uuid(organisation.uuid())]
}

/// Reads a user of the log's organisation, and keeps others from changing its staff until the transaction
/// ends: two administrators who suspend each other come one after the other.
async fn lock_user(tx: &mut Tx<'_>, log: &Tenant, id: UserId) -> Result<User, Failure> {
    ScopedTx::new(tx, log).lock().await?;
    let found = tx.optional(System::FIND_USER_OF, &of(id, log.organisation().id), read_user).await?;
    Ok(found.ok_or_else(not_found)?)
}

/// Refuses to leave an organisation without anybody who can administer it.
async fn keep_an_admin(tx: &mut Tx<'_>, log: &Tenant, leaving: UserId) -> Result<(), Failure> {
    let params = [Param::Uuid(log.organisation().id.uuid()), Param::Uuid(leaving.uuid())];
    let others = tx.optional(System::OTHER_ADMINS, &params, |row| row.integer(0)).await?;
    if others.unwrap_or(0) > 0 {
        return Ok(());
    }
    let detail = "This is the organisation's last active administrator";
    let hint = "Make somebody else an administrator first.";
    Err(Problem::rule(detail, hint).into())
}

fn change(user: &User, log: &Tenant, now: domain::Timestamp) -> [Param; 9] {
    let optional = |text: &Option<String>| text.clone().map_or(Param::Null, Param::Text);
    [
        Param::Text(user.email.clone()),
        Param::Text(fold(&user.email)),
        optional(&user.first_name),
        optional(&user.last_name),
        Param::Text(user.role.name().to_owned()),
        Param::Text(user.status.clone()),
        Param::Integer(now.as_micros()),
        Param::Uuid(user.id.uuid()),
        Param::Uuid(log.organisation().id.uuid()),
    ]
}
