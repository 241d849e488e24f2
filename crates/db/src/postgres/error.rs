//! PostgreSQL's errors in our words. The server's messages are passed on only for the classes
//! whose messages never quote a value; its details are not passed on at all.

use std::error::Error;

use deadpool_postgres::{HookError, PoolError, TimeoutType};
use rustls::AlertDescription;
use tokio_postgres::error::DbError as ServerError;

use crate::DbError;

/// A failed call, and what it means for the connection.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: DbError,
    pub(super) trouble: Trouble,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Trouble {
    /// The statement was refused; the connection is fine.
    #[default]
    None,
    /// The connection is gone. What was not committed did not happen.
    Lost,
    /// A prepared statement no longer fits the schema; a fresh one may.
    Stale,
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        if let Some(server) = error.as_db_error() {
            return Self { trouble: server_trouble(server), error: from_server(server) };
        }
        let cause = error.source();
        if let Some(refused) = cause.and_then(certificate) {
            return Self { error: refused, trouble: Trouble::None };
        }
        if cause.is_some_and(|cause| cause.to_string() == NO_TLS) {
            return Self { error: unencrypted(), trouble: Trouble::None };
        }
        let broken = error.is_closed() || cause.is_some_and(<dyn Error>::is::<std::io::Error>);
        if broken {
            let cause = cause.map(|cause| format!(": {cause}")).unwrap_or_default();
            return Self {
                error: DbError::Unavailable(format!("the connection to PostgreSQL broke{cause}")),
                trouble: Trouble::Lost,
            };
        }
        // The cause of a parameter that does not fit is our own text, see `params`.
        let cause = cause
            .filter(|cause| cause.is::<super::params::Unfit>())
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        Self { error: DbError::Other(format!("{error}{cause}")), trouble: Trouble::None }
    }
}

/// The driver's words where `sslmode` asks for more than the server has.
const NO_TLS: &str = "server does not support TLS";

fn unencrypted() -> DbError {
    DbError::Unavailable(
        "the PostgreSQL server does not encrypt connections: set ssl = on there, or, on a network that nobody else \
         reaches, sslmode=disable in the URL"
            .to_owned(),
    )
}

/// A certificate was refused, the server's or ours: not a matter of trying again.
fn certificate(cause: &(dyn Error + 'static)) -> Option<DbError> {
    let inner = cause.downcast_ref::<std::io::Error>()?.get_ref()?;
    match inner.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(why) => Some(DbError::Unavailable(format!(
            "the certificate of the PostgreSQL server is not accepted ({why}): name the authority that signed it with \
             sslrootcert=FILE in the URL, and the host as the certificate does"
        ))),
        // Whatever it says of certificates before it listens is about the one that was shown.
        rustls::Error::AlertReceived(why) if is_about_certificates(*why) => {
            Some(DbError::Unavailable(format!(
                "the PostgreSQL server does not accept the certificate of sslcert ({why:?}): show one that is valid, signed \
                 by an authority in its ssl_ca_file, and bears the user's name"
            )))
        }
        other => Some(DbError::Unavailable(format!(
            "the PostgreSQL server could not agree on an encrypted connection: {other}"
        ))),
    }
}

fn is_about_certificates(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::CertificateRequired
            // A signature is not of the authority of that name.
            | AlertDescription::DecryptError
    )
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self { error, trouble: Trouble::None }
    }
}

fn server_trouble(error: &ServerError) -> Trouble {
    match error.code().code() {
        // admin_shutdown, crash_shutdown, cannot_connect_now, idle_session_timeout and the
        // connection exceptions. And a server that has become read-only: after a failover another one is the
        // primary, which a new connection finds.
        "25006" | "57P01" | "57P02" | "57P03" | "57P05" | "25P03" => Trouble::Lost,
        code if code.starts_with("08") => Trouble::Lost,
        _ if is_stale(error) => Trouble::Stale,
        _ => Trouble::None,
    }
}

/// "cached plan must not change result type", and a prepared statement the server does not know.
/// The former has a code that says little and a message in the server's language.
fn is_stale(error: &ServerError) -> bool {
    error.routine() == Some("RevalidateCachedQuery") || error.code().code() == "26000"
}

/// The server takes no changes.
pub(super) fn read_only() -> DbError {
    DbError::Unavailable(
        "the PostgreSQL server is read-only (a standby?): connect to the primary, or name all servers in the URL \
         with target_session_attrs=read-write"
            .to_owned(),
    )
}

fn from_server(error: &ServerError) -> DbError {
    if is_stale(error) {
        // The schema changed under the statement: the work must start again.
        return DbError::Conflict;
    }
    let code = error.code().code();
    match code {
        "23505" => return unique(error),
        "40001" | "40P01" => return DbError::Conflict,
        "25006" => return read_only(),
        "53100" => {
            return DbError::Unavailable(
                "the disk of the PostgreSQL server is full: free some space there".to_owned(),
            );
        }
        _ => {}
    }
    match code.get(..2) {
        Some("23") => DbError::Constraint(error.message().to_owned()),
        Some("08" | "28" | "3D" | "53" | "55" | "57" | "58") | None => {
            DbError::Unavailable(format!("{} ({code})", error.message()))
        }
        Some("XX") => DbError::Corrupt(format!(
            "PostgreSQL reports an internal error ({code}): look at the server's log"
        )),
        Some("0A" | "25" | "26" | "2D" | "3B" | "3F" | "42" | "54") => {
            DbError::Other(format!("{} ({code})", error.message()))
        }
        // Messages of the other classes may quote values.
        Some(_) => DbError::Other(format!("the server refused the statement ({code})")),
    }
}

/// The detail is `Key (column, column)=(value, value) already exists.`, in the language of the
/// server; only what stands before `)=(` is taken.
fn unique(error: &ServerError) -> DbError {
    DbError::Unique {
        table: error.table().unwrap_or_default().to_owned(),
        columns: error.detail().map(key_columns).unwrap_or_default(),
        index: error.constraint().map(str::to_owned),
    }
}

fn key_columns(detail: &str) -> Vec<String> {
    let names =
        detail.split_once(")=(").and_then(|(before, _)| before.split_once('(')).map(|(_, names)| names);
    match names {
        // An index over an expression has no columns to name.
        Some(names) if !names.contains('(') => {
            let plain = |name: &str| name.trim_matches('"').to_owned();
            names.split(", ").map(plain).collect()
        }
        _ => Vec::new(),
    }
}

/// No connection could be had from the pool.
pub(super) fn from_pool(error: PoolError) -> Failure {
    let unavailable =
        |text: &str| Failure { error: DbError::Unavailable(text.to_owned()), trouble: Trouble::None };
    match error {
        PoolError::Timeout(TimeoutType::Wait) => {
            unavailable("all connections to PostgreSQL have been busy for too long: try again")
        }
        PoolError::Timeout(_) => unavailable("the PostgreSQL server does not answer in time"),
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            let failure = Failure::from(error);
            Failure {
                error: match failure.error {
                    // Whatever keeps us from connecting: the store cannot be used now.
                    DbError::Other(text) => {
                        DbError::Unavailable(format!("cannot connect to PostgreSQL: {text}"))
                    }
                    other => other,
                },
                trouble: Trouble::None,
            }
        }
        PoolError::Closed => DbError::closed().into(),
        PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            DbError::Other("the connection pool is set up wrongly".to_owned()).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_violated_key_are_read_without_their_values() {
        for (detail, columns) in [
            ("Key (tenant, email_folded)=(1, a@b.example) already exists.", vec!["tenant", "email_folded"]),
            ("Schlüssel »(id)=(7)« existiert bereits.", vec!["id"]),
            ("Key (\"order\", id)=(x)=(y, 1) already exists.", vec!["order", "id"]),
            ("Key (lower(email))=(a) already exists.", vec![]),
            ("something else", vec![]),
        ] {
            assert_eq!(key_columns(detail), columns, "{detail}");
        }
    }
}
