//! Acts that change no record of a tenant but that somebody must answer for: in the audit log with
//! what they did, or not done at all (domain §6).
//!
//! What concerns an organisation as a whole is in the log of its production environment.

use std::sync::Arc;

use db::{DbError, Param};
use domain::json::Object;
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::Organisation;
use crate::records::AuditEntry;
use crate::store::{ScopedTx, TenantSql};
use crate::tenant::{Environment, Tenant};

/// A setting of an organisation: one column of text.
pub(crate) struct Setting {
    /// Its name in the audit log.
    pub(crate) field: &'static str,
    /// What changing it is called there.
    pub(crate) action: &'static str,
    /// Reads it; takes the organisation's id.
    pub(crate) select: &'static str,
    /// Writes it; takes value, moment and id.
    pub(crate) update: &'static str,
    /// Its stored text as the log shows it.
    pub(crate) shown: fn(&str) -> Json,
}

impl App {
    /// Adds an act that changes nothing in the store to a tenant's audit log, such as an export or an
    /// import, with what there is to tell of it.
    pub async fn note_act(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        action: &'static str,
        resource_type: &'static str,
        details: &Object,
    ) -> Result<(), Failure> {
        let audit = AuditEntry::act(self, action, resource_type, None, actor)?.telling(details);
        let tenant = tenant.clone();
        let noted = self.db().write(move |tx| {
            let (tenant, audit) = (tenant.clone(), audit.clone());
            Box::pin(async move { audit.insert(&mut ScopedTx::new(tx, &tenant)).await })
        });
        Ok(noted.await?)
    }

    /// Whose log has what concerns an organisation as a whole, or no organisation.
    pub(crate) async fn log_of(&self, organisation: Option<&Organisation>) -> Result<Tenant, Failure> {
        match organisation {
            Some(organisation) => self.tenant(organisation, Environment::Production).await,
            None => Ok(Tenant::platform()),
        }
    }

    /// Runs one changing statement outside any tenant and, if it changed anything, adds the audit row:
    /// both or neither. Answers how many rows it changed.
    pub(crate) async fn run_audited(
        &self,
        sql: &'static str,
        params: Vec<Param>,
        log: Tenant,
        audit: AuditEntry,
    ) -> Result<u64, DbError> {
        self.run_all_audited(vec![(sql, params)], log, audit).await
    }

    /// The same with further statements, which run only where the first changed something.
    pub(crate) async fn run_all_audited(
        &self,
        statements: Vec<(&'static str, Vec<Param>)>,
        log: Tenant,
        audit: AuditEntry,
    ) -> Result<u64, DbError> {
        let shared = Arc::new((statements, log, audit));
        let done = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (statements, log, audit) = &*shared;
                let mut changed = None;
                for (sql, params) in statements {
                    let rows = tx.execute(sql, params).await?;
                    if *changed.get_or_insert(rows) == 0 {
                        return Ok(0);
                    }
                }
                audit.clone().insert(&mut ScopedTx::new(tx, log)).await?;
                Ok::<u64, DbError>(changed.unwrap_or(0))
            })
        });
        done.await
    }

    /// Runs one changing statement of a tenant; answers how many rows it changed.
    pub(crate) async fn run_scoped(
        &self,
        tenant: &Tenant,
        sql: &'static TenantSql,
        params: Vec<Param>,
    ) -> Result<u64, Failure> {
        let shared = Arc::new((tenant.clone(), params));
        let changed = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move { ScopedTx::new(tx, &shared.0).execute(sql, shared.1.clone()).await })
        });
        Ok(changed.await?)
    }

    /// Runs one changing statement of a tenant and, if it changed anything, adds the audit row: both or
    /// neither.
    pub(crate) async fn run_scoped_audited(
        &self,
        tenant: &Tenant,
        sql: &'static TenantSql,
        params: Vec<Param>,
        audit: AuditEntry,
    ) -> Result<(), Failure> {
        let shared = Arc::new((tenant.clone(), params, audit));
        let done = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (tenant, params, audit) = &*shared;
                let mut tx = ScopedTx::new(tx, tenant);
                if tx.execute(sql, params.clone()).await? > 0 {
                    audit.clone().insert(&mut tx).await?;
                }
                Ok::<(), DbError>(())
            })
        });
        Ok(done.await?)
    }

    /// Changes a setting of an organisation; one that has the value already is left as it is.
    pub(crate) async fn change_setting(
        &self,
        actor: &Actor,
        organisation: &Organisation,
        setting: &'static Setting,
        value: String,
    ) -> Result<(), Failure> {
        let id = organisation.id;
        let log = self.log_of(Some(organisation)).await?;
        let audit = AuditEntry::act(self, setting.action, "organisation", Some(id.to_string()), actor)?;
        let now = self.now();
        let shared = Arc::new((log, audit, value));
        let done = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (log, audit, value) = &*shared;
                // Two who change it at once come one after the other, each seeing what it replaces.
                ScopedTx::new(tx, log).lock().await?;
                let read = |row: &db::Row<'_>| row.text(0).map(str::to_owned);
                let old = tx.optional(setting.select, &[Param::Uuid(id.uuid())], read).await?;
                let Some(old) = old.filter(|old| old != value) else { return Ok(()) };
                let params =
                    [Param::Text(value.clone()), Param::Integer(now.as_micros()), Param::Uuid(id.uuid())];
                tx.execute(setting.update, &params).await?;
                let (old, new) = ((setting.shown)(&old), (setting.shown)(value));
                let audit = audit.clone().replacing(setting.field, &old, &new);
                audit.insert(&mut ScopedTx::new(tx, log)).await
            })
        });
        Ok(done.await?)
    }
}
