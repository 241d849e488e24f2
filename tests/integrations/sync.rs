//! Syncs: what becomes of records of an outside system, and who is right about them (API §9).

use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

use super::{admin, crm, made, rules};

/// A record as the CRM has it.
fn jane(changes: &Json) -> Json {
    let mut record =
        json!({"Id": "C-1", "First": "Jane", "Last": "Doe", "Email_Address": "Jane@Example.org"});
    for (name, value) in changes.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

/// Syncs these members; answers with the report.
pub(super) async fn sync(client: &Client, path: &str, records: &[Json]) -> Json {
    let body = json!({"resource": "members", "records": records});
    client.post(&format!("{path}/sync"), body).await.status(200).json()
}

async fn delete(client: &Client, path: &str, deletion: Json) -> Json {
    let body = json!({"resource": "members", "deleted": [deletion]});
    client.post(&format!("{path}/sync"), body).await.status(200).json()["results"][0].clone()
}

/// The status of the only record.
async fn one(client: &Client, path: &str, record: Json) -> Json {
    let report = sync(client, path, &[record]).await;
    report["results"][0].clone()
}

pub(super) async fn log(client: &Client, path: &str, query: &str) -> Vec<Json> {
    let list = client.get(&format!("{path}/sync-log?{query}")).await.status(200).json();
    list["data"].as_array().unwrap().clone()
}

async fn changes(client: &Client) -> usize {
    client.get("/api/changes").await.status(200).json()["data"].as_array().unwrap().len()
}

on_both_engines! {
    async fn records_are_found_again_by_the_outside_id(app: TestApp) {
        let client = app.client().await;
        let (path, id) = crm(&client, "external").await;
        let report = sync(&client, &path, &[jane(&json!({"Gender": "F"})), json!({"Id": "C-2", "First": "Bo"}), json!(7)]).await;
        assert_eq!(report["status"], "partial");
        let summary = json!({"created": 1, "updated": 0, "unchanged": 0, "skipped": 0, "deleted": 0, "failed": 2});
        assert_eq!(report["summary"], summary);
        let first = &report["results"][0];
        assert_eq!((&first["status"], &first["externalId"]), (&json!("created"), &json!("C-1")));
        let member = client.get(&format!("/api/members/{}", first["id"].as_str().unwrap())).await.status(200).json();
        assert_eq!((&member["email"], &member["gender"]), (&json!("jane@example.org"), &json!("female")));
        // The other's problems, all of them, by the outside system's names.
        let second = &report["results"][1];
        let paths: Vec<&str> = second["violations"].as_array().unwrap().iter().map(|it| it["propertyPath"].as_str().unwrap()).collect();
        assert_eq!(paths, ["Last", "Email_Address"]);
        assert!(second["action"].as_str().unwrap().contains("outside system") && second["nextRetryAt"].is_null());

        app.advance(1);
        assert_eq!(one(&client, &path, jane(&json!({"Gender": "F"}))).await["status"], "unchanged");
        app.advance(1);
        assert_eq!(one(&client, &path, jane(&json!({"Town": "Perth"}))).await["status"], "updated");
        let feed = client.get("/api/changes").await.json();
        assert_eq!(feed["data"].as_array().unwrap().len(), 2, "unchanged leaves no trace");
        assert_eq!(feed["data"][1]["origin"], json!({"type": "integration", "id": id, "integrationId": id}));
        let acts = client.get("/api/audit-log?action=sync").await.json();
        let failures: u64 =
            acts["data"].as_array().unwrap().iter().map(|act| act["changes"]["failed"]["new"].as_u64().unwrap()).sum();
        assert_eq!((&acts["totalItems"], failures), (&json!(3), 2));
        assert_eq!(acts["data"][0]["actorType"], "api_key", "who ran it");

        let runs = log(&client, &path, "type=run&order[id]=asc").await;
        let statuses: Vec<&Json> = runs.iter().map(|run| &run["status"]).collect();
        assert_eq!(statuses, ["partial", "succeeded", "succeeded"]);
        let failed = log(&client, &path, "type=record&status=failed&externalId=C-2").await;
        assert_eq!(failed[0]["runId"], report["id"]);
        assert_eq!(failed[0]["reason"], second["reason"]);
        let csv = client.get(&format!("{path}/sync-log?type=record")).header("accept", "text/csv").await.status(200);
        assert_eq!(csv.text().lines().count(), 3);
    }

    async fn where_memberpulse_is_right_nothing_is_overwritten(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "memberpulse").await;
        let made = one(&client, &path, jane(&json!({}))).await;
        assert_eq!(made["status"], "created");
        let left = one(&client, &path, jane(&json!({"Last": "Smith"}))).await;
        assert_eq!((&left["status"], &left["id"]), (&json!("skipped"), &made["id"]));
        assert!(left["reason"].as_str().unwrap().contains("source of truth"));
        assert!(left["action"].as_str().unwrap().contains("sourceOfTruth"));
        assert_eq!(delete(&client, &path, json!({"id": "C-1"})).await["status"], "skipped");
        let member = format!("/api/members/{}", made["id"].as_str().unwrap());
        assert_eq!(client.get(&member).await.status(200).json()["lastName"], "Doe");
        // What was deleted here does not come back.
        let _ = client.delete(&member).await.status(204);
        let gone = one(&client, &path, jane(&json!({"Last": "Smith"}))).await;
        assert_eq!(gone["status"], "skipped");
        assert!(gone["reason"].as_str().unwrap().contains("was deleted here"), "{gone}");
    }

    async fn where_the_outside_is_right_it_also_deletes(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let made = one(&client, &path, jane(&json!({}))).await;
        let member = format!("/api/members/{}", made["id"].as_str().unwrap());
        let _ = client.patch(&member, json!({"membershipType": "Full"})).await.status(200);
        let refused = delete(&client, &path, json!({"id": "C-1"})).await;
        assert_eq!((&refused["status"], &refused["nextRetryAt"]), (&json!("failed"), &Json::Null));
        assert!(refused["reason"].as_str().unwrap().contains("membership"), "{refused}");
        let _ = client.patch(&member, json!({"membershipType": null})).await.status(200);
        assert_eq!(delete(&client, &path, json!({"id": "C-1"})).await["status"], "deleted");
        assert_eq!(delete(&client, &path, json!({"id": "C-1"})).await["status"], "unchanged");
        let _ = client.get(&member).await.status(404);
        assert_eq!(log(&client, &path, "type=record").await[0]["status"], "resolved");
        // There it is again, so here too.
        assert_eq!(one(&client, &path, jane(&json!({}))).await["status"], "created");
    }

    async fn the_latest_change_wins(app: TestApp) {
        let client = app.client().await;
        let mut body = json!({"name": "CRM", "sourceOfTruth": "latest_wins", "fieldMapping": {"members": rules()}});
        let rule = json!({"external": "Modified", "field": "updatedAt", "transforms": [{"dateTimeFormat": "%Y-%m-%d %H:%M:%S"}]});
        body["fieldMapping"]["members"].as_array_mut().unwrap().push(rule);
        let (path, _) = made(&client, body).await;
        let at = |seconds: i64| {
            let zone = jiff::tz::TimeZone::get(&app.acme.timezone).unwrap();
            let moment = jiff::Timestamp::from_microsecond(app.app.now().plus_seconds(seconds).as_micros()).unwrap();
            let parts = jiff::fmt::strtime::BrokenDownTime::from(&moment.to_zoned_datetime(zone));
            json!(parts.to_string("%Y-%m-%d %H:%M:%S").unwrap())
        };
        let made = one(&client, &path, jane(&json!({"Modified": at(-600)}))).await;
        assert_eq!(made["status"], "created", "{made}");
        let member = format!("/api/members/{}", made["id"].as_str().unwrap());
        // Nobody here has changed it since: a state of theirs between what was taken and now is a newer one.
        assert_eq!(one(&client, &path, jane(&json!({"Town": "Perth", "Modified": at(-300)}))).await["status"], "updated");
        let old = one(&client, &path, jane(&json!({"Town": "Sydney", "Modified": at(-500)}))).await;
        assert_eq!(old["status"], "skipped", "an older state that comes late");
        assert!(old["reason"].as_str().unwrap().contains("newer"));
        app.advance(1_000);
        let _ = client.patch(&member, json!({"city": "Hobart"})).await.status(200);
        app.advance(1_000);
        assert_eq!(one(&client, &path, jane(&json!({"Town": "Perth", "Modified": at(-1_500)}))).await["status"], "skipped");
        assert_eq!(one(&client, &path, jane(&json!({"Town": "Hobart", "Modified": at(-1_500)}))).await["status"], "unchanged");
        assert_eq!(one(&client, &path, jane(&json!({"Town": "Perth", "Modified": at(-500)}))).await["status"], "updated");
        let wrong = one(&client, &path, jane(&json!({"Modified": "yesterday"}))).await;
        assert_eq!(wrong["violations"][0]["propertyPath"], "Modified");

        // Deleted here and changed there at once: the later of the two.
        app.advance(1_000);
        let _ = client.delete(&member).await.status(204);
        let earlier = one(&client, &path, jane(&json!({"Town": "Cairns", "Modified": at(-10)}))).await;
        assert_eq!(earlier["status"], "skipped", "{earlier}");
        app.advance(10);
        let later = one(&client, &path, jane(&json!({"Town": "Cairns", "Modified": at(-5)}))).await;
        assert_eq!(later["status"], "created");
        // Deleted there and changed here at once, likewise.
        let member = format!("/api/members/{}", later["id"].as_str().unwrap());
        app.advance(1_000);
        let _ = client.patch(&member, json!({"city": "Hobart"})).await.status(200);
        let moment = |seconds: i64| app.app.now().plus_seconds(seconds).to_string();
        let kept = delete(&client, &path, json!({"id": "C-1", "deletedAt": moment(-60)})).await;
        assert_eq!(kept["status"], "skipped");
        app.advance(60);
        let gone = delete(&client, &path, json!({"id": "C-1", "deletedAt": moment(-30)})).await;
        assert_eq!(gone["status"], "deleted");
    }

    async fn what_waits_for_another_record_is_tried_again_by_itself(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let _ = sync(&client, &path, &[jane(&json!({}))]).await;
        // The address has moved to another contact, which comes first.
        let other = json!({"Id": "C-2", "First": "Joan", "Last": "Doe", "Email_Address": "jane@example.org"});
        let failed = one(&client, &path, other.clone()).await;
        assert_eq!((&failed["status"], failed["nextRetryAt"].is_null()), (&json!("failed"), false), "{failed}");
        assert!(failed["action"].as_str().unwrap().contains("tried again by itself"));
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 0, "not yet");
        app.advance(61);
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 1);
        let row = log(&client, &path, "type=record").await.remove(0);
        assert_eq!((&row["status"], &row["attempts"]), (&json!("retrying"), &json!(2)));
        let _ = sync(&client, &path, &[jane(&json!({"Email_Address": "new@example.org"}))]).await;
        app.advance(601);
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 1);
        let row = log(&client, &path, "type=record").await.remove(0);
        assert_eq!((&row["status"], &row["attempts"]), (&json!("resolved"), &json!(3)));
        assert!(row["recordId"].is_string() && row["reason"].is_null() && row["nextRetryAt"].is_null());
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 0);
        let feed = client.get("/api/changes").await.json();
        assert_eq!(feed["data"].as_array().unwrap().last().unwrap()["origin"]["type"], "integration");
        let audit = client.get("/api/audit-log?actorType=integration&action=create").await.json();
        assert_eq!(audit["totalItems"], 2);
    }

    async fn of_two_servers_one_tries_a_record_again(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let _ = sync(&client, &path, &[jane(&json!({}))]).await;
        let others: Vec<Json> = (2..8)
            .map(|id| json!({"Id": id, "First": "Jo", "Last": "Doe", "Email_Address": "jane@example.org"}))
            .collect();
        let _ = sync(&client, &path, &others).await;
        app.advance(61);
        let second = app.second_server().await;
        let (one, two) = tokio::join!(app.app.retry_due_syncs(), second.retry_due_syncs());
        assert_eq!(one.unwrap() + two.unwrap(), 6);
        let rows = log(&client, &path, "type=record").await;
        assert!(rows.iter().all(|row| row["attempts"] == 2), "{rows:#?}");
        second.close().await;
    }

    async fn after_three_retries_it_needs_somebody(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let _ = sync(&client, &path, &[jane(&json!({}))]).await;
        let other = json!({"Id": "C-2", "First": "Joan", "Last": "Doe", "Email_Address": "jane@example.org"});
        let failed = one(&client, &path, other).await;
        for _ in 0..3 {
            app.advance(3_601);
            assert_eq!(app.app.retry_due_syncs().await.unwrap(), 1);
        }
        app.advance(100_000);
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 0);
        let row = log(&client, &path, "type=record").await.remove(0);
        assert_eq!((&row["status"], &row["attempts"]), (&json!("failed"), &json!(4)));
        let retry = format!("{path}/sync-log/{}/retry", failed["entryId"].as_str().unwrap());
        let again = client.post(&retry, json!({})).await.status(200).json();
        assert_eq!((&again["status"], &again["attempts"]), (&json!("failed"), &json!(5)));
        let _ = sync(&client, &path, &[jane(&json!({"Email_Address": "new@example.org"}))]).await;
        let once = || client.post(&retry, json!({})).header("idempotency-key", "r");
        assert_eq!(once().await.status(200).json()["status"], "resolved");
        assert_eq!(once().await.status(200).header("idempotency-replayed"), Some("true"));
        let _ = client.post(&retry, json!({})).await.status(409).problem("rule-violation");
        let run = log(&client, &path, "type=run").await.remove(0);
        let of_run = format!("{path}/sync-log/{}/retry", run["id"].as_str().unwrap());
        let _ = client.post(&of_run, json!({})).await.status(409).problem("rule-violation");
    }

    async fn a_newer_state_settles_what_failed_before(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let bad = jane(&json!({"Born": "31/02/1990"}));
        let _ = sync(&client, &path, &[bad.clone(), json!({"Id": "C-2", "First": "Bo", "Last": "Li", "Email_Address": "bo@example.org"})]).await;
        assert_eq!(client.get("/api/members").await.json()["totalItems"], 1, "a transform that fails on one row");
        let _ = sync(&client, &path, &[bad]).await;
        let rows = log(&client, &path, "type=record").await;
        assert_eq!((&rows[0]["status"], &rows[1]["status"]), (&json!("failed"), &json!("superseded")));
        let _ = sync(&client, &path, &[jane(&json!({"Born": "28/02/1990"}))]).await;
        let rows = log(&client, &path, "type=record").await;
        assert_eq!((&rows[0]["status"], &rows[1]["status"]), (&json!("resolved"), &json!("superseded")));
        let kept = app.app.db().all(db::Weight::Short, "SELECT COUNT(*) FROM sync_log WHERE payload IS NOT NULL", &[], |row| row.integer(0));
        assert_eq!(kept.await.unwrap(), [0], "what was sent is not kept longer than it is needed");
    }

    async fn an_outside_id_that_moves_to_another_record_means_that(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let first = one(&client, &path, jane(&json!({}))).await;
        let _ = client.patch(&format!("/api/members/{}", first["id"].as_str().unwrap()), json!({"externalId": null})).await.status(200);
        let second = json!({"firstName": "Joan", "lastName": "Doe", "email": "joan@example.org", "externalId": "C-1"});
        let second = client.post("/api/members", second).await.status(201).json();
        let moved = one(&client, &path, json!({"Id": "C-1", "Town": "Perth"})).await;
        assert_eq!((&moved["status"], &moved["id"]), (&json!("updated"), &second["id"]));
        // It brings the address of the first, which still has it.
        let clash = one(&client, &path, jane(&json!({}))).await;
        assert_eq!(clash["status"], "failed");
        assert!(clash["reason"].as_str().unwrap().contains(first["id"].as_str().unwrap()), "{clash}");
    }

    async fn what_cannot_be_a_sync_is_refused(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let post = |body: Json| client.post(&format!("{path}/sync"), body);
        let paths = async |body: Json| -> Vec<String> {
            post(body).await.status(400).violations().into_iter().map(|(path, _)| path).collect()
        };
        assert_eq!(paths(json!({})).await, ["resource"]);
        assert_eq!(paths(json!({"resource": "members"})).await, ["records"]);
        assert_eq!(paths(json!({"resource": "people", "records": {}, "recrods": []})).await, ["recrods", "resource", "records"]);
        assert_eq!(paths(json!({"resource": "members", "deleted": [{"id": ""}, "x", {"id": 1, "deletedAt": "x"}]})).await,
            ["deleted[0].id", "deleted[1]", "deleted[2].deletedAt"]);
        let many: Vec<Json> = (0..1_001).map(|id| json!({"Id": id})).collect();
        assert_eq!(paths(json!({"resource": "members", "records": many})).await, ["records"]);
        let nameless = one(&client, &path, jane(&json!({"Id": " "}))).await;
        assert_eq!(nameless["violations"][0]["propertyPath"], "Id");
        let long = one(&client, &path, jane(&json!({"Id": "x".repeat(300)}))).await;
        assert_eq!(long["status"], "failed");
        let _ = client.patch(&path, json!({"enabled": false})).await.status(200);
        let off = post(json!({"resource": "members", "records": [jane(&json!({}))]})).await.status(409);
        let _ = off.problem("rule-violation");
    }

    async fn a_repeated_sync_is_done_once(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let body = json!({"resource": "members", "records": [jane(&json!({}))]});
        let post = || client.post(&format!("{path}/sync"), body.clone()).header("idempotency-key", "s");
        let first = post().await.status(200).json();
        let again = post().await.status(200);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.json(), first);
        assert_eq!(log(&client, &path, "type=run").await.len(), 1);
    }

    async fn records_in_our_own_shape_need_no_mapping(app: TestApp) {
        let client = app.client().await;
        let (path, _) = made(&client, json!({"name": "Website", "sourceOfTruth": "external"})).await;
        let event = json!({"externalId": "7", "name": "Gala", "eventStart": "2020-01-01T10:00:00Z", "version": 9, "id": "x"});
        let sync = async |event: &Json| {
            let body = json!({"resource": "events", "records": [event]});
            client.post(&format!("{path}/sync"), body).await.status(200).json()["results"][0].clone()
        };
        assert_eq!(sync(&event).await["status"], "created", "history, and what only the server sets");
        assert_eq!(sync(&event).await["status"], "unchanged");
        let wrong = sync(&json!({"externalId": "7", "nmae": "Ball"})).await;
        assert_eq!(wrong["violations"][0]["code"], "unknown_field");
    }

    async fn two_integrations_that_echo_each_other_come_to_rest(app: TestApp) {
        let client = app.client().await;
        let (one_path, one_id) = crm(&client, "latest_wins").await;
        let (two_path, two_id) = crm(&client, "external").await;
        let _ = sync(&client, &one_path, &[jane(&json!({}))]).await;
        // Each hands what the feed brings of others on to the other side, in its own shape.
        let mut cursors = [String::from("0"), String::from("0")];
        let mut rounds = 0;
        loop {
            let mut sent = 0;
            for (index, (path, id)) in [(&one_path, &one_id), (&two_path, &two_id)].into_iter().enumerate() {
                let feed = client.get(&format!("{path}/changes?cursor={}", cursors[index])).await.status(200).json();
                feed["nextCursor"].as_str().unwrap().clone_into(&mut cursors[index]);
                for event in feed["data"].as_array().unwrap() {
                    if event["origin"]["integrationId"] != id.as_str() {
                        let _ = sync(&client, path, &[event["data"].clone()]).await;
                        sent += 1;
                    }
                }
            }
            rounds += 1;
            assert!(rounds < 5, "they never come to rest");
            if sent == 0 {
                break;
            }
        }
        assert_eq!(changes(&client).await, 1);
    }

    async fn the_feed_has_the_outside_systems_shape(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let member = json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "externalId": "C-1",
            "gender": "female", "dateOfBirth": "1990-03-02"});
        let _ = client.post("/api/members", member).await.status(201);
        let _ = client.post("/api/courses", json!({"name": "Law"})).await.status(201);
        let feed = client.get(&format!("{path}/changes")).await.status(200).json();
        assert_eq!(feed["data"][0]["data"], json!({"Id": "C-1", "First": "Jane", "Last": "Doe",
            "Email_Address": "jane@example.org", "Gender": "F", "Born": "02/03/1990", "Town": null}));
        assert_eq!(feed["data"][1]["data"]["name"], "Law", "without rules as the API shows it");
        assert_eq!((&feed["nextCursor"], &feed["hasMore"]), (&json!("2"), &json!(false)));
        let members = client.get(&format!("{path}/changes?types[]=member.*&limit=1")).await.status(200).json();
        assert_eq!(members["data"].as_array().unwrap().len(), 1);
        let reader = client.with_key(app.key(&app.tenant, Some(&["integrations:read"])).await);
        let _ = reader.get(&format!("{path}/changes")).await.status(403).problem("insufficient-scope");
        let jane = client.get("/api/members?externalId=C-1").await.json()["data"][0]["id"].clone();
        let erase = format!("/api/members/{}/erase", jane.as_str().unwrap());
        let _ = client.post(&erase, json!({})).await.status(200);
        let feed = client.get(&format!("{path}/changes?types[]=member.*")).await.status(200).json();
        for event in feed["data"].as_array().unwrap() {
            assert_eq!((&event["data"]["id"], &event["data"]["erased"]), (&jane, &json!(true)));
        }
    }

    async fn a_key_that_expires_during_a_sync_loses_nothing(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let ends = app.app.now().plus_seconds(100).to_string();
        let key = json!({"name": "CRM", "scopes": ["integrations:write"], "integrationId": id, "expiresAt": ends});
        let key = client.post("/api/api-keys", key).await.status(201).json();
        let holder = client.with_key(key["key"].as_str().unwrap());
        let _ = sync(&holder, &path, &[jane(&json!({}))]).await;
        let other = json!({"Id": "C-2", "First": "Joan", "Last": "Doe", "Email_Address": "jane@example.org"});
        let _ = sync(&holder, &path, &[other]).await;
        app.advance(101);
        let body = json!({"resource": "members", "records": [jane(&json!({}))]});
        let _ = holder.post(&format!("{path}/sync"), body).await.status(401).problem("expired-api-key");
        // What had failed before is tried again all the same: it is the integration's work.
        assert_eq!(app.app.retry_due_syncs().await.unwrap(), 1);
    }
}
