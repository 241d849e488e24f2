//! Certificates: a known authority, the right name, in time; everything else is refused with a reason.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use webhooks::{Failure, FailureKind, Outcome, Sender, Settings, Verdict};

use crate::receiver::{Receiver, Scripted, failure, outgoing, settings};

const NAME: &str = "hooks.example.org";

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn certificate(issuer: Option<&Authority>, change: impl FnOnce(&mut CertificateParams)) -> ServerConfig {
    let mut params = CertificateParams::new([NAME.to_owned()]).unwrap();
    change(&mut params);
    let key = KeyPair::generate().unwrap();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer),
        None => params.self_signed(&key),
    };
    let chain = vec![certificate.unwrap().der().clone()];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// Sends to a receiver with this certificate; the sender trusts this authority beside those of the system.
async fn send(config: ServerConfig, trusted: &Authority) -> webhooks::Attempt {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let receiver = Receiver::bare(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n{}") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            stream.shutdown().await.unwrap();
        }
    })
    .await;
    to(&receiver, vec![trusted.der().clone()]).await
}

async fn to(receiver: &Receiver, extra_authorities: Vec<CertificateDer<'static>>) -> webhooks::Attempt {
    let lookup = Scripted::new(&[&["127.0.0.1"]]);
    let sender = Sender::new(Settings { lookup, extra_authorities, ..settings() }).unwrap();
    sender.send(outgoing(format!("https://{NAME}:{}/", receiver.address.port()))).await
}

async fn refused(config: ServerConfig, trusted: &Authority) -> String {
    let Failure { kind, message } = failure(send(config, trusted).await.outcome);
    assert_eq!(kind, FailureKind::Tls, "{message}");
    message
}

#[tokio::test]
async fn a_good_certificate_is_accepted() {
    let authority = authority("Known");
    let attempt = send(certificate(Some(&authority), |_| {}), &authority).await;
    assert_eq!(attempt.verdict(), Verdict::Delivered, "{attempt:?}");
}

#[tokio::test]
async fn a_self_signed_certificate_is_refused() {
    let message = refused(certificate(None, |_| {}), &authority("Known")).await;
    let expected =
        "The certificate of hooks.example.org does not come from a known authority; it may be self-signed";
    assert!(message.starts_with(expected), "{message}");
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let message = refused(certificate(Some(&authority("Unknown")), |_| {}), &authority("Known")).await;
    assert!(message.contains("does not come from a known authority"), "{message}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = authority("Known");
    let expired = certificate(Some(&authority), |params| params.not_after = date_time_ymd(2020, 1, 1));
    assert!(
        refused(expired, &authority).await.starts_with("The certificate of hooks.example.org has expired.")
    );
}

#[tokio::test]
async fn a_certificate_from_the_future_is_refused() {
    let authority = authority("Known");
    let early = certificate(Some(&authority), |params| params.not_before = date_time_ymd(4_000, 1, 1));
    assert!(refused(early, &authority).await.contains("is not valid yet"));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = authority("Known");
    let other = CertificateParams::new(["other.example.org".to_owned()]).unwrap().subject_alt_names;
    let message =
        refused(certificate(Some(&authority), |params| params.subject_alt_names = other), &authority).await;
    assert!(message.contains("made out to another name"), "{message}");
}

#[tokio::test]
async fn a_port_without_tls_is_told_as_such() {
    let receiver = Receiver::bare(|mut stream| async move {
        drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
        std::future::pending::<()>().await;
    })
    .await;
    let attempt = to(&receiver, vec![authority("Known").der().clone()]).await;
    let Outcome::Failed(failure) = attempt.outcome else { panic!("{attempt:?}") };
    assert_eq!(failure.kind, FailureKind::Tls);
    assert!(failure.message.contains("does not speak https at this port"), "{}", failure.message);
}

#[test]
fn an_authority_that_is_none_is_refused_at_once() {
    let extra_authorities = vec![CertificateDer::from(vec![1, 2, 3])];
    let error = Sender::new(Settings { extra_authorities, ..settings() }).unwrap_err();
    assert!(error.to_string().contains("an extra certificate authority is not usable"), "{error}");
}
