//! Sessions of staff who signed in: what one is, and what it may do.
//!
//! A session is a credential beside the API key: it opens one environment of the user's organisation, or,
//! for a platform administrator in support, of another. How its token travels is not known here.

mod attempts;
mod find;
mod manage;
mod sign_in;
mod support;

use domain::access::Role;
use domain::{SessionId, Timestamp, UserId};
use sha2::{Digest as _, Sha256};

use crate::actor::{Actor, ActorKind, Client};
use crate::keys::base62;
use crate::tenant::{Environment, Tenant};

pub use attempts::network;
pub(crate) use attempts::{KEPT as SIGN_INS_KEPT, Subjects};
pub(crate) use find::SessionCache;
pub use sign_in::{NewSession, SignInRefusal};

/// Seconds after its last use at which a session ends: 12 hours.
const IDLE: i64 = 12 * 3_600;
/// Seconds after sign-in at which a session ends in any case: 7 days.
const LONGEST: i64 = 7 * 24 * 3_600;

/// Characters of a token: 256 random bits in base62.
const TOKEN: usize = 43;

/// A member of staff who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    /// The session's id.
    pub id: SessionId,
    /// Who signed in.
    pub user: SessionUser,
    /// The organisation and environment that it opens; none for a platform administrator outside support.
    pub tenant: Option<Tenant>,
    /// Set while a platform administrator is in an organisation as support.
    pub support: Option<Support>,
    /// What a form must bring along, to show that it comes from a page of this session. Never the token
    /// itself.
    pub form_token: String,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the session ends, if it is not used until then.
    pub expires_at: Timestamp,
    environment: Environment,
    last_seen_at: Timestamp,
    capabilities: Vec<String>,
}

/// Who signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionUser {
    /// Their id.
    pub id: UserId,
    /// Their address.
    pub email: String,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Their own role. In support, they may do what an administrator of the organisation may.
    pub role: Role,
}

/// A platform administrator's stay in an organisation (domain §2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Support {
    /// Why, as was stated.
    pub reason: String,
    /// When it ends by itself.
    pub until: Timestamp,
    /// The organisation's user in whose place it is done; none where it has no active administrator.
    pub acts_as: Option<UserId>,
}

impl Session {
    /// The tenant that it opens; outside every organisation the platform itself, which has no records.
    #[must_use]
    pub fn home(&self) -> Tenant {
        self.tenant.clone().unwrap_or_else(Tenant::platform)
    }

    /// Whether the session may do this: a name of the capability matrix.
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|it| it == capability)
    }

    /// All that it may do, in the order of the matrix.
    #[must_use]
    pub fn capabilities(&self) -> &[String] {
        &self.capabilities
    }

    /// The environment that was chosen.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Who acts with it. In support both are named: in whose place, and who.
    #[must_use]
    pub fn actor(&self, client: &Client) -> Actor {
        let acting = self.support.as_ref().and_then(|support| support.acts_as).unwrap_or(self.user.id);
        let impersonator = self.support.as_ref().map(|_| self.user.id);
        Actor { impersonator, ..Actor::new(ActorKind::User(acting), client) }
    }

    /// Whether a form's token is the one of this session; takes the same time for each wrong one.
    #[must_use]
    pub fn accepts_form(&self, token: &str) -> bool {
        let (own, given) = (self.form_token.as_bytes(), token.as_bytes());
        let differences = own.iter().zip(given).fold(0, |all, (own, given)| all | (own ^ given));
        own.len() == given.len() && differences == 0
    }
}

/// What is stored of a token.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A form's token: made from the session's, which cannot be found from it.
fn form_token(token: &str) -> String {
    let hash = Sha256::new().chain_update(b"memberpulse form\0").chain_update(token.as_bytes()).finalize();
    base62(&hash, TOKEN)
}
