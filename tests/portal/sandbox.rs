//! Filling and emptying the sandbox.

use serde_json::json;
use testkit::{TestApp, on_both_engines};

use super::{ADMIN, admin, jane, made, says, staff, target};

const NONE: [(&str, &str); 0] = [];

async fn members(app: &TestApp, environment: app::Environment) -> u64 {
    let tenant = app.tenant_of(&app.acme, environment).await;
    app.client_of(&tenant).await.get("/api/members").await.json()["totalItems"].as_u64().unwrap()
}

on_both_engines! {
    async fn production_is_neither_filled_nor_emptied(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        made(&app, "members", jane()).await;
        says(&browser.open("/sandbox").await.status(200), "You are in production");
        says(&browser.submit("/sandbox/fill", NONE).await.status(409), "This is the production environment");
        let emptied = browser.submit("/sandbox/empty", [("confirm", "empty")]).await.status(409);
        says(&emptied, "Go to the sandbox first.");
        assert_eq!(members(&app, app::Environment::Production).await, 1);
        let _ = viewer.open("/sandbox").await.status(403);
        let _ = viewer.submit("/sandbox/empty", [("confirm", "empty")]).await.status(403);
    }

    async fn the_sandbox_is_filled_emptied_and_filled_again(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        let _ = browser.submit("/environment", [("environment", "sandbox"), ("here", "/sandbox")]).await.status(303);
        for _ in 0..2 {
            assert_eq!(target(&browser.submit("/sandbox/fill", NONE).await.status(303)), "/");
            assert_eq!(members(&app, app::Environment::Sandbox).await, 500);
            says(&browser.submit("/sandbox/fill", NONE).await.status(409), "There are records in the sandbox");
            says(&browser.submit("/sandbox/empty", [("confirm", "no")]).await.status(400), "Type empty to go on.");
            assert_eq!(target(&browser.submit("/sandbox/empty", [("confirm", "Empty")]).await.status(303)), "/sandbox");
            assert_eq!(members(&app, app::Environment::Sandbox).await, 0);
        }
        assert_eq!(members(&app, app::Environment::Production).await, 1, "production is another data set");
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let client = app.client_of(&sandbox).await;
        let log = client.get("/api/audit-log?action=sandbox_emptied").await.json();
        assert_eq!(log["totalItems"], 2);
        let gone = client.get("/api/members?includeDeleted=true").await.json();
        assert_eq!(gone["totalItems"], 1_000, "each deletion can be followed");
    }

    async fn the_api_does_it_too(app: TestApp) {
        let (_, _) = staff(&app).await;
        let client = app.sign_in(ADMIN).await;
        let _ = client.post("/api/sandbox/fill", json!({})).await.status(409).problem("rule-violation");
        let _ = client.patch("/api/session", json!({"environment": "sandbox"})).await.status(200);
        let filled = client.post("/api/sandbox/fill", json!({})).await.status(200).json();
        assert_eq!(filled["created"], 536);
        let emptied = client.post("/api/sandbox/empty", json!({})).await.status(200).json();
        assert_eq!((&emptied["deleted"], &emptied["complete"]), (&json!(536), &json!(true)));
    }
}
