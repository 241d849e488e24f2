//! A person who is erased is not in files that were sent for import either, nor in reports of rows that failed.

use app::Actor;
use axum::http::Method;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, on_both_engines};

use super::places;
use crate::api::NEVER;

const LIST: &str = "/api/members/imports";
/// Stands in whatever tells of the person.
const MARK: &str = "Qwxyzzy";
/// Where one part of a file ends and the next begins.
const PART: usize = 512 * 1024;

async fn person(client: &Client) -> String {
    let body = json!({
        "firstName": "Jane", "lastName": "Doe", "email": format!("Jane.{MARK}@Example.org"),
        "externalId": format!("{MARK}-7"),
    });
    client.post("/api/members", body).await.status(201).header("location").unwrap().to_owned()
}

async fn sent(client: &Client, list: &str, file: &str) -> String {
    let answer = client.call(Method::POST, list).csv(file).await.status(201);
    answer.header("location").unwrap().to_owned()
}

/// The rows of a file whose third cell begins a few bytes before the end of a part.
fn across_two_parts(value: &str) -> String {
    let mut file = "firstName,lastName,email,bio\n".to_owned();
    while file.len() < PART - 300 {
        file.push_str("Ann,Other,ann@example.org,");
        file.push_str(&"x".repeat(200));
        file.push('\n');
    }
    let start = PART - 10 - file.len() - "Jane,,".len();
    let file = format!("{file}Jane,{},\"{value}\",y\n", "D".repeat(start - 1));
    let at = file.find(value).unwrap();
    assert!(at < PART && at + value.len() > PART, "{at}");
    file
}

async fn execute(app: &TestApp, sql: &'static str, params: Vec<db::Param>) {
    let done: Result<u64, db::DbError> = app
        .app
        .db()
        .write(move |tx| {
            let params = params.clone();
            Box::pin(async move { tx.execute(sql, &params).await })
        })
        .await;
    assert!(done.unwrap() > 0);
}

async fn status(client: &Client, import: &str) -> Json {
    client.get(import).await.status(200).json()["status"].clone()
}

on_both_engines! {
    async fn files_and_reports_that_tell_of_a_person_are_discarded(app: TestApp) {
        let client = app.client().await;
        let path = person(&client).await;
        let now = format!("now.{MARK}@example.org");
        let _ = client.patch(&path, json!({"email": now})).await.status(200);
        let of_person = [
            // By the address of today, in other letters, split between two parts.
            sent(&client, LIST, &across_two_parts(&now.to_uppercase())).await,
            // By a former one, among other words, in a file of something else.
            sent(&client, "/api/events/imports", &format!("name,description\nBall,Ask jane.{MARK}@example.org!\n")).await,
            // By the id, in a column of another name.
            sent(&client, LIST, &format!("External Id,firstName\n\" {MARK}-7 \",Jane\n")).await,
        ];
        let report = sent(&client, LIST, &format!("firstName,email\nJane,{now}\nBen,ben@example.org\n")).await;
        let _ = client.post(&format!("{report}/start"), json!({})).await.status(200);
        while status(&client, &report).await == "running" {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        assert_eq!(client.get(&report).await.json()["counts"]["failed"], 1, "Ben has no family name");
        let report = {
            let rows = format!("firstName,lastName,email,joinedAt\nJane,Doe,{now},yesterday\n");
            let path = sent(&client, LIST, &rows).await;
            let _ = client.post(&format!("{path}/start"), json!({})).await.status(200);
            while status(&client, &path).await == "running" {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            assert!(client.get(&format!("{path}/failed-rows")).await.text().contains(&now));
            (report, path)
        };
        // Nobody else's: of a namesake, of a number that only looks like the id, of other tenants.
        let near = format!("firstName,email,company\nJo,jo{now},{MARK}-7\n");
        let near = sent(&client, LIST, &near).await;
        let other = app.tenant_of(&app.other, app::Environment::Production).await;
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let mut foreign = Vec::new();
        for tenant in [&other, &sandbox] {
            let stranger = app.client_of(tenant).await;
            let import = sent(&stranger, LIST, &format!("firstName,email\nJane,{now}\n")).await;
            foreign.push((stranger, import));
        }

        let erased = client.post(&format!("{path}/erase"), json!({})).await.status(200).json();
        assert_eq!(erased["imports"], 4, "{erased}");
        for import in &of_person {
            let shown = client.get(import).await.status(200).json();
            assert_eq!(shown["status"], "failed");
            assert!(shown["message"].as_str().unwrap().contains("a person who was erased"), "{shown}");
            let refused = client.post(&format!("{import}/start"), json!({})).await.status(409);
            assert!(refused.text().contains("a person who was erased"), "{}", refused.text());
        }
        let shown = client.get(&report.1).await.json();
        assert_eq!((&shown["status"], &shown["failedRowsComplete"]), (&json!("done"), &json!(false)));
        assert!(!client.get(&format!("{}/failed-rows", report.1)).await.status(200).text().contains(MARK));
        // The report of Ben is still there.
        assert!(client.get(&format!("{}/failed-rows", report.0)).await.text().contains("ben@example.org"));
        assert_eq!(status(&client, &near).await, "waiting");
        for (stranger, import) in &foreign {
            assert_eq!(status(stranger, import).await, "waiting");
        }
        let again = client.post(&format!("{path}/erase"), json!({})).await.status(200).json();
        assert_eq!(again["imports"], 0);
        for (tenant, import) in foreign.iter().chain([&(client, near)]) {
            let _ = tenant.delete(import).await.status(204);
        }
        assert_eq!(places(app.app.db(), &MARK.to_lowercase()).await, Vec::<String>::new());
    }

    async fn nobody_is_erased_while_a_file_is_imported_or_sent(app: TestApp) {
        let client = app.client().await;
        let path = person(&client).await;
        let erase = format!("{path}/erase");
        let import = sent(&client, LIST, &format!("firstName,email\nJane,jane.{MARK}@example.org\n")).await;
        let lease = app.app.now().plus_seconds(20).as_micros();
        execute(&app, "UPDATE imports SET status = 'running', run = 1, lease_until = ?", vec![db::Param::Integer(lease)])
            .await;
        let refused = client.post(&erase, json!({})).await.status(409).problem("rule-violation");
        assert!(refused.text().contains("Try again when the import is over"), "{}", refused.text());
        assert_eq!(refused.header("retry-after"), Some("10"));
        let _ = client.get(&path).await.status(200);
        assert_eq!(status(&client, &import).await, "running");
        // Who is not there, or not here, is told so as ever; and other tenants are not held up.
        let _ = client.post(&format!("/api/members/{NEVER}/erase"), json!({})).await.status(404);
        let sandbox = app.client_of(&app.tenant_of(&app.acme, app::Environment::Sandbox).await).await;
        let elsewhere = person(&sandbox).await;
        let _ = sandbox.post(&format!("{elsewhere}/erase"), json!({})).await.status(200);
        // The server that worked on it was killed.
        app.advance(21);
        let actor = Actor::system();
        let resource = app.resource("members");
        let mut upload = app.app.begin_import(&app.tenant, &actor, resource, "more.csv").await.unwrap();
        upload.write(b"firstName,email\n").await.unwrap();
        let refused = client.post(&erase, json!({})).await.status(409).problem("rule-violation");
        assert!(refused.text().contains("being sent"), "{}", refused.text());
        assert_eq!(status(&client, &import).await, "stopped");
        drop(upload);
        app.advance(15 * 60);
        let erased = client.post(&erase, json!({})).await.status(200).json();
        assert_eq!(erased["imports"], 1);
        assert_eq!(places(app.app.db(), &MARK.to_lowercase()).await, Vec::<String>::new());
    }

    /// Files come first, so that a person is still known when a killed server left some.
    async fn what_a_killed_server_left_is_found_by_a_second_erasure(app: TestApp) {
        let client = app.client().await;
        let path = person(&client).await;
        let import = sent(&client, LIST, &format!("firstName,email\nJane,jane.{MARK}@example.org\n")).await;
        // As it is between the note on the import and the removal of its parts.
        execute(&app, "UPDATE imports SET status = 'failed', message = 'x', lease_until = 0", Vec::new()).await;
        assert_eq!(client.post(&format!("{path}/erase"), json!({})).await.status(200).json()["imports"], 1);
        assert_eq!(status(&client, &import).await, "failed");
        assert_eq!(places(app.app.db(), &MARK.to_lowercase()).await, Vec::<String>::new());
    }

    async fn whoever_cannot_be_erased_keeps_their_files(app: TestApp) {
        let client = app.client().await;
        let path = person(&client).await;
        let _ = client.patch(&path, json!({"membershipType": "Fellow"})).await.status(200);
        let import = sent(&client, LIST, &format!("firstName,email\nJane,jane.{MARK}@example.org\n")).await;
        let _ = client.post(&format!("{path}/erase"), json!({})).await.status(409);
        assert_eq!(status(&client, &import).await, "waiting");
        // Deleted already: known from the history.
        let _ = client.patch(&path, json!({"membershipType": null})).await.status(200);
        let _ = client.delete(&path).await.status(204);
        assert_eq!(client.post(&format!("{path}/erase"), json!({})).await.status(200).json()["imports"], 1);
        assert_eq!(status(&client, &import).await, "failed");
        assert_eq!(places(app.app.db(), &MARK.to_lowercase()).await, Vec::<String>::new());
    }
}
