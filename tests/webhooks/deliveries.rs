//! What is sent: signed, mapped, tried again, told of in the log.

use domain::Timestamp;
use serde_json::{Value as Json, json};
use testkit::{Behaviour, Received, Receiver, on_both_engines};

use super::{becomes, deliveries, member, newest, subscribe, subscribe_with};

/// Checks the signature as the public library does; the test's clock stands, so the moment is not compared
/// with the real one.
fn assert_signed(received: &Received, secret: &str) {
    let webhook = standardwebhooks::Webhook::new(secret).unwrap();
    let moment: i64 = received.header("webhook-timestamp").parse().unwrap();
    let expected = webhook.sign(received.header("webhook-id"), moment, &received.body).unwrap();
    let all: Vec<&str> = received.header("webhook-signature").split(' ').collect();
    assert!(all.contains(&expected.as_str()), "{all:?}");
}

/// Seconds between the attempts, without jitter (API §8).
const WAITS: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];

on_both_engines! {
    async fn a_change_arrives_signed_with_what_it_was_before(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "events": ["member.*"], "headers": {"X-Token": "abc"}});
        let (webhook, secret) = subscribe_with(&client, body).await;
        let _running = app.dispatching();
        let path = member(&client, "Lim").await;
        let changed = client.patch(&path, json!({"company": "Lim & Co"})).await.status(200).json();
        let received = receiver.wait_for(2).await;
        let mut events: Vec<Json> = received.iter().map(Received::json).collect();
        events.sort_by_key(|event| event["sequence"].as_i64());
        let (created, updated) = (&events[0], &events[1]);
        assert_eq!((created["type"].as_str(), updated["type"].as_str()), (Some("member.created"), Some("member.updated")));
        assert_eq!(updated["data"], changed);
        assert_eq!(updated["previous"], json!({"company": null}));
        assert_eq!(created["previous"], json!({}));
        assert_eq!(updated["environment"], "production");
        assert_eq!(updated["organizationId"], app.acme.id.to_string());
        assert_eq!(updated["origin"]["type"], "api_key");
        assert_eq!(updated["sequence"], 2);
        for one in &received {
            assert_signed(one, &secret);
            assert_eq!(one.header("x-token"), "abc");
            assert_eq!(one.header("content-type"), "application/json");
            assert_eq!(one.header("webhook-id"), one.json()["id"].as_str().unwrap());
        }
        let delivery = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        assert_eq!((&delivery["attemptCount"], &delivery["responseStatus"]), (&json!(1), &json!(204)));
        let id = delivery["id"].as_str().unwrap();
        let detail = client.get(&format!("{webhook}/deliveries/{id}")).await.status(200).json();
        let sent: Json = serde_json::from_str(detail["request"]["body"].as_str().unwrap()).unwrap();
        assert_eq!(sent["id"], delivery["eventId"]);
        let attempt = &detail["attempts"][0];
        assert_eq!(attempt["response"]["status"], 204);
        assert_eq!(attempt["request"]["headers"]["webhook-id"], delivery["eventId"]);
        assert_eq!(attempt["error"], json!(null));
    }

    async fn a_failure_is_tried_again_by_the_schedule_with_the_same_id(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let (webhook, secret) = subscribe(&client, &receiver, &["member.created"]).await;
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let _ = receiver.wait_for(1).await;
        let failed = newest(&client, &webhook, |it| it["attemptCount"] == 1).await;
        assert_eq!(failed["status"], "pending");
        assert!(failed["error"].as_str().unwrap().contains("fault of its own"), "{failed}");
        let next = Timestamp::parse(failed["nextAttemptAt"].as_str().unwrap()).unwrap();
        let wait = next.as_micros() - app.app.now().as_micros();
        assert!((5_000_000..=5_500_000).contains(&wait), "{wait}");
        let _ = becomes(&client, &webhook, |shown| !shown["failingSince"].is_null()).await;
        receiver.behave(Behaviour::Status(503, vec![("retry-after", "600".to_owned())]));
        app.advance(6);
        let _ = receiver.wait_for(2).await;
        let asked = newest(&client, &webhook, |it| it["attemptCount"] == 2).await;
        let next = Timestamp::parse(asked["nextAttemptAt"].as_str().unwrap()).unwrap();
        assert!(next.as_micros() - app.app.now().as_micros() >= 600_000_000, "Retry-After counts");
        receiver.behave(Behaviour::status(200));
        app.advance(700);
        let received = receiver.wait_for(3).await;
        let ids: Vec<&str> = received.iter().map(|it| it.header("webhook-id")).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_signed(&received[2], &secret);
        assert_ne!(received[0].header("webhook-timestamp"), received[2].header("webhook-timestamp"));
        let done = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        assert_eq!(done["attemptCount"], 3);
        let id = done["id"].as_str().unwrap();
        let detail = client.get(&format!("{webhook}/deliveries/{id}")).await.json();
        assert_eq!(detail["attempts"].as_array().unwrap().len(), 3);
        assert_eq!(detail["attempts"][1]["response"]["headers"]["retry-after"], "600");
        let _ = becomes(&client, &webhook, |shown| shown["failingSince"].is_null()).await;
    }

    async fn a_delivery_is_given_up_after_the_last_wait_and_410_ends_it_all(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let (webhook, _) = subscribe(&client, &receiver, &["member.created"]).await;
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        for attempt in 1..=10 {
            let _ = receiver.wait_for(attempt).await;
            let seen = newest(&client, &webhook, |it| it["attemptCount"] == attempt).await;
            assert_eq!(seen["status"], if attempt < 10 { "pending" } else { "failed" }, "{attempt}");
            app.advance(WAITS.get(attempt - 1).map_or(0, |wait| wait * 11 / 10 + 1));
        }
        receiver.behave(Behaviour::status(410));
        let _ = member(&client, "Goh").await;
        let shown = becomes(&client, &webhook, |shown| shown["enabled"] == false).await;
        assert!(!shown["disabledReason"].is_null());
        let count = receiver.received().len();
        let _ = member(&client, "Tan").await;
        app.advance(60);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(receiver.received().len(), count, "nothing is sent to a webhook that is off");
        let test = client.post(&format!("{webhook}/test"), json!({})).await.status(409).problem("rule-violation");
        assert!(test.text().contains("enabled"));
    }

    async fn five_days_of_failures_switch_a_webhook_off(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let (webhook, _) = subscribe(&client, &receiver, &["member.created"]).await;
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let _ = newest(&client, &webhook, |it| it["attemptCount"] == 1).await;
        // Since when it fails is stored a moment after the attempt; the clock jumps only then.
        let _ = becomes(&client, &webhook, |shown| !shown["failingSince"].is_null()).await;
        app.advance(5 * 86_400);
        let _ = newest(&client, &webhook, |it| it["status"] == "failed").await;
        let shown = becomes(&client, &webhook, |shown| shown["enabled"] == false).await;
        assert!(shown["disabledReason"].as_str().unwrap().contains("five days"));
        // Switched on again, all is forgotten, and what waited is sent by `recover`.
        let on = client.patch(&webhook, json!({"enabled": true})).await.status(200).json();
        assert!(on["disabledReason"].is_null() && on["failingSince"].is_null());
        receiver.behave(Behaviour::status(200));
        let since = json!({"since": "2026-11-23T00:00:00Z"});
        let queued = client.post(&format!("{webhook}/recover"), since).await.status(202).json();
        assert_eq!(queued["queued"], 1);
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
    }

    async fn both_secrets_sign_for_a_day(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (webhook, old) = subscribe(&client, &receiver, &["*"]).await;
        let rotated = client.post(&format!("{webhook}/rotate-secret"), json!({})).await.status(200).json();
        let new = rotated["secret"].as_str().unwrap().to_owned();
        let _running = app.dispatching();
        let _ = member(&client, "Lim").await;
        let received = receiver.wait_for(1).await;
        assert_signed(&received[0], &old);
        assert_signed(&received[0], &new);
        app.advance(24 * 3_600 + 1);
        let _ = member(&client, "Goh").await;
        let received = receiver.wait_for(2).await;
        assert_signed(&received[1], &new);
        assert_eq!(received[1].header("webhook-signature").split(' ').count(), 1);
    }

    async fn a_test_is_sent_once_and_any_delivery_can_be_sent_again(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(400));
        let (webhook, secret) = subscribe(&client, &receiver, &["event.published"]).await;
        let _running = app.dispatching();
        let queued = client.post(&format!("{webhook}/test"), json!({})).await.status(202).json();
        assert_eq!(queued["eventType"], "webhook.test");
        let received = receiver.wait_for(1).await;
        assert_signed(&received[0], &secret);
        assert_eq!(received[0].json()["type"], "webhook.test");
        let failed = newest(&client, &webhook, |it| it["status"] == "failed").await;
        assert_eq!(failed["attemptCount"], 1, "a test is tried once");
        receiver.behave(Behaviour::status(200));
        let retry = format!("{webhook}/deliveries/{}/retry", failed["id"].as_str().unwrap());
        let _ = client.post(&retry, json!({})).await.status(202);
        let received = receiver.wait_for(2).await;
        assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        let never = client.post(&format!("{webhook}/deliveries/{}/retry", crate::api::NEVER), json!({}));
        let _ = never.await.status(404);
    }

    async fn what_happened_while_it_was_off_can_be_recovered(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (webhook, _) = subscribe(&client, &receiver, &["member.*"]).await;
        let _running = app.dispatching();
        let _ = member(&client, "Before").await;
        let _ = receiver.wait_for(1).await;
        let _ = client.patch(&webhook, json!({"enabled": false})).await.status(200);
        app.advance(60);
        let since = app.app.now().to_string();
        for number in 0..20 {
            let _ = member(&client, &format!("Off{number}")).await;
        }
        app.advance(60);
        // So that they are not queued when it is on again.
        while !app.app.tenants_to_fan_out().await.unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let _ = client.patch(&webhook, json!({"enabled": true})).await.status(200);
        let recovered = client.post(&format!("{webhook}/recover"), json!({"since": since})).await.status(202).json();
        assert_eq!(recovered["queued"], 20);
        let received = receiver.wait_for(21).await;
        let mut numbers: Vec<i64> = received.iter().map(|it| it.json()["sequence"].as_i64().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=21).collect::<Vec<_>>());
        let again = client.post(&format!("{webhook}/recover"), json!({"since": since})).await.status(202).json();
        assert_eq!(again["queued"], 0, "what succeeded is not sent again");
        for wrong in [json!({}), json!({"since": "soon"}), json!({"since": "2999-01-01T00:00:00Z"}), json!({"from": since})] {
            let _ = client.post(&format!("{webhook}/recover"), wrong).await.status(400).problem("validation-error");
        }
    }

    async fn own_changes_are_left_out_where_that_is_wanted(app: TestApp) {
        let client = app.client().await;
        let other = app.client().await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "events": ["*"], "skipOwnChanges": true});
        let (_, _) = subscribe_with(&client, body).await;
        let _running = app.dispatching();
        let path = member(&client, "Own").await;
        let _ = other.patch(&path, json!({"company": "Other"})).await.status(200);
        let received = receiver.wait_for(1).await;
        assert_eq!(received[0].json()["type"], "member.updated");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        assert_eq!(receiver.received().len(), 1);
    }

    async fn a_mapping_brings_records_into_the_receivers_shape(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let rules = json!([
            {"external": "Email_Address", "field": "email", "transforms": [{"lowercase": true}]},
            {"external": "Surname", "field": "lastName"},
        ]);
        let body = json!({"url": receiver.url(), "events": ["*"], "fieldMapping": {"members": rules}});
        let (_, secret) = subscribe_with(&client, body).await;
        let _running = app.dispatching();
        let path = member(&client, "Lim").await;
        let _ = client.patch(&path, json!({"lastName": "Lim-Tan", "city": "Perth"})).await.status(200);
        let received = receiver.wait_for(2).await;
        let updated = received.iter().find(|it| it.json()["type"] == "member.updated").unwrap();
        assert_eq!(updated.json()["data"], json!({"Email_Address": "Lim@example.org", "Surname": "Lim-Tan"}));
        assert_eq!(updated.json()["previous"], json!({"Surname": "Lim"}));
        assert_signed(updated, &secret);
    }

    async fn one_that_hangs_delays_nobody_else(app: TestApp) {
        let client = app.client().await;
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        slow.behave(Behaviour::Hang);
        let _ = subscribe(&client, &slow, &["*"]).await;
        let (webhook, _) = subscribe(&client, &quick, &["*"]).await;
        let _running = app.dispatching();
        for number in 0..60 {
            let _ = member(&client, &format!("M{number}")).await;
        }
        let _ = quick.wait_for(60).await;
        assert!(slow.received().len() <= 16, "a webhook has its own few places");
        let filtered = client.get(&format!("{webhook}/deliveries?status=succeeded&eventType=member.created"));
        let _ = filtered.await.status(200);
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        let _ = client.get(&format!("{webhook}/deliveries?staus=failed")).await.status(400);
        let csv = client.get(&format!("{webhook}/deliveries")).header("accept", "text/csv").await.status(200).text();
        assert_eq!(csv.lines().count(), 61);
        assert_eq!(deliveries(&client, &webhook).await.len(), 30);
    }
}
