//! The pages of the settings as they are.

use serde_json::json;
use testkit::{Engine, TestApp};

use super::super::snapshots::matches;
use super::super::{ADMIN, admin, inputs, with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_the_settings_are_as_they_were() {
    let app = TestApp::new(Engine::Sqlite).await;
    let browser = admin(&app).await;
    let staff = app.sign_in(ADMIN).await;
    let key = json!({"name": "Website", "scopes": ["members:read", "events:read"], "allowedIps": ["203.0.113.0/24"]});
    let key = staff.post("/api/api-keys", key).await.status(201).json();
    let key = format!("/settings/api-keys/{}", key["id"].as_str().unwrap());
    for (name, path) in [
        ("settings", "/settings".to_owned()),
        ("keys", "/settings/api-keys".to_owned()),
        ("key", key.clone()),
        ("key-rotate", format!("{key}/rotate")),
        ("key-revoke", format!("{key}/revoke")),
    ] {
        matches(name, &browser.open(&path).await.status(200));
    }
    let new = "/settings/api-keys/new";
    let fields = with(inputs(&browser.open(new).await), "name", "Shop");
    matches("key-refused", &browser.submit(new, fields.clone()).await.status(400));
    matches("key-secret", &browser.submit(new, with(fields, "scopes", "members:read")).await.status(201));
}
