//! The tenant: whose data a use case may touch. The only way to get one is to authenticate, or to be
//! an operator's command.

use std::sync::Arc;

use domain::Timestamp;
use domain::address::TargetRules;
use domain::definition::Resource;
use domain::input::Context;

use crate::app::App;
use crate::organisations::{Organisation, Plan};

/// One of an organisation's two separate data sets (domain §1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Environment {
    /// The real one.
    Production,
    /// The one for trying out.
    Sandbox,
}

impl Environment {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Production, Self::Sandbox];

    /// The name in the API and in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
        }
    }

    /// The environment with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|environment| environment.name() == name)
    }
}

/// An organisation and one of its environments: the scope of everything that is read or written.
#[derive(Clone, Debug)]
pub struct Tenant {
    key: i64,
    organisation: Arc<Organisation>,
    environment: Environment,
}

/// The number of [`Tenant::platform`].
pub(crate) const PLATFORM: i64 = 0;

impl Tenant {
    pub(crate) fn new(key: i64, organisation: Arc<Organisation>, environment: Environment) -> Self {
        Self { key, organisation, environment }
    }

    /// The platform itself: in its log is kept what concerns no organisation. It has no records, and the
    /// numbers of organisations begin after its own.
    pub(crate) fn platform() -> Self {
        let organisation = Organisation {
            id: uuid::Uuid::nil().into(),
            slug: "platform".to_owned(),
            name: "Platform".to_owned(),
            plan: Plan::Enterprise,
            timezone: "UTC".to_owned(),
            currency: "AUD".to_owned(),
            country: "AU".to_owned(),
            required_member_fields: Vec::new(),
            created_at: Timestamp::from_micros(0),
            closed_at: None,
        };
        Self { key: PLATFORM, organisation: Arc::new(organisation), environment: Environment::Production }
    }

    /// The number that begins every key of this tenant's rows.
    #[must_use]
    pub fn key(&self) -> i64 {
        self.key
    }

    /// The organisation.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.organisation
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }
}

impl App {
    /// The circumstances under which a body of this resource is read for a tenant.
    pub(crate) fn context(&self, tenant: &Tenant, resource: &Resource, now: Timestamp) -> Context {
        let organisation = tenant.organisation();
        let required =
            if resource.name == "member" { organisation.required_member_fields.clone() } else { Vec::new() };
        let registry = self.registry();
        let targets = TargetRules {
            https_only: tenant.environment() == Environment::Production,
            private_allowed: self.private_webhooks(),
        };
        let usual = Context::new(now, &organisation.timezone, &organisation.country);
        Context { required, registry, targets, ..usual }
    }
}
