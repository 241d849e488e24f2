//! How an integration does: computed from real traffic, with what to do about it.

use app::RecordRow;
use domain::access::Role;
use domain::listing::{Lenience, parse};
use domain::resources::INTEGRATION;
use serde_json::{Value as Json, json};
use testkit::{Client, Receiver, TestApp, on_both_engines};

use super::sync::sync;
use super::{admin, crm, made, rules};

async fn status(client: &Client, path: &str) -> Json {
    client.get(&format!("{path}/status")).await.status(200).json()
}

/// The words of what is wrong.
fn kinds(status: &Json) -> Vec<&str> {
    status["errors"].as_array().unwrap().iter().map(|error| error["type"].as_str().unwrap()).collect()
}

/// A key of the integration.
async fn key(client: &Client, id: &str, more: Json) -> Json {
    let mut body =
        json!({"name": "CRM", "scopes": ["members:read", "integrations:write"], "integrationId": id});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    client.post("/api/api-keys", body).await.status(201).json()
}

fn with(client: &Client, key: &Json) -> Client {
    client.with_key(key["key"].as_str().unwrap())
}

fn good(id: u32) -> Json {
    json!({"Id": id, "First": "Jane", "Last": "Doe", "Email_Address": format!("jane{id}@example.org")})
}

on_both_engines! {
    async fn from_nothing_to_healthy(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let shown = status(&client, &path).await;
        assert_eq!((&shown["status"], &shown["connected"]), (&json!("disconnected"), &json!(false)));
        assert_eq!(kinds(&shown), ["no_credential"]);
        assert!(shown["errors"][0]["action"].as_str().unwrap().starts_with("Make an API key for this integration"));
        let key = key(&client, &id, json!({})).await;
        let shown = status(&client, &path).await;
        assert_eq!((&shown["status"], kinds(&shown)), (&json!("disconnected"), vec!["never_used"]));
        let holder = with(&client, &key);
        let _ = sync(&holder, &path, &[good(1), good(2)]).await;
        let _ = holder.get("/api/members").await.status(200);
        let shown = status(&client, &path).await;
        assert_eq!((&shown["status"], &shown["connected"]), (&json!("healthy"), &json!(true)), "{shown}");
        assert_eq!((kinds(&shown), &shown["credentialExpiresAt"]), (vec![], &Json::Null));
        assert_eq!((&shown["lastSyncAt"], &shown["lastRequestAt"]), (&json!(app.app.now().to_string()), &json!(app.app.now().to_string())));
        let hours = shown["hours"].as_array().unwrap();
        assert_eq!(hours.len(), 24);
        let requests = json!({"succeeded": 2, "clientErrors": 0, "rateLimited": 0, "serverErrors": 0});
        assert_eq!((&hours[23]["requests"], &hours[23]["syncs"]["created"]), (&requests, &json!(2)));
        // The same when it has been stored, and another server looks.
        app.app.flush_usage().await.unwrap();
        let again = status(&client, &path).await;
        assert_eq!(again, shown);
        let _ = holder.get("/api/members").await.status(200);
        app.app.flush_usage().await.unwrap();
        assert_eq!(status(&client, &path).await["hours"][23]["requests"]["succeeded"], 3);
        app.advance(3_600);
        assert_eq!(status(&admin_again(&app).await, &path).await["hours"][22]["requests"]["succeeded"], 3);
        let _ = client.patch(&path, json!({"enabled": false})).await.status(200);
        assert_eq!(status(&client, &path).await["status"], "disabled");
    }

    async fn what_fails_says_what_to_do(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let ends = app.app.now().plus_seconds(3 * 24 * 3_600).to_string();
        let key = key(&client, &id, json!({"expiresAt": ends})).await;
        let holder = with(&client, &key);
        let report = sync(&holder, &path, &[good(1), json!({"Id": 2})]).await;
        let _ = holder.get("/api/events").await.status(403);
        let _ = holder.get("/api/members?x=1").await.status(400);
        let shown = status(&client, &path).await;
        assert_eq!(shown["status"], "degraded");
        assert_eq!(shown["credentialExpiresAt"], ends.as_str());
        assert_eq!((&shown["failedSyncs"], &shown["pendingSyncs"], &shown["authFailures24h"]), (&json!(1), &json!(0), &json!(1)));
        let mut all = kinds(&shown);
        all.sort_unstable();
        assert_eq!(all, ["credential_expires", "permission_denied", "sync_failed"]);
        let failed = shown["errors"].as_array().unwrap().iter().find(|it| it["type"] == "sync_failed").unwrap();
        assert_eq!(failed["entryId"], report["results"][1]["entryId"]);
        for error in shown["errors"].as_array().unwrap() {
            assert!(error["action"].as_str().unwrap().len() > 20 && error["message"].as_str().unwrap().ends_with('.'), "{error}");
        }
        // The key ends: nothing gets in any more, and it says so.
        app.advance(3 * 24 * 3_600);
        let client = admin_again(&app).await;
        for _ in 0..3 {
            let _ = holder.get("/api/members").await.status(401).problem("expired-api-key");
        }
        let shown = status(&client, &path).await;
        assert_eq!((&shown["status"], &shown["authFailures24h"]), (&json!("disconnected"), &json!(3)));
        assert!(kinds(&shown).contains(&"credential_expired") && kinds(&shown).contains(&"authentication_failed"), "{shown}");
        let next = key_of(&client, &id).await;
        let _ = with(&client, &next).get("/api/members").await.status(200);
        let revoked = format!("/api/api-keys/{}/revoke", next["id"].as_str().unwrap());
        assert_eq!(status(&client, &path).await["status"], "degraded");
        let _ = client.post(&revoked, json!({})).await.status(200);
        assert!(kinds(&status(&client, &path).await).contains(&"credential_revoked"));
    }

    async fn refused_requests_and_waiting_records_are_counted(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let holder = with(&client, &key(&client, &id, json!({"allowedIps": ["127.0.0.1"]})).await);
        let _ = sync(&holder, &path, &[good(1)]).await;
        let same = json!({"Id": 2, "First": "Jo", "Last": "Doe", "Email_Address": "jane1@example.org"});
        let _ = sync(&holder, &path, &[same]).await;
        assert_eq!(status(&client, &path).await["pendingSyncs"], 1);
        app.advance(3_600);
        let client = admin_again(&app).await;
        let _ = holder.at("203.0.113.9").get("/api/members").await.status(403).problem("ip-not-allowed");
        let shown = status(&client, &path).await;
        assert_eq!((&shown["status"], &shown["authFailures24h"]), (&json!("failing"), &json!(1)), "nothing else came this hour");
        let state = app.app.quota_state(&app.tenant).await.unwrap();
        for _ in 0..state.remaining {
            app.app.charge(&app.tenant).await.unwrap();
        }
        let _ = holder.get("/api/members").await.status(429);
        let shown = status(&client, &path).await;
        assert_eq!(shown["rateLimited24h"], 1);
        assert!(kinds(&shown).contains(&"rate_limited"));
        assert_eq!(shown["hours"][23]["requests"]["rateLimited"], 1);
    }

    async fn webhooks_count_too(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let receiver = Receiver::start().await;
        let hook = json!({"url": receiver.url(), "events": ["*"], "integrationId": id});
        let hook = client.post("/api/webhooks", hook).await.status(201).header("location").unwrap().to_owned();
        let _running = app.dispatching();
        let _ = app.client().await.post("/api/courses", json!({"name": "Law"})).await.status(201);
        let _ = receiver.wait_for(1).await;
        let shown = becomes(&client, &path, |shown| shown["connected"] == true).await;
        assert_eq!(shown["status"], "healthy");
        receiver.behave(testkit::Behaviour::status(500));
        let _ = app.client().await.post("/api/courses", json!({"name": "Tax"})).await.status(201);
        let shown = becomes(&client, &path, |shown| shown["status"] == "failing").await;
        assert_eq!((&shown["webhookFailures24h"], kinds(&shown)), (&json!(1), vec!["webhook_failing"]));
        receiver.behave(testkit::Behaviour::status(410));
        let _ = app.client().await.post("/api/courses", json!({"name": "Tax 2"})).await.status(201);
        let _ = becomes(&client, &path, |shown| kinds(shown).contains(&"webhook_disabled")).await;
        let _ = client.get(&hook).await.status(200);
    }

    async fn of_many_at_once_each_is_told_its_own(app: TestApp) {
        let client = admin(&app).await;
        let named = async |name: String| {
            made(&client, json!({"name": name, "kind": "custom", "fieldMapping": {"members": rules()}})).await
        };
        let (works, fails, hooked) =
            (named("Works".to_owned()).await, named("Fails".to_owned()).await, named("Hooked".to_owned()).await);
        // More than are asked for at once.
        for number in 0..32 {
            let _ = named(format!("Idle {number}")).await;
        }
        let holder = with(&client, &key(&client, &works.1, json!({})).await);
        let _ = sync(&holder, &works.0, &[good(1), good(2)]).await;
        app.app.flush_usage().await.unwrap();
        let _ = holder.get("/api/members").await.status(200);
        let other = with(&client, &key(&client, &fails.1, json!({})).await);
        let same = json!({"Id": 9, "First": "Jo", "Last": "Doe", "Email_Address": "jane1@example.org"});
        let _ = sync(&other, &fails.0, &[same]).await;
        let wrong: Vec<Json> = (10..17).map(|id| json!({"Id": id})).collect();
        let _ = sync(&other, &fails.0, &wrong).await;
        let _ = sync(&client, &hooked.0, &wrong[1..]).await;
        let receiver = Receiver::start().await;
        let hook = json!({"url": receiver.url(), "events": ["*"], "integrationId": hooked.1});
        let _ = client.post("/api/webhooks", hook).await.status(201);
        let _running = app.dispatching();
        let _ = app.client().await.post("/api/courses", json!({"name": "Law"})).await.status(201);
        let _ = becomes(&client, &hooked.0, |shown| shown["connected"] == true).await;
        receiver.behave(testkit::Behaviour::status(500));
        let _ = app.client().await.post("/api/courses", json!({"name": "Tax"})).await.status(201);
        let _ = becomes(&client, &hooked.0, |shown| {
            shown["webhookFailures24h"] == 1 && kinds(shown).contains(&"webhook_failing")
        }).await;

        let query = parse(&INTEGRATION, [("itemsPerPage", "100")], Lenience::Strict).unwrap();
        let mut records = Vec::new();
        let each = |row: &RecordRow<'_, '_>| { records.push(row.record()?); Ok(()) };
        let _ = app.app.list(&app.tenant, &INTEGRATION, &query, each).await.unwrap();
        assert_eq!(records.len(), 35);
        let all = app.app.integration_statuses(&app.tenant, &records).await.unwrap();
        assert_eq!(all.len(), 35);
        let mut told = Vec::new();
        for (record, status) in records.iter().zip(&all) {
            let alone = app.app.integration_status(&app.tenant, record.id().unwrap()).await.unwrap();
            assert_eq!(format!("{status:?}"), format!("{alone:?}"));
            let figures = [status.requests.succeeded, status.pending_syncs, status.failed_syncs, status.webhook_failures];
            let open = status.errors.iter().filter(|error| error.entry.is_some()).count();
            if status.health != app::Health::Disconnected {
                told.push((record.text(&INTEGRATION, "name").unwrap(), status.health.name(), figures, open));
            }
        }
        told.sort_unstable();
        assert_eq!(told, [
            ("Fails", "failing", [2, 1, 7, 0], 5),
            ("Hooked", "failing", [0, 0, 6, 1], 5),
            ("Works", "healthy", [2, 0, 0, 0], 0),
        ]);
        let synced = |name: &str, of: usize| {
            let at = records.iter().position(|it| it.text(&INTEGRATION, "name") == Some(name)).unwrap();
            all[at].hours.iter().map(|(_, _, counts)| counts[of]).sum::<i64>()
        };
        assert_eq!((synced("Works", 0), synced("Works", 5), synced("Fails", 0), synced("Fails", 5)), (2, 0, 0, 8));
        let overview = app.app.overview(&app.tenant, |_| true).await.unwrap();
        let failing = overview.todo.iter().filter(|it| it.kind == app::Todo::INTEGRATION_FAILS);
        assert_eq!(failing.map(|it| it.subject.as_str()).collect::<Vec<_>>(), ["Fails", "Hooked"]);
    }

    async fn everybody_of_the_organisation_may_see_it(app: TestApp) {
        let (path, _) = crm(&admin(&app).await, "external").await;
        let user = app.staff(Some(&app.acme), "user@example.org", Role::ClientUser).await;
        assert_eq!(status(&user, &path).await["status"], "disconnected");
        let _ = user.get(&format!("{path}/sync-log")).await.status(200);
        let run = json!({"resource": "members", "records": [good(1)]});
        let _ = user.post(&format!("{path}/sync"), run).await.status(403).problem("insufficient-scope");
        let _ = user.get(&format!("{path}/status?x=1")).await.status(400);
    }
}

/// The administrator, signed in again after a long time.
async fn admin_again(app: &TestApp) -> Client {
    app.sign_in("admin@example.org").await
}

async fn key_of(client: &Client, id: &str) -> Json {
    key(client, id, json!({})).await
}

/// Waits until it shows itself so: what comes of deliveries is stored a moment later.
async fn becomes(client: &Client, path: &str, is: impl Fn(&Json) -> bool) -> Json {
    for _ in 0..400 {
        let shown = status(client, path).await;
        if is(&shown) {
            return shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it never became so: {:#?}", status(client, path).await);
}
