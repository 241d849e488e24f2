//! Identifiers as types, so that one cannot be passed where another is meant.
//!
//! All are UUIDs of version 7 (RFC 9562): sortable by creation, unique without coordination.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::time::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes an id from the moment and ten random bytes (RFC 9562 §5.7).
            #[must_use]
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                Self(uuid_v7(now, random))
            }

            /// The id as a plain UUID, for storage.
            #[must_use]
            pub fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Reads the hyphenated form only: it is what the API writes.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse_hyphenated(text).map(Self).ok_or(InvalidId)
            }
        }
    };
}

id!(
    /// An organisation: the tenant's owner.
    OrganisationId
);
id!(
    /// A record of any resource.
    RecordId
);
id!(
    /// An API key.
    KeyId
);
id!(
    /// A member of an organisation's staff who signs in.
    UserId
);
id!(
    /// The session of a member of staff who signed in.
    SessionId
);
id!(
    /// A row of the audit log.
    AuditId
);
id!(
    /// An import that runs in the background.
    ImportId
);

/// The text is no UUID in its usual hyphenated form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a UUID")]
pub struct InvalidId;

/// Reads a UUID in its hyphenated form of 36 characters, in either case.
#[must_use]
pub fn parse_hyphenated(text: &str) -> Option<Uuid> {
    if text.len() != 36 {
        return None;
    }
    Uuid::try_parse(text).ok()
}

fn uuid_v7(now: Timestamp, random: [u8; 10]) -> Uuid {
    let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = RecordId::new(Timestamp::from_micros(1_000_000), [255; 10]);
        let late = RecordId::new(Timestamp::from_micros(1_001_000), [0; 10]);
        assert!(early < late);
    }

    #[test]
    fn only_the_hyphenated_form_is_read() {
        let id = RecordId::new(Timestamp::from_micros(1_000_000), [7; 10]);
        assert_eq!(id.to_string().parse(), Ok(id));
        let plain = id.uuid().simple().to_string();
        assert_eq!(plain.parse::<RecordId>(), Err(InvalidId));
        assert_eq!("x".parse::<RecordId>(), Err(InvalidId));
    }
}
