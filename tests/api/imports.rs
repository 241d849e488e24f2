//! Imports that run in the background (portal: the import wizard; API §9: mappings apply to them).

use std::time::Duration;

use api::ImportCall;
use app::{Actor, ImportReading};
use axum::http::Method;
use domain::mapping::Mapping;
use serde_json::{Value as Json, json};
use testkit::{Client, REGISTRY, TestApp, on_both_engines};

use super::NEVER;
use crate::authorisation_coverage::file_of;

const LIST: &str = "/api/members/imports";

async fn sent(client: &Client, file: &str) -> (String, Json) {
    let answer = client.call(Method::POST, LIST).csv(file).await.status(201);
    let shown = answer.json();
    let path = answer.header("location").unwrap().to_owned();
    assert_eq!(path, format!("{LIST}/{}", shown["id"].as_str().unwrap()));
    (path, shown)
}

/// Waits until an import runs no more.
async fn ended(client: &Client, path: &str) -> Json {
    loop {
        let shown = client.get(path).await.status(200).json();
        if shown["status"] != "running" {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn members(client: &Client) -> u64 {
    client.get("/api/members").await.json()["totalItems"].as_u64().unwrap()
}

async fn rows_in(app: &TestApp, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    app.app.db().all(db::Weight::Long, &sql, &[], |row| row.integer(0)).await.unwrap()[0]
}

const FILE: &str = "Given Name,Surname,E-Mail,Joined on,Shoe size\r\n\
    Jane,Doe,JANE@example.org,24/12/2020,40\r\n\
    \"Łukasz, Jan\",Nowak,lukasz@example.org,1/2/2021,41\r\n\
    Bad,Date,bad@example.org,2021-13-40,42\r\n\
    No,Address,,1/2/2021,43\r\n";

fn rules() -> Json {
    json!([
        {"external": "Given Name", "field": "firstName"},
        {"external": "Surname", "field": "lastName"},
        {"external": "E-Mail", "field": "email", "transforms": [{"lowercase": true}]},
        {"external": "Joined on", "field": "joinedAt", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
    ])
}

on_both_engines! {
    async fn a_file_is_sent_looked_at_started_and_reported(app: TestApp) {
        let client = app.client().await;
        let (path, shown) = sent(&client, FILE).await;
        assert_eq!(shown["status"], "waiting");
        assert_eq!(shown["totalRows"], 4);
        assert_eq!(shown["columns"][4], "Shoe size");
        assert_eq!(shown["suggestedMapping"][0]["field"], "firstName");

        let reading = json!({"mapping": rules(), "matchBy": "email"});
        let preview = client.post(&format!("{path}/preview"), reading.clone()).await.status(200).json();
        let told: Vec<_> = preview["rows"].as_array().unwrap().iter().map(|it| it["status"].clone()).collect();
        assert_eq!(told, ["created", "created", "failed", "failed"]);
        assert_eq!(preview["rows"][2]["violations"][0]["propertyPath"], "Joined on");
        assert_eq!(preview["rows"][1]["cells"][0], "Łukasz, Jan");
        assert_eq!(preview["unmappedColumns"], json!(["Shoe size"]));
        assert_eq!(members(&client).await, 0, "a preview stores nothing");

        let started = client.post(&format!("{path}/start"), reading).await.status(200).json();
        assert_eq!(started["status"], "running");
        let report = ended(&client, &path).await;
        assert_eq!(report["status"], "done", "{report}");
        assert_eq!(report["counts"], json!({"created": 2, "updated": 0, "unchanged": 0, "failed": 2}));
        assert_eq!(report["lastLine"], 5);
        assert_eq!(report["unmappedColumns"], json!(["Shoe size"]));
        assert_eq!(client.get("/api/members?email=jane@example.org").await.json()["data"][0]["joinedAt"], "2020-12-24");

        let failed = client.get(&format!("{path}/failed-rows")).await.status(200);
        assert_eq!(failed.header("content-type"), Some("text/csv; charset=utf-8"));
        let lines = failed.text();
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(lines[0], "Given Name,Surname,E-Mail,Joined on,Shoe size,_line,_error");
        assert!(lines[1].starts_with("Bad,Date,bad@example.org,2021-13-40,42,4,"), "{lines:?}");
        assert_eq!(lines.len(), 3);
        // The file goes, the report stays.
        while rows_in(&app, "import_parts").await != 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }

        // The mended report is a file like any other.
        let mended = format!("{}\n{}\n", lines[0], lines[1].replace("2021-13-40", "3/4/2021"));
        let (again, _) = sent(&client, &mended).await;
        let _ = client.post(&format!("{again}/start"), json!({"mapping": rules()})).await.status(200);
        assert_eq!(ended(&client, &again).await["counts"]["created"], 1);

        let audit = client.get("/api/audit-log?action=import").await.status(200).json();
        assert_eq!(audit["totalItems"], 2);
        let list = client.get(LIST).await.status(200).json();
        assert_eq!(list["data"][0]["id"], again.rsplit('/').next().unwrap());

        let _ = client.delete(&path).await.status(204);
        let _ = client.get(&path).await.status(404).problem("not-found");
    }

    async fn a_file_that_cannot_be_imported_says_why_and_is_not_kept(app: TestApp) {
        let client = app.client().await;
        let long = format!("email\n\"never closed{}", "x\n".repeat(3 * 1024 * 1024));
        let files: Vec<(Vec<u8>, &str)> = vec![
            (b"".to_vec(), "The file is empty"),
            (b"email,email\na,b\n".to_vec(), "email is there twice"),
            (b"email;firstName\na;b\n".to_vec(), "separated by semicolons"),
            (b"email\n".to_vec(), "a header and no rows"),
            (b"firstName\nJos\xe9\n".to_vec(), "Line 2 is not UTF-8"),
            (b"pr\xe9nom\nJose\n".to_vec(), "names of the columns are not UTF-8"),
            (long.into_bytes(), "A quote is probably"),
        ];
        for (file, why) in files {
            let call = client.call(Method::POST, LIST).bytes(file).header("content-type", "text/csv");
            let refused = call.await.status(400).problem("validation-error");
            assert!(refused.text().contains(why), "{why}: {}", refused.text());
        }
        let _ = client.call(Method::POST, LIST).json(&json!({})).await.status(415);
        let large = vec![b'a'; 33 * 1024 * 1024];
        let call = client.call(Method::POST, LIST).bytes(large).header("content-type", "text/csv");
        let _ = call.await.status(413).problem("payload-too-large");
        assert_eq!(rows_in(&app, "imports").await, 0);
        assert_eq!(rows_in(&app, "import_parts").await, 0);
        // None of its columns is known: seen when it is looked at.
        let (path, _) = sent(&client, "x,y\n1,2\n").await;
        let refused = client.post(&format!("{path}/preview"), json!({})).await.status(409);
        assert!(refused.text().contains("None of the file's columns is known"), "{}", refused.text());
    }

    async fn files_do_not_pile_up(app: TestApp) {
        let client = app.client().await;
        let mut paths = Vec::new();
        for _ in 0..5 {
            paths.push(sent(&client, FILE).await.0);
        }
        let full = client.call(Method::POST, LIST).csv(FILE).await.status(409).problem("rule-violation");
        assert!(full.text().contains("5 files wait"), "{}", full.text());
        let _ = client.delete(&paths[0]).await.status(204);
        let _ = sent(&client, FILE).await;
        // Those that nobody starts are forgotten after a day.
        app.advance(24 * 3_600);
        app.app.prune_feed().await.unwrap();
        assert_eq!(rows_in(&app, "imports").await, 0);
        assert_eq!(rows_in(&app, "import_parts").await, 0);
        let (path, _) = sent(&client, "email\nx\n").await;
        let _ = client.post(&format!("{path}/start"), json!({})).await.status(200);
        assert_eq!(ended(&client, &path).await["counts"]["failed"], 1);
        app.advance(24 * 3_600);
        app.app.prune_feed().await.unwrap();
        assert_eq!(rows_in(&app, "imports").await, 1, "a report is kept longer");
        app.advance(7 * 24 * 3_600);
        app.app.prune_feed().await.unwrap();
        assert_eq!(rows_in(&app, "import_parts").await, 0);
    }

    async fn an_import_is_started_once(app: TestApp) {
        let client = app.client().await;
        let (path, _) = sent(&client, FILE).await;
        let start = || client.post(&format!("{path}/start"), json!({"mapping": rules()}));
        let (one, other) = tokio::join!(start(), start());
        let mut codes = [one.code(), other.code()];
        codes.sort_unstable();
        assert_eq!(codes, [200, 409], "{} {}", one.text(), other.text());
        assert_eq!(ended(&client, &path).await["counts"]["created"], 2);
        let _ = start().await.status(409).problem("rule-violation");
        assert_eq!(members(&client).await, 2);
    }

    async fn a_wrong_mapping_names_its_rules(app: TestApp) {
        let client = app.client().await;
        let (path, _) = sent(&client, FILE).await;
        let wrong = json!({"mapping": [{"external": "E-Mail", "field": "emial"}], "matchBy": "city", "x": 1});
        for call in ["preview", "start"] {
            let refused = client.post(&format!("{path}/{call}"), wrong.clone()).await.status(400);
            let paths: Vec<_> = refused.violations().into_iter().map(|(path, _)| path).collect();
            assert_eq!(paths, ["mapping[0].field", "matchBy", "x"]);
        }
        assert_eq!(client.get(&path).await.json()["status"], "waiting");
    }

    async fn what_a_killed_server_left_goes_on_where_it_stopped(app: TestApp) {
        let client = app.client().await;
        // Events have nothing to be found by again: a row that was done twice would be there twice.
        let rows: String = (0..3_000).map(|n| format!("Event {n}\n")).collect();
        let events = "/api/events/imports";
        let sent = client.call(Method::POST, events).csv(&format!("name\n{rows}")).await.status(201).json();
        let path = format!("{events}/{}", sent["id"].as_str().unwrap());
        let id = sent["id"].as_str().unwrap().parse().unwrap();
        // A server of its own begins, and ends in the middle.
        let second = app.second_server().await;
        let resource = app.resource("events");
        second.start_import(&app.tenant, &Actor::system(), resource, id, None).await.unwrap();
        loop {
            let shown = client.get(&path).await.json();
            if shown["counts"]["created"] != 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        second.close().await;
        let stopped = client.get(&path).await.json();
        let done = stopped["counts"]["created"].as_u64().unwrap();
        if stopped["status"] != "done" {
            assert_eq!(stopped["status"], "stopped");
            assert_eq!(stopped["lastLine"].as_u64(), Some(done + 1));
            let refused = client.post(&format!("{path}/start"), json!({"mapping": null})).await.status(400);
            assert!(refused.text().contains("goes on with the mapping"), "{}", refused.text());
            let _ = client.post(&format!("{path}/start"), json!({})).await.status(200);
        }
        let report = ended(&client, &path).await;
        assert_eq!(report["counts"]["created"], 3_000, "{report}");
        assert_eq!(client.get("/api/events").await.json()["totalItems"], 3_000);
    }

    async fn one_whose_server_was_killed_is_seen_to_have_stopped(app: TestApp) {
        let client = app.client().await;
        let (path, shown) = sent(&client, FILE).await;
        // As it is in the moment after the start: running, with a lease, and nobody there.
        let sql = "UPDATE imports SET status = 'running', run = 1, lease_until = ?, mapping = ?";
        let lease = app.app.now().plus_seconds(20).as_micros();
        let rules = rules().to_string();
        let params = vec![db::Param::Integer(lease), db::Param::Text(rules)];
        let done = app.app.db().write(move |tx| {
            let params = params.clone();
            Box::pin(async move { tx.execute(sql, &params).await })
        });
        let _: Result<u64, db::DbError> = done.await;
        let _ = client.post(&format!("{path}/start"), json!({})).await.status(409);
        app.advance(21);
        let stopped = client.get(&path).await.json();
        assert_eq!(stopped["status"], "stopped");
        assert_eq!(stopped["message"], "The server that worked on it has ended.");
        let reading = ImportReading {
            mapping: Some(Mapping::suggest(app.resource("members"), &["E-Mail"])),
            match_by: None,
        };
        let id = shown["id"].as_str().unwrap().parse().unwrap();
        let resource = app.resource("members");
        let started = app.app.start_import(&app.tenant, &Actor::system(), resource, id, Some(reading)).await;
        assert!(started.is_ok(), "nothing was stored yet, so another mapping may be chosen");
        assert_eq!(ended(&client, &path).await["status"], "done");
    }

    async fn an_import_that_is_stopped_keeps_what_it_stored(app: TestApp) {
        let client = app.client().await;
        let rows: String = (0..1_500).map(|n| format!("Ana,Lim,m{n}@example.org\n")).collect();
        let (path, _) = sent(&client, &format!("firstName,lastName,email\n{rows}")).await;
        let _ = client.post(&format!("{path}/start"), json!({})).await.status(200);
        let _ = client.delete(&path).await.status(409).problem("rule-violation");
        let _ = client.post(&format!("{path}/stop"), json!({})).await.status(200);
        let stopped = client.get(&path).await.json();
        let done = stopped["counts"]["created"].as_u64().unwrap();
        if stopped["status"] == "stopped" {
            assert!(done < 1_500);
            // What is under way is given up with its transaction.
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(members(&client).await, done);
            loop {
                let again = client.post(&format!("{path}/start"), json!({})).await;
                if again.code() == 200 {
                    break;
                }
            }
        }
        let report = ended(&client, &path).await;
        assert_eq!(report["counts"]["created"], 1_500, "{report}");
        assert_eq!(members(&client).await, 1_500);
    }

    /// Made from the table of calls, so that a new one is tried by itself.
    async fn nobody_else_sees_an_import(app: TestApp) {
        let client = app.client().await;
        let other = app.tenant_of(&app.other, app::Environment::Production).await;
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let strangers = [app.client_of(&other).await, app.client_of(&sandbox).await];
        let with_id = ImportCall::ALL.iter().filter(|call| call.path().contains("{importId}"));
        let with_id: Vec<&ImportCall> = with_id.collect();
        assert!(with_id.len() >= 6);
        for resource in REGISTRY.iter().filter(|resource| resource.is_in_feed()) {
            let list = format!("{}/imports", resource.list_path());
            let file = file_of(resource);
            let sent = client.call(Method::POST, &list).csv(&file).await.status(201).json();
            let id = sent["id"].as_str().unwrap();
            for stranger in &strangers {
                assert_eq!(stranger.get(&list).await.status(200).json()["data"], json!([]));
                for call in &with_id {
                    let path = |id: &str| format!("{}{}", resource.list_path(), call.path()).replace("{importId}", id);
                    let foreign = stranger.call(call.method(), &path(id)).await.status(404);
                    let never = stranger.call(call.method(), &path(NEVER)).await.status(404);
                    assert_eq!(foreign.problem("not-found").json()["detail"], never.json()["detail"]);
                }
            }
            for other in REGISTRY.iter().filter(|other| other.name != resource.name && other.is_in_feed()) {
                let _ = client.get(&format!("{}/imports/{id}", other.list_path())).await.status(404);
            }
            assert_eq!(client.get(&format!("{list}/{id}")).await.json()["status"], "waiting");
        }
    }
}
