//! Who does something: named in the audit log and as the origin of a change.

use std::net::IpAddr;

use domain::{KeyId, RecordId, UserId};

/// Who acts, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Who.
    pub kind: ActorKind,
    /// The integration through which it is done: that of the key.
    pub integration: Option<RecordId>,
    /// The platform administrator who acts as that user, in support.
    pub impersonator: Option<UserId>,
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
    /// The sync of an integration.
    Integration(RecordId),
    /// The server itself, or an operator's command.
    System,
}

/// From where something is done.
#[derive(Clone, Default, Debug)]
pub struct Client {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The request in which it is done.
    pub request_id: Option<String>,
}

impl Actor {
    /// Somebody at a client.
    #[must_use]
    pub fn new(kind: ActorKind, client: &Client) -> Self {
        Self {
            kind,
            integration: None,
            impersonator: None,
            ip_address: client.address.map(|address| address.to_string()),
            user_agent: client.user_agent.clone(),
            request_id: client.request_id.clone(),
        }
    }

    /// The server itself.
    #[must_use]
    pub fn system() -> Self {
        Self::new(ActorKind::System, &Client::default())
    }

    /// An integration, at the behest of this one and from where this one is.
    #[must_use]
    pub fn through(&self, integration: RecordId) -> Self {
        Self { kind: ActorKind::Integration(integration), integration: Some(integration), ..self.clone() }
    }

    /// The audit log's `actorType`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            ActorKind::ApiKey(_) => "api_key",
            ActorKind::User(_) => "user",
            ActorKind::Integration(_) => "integration",
            ActorKind::System => "system",
        }
    }

    /// The audit log's `actorId`.
    #[must_use]
    pub fn id(&self) -> Option<String> {
        match self.kind {
            ActorKind::ApiKey(id) => Some(id.to_string()),
            ActorKind::User(id) => Some(id.to_string()),
            ActorKind::Integration(id) => Some(id.to_string()),
            ActorKind::System => None,
        }
    }
}
