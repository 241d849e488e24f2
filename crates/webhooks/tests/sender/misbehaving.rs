//! Receivers that hang, drip, never end, cut the line or talk nonsense: each costs its own time only.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use tokio::io::AsyncWriteExt as _;
use webhooks::{FailureKind, Outcome, Sender, Settings, Verdict};

use crate::receiver::{
    Receiver, Scripted, answered, failure, listen, outgoing, read_request, sender, settings,
};

const SHORT: Duration = Duration::from_millis(200);
/// Much longer than anything here may take, on a busy machine too.
const BOUND: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_receiver_that_hangs_is_left_in_time() {
    let receiver = Receiver::hanging().await;
    let mut delivery = outgoing(receiver.url());
    delivery.timeout = SHORT;
    let attempt = sender().send(delivery).await;
    assert!(attempt.duration >= SHORT && attempt.duration < BOUND, "{:?}", attempt.duration);
    let failure = failure(attempt.outcome);
    assert_eq!(failure.kind, FailureKind::TimedOut);
    assert!(
        failure.message.starts_with("127.0.0.1 did not answer within 0.2 seconds."),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn a_head_that_drips_is_left_in_time() {
    let pieces = &["HTTP/1.1 200 OK\r\n", "x-a: a\r\n"];
    let receiver = Receiver::dripping(pieces, Duration::from_millis(20), Some(1)).await;
    let mut delivery = outgoing(receiver.url());
    delivery.timeout = SHORT;
    let attempt = sender().send(delivery).await;
    assert!(attempt.duration < BOUND);
    assert_eq!(failure(attempt.outcome).kind, FailureKind::TimedOut);
}

#[tokio::test]
async fn interim_answers_without_end_are_left_in_time() {
    let pieces = &["HTTP/1.1 102 Processing\r\n\r\n"];
    let receiver = Receiver::dripping(pieces, Duration::from_millis(5), Some(0)).await;
    let mut delivery = outgoing(receiver.url());
    delivery.timeout = SHORT;
    assert_eq!(failure(sender().send(delivery).await.outcome).kind, FailureKind::TimedOut);
}

#[tokio::test]
async fn a_body_that_drips_counts_as_delivered_and_is_cut() {
    let pieces = &["HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", "x"];
    let receiver = Receiver::dripping(pieces, Duration::from_millis(20), Some(1)).await;
    let begun = Instant::now();
    let attempt = sender().send(outgoing(receiver.url())).await;
    assert!(begun.elapsed() < BOUND);
    assert_eq!(attempt.verdict(), Verdict::Delivered);
    let Outcome::Responded(answer) = attempt.outcome else { panic!() };
    assert!(!answer.body_complete);
    assert!((1..1_000).contains(&answer.body_start.len()), "{}", answer.body_start.len());
}

#[tokio::test]
async fn a_body_without_end_is_cut_at_its_bound() {
    let receiver = Receiver::bare(|mut stream| async move {
        read_request(&mut stream).await;
        let block = vec![b'x'; 64 * 1_024];
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await);
        while stream.write_all(&block).await.is_ok() {}
    })
    .await;
    let begun = Instant::now();
    let answer = answered(receiver.url()).await;
    assert!(begun.elapsed() < BOUND);
    assert_eq!((answer.body_start.len(), answer.body_complete), (4_096, false));
}

#[tokio::test]
async fn a_head_without_end_is_cut_at_its_bound() {
    let receiver = Receiver::bare(|mut stream| async move {
        read_request(&mut stream).await;
        let block = vec![b'x'; 64 * 1_024];
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nx-a: ").await);
        while stream.write_all(&block).await.is_ok() {}
    })
    .await;
    let failure = failure(sender().send(outgoing(receiver.url())).await.outcome);
    assert_eq!(failure.kind, FailureKind::Unreadable);
}

#[tokio::test]
async fn a_cut_connection_is_told_as_such() {
    let reset = Receiver::bare(|mut stream| async move {
        read_request(&mut stream).await;
        stream.set_zero_linger().unwrap();
    })
    .await;
    let closed = Receiver::bare(|mut stream| async move { read_request(&mut stream).await }).await;
    let in_the_head = Receiver::bare(|mut stream| async move {
        read_request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nx-").await);
    })
    .await;
    for receiver in [reset, closed, in_the_head] {
        let failure = failure(sender().send(outgoing(receiver.url())).await.outcome);
        assert_eq!(failure.kind, FailureKind::ConnectionReset, "{failure:?}");
        assert!(failure.message.starts_with("127.0.0.1 cut the connection"), "{}", failure.message);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_does_not_undo_the_success() {
    let receiver = Receiver::bare(|mut stream| async move {
        read_request(&mut stream).await;
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await);
    })
    .await;
    let answer = answered(receiver.url()).await;
    assert_eq!((answer.status, &answer.body_start[..], answer.body_complete), (200, &b"abc"[..], false));
}

#[tokio::test]
async fn nobody_listening_is_told_as_such() {
    let (address, listener) = listen().await;
    drop(listener);
    let failure = failure(sender().send(outgoing(format!("http://{address}/"))).await.outcome);
    assert_eq!(failure.kind, FailureKind::ConnectionRefused);
    assert!(failure.message.starts_with("127.0.0.1 refuses connections."), "{}", failure.message);
}

#[tokio::test]
async fn what_is_not_http_is_told_as_such() {
    for nonsense in ["220 mail.example.org ESMTP\r\n", "SSH-2.0-x\r\n", "HTTP/1.1 abc\r\n\r\n", "\0\0\0\0"] {
        let receiver = Receiver::bare(move |mut stream| async move {
            drop(stream.write_all(nonsense.as_bytes()).await);
            std::future::pending::<()>().await;
        })
        .await;
        let failure = failure(sender().send(outgoing(receiver.url())).await.outcome);
        assert_eq!(failure.kind, FailureKind::Unreadable, "{nonsense:?}: {failure:?}");
    }
}

#[tokio::test]
async fn receivers_that_hang_delay_nobody_else() {
    let hanging = Receiver::hanging().await;
    let good = Receiver::web(|_| Response::new(Body::empty())).await;
    let sender = sender();
    let stuck: Vec<_> = (0..100)
        .map(|_| {
            let (sender, delivery) = (sender.clone(), outgoing(hanging.url()));
            tokio::spawn(async move { sender.send(delivery).await })
        })
        .collect();
    while hanging.connections() < 100 {
        tokio::task::yield_now().await;
    }
    let attempt = sender.send(outgoing(good.url())).await;
    assert_eq!(attempt.verdict(), Verdict::Delivered);
    assert!(attempt.duration < BOUND);
    assert!(stuck.iter().all(|task| !task.is_finished()));
}

#[tokio::test]
async fn a_name_without_an_address_is_told_as_such() {
    let sender = Sender::new(Settings { lookup: Scripted::new(&[&[]]), ..settings() }).unwrap();
    let failure = failure(sender.send(outgoing("http://hooks.exmaple.org/")).await.outcome);
    assert_eq!(failure.kind, FailureKind::NameNotFound);
    assert!(failure.message.starts_with("The name hooks.exmaple.org was not found"), "{}", failure.message);
}

/// `.invalid` has no address anywhere (RFC 6761 §6.4); the system's resolver says so, or that it cannot ask.
#[tokio::test]
async fn the_system_is_asked_for_names() {
    let attempt = sender().send(outgoing("http://hooks.invalid/")).await;
    assert_eq!(failure(attempt.outcome).kind, FailureKind::NameNotFound);

    let receiver = Receiver::web(|_| Response::new(Body::empty())).await;
    let answer = answered(format!("http://localhost:{}/", receiver.address.port())).await;
    assert_eq!(answer.status, 200);
}
