//! Every screen against the roles, and against records of others: generated from the table of screens, so
//! that a new one is covered by itself.

use super::{ADMIN, jane, made, says, staff, text_of};
use axum::http::Method;
use domain::access::{Role, capabilities_of};
use portal::{Screen, ScreenInfo, screens};
use serde_json::json;
use testkit::{Browser, Client, LAYOUTS, REGISTRY, Response, TestApp, minimal_body, on_both_engines};

pub(super) fn table() -> Vec<ScreenInfo> {
    let all = screens(REGISTRY, &portal::Config { layouts: LAYOUTS, ..portal::Config::default() });
    all.into_iter()
        .filter(|info| !matches!(info.screen, Screen::SignOut | Screen::SignOutEverywhere))
        .collect()
}

/// An id that was never given to anything.
const UNUSED: &str = "01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e";

/// An administrator of the organisation whose records they are.
pub(super) const OWNER: &str = "owner@acme.example";

/// Something of the first organisation that a screen could be about.
pub(super) async fn somebodys(app: &TestApp, owner: &Client, info: &ScreenInfo) -> String {
    let name = format!("{}{}", info.method, info.path).to_lowercase().replace(['/', '{', '}'], "-");
    let plural =
        info.path.trim_start_matches("/settings/").trim_start_matches('/').split('/').next().unwrap();
    if plural == "api-keys" {
        let body = json!({"name": name, "scopes": ["members:read"]});
        let key = owner.post("/api/api-keys", body).await.status(201).json();
        return key["id"].as_str().unwrap().to_owned();
    }
    if plural == "users" {
        let body = json!({"email": format!("u{name}@example.org")});
        let user = owner.post("/api/users", body).await.status(201).json();
        return user["id"].as_str().unwrap().to_owned();
    }
    if info.path.contains("/import/") {
        let csv = format!("firstName,lastName,email\nA,B,i{name}@example.org\n");
        let call =
            owner.call(Method::POST, &format!("/api/{plural}/imports")).header("content-type", "text/csv");
        let made = call.bytes(csv).await.status(201).json();
        return made["id"].as_str().unwrap().to_owned();
    }
    if plural == "integrations" {
        return made(app, plural, json!({"name": format!("{name} {}", info.path)})).await;
    }
    if plural == "webhooks" {
        return made(app, plural, json!({"url": "https://crm.example.org/hook", "events": ["*"]})).await;
    }
    let mut body = minimal_body(app.resource(plural));
    if plural == "members" {
        body.insert("email".to_owned(), json!(format!("m{name}@example.org")));
    }
    made(app, plural, body).await
}

pub(super) async fn visit(browser: &Browser, info: &ScreenInfo, id: &str) -> Response {
    let path = info.path.replace("{id}", id).replace("{deliveryId}", id).replace("{entryId}", id);
    if info.method == Method::GET {
        browser.open(&path).await
    } else {
        browser.submit(&path, [("", ""); 0]).await
    }
}

on_both_engines! {
    async fn a_screen_is_refused_to_a_role_without_its_capability(app: TestApp) {
        let (_, viewer) = staff(&app).await;
        let id = made(&app, "members", jane()).await;
        let mut refused = 0;
        for info in table() {
            let may = capabilities_of(REGISTRY, Role::ClientUser);
            let allowed = info.capability.as_ref().is_none_or(|it| may.contains(it));
            let answer = visit(&viewer, &info, &id).await;
            if allowed {
                assert_ne!(answer.code(), 403, "{}", answer.request());
            } else {
                refused += 1;
                says(&answer.status(403), "Your role does not allow this");
            }
        }
        assert!(refused > 30, "{refused}");
    }

    async fn nobody_sees_a_screen_without_signing_in(app: TestApp) {
        let visitor = app.visitor();
        for info in table() {
            let path = info.path.replace("{id}", UNUSED).replace("{deliveryId}", UNUSED).replace("{entryId}", UNUSED);
            let answer = visitor.call(info.method.clone(), &path).await.status(303);
            assert!(answer.header("location").unwrap().starts_with("/login"), "{path}");
        }
    }

    async fn a_record_of_another_organisation_does_not_exist(app: TestApp) {
        app.user(Some(&app.acme), OWNER, Role::ClientAdmin).await;
        app.user(Some(&app.other), ADMIN, Role::ClientAdmin).await;
        let (owner, stranger) = (app.sign_in(OWNER).await, app.browser(ADMIN).await);
        // Organisations are the operators' alone: tests/portal/platform.rs.
        let of_a_record =
            table().into_iter().filter(|info| info.path.contains("{id}") && !info.path.starts_with("/platform"));
        for info in of_a_record {
            let id = somebodys(&app, &owner, &info).await;
            let foreign = visit(&stranger, &info, &id).await.status(404);
            let unused = visit(&stranger, &info, UNUSED).await.status(404);
            assert_eq!(text_of(&foreign).len(), text_of(&unused).len(), "{}", info.path);
            let list = info.path.trim_start_matches("/settings").split("/{id}").next().unwrap();
            let list = list.replace("/import", "/imports");
            let _ = owner.get(&format!("/api{list}/{id}")).await.status(200);
            if list.ends_with("/imports") {
                // Only a few files may wait at once.
                let _ = owner.delete(&format!("/api{list}/{id}")).await.status(204);
            }
        }
    }

    async fn addresses_that_there_are_not_say_so(app: TestApp) {
        let (admin, _) = staff(&app).await;
        for path in ["/nothing", "/members/no-uuid", "/members/no-uuid/edit", "/webhooks", "/assets/none.css"] {
            let _ = admin.open(path).await.status(404);
        }
        says(&admin.open("/nothing").await.status(404), "There is nothing here");
        let _ = app.visitor().get("/nothing").await.status(404);
        let _ = app.visitor().get("/api/nothing").await.status(404).problem("not-found");
    }
}
