//! Who sends a request: a program with a key, or a member of staff with a session. Handlers see one caller
//! with a tenant and what it may do.

use std::sync::Arc;

use app::{Actor, Client, Credential, Session, Tenant};
use domain::access::matrix;
use domain::definition::Registry;
use domain::{Problem, ProblemKind};
use uuid::Uuid;

/// Who sends a request, and whose data it is about.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The organisation and environment that the credential opens.
    pub(crate) tenant: Tenant,
    pub(crate) by: Credentials,
}

/// By what the caller was recognised.
#[derive(Clone, Debug)]
pub(crate) enum Credentials {
    Key(Arc<Credential>),
    Session(Arc<Session>),
}

impl Caller {
    /// A program.
    pub(crate) fn of_key(key: Arc<Credential>) -> Self {
        Self { tenant: key.tenant.clone(), by: Credentials::Key(key) }
    }

    /// A member of staff. One who is in no organisation has the platform, where there are no records.
    pub(crate) fn of_session(session: Arc<Session>) -> Self {
        Self { tenant: session.home(), by: Credentials::Session(session) }
    }

    /// Whether the caller may do this: a scope of keys, which is a capability of roles.
    pub(crate) fn may(&self, scope: &str) -> bool {
        match &self.by {
            Credentials::Key(key) => key.has_scope(scope),
            Credentials::Session(session) => session.can(scope),
        }
    }

    /// What it may do of what keys may.
    pub(crate) fn scopes(&self) -> &[String] {
        match &self.by {
            Credentials::Key(key) => &key.scopes,
            Credentials::Session(session) => session.capabilities(),
        }
    }

    /// Whose idempotency keys these are.
    pub(crate) fn id(&self) -> Uuid {
        match &self.by {
            Credentials::Key(key) => key.key.uuid(),
            Credentials::Session(session) => session.user.id.uuid(),
        }
    }

    /// Who acts.
    pub(crate) fn actor(&self, client: &Client) -> Actor {
        match &self.by {
            Credentials::Key(key) => key.actor(client),
            Credentials::Session(session) => session.actor(client),
        }
    }
}

/// The refusal of what a role may not do, in the matrix's own words.
pub(crate) fn role_may_not(registry: Registry, capability: &str) -> Problem {
    let row = matrix(registry).into_iter().find(|row| row.name == capability);
    let doc = row.map_or_else(|| capability.to_owned(), |row| decapitalised(&row.doc));
    let hint = "An administrator of the organisation may, or can give you another role.";
    Problem::new(ProblemKind::InsufficientScope, format!("Your role may not {doc}")).hint(hint)
}

/// The refusal of an operator who is in no organisation.
pub(crate) fn outside_support() -> Problem {
    let detail = "Your role may not see an organisation's data without a reason";
    let hint = "Enter the organisation as support first: POST /api/platform/support.";
    Problem::new(ProblemKind::InsufficientScope, detail).hint(hint)
}

fn decapitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
