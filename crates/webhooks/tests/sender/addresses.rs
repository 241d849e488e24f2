//! The guard at work: what is refused is not connected to, and what was judged is what is connected to.

use axum::body::Body;
use axum::http::Response;
use webhooks::{FailureKind, Outcome, Sender, Settings, Verdict};

use crate::receiver::{Receiver, Scripted, failure, outgoing, settings};

async fn receiver() -> Receiver {
    Receiver::web(|_| Response::new(Body::empty())).await
}

/// A receiver after whose answer the connection is not kept.
async fn closing() -> Receiver {
    Receiver::web(|_| Response::builder().header("connection", "close").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn addresses_in_urls_are_refused_in_every_form() {
    let receiver = receiver().await;
    let sender = Sender::new(Settings::default()).unwrap();
    let port = receiver.address.port();
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "localhost",
        "a.localhost.",
    ] {
        let failure = failure(sender.send(outgoing(format!("http://{host}:{port}/"))).await.outcome);
        assert_eq!(failure.kind, FailureKind::AddressRefused, "{host}");
        assert!(failure.message.contains("--allow-private-webhooks"), "{}", failure.message);
    }
    // A form that nothing uses any more is no way to this machine, whatever is allowed.
    let failure = failure(sender.send(outgoing(format!("http://[::127.0.0.1]:{port}/"))).await.outcome);
    assert_eq!(failure.kind, FailureKind::AddressRefused);
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn other_schemes_and_credentials_are_refused() {
    let sender = Sender::new(Settings::default()).unwrap();
    for url in ["ftp://example.org/", "file:///etc/passwd", "https://me:pw@example.org/", "nonsense"] {
        assert_eq!(
            failure(sender.send(outgoing(url)).await.outcome).kind,
            FailureKind::AddressRefused,
            "{url}"
        );
    }
}

#[tokio::test]
async fn a_public_name_that_leads_inside_is_refused() {
    let receiver = receiver().await;
    let url = format!("http://hooks.example.org:{}/", receiver.address.port());
    for address in
        ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254", "fd00:ec2::254", "0.0.0.0"]
    {
        let lookup = Scripted::new(&[&[address]]);
        let sender = Sender::new(Settings { lookup: lookup.clone(), ..Settings::default() }).unwrap();
        let failure = failure(sender.send(outgoing(&url)).await.outcome);
        assert_eq!(failure.kind, FailureKind::AddressRefused, "{address}");
        let beginning = format!("Webhooks are not sent to hooks.example.org ({address}): it is ");
        assert!(failure.message.starts_with(&beginning), "{}", failure.message);
        assert_eq!(lookup.asked(), 1);
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn only_the_allowed_addresses_of_a_name_are_tried() {
    let receiver = receiver().await;
    // Nobody would answer at the first two; the port is that of the receiver at the third.
    let lookup = Scripted::new(&[&["169.254.169.254", "0.0.0.0", "127.0.0.1"]]);
    let sender = Sender::new(Settings { lookup, ..settings() }).unwrap();
    let url = format!("https://hooks.example.org:{}/", receiver.address.port()).replace("https", "http");
    let attempt = sender.send(outgoing(url)).await;
    assert_eq!(attempt.verdict(), Verdict::Delivered);
    assert_eq!(receiver.connections(), 1);
}

/// DNS rebinding: the first answer is harmless, each later one is not. There is one look-up for a connection,
/// so the later answers cannot reach a delivery that was judged by the first; and the next connection is
/// judged by its own.
#[tokio::test]
async fn an_answer_that_changes_is_judged_each_time() {
    let receiver = closing().await;
    let url = format!("http://hooks.example.org:{}/", receiver.address.port());
    let lookup = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"], &["127.0.0.1"]]);
    let sender = Sender::new(Settings { lookup: lookup.clone(), ..settings() }).unwrap();

    let first = sender.send(outgoing(&url)).await;
    assert!(matches!(first.outcome, Outcome::Responded(_)), "{first:?}");
    assert_eq!((lookup.asked(), receiver.connections()), (1, 1));

    let second = failure(sender.send(outgoing(&url)).await.outcome);
    assert_eq!(second.kind, FailureKind::AddressRefused);
    assert_eq!((lookup.asked(), receiver.connections()), (2, 1));

    let third = sender.send(outgoing(&url)).await;
    assert_eq!(third.verdict(), Verdict::Delivered);
    assert_eq!((lookup.asked(), receiver.connections()), (3, 2));
}

#[tokio::test]
async fn a_name_under_localhost_leads_to_this_machine_or_nowhere() {
    let receiver = receiver().await;
    let url = format!("http://hook.localhost:{}/", receiver.address.port());
    let lookup = Scripted::new(&[&["8.8.8.8", "10.0.0.1"], &["8.8.8.8", "127.0.0.1"]]);
    let sender = Sender::new(Settings { lookup, ..settings() }).unwrap();
    assert_eq!(failure(sender.send(outgoing(&url)).await.outcome).kind, FailureKind::AddressRefused);
    assert_eq!(sender.send(outgoing(&url)).await.verdict(), Verdict::Delivered);
}
