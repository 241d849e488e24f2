//! Headers of a webhook's own: sent as they were given, kept encrypted, never shown.

use db::{Param, Weight};
use domain::webhook_headers::MASK;
use serde_json::{Value as Json, json};
use testkit::{Receiver, on_both_engines};

use super::{member, newest, subscribe_with};
use crate::trust::places;

const TOKEN: &str = "Bearer very-confidential";

on_both_engines! {
    async fn texts_are_kept_encrypted_and_never_shown(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let headers = json!({"Authorization": TOKEN, "X-Environment": "very-confidential too"});
        let body = json!({"url": receiver.url(), "events": ["member.*"], "headers": headers});
        let (path, _) = subscribe_with(&client, body.clone()).await;
        let shown = client.get(&path).await.status(200).json();
        assert_eq!(shown["headers"], json!({"Authorization": MASK, "X-Environment": MASK}));
        for kind in ["application/json", "application/ld+json", "text/csv"] {
            let list = client.get("/api/webhooks").header("accept", kind).await.status(200);
            assert!(list.text().contains(MASK) && !list.text().contains("sealed"), "{}", list.text());
        }

        // What is sent back as it was shown, or as it is stored, changes nothing.
        let _ = client.put(&path, shown.clone()).await.status(200);
        let _ = client.put(&path, body).await.status(200);
        let _ = client.patch(&path, json!({"headers": {"Authorization": TOKEN, "X-Environment": MASK}})).await.status(200);
        assert_eq!(client.get(&path).await.json(), shown);
        let other = json!({"headers": {"X-Environment": "other", "X-New": "very-confidential new"}});
        assert_eq!(client.patch(&path, other).await.status(200).json()["version"], 2);
        let _ = client.patch(&path, json!({"headers": {"X-New": null}})).await.status(200);
        // The mask stands for nothing where nothing is stored.
        let renamed = json!({"headers": {"X-Renamed": MASK}});
        let _ = client.patch(&path, renamed.clone()).await.status(400).violation("headers.X-Renamed", "required");
        let new = json!({"url": receiver.url(), "events": ["*"], "headers": renamed["headers"]});
        let _ = client.post("/api/webhooks", new).await.status(400).violation("headers.X-Renamed", "required");

        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let received = receiver.wait_for(1).await;
        assert_eq!(received[0].header("authorization"), TOKEN);
        assert_eq!(received[0].header("x-environment"), "other");
        let delivery = newest(&client, &path, |it| it["status"] == "succeeded").await;
        let detail = client.get(&format!("{path}/deliveries/{}", delivery["id"].as_str().unwrap())).await.json();
        let sent = &detail["attempts"][0]["request"]["headers"];
        assert_eq!((&sent["Authorization"], &sent["webhook-id"]), (&json!(MASK), &delivery["eventId"]));
        assert_eq!(places(app.app.db(), "very-confidential").await, Vec::<String>::new());
    }

    async fn what_is_too_long_with_what_is_stored_is_refused(app: TestApp) {
        let client = app.client().await;
        let body = json!({"url": "https://crm.example.org/", "events": ["*"], "headers": {"X-A": "a".repeat(3_000)}});
        let (path, _) = subscribe_with(&client, body).await;
        let more = json!({"headers": {"X-B": "b".repeat(3_000)}});
        let _ = client.patch(&path, more).await.status(400).violation("headers", "too_long");
    }

    async fn texts_of_an_older_version_are_sent_and_encrypted_at_the_next_start(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "events": ["member.*"], "headers": {"X-Token": "soon"}});
        let (path, _) = subscribe_with(&client, body).await;
        let plain = Param::Text(json!({"X-Token": "plain-old-text"}).to_string());
        let stored = app.app.db().write(move |tx| {
            let plain = plain.clone();
            Box::pin(async move { tx.execute("UPDATE webhooks SET headers = ?", &[plain]).await })
        });
        assert_eq!(stored.await.unwrap(), 1);
        assert_eq!(client.get(&path).await.json()["headers"], json!({"X-Token": MASK}));
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let _ = receiver.wait_for(1).await;
        app.app.seal_plain_headers().await.unwrap();
        app.app.seal_plain_headers().await.unwrap();
        assert_eq!(places(app.app.db(), "plain-old-text").await, Vec::<String>::new());
        let _ = member(&client, "Doe").await;
        let received = receiver.wait_for(2).await;
        let tokens: Vec<&str> = received.iter().map(|it| it.header("x-token")).collect();
        assert_eq!(tokens, ["plain-old-text"; 2]);
    }

    async fn they_go_with_a_secret_key_that_is_lost(app: TestApp) {
        let client = app.client().await;
        let body = json!({"url": "https://crm.example.org/", "events": ["*"], "headers": {"X-Token": "abc"}});
        let (path, _) = subscribe_with(&client, body).await;
        app.app.forget_secrets().await.unwrap();
        let shown = client.get(&path).await.status(200).json();
        assert_eq!((&shown["headers"], &shown["enabled"]), (&json!({}), &json!(false)));
        let texts = app.app.db().all(Weight::Short, "SELECT headers FROM webhooks", &[], |row| Ok(row.text(0)?.to_owned()));
        assert_eq!(texts.await.unwrap(), ["{}"]);
        let reason: &Json = &shown["disabledReason"];
        assert!(reason.as_str().unwrap().contains("headers"), "{reason}");
    }
}
