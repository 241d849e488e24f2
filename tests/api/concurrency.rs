//! Many requests at the same moment: each is done as if it were alone (API §6).

use futures_util::future::join_all;
use serde_json::json;
use testkit::{Client, Response, TestApp, on_both_engines};

use super::{make, make_minimal, object};

/// Sends these at once, each in a task of its own.
async fn at_once(calls: impl IntoIterator<Item = testkit::Call>) -> Vec<Response> {
    let tasks = calls.into_iter().map(|call| tokio::spawn(async move { call.await }));
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

fn count(answers: &[Response], status: u16) -> usize {
    answers.iter().filter(|answer| answer.code() == status).count()
}

const EITHER_CASE: [&str; 2] = ["jane@example.org", "JANE@example.org"];

/// The rows of the change feed, in order: number, type, version.
async fn feed(app: &TestApp) -> Vec<(i64, String, i64)> {
    let sql = "SELECT sequence, type, version FROM changes ORDER BY tenant, sequence";
    let rows = app.app.db().all(db::Weight::Long, sql, &[], |row| {
        Ok((row.integer(0)?, row.text(1)?.to_owned(), row.integer(2)?))
    });
    rows.await.unwrap()
}

async fn assert_gapless(app: &TestApp, changes: usize) {
    let numbers: Vec<i64> = feed(app).await.iter().map(|(sequence, _, _)| *sequence).collect();
    let expected: Vec<i64> = (1..=i64::try_from(changes).unwrap()).collect();
    assert_eq!(numbers, expected, "one feed row for each change, without gaps");
    let audited = app.app.db().all(
        db::Weight::Long,
        "SELECT sequence FROM audit_log WHERE sequence IS NOT NULL ORDER BY sequence",
        &[],
        |row| row.integer(0),
    );
    assert_eq!(audited.await.unwrap(), expected, "and one audit row, with the same number");
}

async fn two_servers(app: &TestApp) -> [Client; 2] {
    let key = app.key(&app.tenant, None).await;
    let second = app.second_server().await;
    [&app.app, &second].map(|app| testkit::api_of(app, api::Config::default()).with_key(key.clone()))
}

on_both_engines! {
    async fn one_of_many_gets_the_address(app: TestApp) {
        let servers = two_servers(&app).await;
        let body = |number: usize| {
            object(json!({
                "firstName": "Jane", "lastName": "Doe", "email": EITHER_CASE[number % 2],
            }))
        };
        let answers =
            at_once((0..20).map(|number| servers[number % 2].post("/api/members", body(number)))).await;
        assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 19));
        for refused in answers.into_iter().filter(|answer| answer.code() == 409) {
            let _ = refused.problem("conflict").violation("email", "duplicate");
        }
        assert_eq!(servers[1].get("/api/members").await.json()["totalItems"], 1);
        assert_gapless(&app, 1).await;
    }

    async fn one_of_many_changes_the_version(app: TestApp) {
        let servers = two_servers(&app).await;
        let (address, _) = make_minimal(&servers[0], app.resource("members")).await;
        let patch = |number: usize| {
            let body = json!({"city": format!("City {number}")});
            servers[number % 2].patch(&address, body).header("if-match", "\"1\"")
        };
        let answers = at_once((0..20).map(patch)).await;
        assert_eq!((count(&answers, 200), count(&answers, 412)), (1, 19));
        assert_eq!(servers[0].get(&address).await.json()["version"], 2);
        assert_gapless(&app, 2).await;
    }

    async fn without_a_condition_all_changes_are_made_one_after_the_other(app: TestApp) {
        let servers = two_servers(&app).await;
        let (address, _) = make_minimal(&servers[0], app.resource("events")).await;
        let patch = |number: usize| {
            servers[number % 2].patch(&address, json!({"customFields": {format!("k{number}"): number}}))
        };
        let answers = at_once((0..20).map(patch)).await;
        assert_eq!(count(&answers, 200), 20);
        let shown = servers[1].get(&address).await.json();
        assert_eq!(
            (&shown["version"], shown["customFields"].as_object().unwrap().len()),
            (&json!(21), 20),
            "none was lost"
        );
        assert_gapless(&app, 21).await;
        let versions: Vec<i64> = feed(&app).await.into_iter().map(|(_, _, version)| version).collect();
        assert_eq!(versions, (1..=21).collect::<Vec<i64>>());
    }

    async fn each_new_member_gets_a_number_of_its_own(app: TestApp) {
        let servers = two_servers(&app).await;
        let body = |number: usize| {
            object(json!({"firstName": "Jane", "lastName": "Doe", "email": format!("j{number}@example.org")}))
        };
        let answers =
            at_once((0..30).map(|number| servers[number % 2].post("/api/members", body(number)))).await;
        assert_eq!(count(&answers, 201), 30);
        let mut numbers: Vec<i64> =
            answers.iter().map(|answer| answer.json()["memberNumber"].as_i64().unwrap()).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=30).collect::<Vec<i64>>());
        assert_gapless(&app, 30).await;
    }

    async fn a_record_is_deleted_once(app: TestApp) {
        let servers = two_servers(&app).await;
        let (address, _) = make_minimal(&servers[0], app.resource("courses")).await;
        let answers = at_once((0..10).map(|number| servers[number % 2].delete(&address))).await;
        assert_eq!((count(&answers, 204), count(&answers, 404)), (1, 9));
        assert_gapless(&app, 2).await;
    }

    async fn the_feed_tells_every_change_and_nothing_else(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make_minimal(&client, app.resource("members")).await;
        let _ = client.patch(&address, json!({"city": "Hobart"})).await.status(200);
        let _ = client.patch(&address, json!({"city": "Hobart"})).await.status(200);
        let _ = client.patch(&address, json!({"email": "x"})).await.status(400);
        let _ = client.get(&address).await.status(200);
        let _ = client.delete(&address).await.status(204);
        let event = object(json!({
            "name": "X", "eventType": "live", "location": "Y", "eventStart": "2026-12-01T00:00:00Z", "eventEnd": "2026-12-02T00:00:00Z",
        }));
        let (event, _) = make(&client, app.resource("events"), event).await;
        for action in ["publish", "cancel"] {
            let _ = client.call(axum::http::Method::POST, &format!("{event}/{action}")).await.status(200);
        }
        let told: Vec<(i64, String, i64)> = feed(&app).await;
        let expected = [
            (1, "member.created", 1),
            (2, "member.updated", 2),
            (3, "member.deleted", 3),
            (4, "event.created", 1),
            (5, "event.published", 2),
            (6, "event.cancelled", 3),
        ];
        assert_eq!(told, expected.map(|(sequence, kind, version)| (sequence, kind.to_owned(), version)));
        let previous = app.app.db().all(
            db::Weight::Long,
            "SELECT previous FROM changes WHERE sequence = 2",
            &[],
            |row| row.text(0).map(str::to_owned),
        );
        assert_eq!(previous.await.unwrap(), ["{\"city\":null}"]);
    }
}
