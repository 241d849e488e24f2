//! The certificate that this program shows to PostgreSQL, where the server asks for one: what `sslcert` and `sslkey` of the
//! URL name (libpq, "Client Certificates"). Knows files of PEM; must never tell what is in a key.

use std::fmt::Display;

use rustls::client::WantsClientCert;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, Error, InconsistentKeys};

use super::tls::unusable;
use crate::DbError;

/// The two files, which go together.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Identity {
    certificate: String,
    key: String,
}

impl Identity {
    /// What the URL names; unlike libpq, this program looks for no files in a home directory.
    pub(super) fn of(certificate: Option<String>, key: Option<String>) -> Result<Option<Self>, DbError> {
        match (certificate, key) {
            (None, None) => Ok(None),
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key })),
            (Some(_), None) => Err(unusable(
                "sslcert names a certificate for this server, but there is no sslkey: add sslkey=FILE, the private \
                 key that belongs to it",
            )),
            (None, Some(_)) => Err(unusable(
                "sslkey names a private key, but there is no sslcert: add sslcert=FILE, the certificate that belongs \
                 to it",
            )),
        }
    }

    /// Lets connections show the certificate.
    pub(super) fn show(
        &self,
        builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Result<ClientConfig, DbError> {
        let client = builder.with_client_auth_cert(self.certificates()?, self.private_key()?);
        client.map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => unusable(&format!(
                "the key of sslkey={} does not belong to the certificate of sslcert={}: name the two that were made \
                 together",
                self.key, self.certificate
            )),
            other => unusable(&format!(
                "the certificate of sslcert={} and the key of sslkey={} cannot be used: {other}",
                self.certificate, self.key
            )),
        })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, DbError> {
        let file = &self.certificate;
        let unreadable = |error: &dyn Display| {
            unusable(&format!("the certificate of sslcert={file} cannot be read: {error}"))
        };
        let found = CertificateDer::pem_file_iter(file).map_err(|error| unreadable(&error))?;
        let found: Result<Vec<_>, PemError> = found.collect();
        let found = found.map_err(|error| unreadable(&error))?;
        if found.is_empty() {
            return Err(unreadable(
                &"there is none in it; a PEM file has one behind -----BEGIN CERTIFICATE-----",
            ));
        }
        Ok(found)
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, DbError> {
        let file = &self.key;
        PrivateKeyDer::from_pem_file(file).map_err(|error| {
            let why = match error {
                PemError::NoItemsFound => "there is none in it that can be used; a PEM file has one behind \
                    -----BEGIN PRIVATE KEY-----. One that is encrypted with a passphrase must be decrypted first: \
                    openssl pkey -in FILE -out NEW"
                    .to_owned(),
                PemError::Io(error) => format!("{error}. It must be there and readable by the user this server runs as"),
                // The reader's other words quote what is in the file.
                _ => "it is not a PEM file: lines are missing or damaged".to_owned(),
            };
            unusable(&format!("the private key of sslkey={file} cannot be read: {why}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use rustls::crypto::ring::default_provider;

    use super::*;

    const CERTIFICATE: &str = "client.pem";
    const KEY: &str = "client.key";

    fn shown(identity: &Identity) -> Result<(), String> {
        let builder = ClientConfig::builder_with_provider(default_provider().into());
        let builder = builder.with_safe_default_protocol_versions().unwrap();
        let builder = builder.with_root_certificates(rustls::RootCertStore::empty());
        identity.show(builder).map(drop).map_err(|error| error.to_string())
    }

    fn pair() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(vec!["mp".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    #[test]
    fn one_of_the_two_is_not_enough() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(Identity::of(None, None).unwrap(), None);
        let both = Identity::of(some(CERTIFICATE), some(KEY)).unwrap();
        assert!(both.is_some());
        let error = Identity::of(some(CERTIFICATE), None).unwrap_err().to_string();
        assert!(error.contains("add sslkey=FILE"), "{error}");
        let error = Identity::of(None, some(KEY)).unwrap_err().to_string();
        assert!(error.contains("add sslcert=FILE"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_and_nothing_of_a_key_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let identity = Identity { certificate: path(CERTIFICATE), key: path(KEY) };
        let write = |name: &str, text: &str| std::fs::write(path(name), text).unwrap();
        let (certificate, key) = pair();
        let body = key.lines().nth(1).unwrap().to_owned();
        let bare = key.replace("-----END PRIVATE KEY-----", "");
        let damaged = key.replacen(&body, &format!("{body}*"), 1);
        let locked = key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");

        let error = shown(&identity).unwrap_err();
        assert!(error.contains(&format!("sslcert={}", identity.certificate)), "{error}");
        write(CERTIFICATE, "no certificate");
        let error = shown(&identity).unwrap_err();
        assert!(error.contains("BEGIN CERTIFICATE"), "{error}");
        write(CERTIFICATE, &certificate);
        let error = shown(&identity).unwrap_err();
        assert!(error.contains(&format!("sslkey={}", identity.key)), "{error}");
        assert!(error.contains("readable by the user"), "{error}");
        for (text, why) in [
            ("no key", "BEGIN PRIVATE KEY"),
            (certificate.as_str(), "BEGIN PRIVATE KEY"),
            (locked.as_str(), "openssl pkey"),
            (bare.as_str(), "not a PEM file"),
            (damaged.as_str(), "not a PEM file"),
            (pair().1.as_str(), "made together"),
        ] {
            write(KEY, text);
            let error = shown(&identity).unwrap_err();
            assert!(error.contains(why), "{why}: {error}");
            assert!(!error.contains(&body) && !error.contains("no key"), "{error}");
        }
        write(KEY, &key);
        assert_eq!(shown(&identity), Ok(()));
    }
}
