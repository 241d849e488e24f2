//! `/api/organisation`: its settings, changed by its administrators.

use domain::access::Role;
use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    async fn settings_are_changed_and_count_at_once(app: TestApp) {
        let client = app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await;
        let before = client.get("/api/organisation").await.status(200).json();
        assert_eq!((&before["slug"], &before["plan"]), (&json!(app.acme.slug), &json!("enterprise")));
        let changes = json!({"name": "Acme & Sons", "timezone": "europe/berlin", "currency": "EUR", "country": "de", "requiredMemberFields": ["company"], "plan": "enterprise"});
        let after = client.patch("/api/organisation", changes).await.status(200).json();
        assert_eq!(after["timezone"], "Europe/Berlin");
        assert_eq!((&after["country"], &after["requiredMemberFields"]), (&json!("DE"), &json!(["company"])));
        assert_eq!(client.get("/api/organisation").await.json(), after);
        assert_eq!(client.get("/api/session").await.json()["organisation"]["name"], "Acme & Sons");
        let member = json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"});
        let refused = app.client().await.post("/api/members", member).await.status(400);
        assert_eq!(refused.violations()[0].0, "company");
        let log = client.get("/api/audit-log").query([("action", "settings_changed")]).await.json();
        assert_eq!(log["totalItems"], 1);
        assert_eq!(log["data"][0]["changes"]["currency"], json!({"old": "AUD", "new": "EUR"}));
        assert!(log["data"][0]["changes"].get("plan").is_none());
    }

    async fn what_cannot_be_set_is_said(app: TestApp) {
        let client = app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await;
        let change = |body: serde_json::Value| client.patch("/api/organisation", body);
        let wrong = change(json!({"plan": "standard", "timezone": "Mars", "colour": 1})).await.status(400);
        let paths: Vec<String> = wrong.violations().into_iter().map(|violation| violation.0).collect();
        for path in ["plan", "timezone", "colour"] {
            assert!(paths.iter().any(|it| it == path), "{path}: {paths:?}");
        }
        let wrong = change(json!({"currency": "XYZ", "requiredMemberFields": ["company", "shoeSize", "memberNumber", "crmId"]}));
        let paths: Vec<String> = wrong.await.status(400).violations().into_iter().map(|violation| violation.0).collect();
        let expected = ["currency", "requiredMemberFields[1]", "requiredMemberFields[2]", "requiredMemberFields[3]"];
        assert_eq!(paths, expected);
        assert_eq!(client.get("/api/organisation").await.json()["currency"], "AUD");
    }
}
