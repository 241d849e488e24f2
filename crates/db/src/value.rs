//! Parameter values as both engines take them. Knows the few storage types, not what they mean:
//! instants, money and identifiers are made into these by the layers above.

use uuid::Uuid;

/// A value bound to one `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// SQL NULL, of whatever type the place wants.
    Null,
    /// UTF-8 text.
    Text(String),
    /// A 64-bit integer; narrower integer columns take it when it fits.
    Integer(i64),
    /// A truth value; 0 or 1 on SQLite.
    Boolean(bool),
    /// An identifier; 16 bytes on SQLite.
    Uuid(Uuid),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

impl From<&str> for Param {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Param {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&String> for Param {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<i64> for Param {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Param {
    fn from(value: i32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<u32> for Param {
    fn from(value: u32) -> Self {
        Self::Integer(i64::from(value))
    }
}

impl From<bool> for Param {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<Uuid> for Param {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}

impl From<Vec<u8>> for Param {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

impl From<&[u8]> for Param {
    fn from(value: &[u8]) -> Self {
        Self::Bytes(value.to_owned())
    }
}

impl<T: Into<Param>> From<Option<T>> for Param {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
