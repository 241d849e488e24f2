//! `/api/platform`: operators make organisations, change plans, and enter one as support.

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, on_both_engines};

use super::PASSWORD;
use crate::api::NEVER;

async fn operator(app: &TestApp) -> Client {
    app.staff(None, "operator@example.org", Role::PlatformAdmin).await
}

async fn enter(client: &Client, organisation: &str) -> Json {
    let body = json!({"organisation": organisation, "reason": "Ticket 4711"});
    client.post("/api/platform/support", body).await.status(200).json()
}

on_both_engines! {
    async fn organisations_are_made_changed_and_closed(app: TestApp) {
        let client = operator(&app).await;
        let make = || client.post("/api/platform/organisations", json!({"name": "Third Sector", "currency": "NZD"})).header("idempotency-key", "o1");
        let made = make().await.status(201);
        let third = made.json();
        assert_eq!((&third["slug"], &third["plan"], &third["currency"]), (&json!("third-sector"), &json!("standard"), &json!("NZD")));
        let path = made.header("location").unwrap().to_owned();
        assert_eq!(make().await.header("idempotency-replayed"), Some("true"));
        let again = client.post("/api/platform/organisations", json!({"name": "Third Sector"})).await;
        assert_eq!(again.status(409).problem("conflict").violations()[0].0, "slug");
        let wrong = client.post("/api/platform/organisations", json!({"name": "", "plan": "gold"})).await;
        assert_eq!(wrong.status(400).violations().len(), 2);
        let list = client.get("/api/platform/organisations").await.status(200).json();
        assert_eq!(list["totalItems"], 3);
        let changed = client.patch(&path, json!({"plan": "professional"})).await.status(200).json();
        assert_eq!(changed["plan"], "professional");
        let _ = client.patch(&path, json!({"plan": "gold"})).await.status(400);
        let _ = client.patch(&path, json!({"name": "Other"})).await.status(400);
        let closed = client.post(&format!("{path}/close"), json!({})).await.status(200).json();
        assert_eq!(closed["closedAt"], app.app.now().to_string());
        assert_eq!(client.get(&path).await.status(200).json(), closed);
        for path in [NEVER, "x"] {
            let _ = client.get(&format!("/api/platform/organisations/{path}")).await.status(404);
        }
    }

    async fn outside_support_an_operator_sees_no_data(app: TestApp) {
        let key = app.client().await;
        let _ = key.post("/api/members", json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"})).await.status(201);
        let client = operator(&app).await;
        let session = client.get("/api/session").await.status(200).json();
        assert_eq!((&session["organisation"], &session["capabilities"]), (&Json::Null, &json!(["platform"])));
        for path in ["/api/members", "/api/users", "/api/api-keys", "/api/audit-log", "/api/overview", "/api/me", "/api/organisation"] {
            let refused = client.get(path).await.status(403).problem("insufficient-scope");
            assert!(refused.json()["hint"].as_str().unwrap().contains("support"), "{path}: {}", refused.text());
        }
        // The environment makes no difference.
        let _ = client.patch("/api/session", json!({"environment": "sandbox"})).await.status(200);
        let _ = client.get("/api/members").await.status(403);
    }

    async fn support_is_stated_short_and_told_with_both_names(app: TestApp) {
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let client = operator(&app).await;
        let own = client.get("/api/session").await.json()["user"]["id"].clone();
        for body in [json!({"organisation": app.acme.slug}), json!({"organisation": app.acme.slug, "reason": "x"}), json!({"organisation": "nowhere", "reason": "Ticket 4711"})] {
            let _ = client.post("/api/platform/support", body).await.status(400).problem("validation-error");
        }
        let inside = enter(&client, &app.acme.slug).await;
        assert_eq!(inside["organisation"]["id"], app.acme.id.to_string());
        assert_eq!((&inside["support"]["reason"], &inside["support"]["actsAs"]), (&json!("Ticket 4711"), &json!(jane.id.to_string())));
        let member = json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"});
        let _ = client.post("/api/members", member).await.status(201);
        let _ = client.post("/api/users", json!({"email": "new@example.org"})).await.status(201);
        // The customer sees all of it.
        let log = app.sign_in("jane@example.org").await.get("/api/audit-log").await.status(200).json();
        let mut actions = Vec::new();
        for row in log["data"].as_array().unwrap().iter().filter(|row| !row["impersonatorId"].is_null()) {
            assert_eq!((&row["impersonatorId"], &row["actorId"]), (&own, &json!(jane.id.to_string())));
            actions.push(row["action"].as_str().unwrap());
        }
        actions.sort_unstable();
        assert_eq!(actions, ["create", "impersonate", "user_created"]);
        // One organisation at a time.
        let _ = enter(&client, &app.other.id.to_string()).await;
        assert_eq!(client.get("/api/members").await.status(200).json()["totalItems"], 0);
        let outside = client.delete("/api/platform/support").await.status(200).json();
        assert_eq!((&outside["organisation"], &outside["support"]), (&Json::Null, &Json::Null));
        let _ = client.get("/api/members").await.status(403);
        let _ = enter(&client, &app.acme.slug).await;
        app.advance(30 * 60);
        let _ = client.get("/api/members").await.status(403).problem("insufficient-scope");
        let _ = client.delete("/api/platform/support").await.status(200);
    }

    async fn a_closed_organisation_is_not_entered(app: TestApp) {
        let client = operator(&app).await;
        let _ = enter(&client, &app.acme.slug).await;
        app.app.close_organisation(&app::Actor::system(), &app.acme).await.unwrap();
        let _ = client.get("/api/members").await.status(403);
        let body = json!({"organisation": app.acme.slug, "reason": "Ticket 4711"});
        let _ = client.post("/api/platform/support", body).await.status(409).problem("rule-violation");
    }

    async fn an_organisation_without_users_gets_its_first_in_support(app: TestApp) {
        let client = operator(&app).await;
        let inside = enter(&client, &app.other.slug).await;
        assert_eq!(inside["support"]["actsAs"], Json::Null);
        let body = json!({"email": "first@example.org", "role": "ROLE_CLIENT_ADMIN", "password": PASSWORD});
        let _ = client.post("/api/users", body).await.status(201);
        let first = app.sign_in("first@example.org").await;
        assert_eq!(first.get("/api/session").await.json()["organisation"]["slug"], app.other.slug.as_str());
    }
}
