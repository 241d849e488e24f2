//! The organisation's settings, and what operators do with organisations, from bodies.

use std::sync::Arc;

use db::{Param, Weight};
use domain::definition::{Owner, Registry};
use domain::input::{Mode, apply};
use domain::json::Object;
use domain::staff::{NEW_ORGANISATION, ORGANISATION, PLAN_CHANGE, SUPPORT};
use domain::{OrganisationId, Problem, Record, Value, Violation};

use super::{Act, context, list, moment, not_found, optional_moment, read, text, texts};
use crate::actor::{Actor, Client};
use crate::app::App;
use crate::failure::Failure;
use crate::organisations::{NewOrganisation, Organisation, Plan, is_currency, read_organisation};
use crate::records::{AuditEntry, differing_fields, write_differences};
use crate::sessions::{Session, Support};
use crate::store::{ScopedTx, System};
use crate::tenant::Tenant;

impl Organisation {
    /// The organisation as the definition of organisations has it.
    #[must_use]
    pub fn record(&self) -> Record {
        let values = vec![
            Value::Id(self.id.uuid()),
            text(&self.slug),
            text(&self.name),
            text(self.plan.name()),
            text(&self.timezone),
            text(&self.currency),
            text(&self.country),
            list(&self.required_member_fields),
            moment(self.created_at),
            optional_moment(self.closed_at),
        ];
        Record::new(&ORGANISATION, values)
    }
}

impl App {
    /// The tenant's organisation as it is now.
    pub async fn own_organisation(&self, tenant: &Tenant) -> Result<Organisation, Failure> {
        self.organisation_by_id(tenant.organisation().id).await
    }

    /// Changes the settings of the tenant's organisation by a merge patch.
    pub async fn change_organisation(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        body: &Object,
    ) -> Result<Organisation, Failure> {
        let id = tenant.organisation().id;
        let log = self.log_of(Some(tenant.organisation())).await?;
        let audit = AuditEntry::act(self, "settings_changed", "organisation", Some(id.to_string()), actor)?;
        let shared = Arc::new((log, audit, body.clone(), tenant.clone()));
        let (now, registry) = (self.now(), self.registry());
        let changed = self.db().write(move |tx| {
            let shared = shared.clone();
            Box::pin(async move {
                let (log, audit, body, tenant) = &*shared;
                ScopedTx::new(tx, log).lock().await?;
                let params = [Param::Uuid(id.uuid())];
                let read = |row: &db::Row<'_>| read_organisation(row, 0);
                let old = tx.optional(System::ORGANISATION_BY_ID, &params, read).await?;
                let old = old.ok_or_else(not_found)?;
                let before = old.record();
                let after = apply(&ORGANISATION, Some(&before), body, Mode::Patch, &context(tenant, now))?;
                let fields = differing_fields(&ORGANISATION, Some(&before), Some(&after));
                if fields.is_empty() {
                    return Ok(old);
                }
                let text = |name: &str| after.text(&ORGANISATION, name).unwrap_or_default().to_owned();
                let new = Organisation {
                    name: text("name"),
                    timezone: text("timezone"),
                    currency: text("currency"),
                    country: text("country"),
                    required_member_fields: texts(&ORGANISATION, &after, "requiredMemberFields"),
                    ..old
                };
                check_settings(registry, &new)?;
                let params = [
                    Param::Text(new.name.clone()),
                    Param::Text(new.timezone.clone()),
                    Param::Text(new.currency.clone()),
                    Param::Text(new.country.clone()),
                    Param::Text(text("requiredMemberFields")),
                    Param::Integer(now.as_micros()),
                    Param::Uuid(id.uuid()),
                ];
                tx.execute(System::CHANGE_ORGANISATION, &params).await?;
                let mut changes = Vec::new();
                write_differences(&mut changes, &ORGANISATION, &fields, Some(&before), Some(&after));
                audit.clone().changing(changes).insert(&mut ScopedTx::new(tx, log)).await?;
                Ok::<Organisation, Failure>(new)
            })
        });
        changed.await
    }

    /// An organisation by its id.
    pub async fn organisation_by_id(&self, id: OrganisationId) -> Result<Organisation, Failure> {
        let params = [Param::Uuid(id.uuid())];
        let read = |row: &db::Row<'_>| read_organisation(row, 0);
        let found = self.db().optional(Weight::Short, System::ORGANISATION_BY_ID, &params, read).await?;
        Ok(found.ok_or_else(not_found)?)
    }

    /// Makes an organisation from a body. The caller has checked that the session operates the platform,
    /// here and below.
    pub async fn add_organisation(
        &self,
        act: impl Into<Act<Organisation>>,
        body: &Object,
    ) -> Result<Organisation, Failure> {
        let new = read(&NEW_ORGANISATION, self.now(), body)?;
        let text = |name: &str| new.text(&NEW_ORGANISATION, name).map(str::to_owned);
        let start = NewOrganisation::named(text("name").unwrap_or_default());
        let new = NewOrganisation {
            slug: text("slug"),
            plan: text("plan").and_then(|name| Plan::by_name(&name)).unwrap_or(start.plan),
            timezone: text("timezone").unwrap_or(start.timezone),
            currency: text("currency").unwrap_or(start.currency),
            country: text("country").unwrap_or(start.country),
            name: start.name,
        };
        self.create_organisation(act, new).await
    }

    /// Puts an organisation on the plan that a body names.
    pub async fn change_plan(
        &self,
        actor: &Actor,
        id: OrganisationId,
        body: &Object,
    ) -> Result<Organisation, Failure> {
        let wanted = read(&PLAN_CHANGE, self.now(), body)?;
        let organisation = self.organisation_by_id(id).await?;
        let plan = wanted.text(&PLAN_CHANGE, "plan").and_then(Plan::by_name);
        if let Some(plan) = plan {
            self.set_plan(actor, &organisation, plan).await?;
        }
        self.organisation_by_id(id).await
    }

    /// Enters the organisation that a body names, for the reason that it states.
    pub async fn enter_support(
        &self,
        client: &Client,
        session: &Session,
        body: &Object,
    ) -> Result<Support, Failure> {
        let wanted = read(&SUPPORT, self.now(), body)?;
        let named = wanted.text(&SUPPORT, "organisation").unwrap_or_default();
        let found = match named.parse::<OrganisationId>() {
            Ok(id) => self.organisation_by_id(id).await,
            Err(_) => self.organisation(named).await,
        };
        let organisation = match found {
            Ok(organisation) => organisation,
            Err(Failure::Problem(_)) => {
                let message = "There is no organisation with this slug or id.";
                let violation = Violation::new("organisation", "unknown_reference", message);
                return Err(Problem::validation(vec![violation]).into());
            }
            Err(failure) => return Err(failure),
        };
        let reason = wanted.text(&SUPPORT, "reason").unwrap_or_default();
        self.start_support(client, session, &organisation, reason).await
    }
}

/// What no single field can tell.
fn check_settings(registry: Registry, new: &Organisation) -> Result<(), Problem> {
    let mut violations = Vec::new();
    if !is_currency(&new.currency) {
        let message = "currency must be an ISO 4217 code, such as AUD.";
        violations.push(Violation::new("currency", "invalid_currency", message));
    }
    for (index, name) in new.required_member_fields.iter().enumerate() {
        if let Some(message) = not_required(registry, name) {
            let path = format!("requiredMemberFields[{index}]");
            violations.push(Violation::new(path, "unknown_field", message));
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(Problem::validation(violations)) }
}

/// Why a member's field cannot be required, if it cannot.
pub(crate) fn not_required(registry: Registry, name: &str) -> Option<String> {
    let field = registry.by_plural("members").and_then(|member| member.field(name));
    match field {
        None => Some(format!("{name} is no field of a member.")),
        Some(field) if field.read_only || field.owner != Owner::Anyone => {
            Some(format!("{name} cannot be required: nobody could give it."))
        }
        Some(_) => None,
    }
}
