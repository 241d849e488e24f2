//! `/api/users`: the organisation's staff, managed by its administrators.

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, on_both_engines};

use super::PASSWORD;
use crate::api::NEVER;

async fn admin(app: &TestApp) -> Client {
    app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await
}

async fn log(client: &Client, action: &str) -> Vec<Json> {
    let list = client.get("/api/audit-log").query([("action", action)]).await.status(200).json();
    list["data"].as_array().unwrap().clone()
}

on_both_engines! {
    async fn a_user_is_added_and_can_sign_in(app: TestApp) {
        let client = admin(&app).await;
        app.advance(1);
        let body = json!({"email": "Jane@Example.org", "firstName": "Jane", "lastName": " Doe ", "role": "ROLE_CLIENT_ADMIN", "password": " Padded-1 "});
        let made = client.post("/api/users", body).await.status(201);
        let user = made.json();
        assert_eq!((&user["email"], &user["lastName"]), (&json!("Jane@Example.org"), &json!("Doe")));
        assert_eq!((&user["status"], &user["lastLoginAt"]), (&json!("active"), &Json::Null));
        assert!(!made.text().contains("assword"), "{}", made.text());
        let address = made.header("location").unwrap();
        assert_eq!(client.get(address).await.status(200).json(), user);
        let _ = client.anonymous().post("/api/session", json!({"email": "jane@example.org", "password": "Padded-1"})).await.status(401);
        let _ = client.anonymous().post("/api/session", json!({"email": "jane@example.org", "password": " Padded-1 "})).await.status(200);
        let list = client.get("/api/users").await.status(200).json();
        assert_eq!((&list["totalItems"], &list["totalPages"], &list["nextCursor"]), (&json!(2), &json!(1), &Json::Null));
        let second = client.get("/api/users?page=2&itemsPerPage=1").await.status(200).json();
        assert_eq!(second["data"][0]["id"], user["id"]);
        let _ = client.get("/api/users?page=0&size=3").await.status(400).problem("invalid-query-parameter");
        assert_eq!(log(&client, "user_created").await[0]["actorType"], "user");
    }

    async fn what_is_wrong_with_a_user_is_said_at_once(app: TestApp) {
        let client = admin(&app).await;
        let body = json!({"email": "nowhere", "role": "ROLE_PLATFORM_ADMIN", "password": "short", "frstName": "J"});
        let wrong = client.post("/api/users", body).await.status(400).violations();
        let paths: Vec<&str> = wrong.iter().map(|violation| violation.0.as_str()).collect();
        for path in ["email", "role", "frstName", "password"] {
            assert!(paths.contains(&path), "{path}: {wrong:?}");
        }
        let taken = client.post("/api/users", json!({"email": "ADMIN@example.org"})).await;
        assert_eq!(taken.status(409).problem("conflict").violations()[0].0, "email");
    }

    async fn a_user_is_made_once_for_an_idempotency_key(app: TestApp) {
        let client = admin(&app).await;
        let make = |email: &str, password: &str| {
            client.post("/api/users", json!({"email": email, "password": password})).header("idempotency-key", "u1")
        };
        let first = make("jane@example.org", PASSWORD).await.status(201);
        let again = make("jane@example.org", PASSWORD).await.status(201);
        assert_eq!((again.header("idempotency-replayed"), again.bytes()), (Some("true"), first.bytes()));
        let _ = make("jo@example.org", PASSWORD).await.status(422).problem("idempotency-key-reused");
        // The password is in nothing that is kept: not even the hash of the request tells another one.
        let other = make("jane@example.org", "Another-Horse-1").await.status(201);
        assert_eq!(other.bytes(), first.bytes());
    }

    async fn a_user_is_changed_suspended_and_deleted(app: TestApp) {
        let client = admin(&app).await;
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let browser = app.sign_in("jane@example.org").await;
        let path = format!("/api/users/{}", jane.id);
        let changed = client.patch(&path, json!({"firstName": null, "lastName": "Doe", "role": "ROLE_CLIENT_ADMIN"})).await;
        let changed = changed.status(200).json();
        assert_eq!((&changed["firstName"], &changed["role"]), (&Json::Null, &json!("ROLE_CLIENT_ADMIN")));
        let _ = browser.get("/api/users").await.status(200);
        let entry = &log(&client, "user_changed").await[0];
        assert_eq!(entry["changes"]["role"], json!({"old": "ROLE_CLIENT_USER", "new": "ROLE_CLIENT_ADMIN"}));
        let _ = client.patch(&path, json!({})).await.status(200);
        assert_eq!(log(&client, "user_changed").await.len(), 1, "what changes nothing is not told");
        let _ = client.patch(&path, json!({"email": "admin@example.org"})).await.status(409).problem("conflict");
        let _ = client.patch(&path, json!({"id": NEVER, "status": "gone"})).await.status(400);
        let _ = client.patch(&path, json!({"status": "suspended"})).await.status(200);
        let _ = browser.get("/api/session").await.status(401);
        assert_eq!(log(&client, "user_suspended").await.len(), 1);
        let _ = client.patch(&path, json!({"status": "active"})).await.status(200);
        let browser = app.sign_in("jane@example.org").await;
        let _ = client.post(&format!("{path}/sign-out"), json!({})).await.status(204);
        let _ = browser.get("/api/session").await.status(401);
        let browser = app.sign_in("jane@example.org").await;
        let _ = client.delete(&path).await.status(204);
        let _ = browser.get("/api/session").await.status(401);
        for call in [client.get(&path), client.delete(&path), client.patch(&path, json!({}))] {
            let _ = call.await.status(404).problem("not-found");
        }
        assert_eq!(log(&client, "user_deleted").await[0]["changes"]["email"]["new"], "jane@example.org");
    }

    async fn the_last_active_administrator_stays(app: TestApp) {
        let client = admin(&app).await;
        let own = client.get("/api/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/users/{own}");
        let changes = || {
            [
                client.patch(&path, json!({"status": "suspended"})),
                client.patch(&path, json!({"role": "ROLE_CLIENT_USER"})),
                client.delete(&path),
            ]
        };
        // Neither a suspended one nor one of another organisation counts.
        let second = app.user(Some(&app.acme), "second@example.org", Role::ClientAdmin).await;
        let _ = app.user(Some(&app.other), "other@example.org", Role::ClientAdmin).await;
        let _ = client.patch(&format!("/api/users/{}", second.id), json!({"status": "suspended"})).await.status(200);
        for change in changes() {
            let refused = change.await.status(409).problem("rule-violation");
            assert!(refused.json()["hint"].is_string());
        }
        let _ = client.patch(&path, json!({"firstName": "Still"})).await.status(200);
        let _ = client.patch(&format!("/api/users/{}", second.id), json!({"status": "active"})).await.status(200);
        let _ = client.patch(&path, json!({"role": "ROLE_CLIENT_USER"})).await.status(200);
        let _ = client.get("/api/users").await.status(403).problem("insufficient-scope");
    }

    async fn two_administrators_cannot_remove_each_other(app: TestApp) {
        let one = admin(&app).await;
        let two = app.staff(Some(&app.acme), "two@example.org", Role::ClientAdmin).await;
        let id = |json: &Json| json["user"]["id"].as_str().unwrap().to_owned();
        let (first, second) =
            (id(&one.get("/api/session").await.json()), id(&two.get("/api/session").await.json()));
        let (by_one, by_two) = (format!("/api/users/{second}"), format!("/api/users/{first}"));
        let suspended = json!({"status": "suspended"});
        let both = futures_util::future::join(
            async { one.patch(&by_one, suspended.clone()).await.code() },
            async { two.patch(&by_two, suspended.clone()).await.code() },
        );
        let (a, b) = both.await;
        assert!(a != 200 || b != 200, "{a} {b}");
        let users = app.app.users(app.acme.id).await.unwrap();
        assert_eq!(users.iter().filter(|user| user.status == "active").count(), 1);
    }

    async fn a_password_is_set_for_others_only(app: TestApp) {
        let client = admin(&app).await;
        let own = client.get("/api/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let browser = app.sign_in("jane@example.org").await;
        let set = |id: &str, password: &str| {
            client.post(&format!("/api/users/{id}/password"), json!({"password": password}))
        };
        let _ = set(&jane.id.to_string(), "weak").await.status(400).problem("validation-error");
        let _ = set(&jane.id.to_string(), "Better-Horse-10").await.status(204);
        let _ = browser.get("/api/session").await.status(401);
        let body = json!({"email": "jane@example.org", "password": "Better-Horse-10"});
        let _ = client.anonymous().post("/api/session", body).await.status(200);
        assert_eq!(log(&client, "password_set").await.len(), 1);
        let _ = set(&own, "Better-Horse-10").await.status(409).problem("rule-violation");
        let _ = set(NEVER, "Better-Horse-10").await.status(404).problem("not-found");
    }
}
