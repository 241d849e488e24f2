//! Webhooks as settings: made, shown, changed, deleted, and their secrets.

use serde_json::json;
use testkit::{Receiver, on_both_engines};

use super::{subscribe, subscribe_with};

on_both_engines! {
    async fn the_secret_is_shown_once_and_kept_encrypted(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (path, secret) = subscribe(&client, &receiver, &["member.created"]).await;
        assert!(secret.starts_with("whsec_"), "{secret}");
        let shown = client.get(&path).await.status(200).json();
        assert_eq!(shown["events"], json!(["member.created"]));
        assert_eq!(shown["enabled"], true);
        assert!(shown.get("secret").is_none());
        let patched = client.patch(&path, json!({"description": "CRM"})).await.status(200).json();
        assert!(patched.get("secret").is_none() && patched["version"] == 2);
        let sealed = app.app.db().all(db::Weight::Short, "SELECT sealed FROM secrets", &[], |row| {
            row.bytes(0).map(<[u8]>::to_vec)
        });
        for sealed in sealed.await.unwrap() {
            let text = String::from_utf8_lossy(&sealed).into_owned();
            assert!(!text.contains(&secret[6..20]));
        }
        let _ = client.delete(&path).await.status(204);
        let _ = client.get(&path).await.status(404);
        let left = app.app.db().all(db::Weight::Short, "SELECT COUNT(*) FROM secrets", &[], |row| row.integer(0));
        assert_eq!(left.await.unwrap(), [0]);
    }

    async fn a_repeated_creation_answers_with_the_same_secret(app: TestApp) {
        let client = app.client().await;
        let body = json!({"url": "https://crm.example.org/hooks", "events": ["*"]});
        let post = || client.post("/api/webhooks", body.clone()).header("idempotency-key", "one");
        let first = post().await.status(201);
        let again = post().await.status(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(first.json(), again.json());
        let kept = app.app.db().all(db::Weight::Short, "SELECT body FROM idempotency_keys", &[], |row| {
            row.bytes(0).map(<[u8]>::to_vec)
        });
        let secret = first.json()["secret"].as_str().unwrap().to_owned();
        assert!(!String::from_utf8_lossy(&kept.await.unwrap()[0]).contains(&secret));
    }

    async fn what_is_wrong_is_told_all_at_once(app: TestApp) {
        let client = app.client().await;
        let body = json!({
            "url": "https://169.254.169.254/latest",
            "events": ["member.created", "member.born"],
            "headers": {"Host": "elsewhere", "X-Fine": "yes"},
            "fieldMapping": {"members": [{"external": "Email", "field": "emial"}], "people": []},
            "enabledd": true,
        });
        let wrong = client.post("/api/webhooks", body).await.status(400).violations();
        let paths: Vec<String> = wrong.into_iter().map(|(path, _)| path).collect();
        for path in ["url", "events[1]", "headers.Host", "fieldMapping.members[0].field", "fieldMapping.people", "enabledd"] {
            assert!(paths.iter().any(|it| it == path), "{path} is not among {paths:?}");
        }
        let missing = client.post("/api/webhooks", json!({})).await.status(400).violations();
        assert_eq!(missing.len(), 2, "{missing:?}");
    }

    async fn the_audit_log_knows_of_changes_but_no_confidential_values(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let headers = json!({"Authorization": "Bearer very-confidential"});
        let body = json!({"url": receiver.url(), "events": ["*"], "headers": headers});
        let (path, secret) = subscribe_with(&client, body).await;
        // The clock stands still otherwise, and nothing tells what came first.
        app.advance(1);
        let _ = client.patch(&path, json!({"headers": {"X-Other": "y"}, "enabled": false})).await.status(200);
        app.advance(1);
        let _ = client.post(&format!("{path}/rotate-secret"), json!({})).await.status(200);
        let log = client.get("/api/audit-log?resourceType=webhook").await.status(200);
        assert!(!log.text().contains("very-confidential") && !log.text().contains(&secret));
        let log = log.json();
        let actions: Vec<&str> =
            log["data"].as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["secret_rotated", "update", "create"]);
        assert_eq!(log["data"][1]["changes"]["enabled"], json!({"old": true, "new": false}));
        assert_eq!(log["data"][1]["sequence"], json!(null), "settings are not in the feed");
    }

    async fn a_replaced_webhook_has_defaults_for_what_was_left_out(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "events": ["*"], "description": "old", "skipOwnChanges": true});
        let (path, _) = subscribe_with(&client, body).await;
        let put = client.put(&path, json!({"url": receiver.url(), "events": ["event.*"]})).await.status(200).json();
        assert_eq!(put["description"], json!(null));
        assert_eq!(put["skipOwnChanges"], false);
        let listed = client.get("/api/webhooks?enabled=true").await.status(200).json();
        assert_eq!(listed["totalItems"], 1);
    }

    async fn event_types_have_schema_and_example(app: TestApp) {
        let client = app.client().await;
        let types = client.get("/api/webhook-event-types").await.status(200).json();
        let types = types["data"].as_array().unwrap();
        assert_eq!(types.len(), 13 + 5 + 1 - 5 + 5, "members 3, events 5, courses 5, venues 5, test 1");
        for event in types {
            assert_eq!(event["example"]["type"], event["name"]);
            assert_eq!(event["schema"]["properties"]["type"]["const"], event["name"]);
        }
    }
}
