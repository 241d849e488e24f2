//! Signing in and out, the environment, and forms that come from elsewhere.

use super::{ADMIN, admin, jane, made, says, says_not, staff, target};
use app::Environment;
use axum::http::Method;
use domain::access::Role;
use testkit::{PASSWORD, TestApp, on_both_engines};

/// Sends the sign-in form of a page of the server.
async fn sign_in(app: &TestApp, email: &str, password: &str, next: &str) -> testkit::Response {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("email", email), ("password", password), ("next", next)])
        .finish();
    app.visitor().call(Method::POST, "/login").header("sec-fetch-site", "same-origin").bytes(form).await
}

on_both_engines! {
    async fn who_is_not_signed_in_is_led_to_the_form_and_back(app: TestApp) {
        app.user(Some(&app.acme), ADMIN, Role::ClientAdmin).await;
        let visitor = app.visitor();
        let led = visitor.get("/members?status[]=active").await.status(303);
        assert_eq!(target(&led), "/login?next=%2Fmembers%3Fstatus%5B%5D%3Dactive");
        let _ = visitor.get("/login").await.status(200);
        let wrong = sign_in(&app, ADMIN, "Not-the-password-1", "/members").await.status(401);
        says(&wrong, "do not match an account");
        let nobody = sign_in(&app, "nobody@acme.example", PASSWORD, "").await.status(401);
        says(&nobody, "do not match an account");
        let right = sign_in(&app, ADMIN, PASSWORD, "/members").await.status(303);
        assert_eq!(target(&right), "/members");
        let cookie = right.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
        let elsewhere = sign_in(&app, ADMIN, PASSWORD, "//evil.example").await.status(303);
        assert_eq!(target(&elsewhere), "/");
    }

    async fn suspended_and_locked_accounts_are_told_apart(app: TestApp) {
        app.user(Some(&app.acme), ADMIN, Role::ClientAdmin).await;
        app.app.suspend_user(&app::Actor::system(), ADMIN).await.unwrap();
        says(&sign_in(&app, ADMIN, PASSWORD, "").await.status(403), "suspended");
        for _ in 0..10 {
            let _ = sign_in(&app, "x@acme.example", "Wrong-password-1", "").await;
        }
        let locked = sign_in(&app, "x@acme.example", "Wrong-password-1", "").await.status(429);
        says(&locked, "Too many attempts failed");
        assert!(locked.header("retry-after").is_some());
    }

    async fn a_form_must_come_from_a_page_of_the_session(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "members", jane()).await;
        let path = format!("/members/{id}/delete");
        let without = browser.client().call(Method::POST, &path).await.status(403);
        says(&without, "did not come from a page of this session");
        let foreign = browser.submit(&path, [("", ""); 0]).header("sec-fetch-site", "cross-site").await;
        let _ = foreign.status(403);
        let _ = browser.open(&format!("/members/{id}")).await.status(200);
        let _ = browser.submit(&path, [("", ""); 0]).await.status(303);
    }

    async fn the_environment_changes_what_there_is(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        says(&browser.open("/members").await.status(200), "jane@example.org");
        let switched = browser
            .submit("/environment", [("environment", "sandbox"), ("here", "/members/x/edit")])
            .await
            .status(303);
        assert_eq!(target(&switched), "/members");
        let sandbox = browser.open("/members").await.status(200);
        says_not(&sandbox, "jane@example.org");
        says(&sandbox, "Nothing here yet");
        assert!(sandbox.text().contains("sandbox-band"));
        let tenant = app.tenant_of(&app.acme, Environment::Sandbox).await;
        assert_eq!(tenant.environment(), Environment::Sandbox);
        let _ = browser.submit("/environment", [("environment", "elsewhere")]).await.status(404);
    }

    async fn signing_out_ends_the_session(app: TestApp) {
        let (browser, other) = staff(&app).await;
        let out = browser.submit("/logout", [("", ""); 0]).await.status(303);
        assert_eq!(target(&out), "/login");
        let _ = browser.open("/members").await.status(303);
        let _ = other.open("/members").await.status(200);
    }
}
