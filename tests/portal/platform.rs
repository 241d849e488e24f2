//! The platform's screens, for its operators.

use domain::access::Role;
use testkit::{Browser, TestApp, on_both_engines};

use super::{jane, made, says, says_not, staff, target};

const OPERATOR: &str = "operator@platform.example";

async fn operator(app: &TestApp) -> Browser {
    app.user(None, OPERATOR, Role::PlatformAdmin).await;
    app.browser(OPERATOR).await
}

on_both_engines! {
    async fn an_operator_makes_changes_and_closes_organisations(app: TestApp) {
        let (administrator, _) = staff(&app).await;
        let browser = operator(&app).await;
        assert_eq!(target(&browser.open("/").await.status(303)), "/platform");
        says(&browser.open("/platform").await.status(200), "Acme Engineers");
        let refused = browser.submit("/platform/new", [("name", ""), ("slug", "No Slug")]).await.status(400);
        says(&refused, "Name is required.");
        let form = [("name", "Bridge Builders"), ("plan", "professional"), ("timezone", "Australia/Perth")];
        let made = browser.submit("/platform/new", form).await.status(303);
        let path = target(&made);
        says(&browser.open(&path).await.status(200), "Plan Professional");
        let again = browser.submit("/platform/new", [("name", "Bridge Builders"), ("slug", "bridge-builders")]).await;
        assert!(matches!(again.code(), 400 | 409), "{}", again.code());
        says(&browser.submit(&format!("{path}/plan"), [("plan", "gold")]).await.status(400), "Some fields");
        let _ = browser.submit(&format!("{path}/plan"), [("plan", "enterprise")]).await.status(303);
        says(&browser.open(&path).await, "Plan Enterprise");

        let acme = format!("/platform/{}", app.acme.id);
        says(&browser.submit(&format!("{acme}/close"), [("confirm", "acme")]).await.status(400), "to go on");
        let _ = administrator.open("/members").await.status(200);
        let _ = browser.submit(&format!("{acme}/close"), [("confirm", app.acme.slug.as_str())]).await.status(303);
        says(&browser.open(&acme).await.status(200), "Acme Engineers Closed");
        assert!(target(&administrator.open("/members").await.status(303)).starts_with("/login"));
        says(&browser.submit(&format!("{acme}/support"), [("reason", "Ticket 4711")]).await.status(409), "closed");
    }

    async fn support_has_a_reason_a_banner_and_an_end(app: TestApp) {
        let (administrator, _) = staff(&app).await;
        let id = made(&app, "members", jane()).await;
        let browser = operator(&app).await;
        let _ = browser.open(&format!("/members/{id}")).await.status(403);
        let path = format!("/platform/{}/support", app.acme.id);
        says(&browser.submit(&path, [("reason", "x")]).await.status(400), "Reason must have at least 5 characters.");
        let _ = browser.submit(&path, [("reason", "Ticket 4711")]).await.status(303);
        let page = browser.open("/members").await.status(200);
        assert!(page.text().contains("You are in Acme Engineers as support until"), "{}", page.text());
        assert!(page.text().contains("Ticket 4711"));
        let _ = browser.submit(&format!("/members/{id}/delete"), [("", ""); 0]).await.status(303);
        let log = app.client().await.get("/api/audit-log?action=delete").await.json();
        assert!(log["data"][0]["impersonatorId"].is_string(), "{log}");
        assert_eq!(target(&browser.submit("/platform/leave", [("", ""); 0]).await.status(303)), "/platform");
        let _ = browser.open("/members").await.status(403);
        // It ends by itself, too.
        let _ = browser.submit(&path, [("reason", "Ticket 4711")]).await.status(303);
        app.advance(30 * 60);
        let _ = browser.open("/members").await.status(403);
        let _ = administrator.open("/members").await.status(200);
    }

    async fn nobody_else_sees_the_platform(app: TestApp) {
        let (administrator, viewer) = staff(&app).await;
        for browser in [&administrator, &viewer] {
            for path in ["/platform", "/platform/new", &format!("/platform/{}", app.acme.id)] {
                says(&browser.open(path).await.status(403), "Your role does not allow this");
            }
            says_not(&browser.open("/").await.status(200), "Organisations");
        }
        let browser = operator(&app).await;
        for path in ["/platform/x", "/platform/01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e/plan"] {
            let _ = browser.open(path).await.status(404);
        }
    }
}
