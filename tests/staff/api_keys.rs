//! `/api/api-keys`: made, shown once, rotated with an overlap, revoked.

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, on_both_engines};

async fn admin(app: &TestApp) -> Client {
    app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await
}

fn path_of(key: &Json) -> String {
    format!("/api/api-keys/{}", key["id"].as_str().unwrap())
}

on_both_engines! {
    async fn a_key_is_shown_once(app: TestApp) {
        let client = admin(&app).await;
        let body = json!({"name": "Website", "scopes": ["events:read", "members:read"], "allowedIps": ["127.0.0.1", "203.0.113.9/24"], "expiresAt": "2027-01-01T00:00:00Z"});
        let made = client.post("/api/api-keys", body).await.status(201);
        let key = made.json();
        let text = key["key"].as_str().unwrap();
        assert!(text.starts_with("mp_live_") && text.starts_with(key["prefix"].as_str().unwrap()));
        assert!(text.ends_with(key["lastFour"].as_str().unwrap()));
        assert_eq!(key["scopes"], json!(["members:read", "events:read"]));
        assert_eq!(key["allowedIps"], json!(["127.0.0.1/32", "203.0.113.0/24"]));
        assert_eq!((&key["environment"], &key["expiresAt"]), (&json!("production"), &json!("2027-01-01T00:00:00Z")));
        let own = client.get("/api/session").await.json()["user"]["id"].clone();
        assert_eq!(key["createdBy"], own);
        let shown = client.get(made.header("location").unwrap()).await.status(200);
        assert!(!shown.text().contains(text) && shown.json().get("key").is_none());
        let user = client.with_key(text);
        let _ = user.get("/api/members").await.status(200);
        let _ = user.get("/api/courses").await.status(403);
        app.app.flush_usage().await.unwrap();
        let used = client.get(&path_of(&key)).await.json();
        assert_eq!((&used["lastUsedIp"], used["lastUsedAt"].is_string()), (&json!("127.0.0.1"), true));
        let list = client.get("/api/api-keys").await.status(200).json();
        assert_eq!((&list["totalItems"], &list["data"][0]), (&json!(1), &used));
        let _ = user.get("/api/api-keys").await.status(403).problem("insufficient-scope");
    }

    async fn what_is_wrong_with_a_key_is_said(app: TestApp) {
        let client = admin(&app).await;
        let wrong = |body: Json| client.post("/api/api-keys", body);
        let first = wrong(json!({"name": "", "allowedIps": ["nowhere", 7]})).await.status(400).violations();
        let paths: Vec<&str> = first.iter().map(|violation| violation.0.as_str()).collect();
        for path in ["name", "scopes", "allowedIps[0]", "allowedIps[1]"] {
            assert!(paths.contains(&path), "{path}: {first:?}");
        }
        let scopes = wrong(json!({"name": "A", "scopes": ["member:read", "api-keys"]})).await.status(400);
        assert_eq!(scopes.violations().len(), 2);
        assert!(scopes.text().contains("members:read"));
        let past = wrong(json!({"name": "A", "scopes": ["members:read"], "expiresAt": "2020-01-01T00:00:00Z"}));
        assert_eq!(past.await.status(400).violations()[0].0, "expiresAt");
    }

    async fn a_repetition_is_answered_without_the_key(app: TestApp) {
        let client = admin(&app).await;
        let make = || {
            let body = json!({"name": "Website", "scopes": ["members:read"]});
            client.post("/api/api-keys", body).header("idempotency-key", "k1")
        };
        let first = make().await.status(201).json();
        let again = make().await.status(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let again = again.json();
        assert_eq!((&again["id"], &again["key"]), (&first["id"], &Json::Null));
        assert_eq!(client.get("/api/api-keys").await.json()["totalItems"], 1);
    }

    async fn a_rotated_key_lives_on_as_long_as_was_said(app: TestApp) {
        let client = admin(&app).await;
        let made = client.post("/api/api-keys", json!({"name": "Website", "scopes": ["members:read"], "expiresAt": "2026-12-24T00:00:00Z"})).await.json();
        app.advance(10 * 24 * 3_600);
        let client = app.sign_in("admin@example.org").await;
        let rotate = |key: &Json, body: Json| client.post(&format!("{}/rotate", path_of(key)), body);
        let _ = rotate(&made, json!({"overlapDays": 8})).await.status(400).problem("validation-error");
        let answer = rotate(&made, json!({"overlapDays": 2})).await.status(201);
        let next = answer.json();
        assert_eq!((&next["name"], &next["scopes"]), (&made["name"], &made["scopes"]));
        assert_ne!(next["key"], made["key"]);
        assert_eq!(next["expiresAt"], "2027-01-03T00:00:00Z", "as long as the first was made for");
        let _ = client.get(answer.header("location").unwrap()).await.status(200);
        for key in [&made, &next] {
            let _ = client.with_key(key["key"].as_str().unwrap()).get("/api/members").await.status(200);
        }
        app.advance(2 * 24 * 3_600 - 1);
        let client = app.sign_in("admin@example.org").await;
        assert_eq!(client.with_key(made["key"].as_str().unwrap()).get("/api/members").await.code(), 200);
        app.advance(1);
        let ended = client.with_key(made["key"].as_str().unwrap()).get("/api/members").await;
        let _ = ended.status(401).problem("expired-api-key");
        // Without an overlap at once, and never beyond the old one's own end.
        let rotate = |key: &Json, body: Json| client.post(&format!("{}/rotate", path_of(key)), body);
        let last = rotate(&next, json!({"overlapDays": 0, "expiresAt": null})).await.status(201).json();
        assert_eq!(last["expiresAt"], Json::Null);
        let ended = client.with_key(next["key"].as_str().unwrap()).get("/api/members").await;
        let _ = ended.status(401).problem("revoked-api-key");
        let _ = rotate(&next, json!({})).await.status(409).problem("rule-violation");
        let once = || rotate(&last, json!({})).header("idempotency-key", "r1");
        let first = once().await.status(201).json();
        assert_eq!(once().await.status(201).json()["id"], first["id"]);
        let rotated = client.get("/api/audit-log").query([("action", "key_rotated")]).await.json();
        assert_eq!(rotated["totalItems"], 3);
        assert_eq!(rotated["data"][0]["changes"]["successor"]["new"], first["id"]);
    }

    async fn a_revoked_key_ends_at_once(app: TestApp) {
        let client = admin(&app).await;
        let make = async || client.post("/api/api-keys", json!({"name": "A", "scopes": ["members:read"]})).await.json();
        let (one, two) = (make().await, make().await);
        let revoked = client.post(&format!("{}/revoke", path_of(&one)), json!({})).await.status(200).json();
        assert_eq!(revoked["revokedAt"], app.app.now().to_string());
        let _ = client.delete(&path_of(&two)).await.status(204);
        for key in [&one, &two] {
            let _ = client.with_key(key["key"].as_str().unwrap()).get("/api/members").await.status(401).problem("revoked-api-key");
        }
        app.advance(5);
        let again = client.post(&format!("{}/revoke", path_of(&one)), json!({})).await.status(200).json();
        assert_eq!(again, revoked);
    }

    async fn keys_are_those_of_the_environment_that_is_open(app: TestApp) {
        let client = admin(&app).await;
        let body = json!({"name": "A", "scopes": ["members:read"]});
        let live = client.post("/api/api-keys", body.clone()).await.json();
        let _ = client.patch("/api/session", json!({"environment": "sandbox"})).await.status(200);
        assert_eq!(client.get("/api/api-keys").await.json()["totalItems"], 0);
        let _ = client.get(&path_of(&live)).await.status(404).problem("not-found");
        let test = client.post("/api/api-keys", body).await.status(201).json();
        assert!(test["key"].as_str().unwrap().starts_with("mp_test_"));
        assert_eq!(test["environment"], "sandbox");
    }
}
