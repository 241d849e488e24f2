//! TLS on the server's own listener, for those who run it without a proxy that ends TLS.
//!
//! A certificate that is renewed on disk is taken up while the server runs; a broken one is told of in the log, and the
//! old one stays.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::connections::Transport;
use crate::halt::Halt;

/// How long a client may take to agree on keys.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How often the files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// A certificate with its key, as it is on disk. Clones share it.
#[derive(Clone)]
pub(super) struct Tls(Arc<Inner>);

struct Inner {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads the files: certificates from the server's own to the last that clients do not know, and its key, both PEM.
    pub(super) fn open(certificate: PathBuf, key: PathBuf) -> Result<Self, Halt> {
        let config = read(&certificate, &key).map_err(Halt::failed)?;
        Ok(Self(Arc::new(Inner { certificate, key, config: RwLock::new(Arc::new(config)) })))
    }

    /// Takes up what changes on disk, until it is told to stop.
    pub(super) async fn follow(self, mut stopped: watch::Receiver<bool>) {
        let mut known = self.changed_at();
        loop {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
            let now = self.changed_at();
            if now == known {
                continue;
            }
            match read(&self.0.certificate, &self.0.key) {
                Ok(config) => {
                    *self.0.config.write() = Arc::new(config);
                    known = now;
                    tracing::info!("a renewed certificate was taken up");
                }
                // Perhaps one of the two is not written yet: looked at again.
                Err(error) => {
                    tracing::warn!(error, "the renewed certificate cannot be used; the old one stays");
                }
            }
        }
    }

    fn changed_at(&self) -> [Option<SystemTime>; 2] {
        [&self.0.certificate, &self.0.key].map(|file| std::fs::metadata(file).ok()?.modified().ok())
    }
}

impl Transport for Tls {
    type Stream = TlsStream<TcpStream>;

    /// Agrees on keys with a client; that it fails is the client's affair.
    async fn open(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.0.config.read().clone());
        match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a client could not agree on keys");
                None
            }
            Err(_) => None,
        }
    }
}

fn read(certificate: &PathBuf, key: &PathBuf) -> Result<ServerConfig, String> {
    let unreadable = |what: &str, path: &PathBuf, error: &dyn std::fmt::Display| {
        format!("the {what} {} cannot be read: {error}", path.display())
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|error| unreadable("certificate", certificate, &error))?;
    if chain.is_empty() {
        let none = "there is no certificate in it; it must begin with -----BEGIN CERTIFICATE-----";
        return Err(unreadable("certificate", certificate, &none));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| unreadable("key", key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| {
            format!("{} and {} do not go together: {error}", certificate.display(), key.display())
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
