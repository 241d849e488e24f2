//! Many changes in one request (API §6), over every resource that there is.

use serde_json::{Value as Json, json};
use testkit::{REGISTRY, minimal_body, on_both_engines};

use super::list_of;

fn statuses(report: &Json) -> Vec<&str> {
    report["results"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect()
}

fn member(id: &str, email: &str) -> Json {
    json!({"externalId": id, "firstName": "Jo", "lastName": "Doe", "email": email})
}

on_both_engines! {
    async fn every_resource_takes_batches(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let path = format!("{}/batch", list_of(resource));
            let mut item = minimal_body(resource);
            item.insert("externalId".to_owned(), json!("one"));
            let batch = json!({"items": [item]});
            let made = client.post(&path, batch.clone()).await.status(200).json();
            assert_eq!(statuses(&made), ["created"], "{path}");
            let again = client.post(&path, batch).await.status(200).json();
            assert_eq!(statuses(&again), ["unchanged"], "{path}");
            assert_eq!(again["results"][0]["id"], made["results"][0]["id"]);
        }
    }

    async fn each_item_has_its_own_result(app: TestApp) {
        let client = app.client().await;
        let items = json!([
            member("a", "a@example.org"), member("a", "a@example.org"), member("b", "A@Example.org"),
            member("a", "new@example.org"), {"firstName": "Jo"}, 7,
        ]);
        let report = client.post("/api/members/batch", json!({"items": items})).await.status(200).json();
        assert_eq!(statuses(&report), ["created", "unchanged", "failed", "updated", "failed", "failed"]);
        assert_eq!(report["summary"], json!({"created": 1, "updated": 1, "unchanged": 1, "failed": 3}));
        let problem = |index: usize| &report["results"][index]["problem"];
        assert_eq!((&problem(2)["status"], &problem(2)["violations"][0]["code"]), (&json!(409), &json!("duplicate")));
        assert_eq!(problem(4)["violations"][0]["propertyPath"], "externalId");
        assert_eq!(problem(5)["violations"][0]["code"], "invalid_type");
        assert_eq!(client.get("/api/members").await.json()["totalItems"], 1);
    }

    async fn an_atomic_batch_is_all_or_nothing(app: TestApp) {
        let client = app.client().await;
        let batch = |second: Json| json!({"atomic": true, "items": [member("a", "a@example.org"), second]});
        let refused = client.post("/api/members/batch", batch(json!({"externalId": "b"}))).await.status(200).json();
        assert_eq!(statuses(&refused), ["failed", "failed"]);
        assert_eq!(client.get("/api/members").await.json()["totalItems"], 0);
        let done = client.post("/api/members/batch", batch(member("b", "b@example.org"))).await.json();
        assert_eq!(statuses(&done), ["created", "created"]);
        // The refused one took no numbers.
        let second = done["results"][1]["id"].as_str().unwrap();
        assert_eq!(client.get(&format!("/api/members/{second}")).await.json()["memberNumber"], 2);
    }

    async fn records_are_matched_by_what_was_asked_for(app: TestApp) {
        let client = app.client().await;
        let made = client.post("/api/members", member("a", "a@example.org")).await.status(201).json();
        let send = async |batch: Json| client.post("/api/members/batch", batch).await.status(200).json();
        let by_email = json!({"matchBy": "email", "items": [{"email": "A@EXAMPLE.org", "city": "Perth"}]});
        assert_eq!(statuses(&send(by_email).await), ["updated"]);
        let by_id = json!({"matchBy": "id", "mode": "update", "items": [
            {"id": made["id"], "city": "Hobart"}, {"id": crate::api::NEVER, "city": "x"}, {"city": "x"},
        ]});
        assert_eq!(statuses(&send(by_id).await), ["updated", "failed", "failed"]);
        let create = json!({"mode": "create", "items": [member("a", "z@example.org"), member("c", "c@example.org")]});
        assert_eq!(statuses(&send(create).await), ["failed", "created"]);
        // Another tenant's record is none.
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let foreign = json!({"matchBy": "id", "items": [{"id": made["id"], "city": "x"}]});
        let report = app.client_of(&sandbox).await.post("/api/members/batch", foreign).await.status(200).json();
        assert_eq!(report["results"][0]["problem"]["status"], 404);
    }

    async fn a_thousand_items_go_in_at_once_and_no_more(app: TestApp) {
        let client = app.client().await;
        let items = |count: usize| {
            let items: Vec<Json> =
                (0..count).map(|it| member(&it.to_string(), &format!("m{it}@example.org"))).collect();
            json!({"items": items})
        };
        let _ = client.post("/api/members/batch", items(1_001)).await.status(400).violation("items", "too_many_items");
        let report = client.post("/api/members/batch", items(1_000)).await.status(200).json();
        assert_eq!(report["summary"]["created"], 1_000);
    }

    async fn what_is_wrong_with_a_batch_is_said_at_once(app: TestApp) {
        let client = app.client().await;
        let batch = json!({"mode": "merge", "matchBy": "city", "items": [], "atomic": "yes", "item": []});
        let refused = client.post("/api/members/batch", batch).await.status(400).problem("validation-error");
        let codes: Vec<(String, String)> = refused.violations();
        let paths: Vec<&str> = codes.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["item", "atomic", "mode", "matchBy", "items"]);
    }

    async fn history_needs_leave(app: TestApp) {
        let client = app.client().await;
        let past = json!({"externalId": "old", "name": "Gala", "eventStart": "2019-05-01T18:00:00Z"});
        let send = async |allow: bool| {
            let batch = json!({"allowPast": allow, "items": [past]});
            client.post("/api/events/batch", batch).await.status(200).json()
        };
        assert_eq!(statuses(&send(false).await), ["failed"]);
        assert_eq!(statuses(&send(true).await), ["created"]);
    }
}
