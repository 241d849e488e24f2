//! The staff and the organisation in the portal.

use super::super::{ADMIN, admin, inputs, says, says_not, target, with};
use super::secret_of;
use domain::access::Role;
use serde_json::json;
use testkit::{PASSWORD, TestApp, on_both_engines};

const NEW: &str = "/settings/users/new";
const MAI: &str = "mai@example.org";

/// Whether somebody can sign in.
async fn signs_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let body = json!({"email": email, "password": password});
    app.api(api::Config::default()).post("/api/session", body).await.code()
}

on_both_engines! {
    async fn somebody_joins_with_a_password_that_is_shown_once(app: TestApp) {
        let browser = admin(&app).await;
        let fields = with(inputs(&browser.open(NEW).await.status(200)), "firstName", "Mai");
        let refused = browser.submit(NEW, with(fields, "password", "short A1")).await.status(400);
        says(&refused, "Email is required.");
        assert!(!refused.text().contains("short A1"), "a password does not come back");
        let fields = with(inputs(&refused), "email", MAI);
        let page = browser.submit(NEW, fields.clone()).await.status(201);
        says(&page, "Give it to Mai in person or by phone.");
        assert_eq!(signs_in(&app, MAI, &secret_of(&page)).await, 200);
        let again = browser.submit(NEW, fields).await.status(409);
        says(&again, "1 field to mend");
        says(&browser.open("/settings/users").await.status(200), "Jo admin@acme.example Administrator (you) Active");
        says(&browser.open("/settings/users").await, "Mai mai@example.org Staff Active");
        // Blanks are a part of a password that was typed.
        let fields = with(with(inputs(&browser.open(NEW).await), "email", "ana@example.org"), "password", " Blank 1 ");
        let done = browser.submit(NEW, fields).await.status(303);
        says(&browser.open(&target(&done)).await.status(200), "ana@example.org");
        assert_eq!(signs_in(&app, "ana@example.org", " Blank 1 ").await, 200);
    }

    async fn staff_are_changed_suspended_let_in_and_removed(app: TestApp) {
        let browser = admin(&app).await;
        let mai = app.user(Some(&app.acme), MAI, Role::ClientUser).await;
        let page = format!("/settings/users/{}", mai.id);
        let fields = inputs(&browser.open(&format!("{page}/edit")).await.status(200));
        let _ = browser.submit(&format!("{page}/edit"), fields.clone()).await.status(303);
        let fields = with(with(fields, "lastName", "Nguyen"), "role", "ROLE_CLIENT_ADMIN");
        let _ = browser.submit(&format!("{page}/edit"), fields).await.status(303);
        says(&browser.open(&page).await.status(200), "Jo Nguyen Active Administrator");
        says(&browser.open(&format!("{page}/suspend")).await.status(200), "Suspend Jo Nguyen?");
        let _ = browser.submit(&format!("{page}/suspend"), [("", ""); 0]).await.status(303);
        assert_eq!(signs_in(&app, MAI, PASSWORD).await, 403);
        let _ = browser.submit(&format!("{page}/activate"), [("", ""); 0]).await.status(303);
        assert_eq!(signs_in(&app, MAI, PASSWORD).await, 200);
        let hers = app.browser(MAI).await;
        let _ = browser.submit(&format!("{page}/sign-out"), [("", ""); 0]).await.status(303);
        let _ = hers.open("/").await.status(303);
        let weak = browser.submit(&format!("{page}/password"), [("password", "weak")]).await.status(400);
        says(&weak, "The password must contain a digit.");
        let reset = browser.submit(&format!("{page}/password"), [("password", "")]).await.status(201);
        assert_eq!(signs_in(&app, MAI, &secret_of(&reset)).await, 200);
        assert_eq!(signs_in(&app, MAI, PASSWORD).await, 401);
        let done = browser.submit(&format!("{page}/delete"), [("", ""); 0]).await.status(303);
        says_not(&browser.open(&target(&done)).await.status(200), "mai@example.org");
        let _ = browser.open(&page).await.status(404);
    }

    async fn the_last_administrator_stays(app: TestApp) {
        let browser = admin(&app).await;
        let own = app.app.users(app.acme.id).await.unwrap()[0].id;
        let page = format!("/settings/users/{own}");
        says_not(&browser.open(&page).await.status(200), "Reset password");
        for deed in ["suspend", "delete"] {
            let refused = browser.submit(&format!("{page}/{deed}"), [("", ""); 0]).await.status(409);
            says(&refused, "This is the organisation's last active administrator. Make somebody else");
        }
        let fields = with(inputs(&browser.open(&format!("{page}/edit")).await), "role", "ROLE_CLIENT_USER");
        let refused = browser.submit(&format!("{page}/edit"), fields).await.status(409);
        says(&refused, "last active administrator");
        says(&browser.submit(&format!("{page}/password"), [("password", "")]).await.status(409), "your own account");
        assert_eq!(signs_in(&app, ADMIN, PASSWORD).await, 200);
    }

    async fn the_organisation_is_changed(app: TestApp) {
        let browser = admin(&app).await;
        let (page, edit) = ("/settings/organisation", "/settings/organisation/edit");
        says(&browser.open(page).await.status(200), "Enterprise, 25,000 requests an hour through the API");
        let fields = inputs(&browser.open(edit).await.status(200));
        let _ = browser.submit(edit, fields.clone()).await.status(303);
        let wrong = with(with(fields, "name", "Acme & Co"), "currency", "QQQ");
        let refused = browser.submit(edit, wrong).await.status(400);
        says(&refused, "must be an ISO 4217 code");
        let mut fields = with(with(inputs(&refused), "currency", "NZD"), "timezone", "Pacific/Auckland");
        assert!(fields.contains(&("name".to_owned(), "Acme & Co".to_owned())), "{fields:?}");
        fields.push(("requiredMemberFields".to_owned(), "city".to_owned()));
        fields.push(("requiredMemberFields".to_owned(), "company".to_owned()));
        let done = browser.submit(edit, fields).await.status(303);
        let shown = browser.open(&target(&done)).await.status(200);
        for words in ["Acme & Co", "Pacific/Auckland", "NZD", "City, Company"] {
            says(&shown, words);
        }
        // Ticked in another order, it is the same.
        let fields = inputs(&browser.open(edit).await);
        let _ = browser.submit(edit, fields).await.status(303);
        let log = app.sign_in(ADMIN).await.get("/api/audit-log?action=settings_changed").await.status(200).ids();
        assert_eq!(log.len(), 1);
    }
}
