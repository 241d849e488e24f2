//! Merging one member into another.

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

use super::{make, object};

fn member(email: &str, more: Json) -> domain::json::Object {
    let mut body = object(json!({"firstName": "Jane", "lastName": "Doe", "email": email}));
    body.extend(object(more));
    body
}

on_both_engines! {
    async fn the_merged_id_names_the_survivor(app: TestApp) {
        let client = app.client().await;
        let members = app.resource("members");
        let (old, merged) = make(&client, members, member("a@example.org", json!({"city": "Perth"}))).await;
        let (new, survivor) = make(&client, members, member("b@example.org", json!({}))).await;
        let order = json!({"into": survivor["id"], "take": ["email"]});
        let shown = client.post(&format!("{old}/merge"), order).await.status(200).json();
        assert_eq!((&shown["id"], &shown["email"], &shown["city"]), (&survivor["id"], &json!("a@example.org"), &json!("Perth")));
        assert_eq!((&shown["version"], &shown["memberNumber"]), (&json!(2), &survivor["memberNumber"]));
        let gone = client.get(&old).await.status(410).problem("gone");
        assert_eq!(gone.json()["mergedInto"], survivor["id"]);
        let _ = client.patch(&old, json!({"city": "x"})).await.status(410);
        let _ = client.delete(&old).await.status(410);
        let _ = client.get(&new).await.status(200);
        let listed = client.get("/api/members?includeDeleted=true").await.json();
        let left = listed["data"].as_array().unwrap().iter().find(|it| it["id"] == merged["id"]).unwrap();
        assert_eq!(left["mergedInto"], survivor["id"]);
        // The feed carries both halves, the first naming the survivor.
        let sql = "SELECT sequence, type, data FROM changes WHERE resource = 'member' ORDER BY sequence";
        let read = |row: &db::Row<'_>| Ok((row.integer(0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned()));
        let rows = app.app.db().all(db::Weight::Short, sql, &[], read).await.unwrap();
        let told: Vec<(i64, &str)> = rows.iter().map(|(sequence, kind, _)| (*sequence, kind.as_str())).collect();
        assert_eq!(told, [(1, "member.created"), (2, "member.created"), (3, "member.deleted"), (4, "member.updated")]);
        assert_eq!(serde_json::from_str::<Json>(&rows[2].2).unwrap()["mergedInto"], survivor["id"]);
    }

    async fn only_a_record_of_the_tenant_can_survive(app: TestApp) {
        let client = app.client().await;
        let members = app.resource("members");
        let (old, merged) = make(&client, members, member("a@example.org", json!({}))).await;
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let foreign = make(&app.client_of(&sandbox).await, members, member("b@example.org", json!({}))).await.1;
        for into in [foreign["id"].clone(), json!(crate::api::NEVER)] {
            let order = json!({"into": into});
            let _ = client.post(&format!("{old}/merge"), order).await.status(400).violation("into", "unknown_reference");
        }
        let order = json!({"into": merged["id"]});
        let _ = client.post(&format!("{old}/merge"), order).await.status(400).violation("into", "invalid_value");
        let _ = client.get(&old).await.status(200);
    }

    async fn each_field_can_be_chosen(app: TestApp) {
        let client = app.client().await;
        let members = app.resource("members");
        let theirs = json!({"city": "Perth", "mobile": "+61412345678", "interests": ["a", "b"]});
        let (old, _) = make(&client, members, member("a@example.org", theirs)).await;
        let (_, survivor) = make(&client, members, member("b@example.org", json!({"interests": ["b", "c"]}))).await;
        let order = json!({"into": survivor["id"], "rule": "keep", "take": ["city"], "unite": ["interests"]});
        let shown = client.post(&format!("{old}/merge"), order).await.status(200).json();
        assert_eq!((&shown["city"], &shown["mobile"]), (&json!("Perth"), &json!(null)));
        assert_eq!(shown["interests"], json!(["b", "c", "a"]));
        let wrong = json!({"into": survivor["id"], "unite": ["nothing"]});
        let _ = client.post(&format!("{old}/merge"), wrong).await.status(400).violation("unite[0]", "unknown_field");
    }

    async fn a_stale_condition_stops_a_merge(app: TestApp) {
        let client = app.client().await;
        let members = app.resource("members");
        let (old, _) = make(&client, members, member("a@example.org", json!({}))).await;
        let (_, survivor) = make(&client, members, member("b@example.org", json!({}))).await;
        let stale = client.post(&format!("{old}/merge"), json!({"into": survivor["id"]})).header("if-match", "\"9\"");
        let _ = stale.await.status(412).problem("precondition-failed");
        let _ = client.get(&old).await.status(200);
    }
}
