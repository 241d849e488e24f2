//! The capability matrix (domain §2): who may do what. Checks, documentation and, later, the portal's
//! buttons all derive from this one table.

use crate::definition::Registry;

/// A role of a person who signs in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Operates the platform: organisations, plans, support access.
    PlatformAdmin,
    /// Everything within one organisation.
    ClientAdmin,
    /// Views, and basic work, within one organisation.
    ClientUser,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::PlatformAdmin, Self::ClientAdmin, Self::ClientUser];

    /// The name used in the API and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PlatformAdmin => "ROLE_PLATFORM_ADMIN",
            Self::ClientAdmin => "ROLE_CLIENT_ADMIN",
            Self::ClientUser => "ROLE_CLIENT_USER",
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// One row of the matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Capability {
    /// Its name; for keys, the scope: `members:read`.
    pub name: String,
    /// What it allows.
    pub doc: String,
    /// Whether `ROLE_PLATFORM_ADMIN` has it, outside an organisation.
    pub platform_admin: bool,
    /// Whether `ROLE_CLIENT_ADMIN` has it.
    pub client_admin: bool,
    /// Whether `ROLE_CLIENT_USER` has it.
    pub client_user: bool,
    /// Whether an API key can carry it as a scope.
    pub by_key: bool,
}

impl Capability {
    /// Whether a role has it.
    #[must_use]
    pub const fn allows(&self, role: Role) -> bool {
        match role {
            Role::PlatformAdmin => self.platform_admin,
            Role::ClientAdmin => self.client_admin,
            Role::ClientUser => self.client_user,
        }
    }
}

/// Who manages API keys.
pub const API_KEYS: &str = "api-keys";
/// Who manages users and the organisation's settings.
pub const ORGANISATION: &str = "organisation";
/// Who operates the platform.
pub const PLATFORM: &str = "platform";

/// Rows that belong to no resource: name, what it allows, for users, by key.
const FIXED: &[(&str, &str, bool, bool)] = &[
    ("webhooks:read", "View webhooks and deliveries", false, true),
    ("webhooks:write", "Manage webhooks, retry and recover deliveries", false, true),
    ("changes:read", "Read the change feed", false, true),
    ("integrations:read", "View the health and sync log of integrations", true, true),
    ("integrations:write", "Configure integrations and mappings, run a sync", false, true),
    ("audit:read", "Read the audit log", false, true),
    (API_KEYS, "View and manage API keys", false, false),
    (ORGANISATION, "Manage users and the organisation's settings", false, false),
];

/// The whole matrix for these resources.
#[must_use]
pub fn matrix(registry: Registry) -> Vec<Capability> {
    let of_resources = registry.iter().flat_map(|resource| {
        let many = resource.plural;
        let row = |name, doc, client_user| Capability {
            name,
            doc,
            platform_admin: false,
            client_admin: true,
            client_user,
            by_key: true,
        };
        let actions: String = resource.actions.iter().map(|it| format!(", {}", it.name)).collect();
        [
            row(resource.read_scope(), format!("View and export {many}"), true),
            row(resource.write_scope(), format!("Create, edit, delete{actions} {many}"), false),
        ]
    });
    let fixed = FIXED.iter().map(|&(name, doc, client_user, by_key)| Capability {
        name: name.to_owned(),
        doc: doc.to_owned(),
        platform_admin: false,
        client_admin: true,
        client_user,
        by_key,
    });
    let platform = Capability {
        name: PLATFORM.to_owned(),
        doc: "Create and list organisations, change their plan, enter one as support".to_owned(),
        platform_admin: true,
        client_admin: false,
        client_user: false,
        by_key: false,
    };
    of_resources.chain(fixed).chain([platform]).collect()
}

/// The names of what a role may do.
#[must_use]
pub fn capabilities_of(registry: Registry, role: Role) -> Vec<String> {
    matrix(registry).into_iter().filter(|row| row.allows(role)).map(|row| row.name).collect()
}

/// Every scope that an API key can carry.
#[must_use]
pub fn key_scopes(registry: Registry) -> Vec<String> {
    matrix(registry).into_iter().filter(|row| row.by_key).map(|row| row.name).collect()
}
