//! How a webhook does: a day's figures, and the warnings while it fails (API §8).

use serde_json::{Value as Json, json};
use testkit::{Behaviour, Client, Receiver, TestApp, on_both_engines};

use super::{becomes, member, newest, subscribe};

async fn health(client: &Client, webhook: &str) -> Json {
    client.get(&format!("{webhook}/health")).await.status(200).json()
}

/// The level that the server's clockwork has a failing webhook at, after so many seconds more.
async fn level_after(app: &TestApp, client: &Client, webhook: &str, seconds: i64) -> Json {
    app.advance(seconds);
    let _ = app.app.warn_of_webhooks().await.unwrap();
    client.get(webhook).await.status(200).json()["warningLevel"].clone()
}

on_both_engines! {
    async fn attempts_are_counted_by_hour(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (webhook, _) = subscribe(&client, &receiver, &["member.created"]).await;
        let nothing = health(&client, &webhook).await;
        assert_eq!((&nothing["successRate"], &nothing["averageMs"]), (&json!(null), &json!(null)));
        assert_eq!(nothing["hours"].as_array().unwrap().len(), 24);
        let running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        app.advance(1);
        let _ = member(&client, "Goh").await;
        let _ = newest(&client, &webhook, |it| it["sequence"] == 2 && it["status"] == "succeeded").await;
        app.advance(3_600);
        receiver.behave(Behaviour::status(500));
        let _ = member(&client, "Tan").await;
        let _ = newest(&client, &webhook, |it| it["attemptCount"] == 1 && it["status"] == "pending").await;
        let shown = health(&client, &webhook).await;
        assert_eq!((&shown["succeeded"], &shown["failed"], &shown["successRate"]), (&json!(2), &json!(1), &json!(0.6666)));
        assert!(shown["averageMs"].as_i64() <= shown["slowestMs"].as_i64());
        assert_eq!(shown["since"], "2026-11-23T02:00:00Z");
        let hours = shown["hours"].as_array().unwrap();
        let of = |hour: &Json| (hour["start"].clone(), hour["succeeded"].clone(), hour["failed"].clone());
        assert_eq!(of(&hours[22]), (json!("2026-11-24T00:00:00Z"), json!(2), json!(0)));
        assert_eq!(of(&hours[23]), (json!("2026-11-24T01:00:00Z"), json!(0), json!(1)));
        running.stop().await;
        // A day later only that failure's hour is left, and after two days nothing of it is kept.
        app.advance(23 * 3_600);
        let later = health(&client, &webhook).await;
        assert_eq!((&later["succeeded"], &later["failed"]), (&json!(0), &json!(1)));
        app.advance(5 * 24 * 3_600);
        app.app.prune().await.unwrap();
        assert_eq!(health(&client, &webhook).await["failed"], 0);
    }

    async fn warnings_rise_while_a_webhook_fails_and_end_with_its_trouble(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let (webhook, _) = subscribe(&client, &receiver, &["member.created"]).await;
        let running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let failing = becomes(&client, &webhook, |shown| !shown["failingSince"].is_null()).await;
        assert_eq!(failing["warningLevel"], 0);
        let todo = client.get("/api/overview").await.status(200).json()["todo"].clone();
        assert_eq!((&todo[0]["kind"], &todo[0]["path"]), (&json!("webhook_failing"), &json!(webhook)));
        // Nothing is tried from here on, so that only time passes.
        running.stop().await;
        let day = 24 * 3_600;
        assert_eq!(level_after(&app, &client, &webhook, day - 1).await, 0);
        assert_eq!(level_after(&app, &client, &webhook, 1).await, 1);
        let version = client.get(&webhook).await.json()["version"].clone();
        assert_eq!(level_after(&app, &client, &webhook, day / 2).await, 1);
        assert_eq!(client.get(&webhook).await.json()["version"], version, "it is raised once");
        assert_eq!(level_after(&app, &client, &webhook, day / 2).await, 2);
        assert_eq!(level_after(&app, &client, &webhook, 3 * day / 2).await, 2);
        assert_eq!(level_after(&app, &client, &webhook, day / 2).await, 3);
        let warned = client.get("/api/webhooks?warningLevel[gte]=1").await.status(200).ids();
        assert_eq!(warned.len(), 1);
        receiver.behave(Behaviour::status(204));
        let _running = app.dispatching();
        let well = becomes(&client, &webhook, |shown| shown["failingSince"].is_null()).await;
        assert_eq!(well["warningLevel"], 0);
        assert_eq!(client.get("/api/overview").await.json()["todo"], json!([]));
    }

    async fn one_that_is_made_switched_off_is_quiet(app: TestApp) {
        let client = app.client().await;
        let body = json!({"url": "https://crm.example.org/hook", "events": ["*"], "enabled": false});
        let made = client.post("/api/webhooks", body).await.status(201).json();
        assert_eq!((&made["warningLevel"], &made["failingSince"]), (&json!(0), &json!(null)));
        assert_eq!(client.get("/api/overview").await.json()["todo"], json!([]));
    }

    async fn one_that_was_off_for_days_starts_anew(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let (webhook, _) = subscribe(&client, &receiver, &["member.created"]).await;
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let _ = becomes(&client, &webhook, |shown| !shown["failingSince"].is_null()).await;
        let _ = newest(&client, &webhook, |it| it["attemptCount"] == 1).await;
        app.advance(5 * 86_400);
        let _ = app.app.warn_of_webhooks().await.unwrap();
        let _ = becomes(&client, &webhook, |shown| shown["enabled"] == false).await;
        let todo = client.get("/api/overview").await.json()["todo"].clone();
        assert_eq!(todo[0]["kind"], "webhook_switched_off");
        let on = client.patch(&webhook, json!({"enabled": true})).await.status(200).json();
        assert_eq!(on["warningLevel"], 0);
        let _ = app.app.warn_of_webhooks().await.unwrap();
        assert_eq!(client.get(&webhook).await.json()["warningLevel"], 0);
    }
}
