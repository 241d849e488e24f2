//! The audit log in the portal.

use super::super::{ADMIN, admin, jane, made, says, says_not, staff};
use app::Environment;
use serde_json::json;
use testkit::on_both_engines;

const LOG: &str = "/settings/audit-log";

on_both_engines! {
    async fn the_log_tells_in_words_who_did_what(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "members", jane()).await;
        let client = app.client().await;
        let _ = client.patch(&format!("/api/members/{id}"), json!({"city": "Hobart", "status": "inactive"})).await.status(200);
        let session = app.sign_in(ADMIN).await;
        let key = json!({"name": "Website", "scopes": ["members:read"]});
        let _ = session.post("/api/api-keys", key).await.status(201);
        let page = browser.open(LOG).await.status(200);
        for words in [
            "API key “Test” Changed Member: Jane Doe Status: Active → Inactive City: Perth → Hobart",
            "Jo Made an API key API key “Website”",
            "Jo Signed in Staff: Jo",
        ] {
            says(&page, words);
        }
        assert!(page.text().contains(&format!("href=\"/members/{id}\"")), "the record is a step away");
        // What is gone is called as it was.
        let other = made(&app, "members", json!({"firstName": "Ana", "lastName": "Lim", "email": "ana@example.org"})).await;
        let _ = client.delete(&format!("/api/members/{other}")).await.status(204);
        says(&browser.open(LOG).await, "Deleted Member: Ana Lim");
    }

    async fn the_log_is_searched_and_filtered(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "members", jane()).await;
        let other = made(&app, "members", json!({"firstName": "Ana", "lastName": "Lim", "email": "ana@example.org"})).await;
        let found = browser.open(&format!("{LOG}?search=doe")).await.status(200);
        says(&found, "Member: Jane Doe");
        says(&found, "1 entry");
        says_not(&found, "Ana Lim");
        says(&browser.open(&format!("{LOG}?search={other}")).await.status(200), "Ana Lim");
        says(&browser.open(&format!("{LOG}?search=nobody")).await.status(200), "Nothing matches");
        let mine = browser.open(&format!("{LOG}?resourceType=member&action=create&order[createdAt]=asc")).await.status(200);
        says(&mine, "About: Member What: Created Clear all");
        says(&mine, "2 entries");
        let own = app.app.users(app.acme.id).await.unwrap()[0].id;
        let his = browser.open(&format!("{LOG}?actorId={own}")).await.status(200);
        says(&his, "Who: Jo");
        says_not(&his, "Jane Doe");
        // The export has what is shown, and is told of itself.
        let csv = browser.open(&format!("{LOG}/export?search=doe")).await.status(200).text();
        assert_eq!(csv.lines().count(), 2, "{csv}");
        assert!(csv.contains(&id) && csv.starts_with("id,"), "{csv}");
        says(&browser.open(LOG).await, "Jo Exported");
        let wrong = browser.open(&format!("{LOG}?actorType=robot")).await.status(400);
        says(&wrong, "This list cannot be shown");
    }

    async fn each_environment_has_a_log_of_its_own_for_administrators(app: TestApp) {
        let (admin, viewer) = staff(&app).await;
        made(&app, "members", jane()).await;
        let _ = viewer.open(LOG).await.status(403);
        let _ = admin.submit("/environment", [("environment", "sandbox"), ("here", LOG)]).await.status(303);
        let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
        let _ = app.client_of(&sandbox).await.post("/api/members", json!({"firstName": "Ana", "lastName": "Lim", "email": "a@example.org"})).await.status(201);
        let page = admin.open(LOG).await.status(200);
        says(&page, "Ana Lim");
        says_not(&page, "Jane Doe");
    }
}
