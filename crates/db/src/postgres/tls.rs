//! Encrypted connections to PostgreSQL, by rustls: what `sslmode`, `sslrootcert`, `sslcert` and `sslkey` of the URL ask for,
//! with the meaning that they have for every PostgreSQL client (libpq, "SSL Support").
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | `disable` | no | |
//! | `allow`, `prefer` (the default) | when the server can | not looked at |
//! | `require` | yes | not looked at; as `verify-ca` when `sslrootcert` is given |
//! | `verify-ca` | yes | of an authority of `sslrootcert`, else of the system |
//! | `verify-full` | yes | that, and it bears the host's name |

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;
use tokio_postgres::Config;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::identity::Identity;
use crate::DbError;

/// The word for the system's certificate authorities.
const SYSTEM: &str = "system";

/// What a URL says about the server, and how to speak with it.
pub(super) fn read(url: &str) -> Result<(Config, MakeRustlsConnect), DbError> {
    let (rest, wanted) = take(url)?;
    let mut config: Config = rest.parse().map_err(|_| {
        DbError::Unavailable(
            "the PostgreSQL URL is not valid: it must look like postgres://user:password@host:5432/database, with \
             sslmode=, sslrootcert= and other settings behind a question mark"
                .to_owned(),
        )
    })?;
    if let Some(mode) = wanted.mode {
        config.ssl_mode(mode);
    }
    Ok((config, MakeRustlsConnect::new(wanted.client()?)))
}

/// How far a certificate is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    Nothing,
    Authority,
    AuthorityAndName,
}

#[derive(PartialEq, Eq, Debug)]
struct Wanted {
    /// What the URL says; nothing leaves it to the driver's default, which is `prefer`.
    mode: Option<SslMode>,
    check: Check,
    authorities: Option<String>,
    identity: Option<Identity>,
}

/// Takes what is about certificates out of a URL: the driver knows none of it.
fn take(url: &str) -> Result<(String, Wanted), DbError> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (mut mode, mut authorities, mut others) = (None, None, Vec::new());
    let (mut certificate, mut key) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "sslmode" => mode = Some(value()),
            "sslrootcert" => authorities = Some(value()).filter(|value| !value.is_empty()),
            "sslcert" => certificate = Some(value()).filter(|value| !value.is_empty()),
            "sslkey" => key = Some(value()).filter(|value| !value.is_empty()),
            _ => others.push(pair),
        }
    }
    let is_system = authorities.as_deref() == Some(SYSTEM);
    let (mode, check) = match mode.as_deref() {
        None if is_system => (Some(SslMode::Require), Check::AuthorityAndName),
        None => (None, Check::Nothing),
        Some("disable") => (Some(SslMode::Disable), Check::Nothing),
        Some("allow" | "prefer") if !is_system => (Some(SslMode::Prefer), Check::Nothing),
        Some("require") if authorities.is_none() => (Some(SslMode::Require), Check::Nothing),
        Some("require" | "verify-ca") if !is_system => (Some(SslMode::Require), Check::Authority),
        // As libpq has it: every authority of the system for any name would be no check.
        Some("verify-ca") if authorities.is_none() => (Some(SslMode::Require), Check::Authority),
        Some("verify-full") => (Some(SslMode::Require), Check::AuthorityAndName),
        Some("allow" | "prefer" | "require" | "verify-ca") => {
            return Err(unusable(
                "sslrootcert=system goes with sslmode=verify-full only: any name would pass else",
            ));
        }
        Some(other) => {
            return Err(unusable(&format!(
                "there is no sslmode={other}: choose disable, prefer, require, verify-ca or verify-full"
            )));
        }
    };
    let rest = if others.is_empty() { address.to_owned() } else { format!("{address}?{}", others.join("&")) };
    Ok((rest, Wanted { mode, check, authorities, identity: Identity::of(certificate, key)? }))
}

pub(super) fn unusable(why: &str) -> DbError {
    DbError::Unavailable(format!("the PostgreSQL URL cannot be used: {why}"))
}

impl Wanted {
    fn client(&self) -> Result<ClientConfig, DbError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| DbError::Other(error.to_string()))?;
        let by_authority = match self.check {
            Check::Nothing => None,
            Check::Authority | Check::AuthorityAndName => Some(self.authorities(provider.clone())?),
        };
        let check = ServerCheck { by_authority, names: self.check == Check::AuthorityAndName, provider };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(check));
        match &self.identity {
            // What is never encrypted shows no certificate: its files need not be there.
            Some(identity) if self.mode != Some(SslMode::Disable) => identity.show(builder),
            _ => Ok(builder.with_no_client_auth()),
        }
    }

    fn authorities(&self, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, DbError> {
        let Some(file) = self.authorities.as_deref().filter(|name| *name != SYSTEM) else {
            let system = Verifier::new(provider).map_err(|error| {
                unusable(&format!(
                    "this machine has no certificate authorities ({error}): install ca-certificates, or name the \
                     server's authority with sslrootcert=FILE"
                ))
            })?;
            return Ok(Arc::new(system));
        };
        let unreadable = |error: &dyn std::fmt::Display| {
            unusable(&format!("the certificates of sslrootcert={file} cannot be read: {error}"))
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))? {
            let added = certificate.map_err(|error| unreadable(&error)).map(|it| roots.add(it))?;
            added.map_err(|error| unreadable(&error))?;
        }
        if roots.is_empty() {
            return Err(unreadable(&"there is none in it; one begins with -----BEGIN CERTIFICATE-----"));
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Ok(verifier.map_err(|error| unreadable(&error))?)
    }
}

/// Looks at a server's certificate as far as was asked for.
#[derive(Debug)]
struct ServerCheck {
    by_authority: Option<Arc<dyn ServerCertVerifier>>,
    names: bool,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for ServerCheck {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(by_authority) = &self.by_authority else { return Ok(ServerCertVerified::assertion()) };
        let verdict =
            by_authority.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verdict {
            // Names are looked at last: everything else is in order.
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.names => Ok(ServerCertVerified::assertion()),
            verdict => verdict,
        }
    }

    // That the server has the certificate's key is always checked.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<(String, Option<SslMode>, Check), String> {
        let taken = take(&format!("postgres://mp@db.example/mp{query}"));
        let (rest, wanted) = taken.map_err(|error| error.to_string())?;
        assert!(rest.parse::<Config>().is_ok(), "{rest}");
        Ok((rest.trim_start_matches("postgres://mp@db.example/mp").to_owned(), wanted.mode, wanted.check))
    }

    #[test]
    fn modes_mean_what_they_mean_elsewhere() {
        let require = Some(SslMode::Require);
        for (query, rest, mode, check) in [
            ("", "", None, Check::Nothing),
            ("?application_name=a", "?application_name=a", None, Check::Nothing),
            ("?sslmode=disable", "", Some(SslMode::Disable), Check::Nothing),
            ("?sslmode=allow", "", Some(SslMode::Prefer), Check::Nothing),
            (
                "?sslmode=prefer&connect_timeout=5",
                "?connect_timeout=5",
                Some(SslMode::Prefer),
                Check::Nothing,
            ),
            ("?sslmode=require", "", require, Check::Nothing),
            ("?sslmode=require&sslrootcert=ca.pem", "", require, Check::Authority),
            ("?sslrootcert=ca.pem&sslmode=verify-ca", "", require, Check::Authority),
            ("?sslmode=verify-ca", "", require, Check::Authority),
            ("?sslmode=verify-full", "", require, Check::AuthorityAndName),
            ("?sslmode=verify-full&sslrootcert=system", "", require, Check::AuthorityAndName),
            ("?sslrootcert=system", "", require, Check::AuthorityAndName),
            ("?sslcert=mp.pem&connect_timeout=5&sslkey=mp.key", "?connect_timeout=5", None, Check::Nothing),
            ("?sslcert=&sslkey=", "", None, Check::Nothing),
        ] {
            assert_eq!(wanted(query), Ok((rest.to_owned(), mode, check)), "{query}");
        }
        for (query, why) in [
            ("?sslmode=verify", "choose disable, prefer, require, verify-ca or verify-full"),
            ("?sslmode=require&sslrootcert=system", "sslmode=verify-full only"),
            ("?sslmode=verify-ca&sslrootcert=system", "sslmode=verify-full only"),
            ("?sslcert=mp.pem", "add sslkey=FILE"),
            ("?sslkey=mp.key&sslmode=disable", "add sslcert=FILE"),
        ] {
            let error = wanted(query).unwrap_err();
            assert!(error.contains(why), "{query}: {error}");
        }
    }

    #[test]
    fn a_certificate_is_read_where_it_may_be_shown() {
        let client = |mode: &str| {
            let url =
                format!("postgres://db/mp?sslmode={mode}&sslcert=/nowhere/m%20p.pem&sslkey=/nowhere/mp.key");
            take(&url).unwrap().1.client().map(drop).map_err(|error| error.to_string())
        };
        assert_eq!(client("disable"), Ok(()));
        for mode in ["prefer", "require"] {
            let error = client(mode).unwrap_err();
            assert!(error.contains("sslcert=/nowhere/m p.pem"), "{error}");
        }
    }

    #[test]
    fn authorities_are_read_from_a_file() {
        let file = |name: &str| {
            let (_, wanted) =
                take(&format!("postgres://db/mp?sslmode=verify-ca&sslrootcert={name}")).unwrap();
            wanted.client().map(drop).map_err(|error| error.to_string())
        };
        let error = file("/nowhere/the%20ca.pem").unwrap_err();
        assert!(error.contains("/nowhere/the ca.pem"), "{error}");
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let error = file(here.to_str().unwrap()).unwrap_err();
        assert!(error.contains("BEGIN CERTIFICATE"), "{error}");
    }
}
