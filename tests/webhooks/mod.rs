//! Webhooks and the change feed (API §8): what is sent, when, to whom, and what is told of it.

mod deliveries;
mod endpoints;
mod feed;
mod headers;
mod health;
mod servers;

use serde_json::{Value as Json, json};
use testkit::{Client, Receiver};

/// Makes a webhook for these events; answers with its path and its secret.
async fn subscribe(client: &Client, receiver: &Receiver, events: &[&str]) -> (String, String) {
    subscribe_with(client, json!({"url": receiver.url(), "events": events})).await
}

async fn subscribe_with(client: &Client, body: Json) -> (String, String) {
    let made = client.post("/api/webhooks", body).await.status(201);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    (made.header("location").unwrap().to_owned(), secret)
}

/// Makes a member; answers with its path.
async fn member(client: &Client, name: &str) -> String {
    let body = json!({"firstName": "Jo", "lastName": name, "email": format!("{name}@example.org")});
    let made = client.post("/api/members", body).await.status(201);
    made.header("location").unwrap().to_owned()
}

/// The deliveries of a webhook, newest first.
async fn deliveries(client: &Client, webhook: &str) -> Vec<Json> {
    let list = client.get(&format!("{webhook}/deliveries")).await.status(200).json();
    list["data"].as_array().unwrap().clone()
}

/// Waits until the newest delivery of a webhook is so.
async fn newest(client: &Client, webhook: &str, is: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..400 {
        if let Some(delivery) = deliveries(client, webhook).await.into_iter().next()
            && is(&delivery)
        {
            return delivery;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it never became so: {:#?}", deliveries(client, webhook).await);
}

/// Waits until a webhook shows itself so, and answers with that: what came of deliveries is stored a moment later.
async fn becomes(client: &Client, webhook: &str, is: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..400 {
        let shown = client.get(webhook).await.status(200).json();
        if is(&shown) {
            return shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it never became so: {:#?}", client.get(webhook).await.json());
}
