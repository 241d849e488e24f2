//! Notifications between processes on one PostgreSQL server (LISTEN and NOTIFY). A hint, never the only
//! way to learn of something: what is announced while the connection is lost is not heard.

use std::future::poll_fn;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Pause before a lost connection is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Payloads that may wait to be heard; what comes when so many wait is dropped.
const WAITING: usize = 1_024;

/// Hears a channel on a connection of its own until the receiver is dropped.
pub(super) fn listen(
    config: Config,
    tls: MakeRustlsConnect,
    channel: &'static str,
) -> mpsc::Receiver<String> {
    let (heard, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        while !heard.is_closed() {
            if let Err(error) = hear(&config, tls.clone(), channel, &heard).await {
                tracing::debug!(%error, "notifications are not heard for a moment");
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    receiver
}

async fn hear(
    config: &Config,
    tls: MakeRustlsConnect,
    channel: &str,
    heard: &mpsc::Sender<String>,
) -> Result<(), tokio_postgres::Error> {
    let (client, mut connection) = config.connect(tls).await?;
    let (messages, mut received) = mpsc::channel(WAITING);
    // The connection must be driven for the statement to be answered.
    let driver = tokio::spawn(async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            if let AsyncMessage::Notification(notification) = message? {
                let _ = messages.try_send(notification.payload().to_owned());
            }
        }
        Ok::<(), tokio_postgres::Error>(())
    });
    client.batch_execute(&format!("LISTEN {channel}")).await?;
    loop {
        tokio::select! {
            payload = received.recv() => match payload {
                Some(payload) => drop(heard.try_send(payload)),
                // The connection ended.
                None => break,
            },
            () = heard.closed() => break,
        }
    }
    driver.abort();
    Ok(())
}
