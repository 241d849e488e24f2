//! What answers tell of the plan's limit (API §7).

use app::{Environment, Plan};
use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    async fn every_answer_tells_the_state_and_some_are_free(app: TestApp) {
        app.app.set_plan(&app::Actor::system(), &app.acme, Plan::Standard).await.unwrap();
        let acme = app.app.organisation(&app.acme.slug).await.unwrap();
        let tenant = app.tenant_of(&acme, Environment::Production).await;
        let client = app.client_of(&tenant).await;
        let body = json!({"firstName": "Jo", "lastName": "Doe", "email": "jo@example.org"});
        let made = client.post("/api/members", body).await.status(201);
        assert_eq!(made.header("ratelimit-policy"), Some("\"hour\";q=1000;w=3600"));
        assert_eq!(made.header("ratelimit"), Some("\"hour\";r=999;t=3600"));
        assert_eq!(made.header("x-ratelimit-limit"), Some("1000"));
        assert_eq!(made.header("x-ratelimit-remaining"), Some("999"));
        let reset = app.app.now().plus_seconds(3_600).as_seconds().to_string();
        assert_eq!(made.header("x-ratelimit-reset"), Some(reset.as_str()));
        let address = made.header("location").unwrap().to_owned();
        // A mistaken request costs one, what was not modified and the question itself cost none.
        let _ = client.get("/api/members?stauts=x").await.status(400);
        let known = client.get(&address).header("if-none-match", "\"1\"").await.status(304);
        assert_eq!(known.header("x-ratelimit-remaining"), Some("998"));
        let state = client.get("/api/rate-limit").await.status(200);
        assert_eq!((&state.json()["remaining"], &state.json()["plan"]), (&json!(998), &json!("standard")));
        assert_eq!(state.header("x-ratelimit-remaining"), Some("998"));
        for _ in 0..998 {
            assert!(app.app.charge(&tenant).await.unwrap().granted);
        }
        let refused = client.get(&address).await.status(429).problem("rate-limit-exceeded");
        assert_eq!(refused.json()["code"], "quota-exceeded");
        assert_eq!(refused.header("retry-after"), Some("3600"));
        assert_eq!(client.get("/api/rate-limit").await.status(200).json()["remaining"], 0);
        app.advance(3_600);
        let _ = client.get(&address).await.status(200);
    }

    async fn a_repeated_post_is_answered_again(app: TestApp) {
        let client = app.client().await;
        let body = |email: &str| json!({"firstName": "Jo", "lastName": "Doe", "email": email});
        let send = |key: &str, email: &str| client.post("/api/members", body(email)).header("idempotency-key", key);
        let first = send("k1", "a@example.org").await.status(201);
        let again = send("k1", "a@example.org").await.status(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!((again.json(), again.header("location")), (first.json(), first.header("location")));
        let _ = send("k1", "b@example.org").await.status(422).problem("idempotency-key-reused");
        // A refusal of the body is kept; one that may pass is not.
        assert_eq!(send("k2", "a@").await.status(400).header("idempotency-replayed"), None);
        assert_eq!(send("k2", "a@").await.status(400).header("idempotency-replayed"), Some("true"));
        let _ = send("k3", "a@example.org").await.status(409);
        let _ = client.delete(first.header("location").unwrap()).await.status(204);
        let _ = send("k3", "a@example.org").await.status(201);
        for key in [" ", &"k".repeat(256), &"k".repeat(10_000)] {
            let _ = send(key, "c@example.org").await.status(400).problem("malformed-request");
        }
        // Another key of the same organisation has names of its own.
        let _ = app.client().await.post("/api/members", body("d@example.org")).header("idempotency-key", "k1").await.status(201);
        // Actions and batches too.
        let event = client.post("/api/events", json!({"name": "Gala"})).await.status(201);
        let clone = format!("{}/clone", event.header("location").unwrap());
        let made = client.post(&clone, json!({})).header("idempotency-key", "k4").await.status(201).json();
        assert_eq!(client.post(&clone, json!({})).header("idempotency-key", "k4").await.status(201).json(), made);
        let batch = json!({"mode": "create", "items": [{"name": "x"}]});
        let made = client.post("/api/events/batch", batch.clone()).header("idempotency-key", "k5").await.json();
        assert_eq!(client.post("/api/events/batch", batch).header("idempotency-key", "k5").await.json(), made);
    }
}
