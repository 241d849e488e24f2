//! Why there is no answer, told so that somebody who runs a club, not a server, knows what to do or whom
//! to ask.
//!
//! Reads the chain of causes of the HTTP client, of TLS and of the system. It must never repeat the URL: paths
//! and queries of webhooks often are secrets.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError};

use crate::guard::Refused;
use crate::resolver::NameNotFound;

/// A kind of failure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FailureKind {
    /// The guard did not let the delivery out.
    AddressRefused,
    /// DNS has no address for the name.
    NameNotFound,
    /// Nobody listens at that port.
    ConnectionRefused,
    /// The connection was cut before there was an answer.
    ConnectionReset,
    /// No way leads to the address.
    Unreachable,
    /// No secure connection came about.
    Tls,
    /// There was no connection, or no answer, in time.
    TimedOut,
    /// What came back is not HTTP.
    Unreadable,
    /// Something else, on this side more likely than on the other.
    Other,
}

/// A failed attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Which kind.
    pub kind: FailureKind,
    /// What happened and what to do, for people.
    pub message: String,
}

/// What the sender knows beside the error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances<'a> {
    pub(crate) host: &'a str,
    /// This machine has no list of certificate authorities.
    pub(crate) no_authorities: bool,
}

impl FailureKind {
    /// A stable word for programs and for the store.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressRefused => "address_refused",
            Self::NameNotFound => "name_not_found",
            Self::ConnectionRefused => "connection_refused",
            Self::ConnectionReset => "connection_reset",
            Self::Unreachable => "unreachable",
            Self::Tls => "tls",
            Self::TimedOut => "timed_out",
            Self::Unreadable => "unreadable",
            Self::Other => "other",
        }
    }
}

impl Failure {
    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn refused(refused: &Refused) -> Self {
        Self::new(FailureKind::AddressRefused, &*refused.0)
    }

    pub(crate) fn header(name: &str) -> Self {
        let message = format!("The webhook's own header {name:?} cannot be sent. Remove or correct it.");
        Self::new(FailureKind::Other, message)
    }

    pub(crate) fn no_answer(host: &str, seconds: f32) -> Self {
        let message = format!(
            "{host} did not answer within {seconds} seconds. A receiver should take a delivery at once and do the \
             work afterwards."
        );
        Self::new(FailureKind::TimedOut, message)
    }

    /// The failure behind the error of a request that has no answer.
    pub(crate) fn of(error: &reqwest::Error, around: Circumstances<'_>) -> Self {
        let host = around.host;
        if let Some(refused) = cause::<Refused>(error) {
            return Self::refused(refused);
        }
        if let Some(NameNotFound { name, .. }) = cause(error) {
            let message = format!(
                "The name {name} was not found on the internet. Check the webhook's URL for typing errors, and that \
                 the name has an entry in DNS."
            );
            return Self::new(FailureKind::NameNotFound, message);
        }
        if let Some(error) = cause::<TlsError>(error) {
            return Self::new(FailureKind::Tls, tls(error, around));
        }
        if error.is_timeout() {
            let message =
                format!("No connection to {host} came about in time. Check that the receiver is running.");
            return Self::new(FailureKind::TimedOut, message);
        }
        let http = chain(error).filter_map(|error| error.downcast_ref::<hyper::Error>()).last();
        if let Some(failure) = http.and_then(|error| Self::of_http(error, host)) {
            return failure;
        }
        if let Some(failure) = cause::<io::Error>(error).and_then(|error| Self::of_network(error, host)) {
            return failure;
        }
        let message = format!("The delivery to {host} could not be sent: {}.", innermost(error));
        Self::new(FailureKind::Other, message)
    }

    fn of_http(error: &hyper::Error, host: &str) -> Option<Self> {
        let cut = error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        // A receiver that speaks before it is asked, as mail servers do, has no predicate of its own: it is
        // what is left when the network and we are not to blame.
        let unasked = !cut && !error.is_user() && error.source().is_none();
        if error.is_parse() || error.is_parse_too_large() || unasked {
            let message = format!(
                "What {host} answered cannot be read as HTTP. Check that the URL's port is that of a web server."
            );
            return Some(Self::new(FailureKind::Unreadable, message));
        }
        cut.then(|| Self::cut(host))
    }

    fn of_network(error: &io::Error, host: &str) -> Option<Self> {
        use io::ErrorKind;
        Some(match error.kind() {
            ErrorKind::ConnectionRefused => {
                let message = format!(
                    "{host} refuses connections. Check that the receiver is running, and the port in the webhook's URL."
                );
                Self::new(FailureKind::ConnectionRefused, message)
            }
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
            | ErrorKind::UnexpectedEof => Self::cut(host),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                let message =
                    format!("No way leads to {host} at the moment. Check that the receiver is online.");
                Self::new(FailureKind::Unreachable, message)
            }
            _ => return None,
        })
    }

    fn cut(host: &str) -> Self {
        let message =
            format!("{host} cut the connection without an answer. Look into the receiver's own log.");
        Self::new(FailureKind::ConnectionReset, message)
    }
}

fn tls(error: &TlsError, around: Circumstances<'_>) -> String {
    let host = around.host;
    match error {
        TlsError::InvalidCertificate(error) => certificate(error, around),
        TlsError::InvalidMessage(_) | TlsError::PeerSentOversizedRecord => format!(
            "{host} does not speak https at this port. Check the port in the webhook's URL, or set up https there."
        ),
        TlsError::AlertReceived(alert) => {
            format!(
                "{host} ended the secure connection ({alert:?}). Check that its certificate covers this name."
            )
        }
        TlsError::PeerIncompatible(_) => {
            format!("{host} is too old for a secure connection. It needs TLS 1.2 or 1.3.")
        }
        other => format!("No secure connection to {host} came about: {other}."),
    }
}

fn certificate(error: &CertificateError, around: Circumstances<'_>) -> String {
    let host = around.host;
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("The certificate of {host} has expired. Renew it there.")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("The certificate of {host} is not valid yet. Check the clocks of both servers.")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "The certificate of {host} is made out to another name. Check the URL, or get one for {host}."
            )
        }
        CertificateError::Revoked => {
            format!("The certificate of {host} has been revoked. Get a new one there.")
        }
        CertificateError::UnknownIssuer if around.no_authorities => format!(
            "The certificate of {host} cannot be checked: this server has no list of certificate authorities. Its \
             operator should install the package ca-certificates, or set SSL_CERT_FILE, and start it again."
        ),
        CertificateError::UnknownIssuer => format!(
            "The certificate of {host} does not come from a known authority; it may be self-signed, or the receiver does \
             not send the certificates in between. Get one from an authority such as Let's Encrypt."
        ),
        other => format!("The certificate of {host} is not valid ({other}). Get a new one there."),
    }
}

/// The first error of a type among the causes.
fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    chain(error).last().unwrap_or(error)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // What an io::Error wraps is not its source: it passes its wrapped error's source on.
        match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        }
    })
}
