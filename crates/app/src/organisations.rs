//! Organisations: making, finding, changing the plan, closing. Used by commands and, later, by
//! platform administrators.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::json::Object;
use domain::time;
use domain::{OrganisationId, Problem, ProblemKind, Timestamp, Violation};
use serde_json::Value as Json;

use crate::actor::Actor;
use crate::acts::Setting;
use crate::app::App;
use crate::failure::Failure;
use crate::records::AuditEntry;
use crate::staff::{Act, not_required};
use crate::store::{ScopedTx, System};
use crate::tenant::{Environment, Tenant};

/// What an organisation has subscribed to; decides its requests an hour (API §7).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Plan {
    /// The smallest.
    Standard,
    /// The middle one.
    Professional,
    /// The largest.
    Enterprise,
}

impl Plan {
    /// All plans.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Professional, Self::Enterprise];

    /// The name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Professional => "professional",
            Self::Enterprise => "enterprise",
        }
    }

    /// The plan with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plan| plan.name() == name)
    }
}

/// An organisation (domain §1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organisation {
    /// Its id.
    pub id: OrganisationId,
    /// Its short name in commands and addresses.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its plan.
    pub plan: Plan,
    /// Its IANA time zone.
    pub timezone: String,
    /// Its ISO 4217 currency.
    pub currency: String,
    /// Its ISO 3166-1 alpha-2 country, for phone numbers without one of their own.
    pub country: String,
    /// Optional member fields that it requires.
    pub required_member_fields: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was closed; its keys are refused since.
    pub closed_at: Option<Timestamp>,
}

/// What is needed to make an organisation.
#[derive(Clone, Debug)]
pub struct NewOrganisation {
    /// 1–255 characters.
    pub name: String,
    /// Lower-case letters, digits and hyphens; made from the name when none is given.
    pub slug: Option<String>,
    /// The plan.
    pub plan: Plan,
    /// An IANA time zone.
    pub timezone: String,
    /// An ISO 4217 currency.
    pub currency: String,
    /// An ISO 3166-1 alpha-2 country.
    pub country: String,
}

impl Organisation {
    /// What it was made with, for the audit log.
    fn description(&self) -> Object {
        let texts = [
            ("name", self.name.as_str()),
            ("slug", &self.slug),
            ("plan", self.plan.name()),
            ("timezone", &self.timezone),
            ("currency", &self.currency),
            ("country", &self.country),
        ];
        texts.into_iter().map(|(name, text)| (name.to_owned(), Json::from(text))).collect()
    }
}

impl NewOrganisation {
    /// An organisation with the defaults of domain §1.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            slug: None,
            plan: Plan::Standard,
            timezone: "Australia/Sydney".to_owned(),
            currency: "AUD".to_owned(),
            country: "AU".to_owned(),
        }
    }
}

impl App {
    /// Makes an organisation and its two environments.
    pub async fn create_organisation(
        &self,
        act: impl Into<Act<Organisation>>,
        new: NewOrganisation,
    ) -> Result<Organisation, Failure> {
        let act = act.into();
        let slug = check(&new)?;
        let now = self.now();
        let organisation = Organisation {
            id: OrganisationId::new(now, self.random_bytes()?),
            slug,
            name: new.name.trim().to_owned(),
            plan: new.plan,
            timezone: new.timezone,
            currency: new.currency,
            country: new.country,
            required_member_fields: Vec::new(),
            created_at: now,
            closed_at: None,
        };
        let id = organisation.id.to_string();
        let audit = AuditEntry::act(self, "organisation_created", "organisation", Some(id), &act.actor)?
            .telling(&organisation.description());
        let shared = Arc::new((self.clone(), organisation.clone(), audit, act));
        // Two organisations made at once can take the same tenant numbers: the loser tries again.
        for _ in 0..5 {
            let shared = shared.clone();
            let stored = self.db().write(move |tx| {
                let shared = shared.clone();
                Box::pin(async move {
                    let (app, row, audit, act) = &*shared;
                    insert(tx, row.clone(), audit.clone()).await?;
                    act.keep(app, tx, row, now).await
                })
            });
            match stored.await {
                Ok(()) => return Ok(organisation),
                Err(Failure::Store(DbError::Unique { table, .. })) if table == "organisations" => {
                    let message = format!("The slug {} is taken; choose another.", organisation.slug);
                    let violation = Violation::new("slug", "duplicate", message);
                    let detail = "An organisation with this slug exists already";
                    return Err(Problem::new(ProblemKind::Conflict, detail)
                        .violations(vec![violation])
                        .into());
                }
                Err(Failure::Store(DbError::Unique { .. })) => {}
                Err(failure) => return Err(failure),
            }
        }
        Err(DbError::Conflict.into())
    }

    /// All organisations, oldest first.
    pub async fn organisations(&self) -> Result<Vec<Organisation>, Failure> {
        let rows =
            self.db().all(Weight::Long, System::LIST_ORGANISATIONS, &[], |row| read_organisation(row, 0));
        Ok(rows.await?)
    }

    /// An organisation by its slug.
    pub async fn organisation(&self, slug: &str) -> Result<Organisation, Failure> {
        let params = [Param::Text(slug.to_owned())];
        let found = self
            .db()
            .optional(Weight::Short, System::FIND_ORGANISATION, &params, |row| read_organisation(row, 0));
        found.await?.ok_or_else(|| {
            let detail = format!("There is no organisation with the slug {slug}");
            Problem::new(ProblemKind::NotFound, detail).hint("`organisation list` shows them.").into()
        })
    }

    /// Puts an organisation on another plan.
    pub async fn set_plan(
        &self,
        actor: &Actor,
        organisation: &Organisation,
        plan: Plan,
    ) -> Result<(), Failure> {
        self.change_setting(actor, organisation, &PLAN, plan.name().to_owned()).await
    }

    /// Closes an organisation: its keys are refused from now on; its data stays.
    pub async fn close_organisation(
        &self,
        actor: &Actor,
        organisation: &Organisation,
    ) -> Result<(), Failure> {
        let now = Param::Integer(self.now().as_micros());
        let params = vec![now.clone(), now, Param::Uuid(organisation.id.uuid())];
        let log = self.log_of(Some(organisation)).await?;
        let id = organisation.id.to_string();
        let audit = AuditEntry::act(self, "organisation_closed", "organisation", Some(id), actor)?;
        self.run_audited(System::CLOSE_ORGANISATION, params, log, audit).await?;
        Ok(())
    }

    /// Sets which optional member fields the organisation requires.
    pub async fn set_required_member_fields(
        &self,
        actor: &Actor,
        organisation: &Organisation,
        names: Vec<String>,
    ) -> Result<(), Failure> {
        let wrong = names.iter().find_map(|name| not_required(self.registry(), name));
        if let Some(message) = wrong {
            let violation = Violation::new("requiredMemberFields", "unknown_field", message);
            return Err(Problem::validation(vec![violation]).into());
        }
        self.change_setting(actor, organisation, &REQUIRED_FIELDS, Json::from(names).to_string()).await
    }

    /// An environment of an organisation, for an operator's command.
    pub async fn tenant(
        &self,
        organisation: &Organisation,
        environment: Environment,
    ) -> Result<Tenant, Failure> {
        let params = [Param::Uuid(organisation.id.uuid()), Param::Text(environment.name().to_owned())];
        let key =
            self.db().optional(Weight::Short, System::FIND_TENANT, &params, |row| row.integer(0)).await?;
        let key = key.ok_or_else(|| Failure::internal("an organisation without its environments"))?;
        Ok(Tenant::new(key, Arc::new(organisation.clone()), environment))
    }

    /// A tenant by its number, for the server's own clockwork.
    pub(crate) async fn tenant_by_key(&self, key: i64) -> Result<Option<Tenant>, Failure> {
        let params = [Param::Integer(key)];
        let found = self.db().optional(Weight::Short, System::TENANT_BY_KEY, &params, |row| {
            Ok((row.text(0)?.to_owned(), read_organisation(row, 1)?))
        });
        Ok(found.await?.and_then(|(environment, organisation)| {
            Some(Tenant::new(key, Arc::new(organisation), Environment::by_name(&environment)?))
        }))
    }
}

async fn insert(tx: &mut db::Tx<'_>, row: Organisation, audit: AuditEntry) -> Result<(), DbError> {
    let id = Param::Uuid(row.id.uuid());
    let created = Param::Integer(row.created_at.as_micros());
    let text = |text: &str| Param::Text(text.to_owned());
    let params = [
        id.clone(),
        text(&row.slug),
        text(&row.name),
        text(row.plan.name()),
        text(&row.timezone),
        text(&row.currency),
        text(&row.country),
        Param::Text(Json::from(row.required_member_fields.clone()).to_string()),
        created.clone(),
        created,
    ];
    tx.execute(System::INSERT_ORGANISATION, &params).await?;
    for environment in Environment::ALL {
        tx.execute(System::INSERT_TENANT, &[id.clone(), text(environment.name())]).await?;
    }
    let production = [id, text(Environment::Production.name())];
    let key = tx.optional(System::FIND_TENANT, &production, |row| row.integer(0)).await?;
    let key = key.ok_or_else(|| DbError::Other("a tenant that was made is not there".to_owned()))?;
    let log = Tenant::new(key, Arc::new(row), Environment::Production);
    audit.insert(&mut ScopedTx::new(tx, &log)).await
}

const PLAN: Setting = Setting {
    field: "plan",
    action: "plan_changed",
    select: System::PLAN,
    update: System::SET_PLAN,
    shown: |name| Json::from(name),
};

const REQUIRED_FIELDS: Setting = Setting {
    field: "requiredMemberFields",
    action: "settings_changed",
    select: System::REQUIRED_FIELDS,
    update: System::SET_REQUIRED_FIELDS,
    shown: |list| serde_json::from_str(list).unwrap_or_default(),
};

/// Reads the columns of an organisation, `id` to `closed_at`, from a position on.
pub(crate) fn read_organisation(row: &Row<'_>, from: usize) -> Result<Organisation, DbError> {
    let text = |column: usize| row.text(from + column).map(str::to_owned);
    let plan = Plan::by_name(row.text(from + 3)?);
    let required: Result<Vec<String>, _> = serde_json::from_str(row.text(from + 7)?);
    Ok(Organisation {
        id: row.uuid(from)?.into(),
        slug: text(1)?,
        name: text(2)?,
        plan: plan.ok_or_else(|| DbError::Corrupt("an organisation has an unknown plan".to_owned()))?,
        timezone: text(4)?,
        currency: text(5)?,
        country: text(6)?,
        required_member_fields: required.unwrap_or_default(),
        created_at: Timestamp::from_micros(row.integer(from + 8)?),
        closed_at: row.optional_integer(from + 9)?.map(Timestamp::from_micros),
    })
}

/// Checks a new organisation and answers with its slug.
fn check(new: &NewOrganisation) -> Result<String, Failure> {
    let mut violations = Vec::new();
    let mut wrong = |path: &str, code, message: &str| violations.push(Violation::new(path, code, message));
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 255 {
        wrong("name", "invalid_length", "The name must have 1 to 255 characters.");
    }
    if time::zone(&new.timezone).is_none() {
        wrong(
            "timezone",
            "invalid_timezone",
            "The time zone must be an IANA name, such as Australia/Sydney.",
        );
    }
    if !is_currency(&new.currency) {
        wrong("currency", "invalid_currency", "The currency must be an ISO 4217 code, such as AUD.");
    }
    if new.country.len() != 2 || !new.country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        wrong("country", "invalid_country", "The country must be an ISO 3166-1 alpha-2 code, such as AU.");
    }
    let slug = new.slug.clone().unwrap_or_else(|| slug_of(name));
    let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty()
        || slug.len() > 63
        || !slug.chars().all(fine)
        || slug.starts_with('-')
        || slug.ends_with('-')
    {
        let message = "The slug must have 1 to 63 lower-case letters, digits and hyphens, and not begin or end \
                       with a hyphen; give one.";
        wrong("slug", "invalid_slug", message);
    }
    if violations.is_empty() { Ok(slug) } else { Err(Problem::validation(violations).into()) }
}

/// Whether a text is an ISO 4217 code.
pub(crate) fn is_currency(code: &str) -> bool {
    iso_currency::Currency::from_code(code).is_some()
}

/// A slug from a name: its words, joined by hyphens.
fn slug_of(name: &str) -> String {
    let words = domain::text::words(name);
    let ascii: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.is_ascii()).collect();
    let slug = ascii.join("-");
    slug.chars().take(63).collect::<String>().trim_end_matches('-').to_owned()
}
