//! A person who is erased is nowhere any more, whatever happened to their record before.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};
use testkit::{Behaviour, Receiver, on_both_engines};

use super::check::{findings, wrong};
use super::places;

/// Stands in every field of the person that takes it.
const MARK: &str = "Zyxwvut";

fn person(email: &str) -> Json {
    json!({
        "firstName": MARK, "lastName": MARK, "email": format!("{email}.{MARK}@example.org"), "company": MARK,
        "bio": MARK, "address": MARK, "externalId": format!("{email}-{MARK}"), "customFields": {"note": MARK},
    })
}

on_both_engines! {
    async fn nothing_of_a_person_is_left(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::Echo(500));
        for mapping in [json!([]), json!([{"external": "Mail", "field": "email", "direction": "outbound"}])] {
            let body = json!({"url": receiver.url(), "events": ["*"], "fieldMapping": mapping});
            let _ = client.post("/api/webhooks", body).await.status(201);
        }
        let running = app.dispatching();
        let make = async |email: &str| {
            let made = client.post("/api/members", person(email)).header("idempotency-key", email).await.status(201);
            made.header("location").unwrap().to_owned()
        };
        let (first, merged) = (make("first").await, make("second").await);
        let other = json!({"firstName": "Ann", "lastName": "Other", "email": "ann@example.org"});
        let other = client.post("/api/members", other).await.status(201).header("location").unwrap().to_owned();
        let items = json!({"mode": "upsert", "matchBy": "email", "items": [person("first"), person("third")]});
        let batch = client.post("/api/members/batch", items).header("idempotency-key", "batch").await.status(200);
        assert_eq!(batch.json()["summary"]["failed"], 0, "{}", batch.text());
        let _ = client.patch(&first, json!({"position": MARK})).await.status(200);
        let id = first.rsplit('/').next().unwrap().to_owned();
        let _ = client.post(&format!("{merged}/merge"), json!({"into": id})).await.status(200);
        let third = client.get(&format!("/api/members?email=third.{MARK}@example.org")).await.json();
        let third = format!("/api/members/{}", third["data"][0]["id"].as_str().unwrap());
        let _ = client.delete(&third).await.status(204);
        let _ = receiver.wait_for(14).await;
        running.stop().await;
        let crm = client.post("/api/integrations", json!({"name": "CRM"})).await.status(201);
        let failing = json!({"externalId": format!("first-{MARK}"), "email": format!("{MARK} is no address")});
        let failing = json!({"resource": "members", "records": [failing]});
        let sync = format!("{}/sync", crm.header("location").unwrap());
        let _ = client.post(&sync, failing).header("idempotency-key", "sync").await.status(200);
        let before = places(app.app.db(), &MARK.to_lowercase()).await;
        for table in ["members", "changes", "audit_log", "deliveries", "delivery_attempts", "idempotency_keys", "sync_log"] {
            assert!(before.iter().any(|place| place.starts_with(&format!("{table}."))), "{table}: {before:?}");
        }

        let erased = client.post(&format!("{first}/erase"), json!({})).await.status(200).json();
        assert!(erased["changes"].as_i64() >= Some(5) && erased["answers"].as_i64() >= Some(3), "{erased}");
        // The one that had been deleted before can be erased too, and everything twice.
        let _ = client.post(&format!("{third}/erase"), json!({})).await.status(200);
        let again = client.post(&format!("{first}/erase"), json!({})).await.status(200).json();
        assert_eq!(again["answers"], 0);
        assert_eq!(places(app.app.db(), &MARK.to_lowercase()).await, Vec::<String>::new());
        let _ = client.get(&first).await.status(404);
        // A repetition does nothing again, and says why it has no answer.
        let repeated = client.post("/api/members", person("first")).header("idempotency-key", "first").await;
        let _ = repeated.status(410).problem("gone");
        // What stays tells that there was something.
        let feed = client.get("/api/changes").await.status(200).json();
        let of_person = |change: &&Json| change["data"]["id"] == json!(id);
        let changes: Vec<&Json> = feed["data"].as_array().unwrap().iter().filter(of_person).collect();
        assert_eq!(changes.last().unwrap()["type"], "member.deleted");
        assert!(changes.iter().all(|change| change["data"] == json!({"id": id, "erased": true})));
        let audit = client.get(&format!("/api/audit-log?resourceId={id}")).await.json();
        assert!(audit["data"].as_array().unwrap().iter().any(|entry| entry["action"] == "erase"));
        // What waits is still sent, and says so.
        let seen = receiver.received().len();
        receiver.behave(Behaviour::status(204));
        app.advance(3_600);
        let _running = app.dispatching();
        let later = receiver.wait_for(seen + 10).await;
        assert!(later[seen..].iter().all(|it| !String::from_utf8_lossy(&it.body).contains(MARK)));
        // Nobody else is harmed.
        assert_eq!(client.get(&other).await.status(200).json()["firstName"], "Ann");
        tokio::time::sleep(Duration::from_millis(50)).await;
        let findings = findings(&app).await;
        assert_eq!(wrong(&findings), BTreeSet::new());
    }

    async fn answers_are_emptied_however_many_there_are(app: TestApp) {
        let client = app.client().await;
        let make = async |item: Json, key: &str| {
            let items = json!({"mode": "upsert", "matchBy": "email", "items": [item]});
            client.post("/api/members/batch", items).header("idempotency-key", key).await
        };
        let other = json!({"firstName": "Ann", "lastName": "Other", "email": "ann@example.org"});
        let kept = make(other.clone(), "other").await.status(200).json();
        // More than two transactions take.
        for number in 0..205 {
            let _ = make(person("first"), &format!("key-{number}")).await.status(200);
        }
        let list = client.get("/api/members?lastName=Zyxwvut").await.json();
        let path = format!("/api/members/{}", list["data"][0]["id"].as_str().unwrap());
        let erased = client.post(&format!("{path}/erase"), json!({})).await.status(200).json();
        assert_eq!(erased["answers"], 205);
        for number in [0, 99, 100, 199, 200, 204] {
            let _ = make(person("first"), &format!("key-{number}")).await.status(410).problem("gone");
        }
        assert_eq!(make(other, "other").await.status(200).json(), kept);
        let again = client.post(&format!("{path}/erase"), json!({})).await.status(200).json();
        assert_eq!(again["answers"], 0);
    }

    async fn a_person_can_have_all_that_is_kept(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let body = json!({"url": receiver.url(), "events": ["member.*"]});
        let _ = client.post("/api/webhooks", body).await.status(201);
        let running = app.dispatching();
        let made = client.post("/api/members", person("first")).await.status(201);
        let path = made.header("location").unwrap().to_owned();
        let now = client.patch(&path, json!({"city": "Perth"})).await.status(200).json();
        let _ = receiver.wait_for(2).await;
        running.stop().await;
        let data = client.get(&format!("{path}/personal-data")).await.status(200).json();
        assert_eq!(data["record"], now);
        assert_eq!(data["history"][0]["action"], "create");
        assert_eq!(data["history"][1]["changes"]["city"], json!({"old": null, "new": "Perth"}));
        assert_eq!((&data["recipients"][0]["url"], &data["recipients"][0]["attempts"]), (&json!(receiver.url()), &json!(2)));
        let merged = client.post("/api/members", person("second")).await.status(201);
        let merged = merged.header("location").unwrap().to_owned();
        let _ = client.post(&format!("{merged}/merge"), json!({"into": now["id"]})).await.status(200);
        let _ = client.get(&format!("{merged}/personal-data")).await.status(410);
        let _ = client.post(&format!("{merged}/erase"), json!({})).await.status(410);
        let _ = client.post(&format!("{path}/erase"), json!({"x": 1})).await.status(400).violation("x", "unknown_field");
        let readers = app.key(&app.tenant, Some(&["members:read"])).await;
        let _ = client.with_key(readers).get(&format!("{path}/personal-data")).await.status(403);
    }
}
