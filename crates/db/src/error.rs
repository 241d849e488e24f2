//! The one error type of the engines. Its texts name tables, columns and files, and say what to
//! do; they must never hold a value from a row or a parameter, because they end up in logs.

/// What can go wrong below the use cases.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// A row with the same unique key is already there.
    #[error("a row with the same key exists already: {table} ({})", columns.join(", "))]
    Unique {
        /// The table that holds the other row; empty when the engine does not say.
        table: String,
        /// The columns of the violated key in the order of the index; empty when the engine does
        /// not say (an index over an expression, on SQLite).
        columns: Vec<String>,
        /// The index or constraint, when the engine names it (PostgreSQL always does).
        index: Option<String>,
    },
    /// Another constraint refused the change: a reference, a check, a missing value.
    #[error("the change breaks a constraint of the schema: {0}")]
    Constraint(String),
    /// The store cannot do the work now: gone, busy, full, read-only, or overloaded.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Concurrent changes kept colliding, after all retries.
    #[error("the change collided with other changes each time it was tried: try again")]
    Conflict,
    /// The stored data cannot be trusted.
    #[error("the database is damaged or not a database: {0}")]
    Corrupt(String),
    /// The schema does not fit this program.
    #[error("the database schema does not fit this version of the program: {0}")]
    Migration(String),
    /// A backup cannot be made or put back; says why and what to do.
    #[error("{0}")]
    Backup(String),
    /// A statement, a parameter or a column was used wrongly: a fault of this program.
    #[error("database error: {0}")]
    Other(String),
}

impl DbError {
    /// Whether the same work may succeed when it is tried again later, unchanged.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict)
    }

    /// Whether this is a violation of a unique key that contains `column`.
    #[must_use]
    pub fn is_unique_on(&self, column: &str) -> bool {
        matches!(self, Self::Unique { columns, .. } if columns.iter().any(|c| c == column))
    }

    /// Whether the whole transaction is lost with it, so that going on makes no sense.
    pub(crate) fn ends_transaction(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict | Self::Corrupt(_))
    }

    pub(crate) fn closed() -> Self {
        Self::Unavailable("it has been closed because the server is stopping".to_owned())
    }
}
