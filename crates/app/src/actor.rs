//! Who does something: named in the audit log and as the origin of a change.

use domain::{KeyId, UserId};

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub kind: ActorKind,
    /// The client's address.
    pub ip_address: Option<String>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The request in which it is done.
    pub request_id: Option<String>,
}

/// The kinds of actor (domain §6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActorKind {
    /// A program with an API key.
    ApiKey(KeyId),
    /// A person who signed in.
    User(UserId),
    /// The server itself, or an operator's command.
    System,
}

impl Actor {
    /// The server itself.
    #[must_use]
    pub fn system() -> Self {
        Self { kind: ActorKind::System, ip_address: None, user_agent: None, request_id: None }
    }

    /// The audit log's `actorType`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            ActorKind::ApiKey(_) => "api_key",
            ActorKind::User(_) => "user",
            ActorKind::System => "system",
        }
    }

    /// The audit log's `actorId`.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self.kind {
            ActorKind::ApiKey(id) => Some(id.to_string()),
            ActorKind::User(id) => Some(id.to_string()),
            ActorKind::System => None,
        }
    }
}
