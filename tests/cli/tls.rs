//! https on the server's own listener.

use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::*;

const NAME: &str = "members.example.org";

/// Writes a new certificate with its key; answers with what clients must trust.
fn renew(place: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()]).unwrap();
    std::fs::write(place.join("key.pem"), signing_key.serialize_pem()).unwrap();
    std::fs::write(place.join("cert.pem"), cert.pem()).unwrap();
    cert.der().clone()
}

/// Asks by https, trusting one certificate only; nothing when that is not the server's.
fn ask(address: &str, trusted: &CertificateDer<'static>) -> Option<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(NAME).unwrap();
    let client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(client, connect(address));
    let head = format!("GET /healthz HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

#[test]
fn it_is_spoken_with_the_certificate_on_disk_even_when_that_is_renewed() {
    let store = Store::directory();
    let place = tempfile::tempdir().unwrap();
    let (certificate, key) = (place.path().join("cert.pem"), place.path().join("key.pem"));
    let options =
        ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()].map(str::to_owned);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let first = renew(place.path());
    let server = store.serve_with(&options);
    let address = server.address.strip_prefix("https://").unwrap().to_owned();
    assert!(ask(&address, &first).unwrap().starts_with("HTTP/1.1 200"));
    // Who speaks http gets no answer, and harms nobody.
    let mut plain = connect(&address);
    plain.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");

    std::fs::write(&certificate, "nothing of use").unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert!(ask(&address, &first).is_some(), "the old one stays while the new one is broken");
    let second = renew(place.path());
    wait_until(|| ask(&address, &second).is_some());
    assert!(ask(&address, &first).is_none());
    server.signal(Signal::TERM);
    let (code, log) = server.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("cannot be used") && log.contains("taken up"), "{log}");
}

#[test]
fn what_cannot_be_used_is_refused_at_the_start() {
    let store = Store::directory();
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let _ = renew(place.path());
    let refused = |certificate: &str, key: &str, code: i32| {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", certificate, "--tls-key", key];
        store.run(&arguments).refused(code).to_owned()
    };
    assert!(refused(&file("none.pem"), &file("key.pem"), 1).contains("none.pem cannot be read"));
    assert!(refused(&file("key.pem"), &file("key.pem"), 1).contains("no certificate in it"));
    assert!(refused(&file("cert.pem"), &file("cert.pem"), 1).contains("the key"));
    let other = tempfile::tempdir().unwrap();
    let _ = renew(other.path());
    let foreign = other.path().join("key.pem");
    assert!(refused(&file("cert.pem"), foreign.to_str().unwrap(), 1).contains("do not go together"));
    let alone = store.run(&["serve", "--tls-cert", &file("cert.pem")]);
    assert!(alone.refused(2).contains("--tls-key"));
}
