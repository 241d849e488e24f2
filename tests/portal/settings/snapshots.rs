//! The pages of the settings as they are.

use serde_json::json;
use testkit::{Behaviour, Engine, Receiver, TestApp};

use super::super::snapshots::matches;
use super::super::{ADMIN, admin, inputs, jane, made, with};
use super::integrations;
use super::webhooks::{becomes, first_link};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_settings_are_as_they_were() {
    let app = TestApp::new(Engine::Sqlite).await;
    let browser = admin(&app).await;
    let staff = app.sign_in(ADMIN).await;
    let key = json!({"name": "Website", "scopes": ["members:read", "events:read"], "allowedIps": ["203.0.113.0/24"]});
    let key = staff.post("/api/api-keys", key).await.status(201).json();
    let key = format!("/settings/api-keys/{}", key["id"].as_str().unwrap());
    let user = json!({"email": "mai@example.org", "firstName": "Mai", "lastName": "Nguyen"});
    let user = staff.post("/api/users", user).await.status(201).json();
    let user = format!("/settings/users/{}", user["id"].as_str().unwrap());
    for (name, path) in [
        ("reference", "/reference".to_owned()),
        ("settings", "/settings".to_owned()),
        ("keys", "/settings/api-keys".to_owned()),
        ("key", key.clone()),
        ("users", "/settings/users".to_owned()),
        ("user", user.clone()),
        ("user-new", "/settings/users/new".to_owned()),
        ("user-edit", format!("{user}/edit")),
        ("user-suspend", format!("{user}/suspend")),
        ("user-password", format!("{user}/password")),
        ("organisation", "/settings/organisation".to_owned()),
        ("organisation-edit", "/settings/organisation/edit".to_owned()),
        ("key-rotate", format!("{key}/rotate")),
        ("key-revoke", format!("{key}/revoke")),
    ] {
        matches(name, &browser.open(&path).await.status(200));
    }
    matches("integrations-empty", &browser.open("/settings/integrations").await.status(200));
    matches("webhooks-empty", &browser.open("/settings/webhooks").await.status(200));
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::status(503));
    let hook = json!({"url": receiver.url(), "events": ["member.*"], "headers": {"X-Token": "abc"}});
    let hook = format!("/settings/webhooks/{}", made(&app, "webhooks", hook).await);
    let api = format!("/api{}", hook.trim_start_matches("/settings"));
    let running = app.dispatching();
    made(&app, "members", jane()).await;
    becomes(&staff, &format!("{api}/deliveries"), |list| list["data"][0]["attemptCount"] == 1).await;
    becomes(&staff, &api, |it| !it["failingSince"].is_null()).await;
    running.stop().await;
    let log = format!("{hook}/deliveries");
    let delivery = first_link(&browser, &log, &format!("{log}/")).await;
    for (name, path) in [
        ("webhooks", "/settings/webhooks".to_owned()),
        ("webhook", hook.clone()),
        ("webhook-new", "/settings/webhooks/new".to_owned()),
        ("webhook-recover", format!("{hook}/recover")),
        ("webhook-rotate", format!("{hook}/rotate-secret")),
        ("deliveries", log),
        ("delivery", delivery),
    ] {
        matches(name, &browser.open(&path).await.status(200));
    }
    matches("audit-log", &browser.open("/settings/audit-log").await.status(200));
    matches("audit-log-empty", &browser.open("/settings/audit-log?search=nobody").await.status(200));
    let (page, api, holder) = integrations::connected(&app).await;
    let entry = integrations::synced(&holder, &api).await;
    for (name, path) in [
        ("integrations", "/settings/integrations".to_owned()),
        ("integration", page.clone()),
        ("integration-new", "/settings/integrations/new".to_owned()),
        ("integration-delete", format!("{page}/delete")),
        ("mapping", format!("{page}/mapping")),
        // Rows of one moment have no order.
        ("sync-log", format!("{page}/sync-log?externalId=003-2")),
        ("sync-entry", format!("{page}/sync-log/{entry}")),
    ] {
        matches(name, &browser.open(&path).await.status(200));
    }
    let new = "/settings/api-keys/new";
    let fields = with(inputs(&browser.open(new).await), "name", "Shop");
    matches("key-refused", &browser.submit(new, fields.clone()).await.status(400));
    matches("key-secret", &browser.submit(new, with(fields, "scopes", "members:read")).await.status(201));
}
