//! Merging two records in the portal, as a browser without script does it.

use serde_json::json;
use testkit::{Browser, Response, TestApp, on_both_engines};

use super::{admin, inputs_of, jane, made, says, says_not, staff, target, with};

async fn two(app: &TestApp) -> (String, String) {
    let stays = json!({
        "firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "city": "Perth", "interests": ["Bridges"],
    });
    let goes = json!({
        "firstName": "J.", "lastName": "Doe-Smith", "email": "jds@example.org", "mobile": "0412 345 678", "city": "Hobart",
        "interests": ["Tunnels"], "externalId": "CRM-7",
    });
    (made(app, "members", stays).await, made(app, "members", goes).await)
}

async fn compared(browser: &Browser, stays: &str, goes: &str) -> Response {
    browser.open(&format!("/members/{stays}/merge?with={goes}")).await.status(200)
}

on_both_engines! {
    async fn two_members_become_one(app: TestApp) {
        let browser = admin(&app).await;
        let (stays, goes) = two(&app).await;
        says(&browser.open(&format!("/members/{stays}")).await.status(200), "Merge");
        let found = browser.open(&format!("/members/{stays}/merge?q=doe")).await.status(200);
        says(&found, "J. Doe-Smith");
        says_not(&found, "Jane Doe Member no.");
        let page = compared(&browser, &stays, &goes).await;
        says(&page, "Stays Jane Doe");
        says(&page, "Goes J. Doe-Smith");
        let form = inputs_of(&page, "class=\"merge\"");
        for (name, value) in
            [("keep[city]", "own"), ("keep[mobile]", "other"), ("keep[externalId]", "other"), ("keep[interests]", "both")]
        {
            assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}: {form:?}");
        }
        let path = format!("/members/{stays}/merge");
        let form = with(with(form, "keep[city]", "other"), "keep[mobile]", "own");
        let unsure = browser.submit(&path, with(form.clone(), "confirm", "Jane Doe")).await.status(400);
        says(&unsure, "Type the name of the member that goes");
        let form = with(inputs_of(&unsure, "class=\"merge\""), "confirm", "j. doe-smith");
        assert!(form.contains(&("keep[city]".to_owned(), "other".to_owned())), "the choice is kept");
        let done = browser.submit(&path, form).await.status(303);
        assert_eq!(target(&done), format!("/members/{stays}"));
        let record = app.client().await.get(&format!("/api/members/{stays}")).await.status(200).json();
        assert_eq!(record["email"], "jane@example.org");
        assert_eq!(record["city"], "Hobart");
        assert_eq!(record["mobile"], json!(null), "an empty field can be kept");
        assert_eq!(record["externalId"], "CRM-7");
        assert_eq!(record["interests"], json!(["Bridges", "Tunnels"]));
        // The address of the one that went leads to the one that stayed.
        assert_eq!(target(&browser.open(&format!("/members/{goes}")).await.status(303)), format!("/members/{stays}"));
    }

    async fn what_changed_since_is_not_merged_unseen(app: TestApp) {
        let browser = admin(&app).await;
        let (stays, goes) = two(&app).await;
        for changed in [&stays, &goes] {
            let form = inputs_of(&compared(&browser, &stays, &goes).await, "class=\"merge\"");
            let form = with(form, "confirm", "J. Doe-Smith");
            let client = app.client().await;
            let _ = client.patch(&format!("/api/members/{changed}"), json!({"state": "WA"})).await.status(200);
            let late = browser.submit(&format!("/members/{stays}/merge"), form).await.status(412);
            says(&late, "One of the two was changed since you compared them.");
        }
        let _ = app.client().await.get(&format!("/api/members/{goes}")).await.status(200);
    }

    async fn only_an_administrator_merges_and_only_what_there_is(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        let (stays, goes) = two(&app).await;
        says_not(&viewer.open(&format!("/members/{stays}")).await, "Merge");
        let path = format!("/members/{stays}/merge?with={goes}");
        says(&viewer.open(&path).await.status(403), "Your role does not allow this");
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        let foreign = app.client_of(&sandbox).await.post("/api/members", jane()).await.status(201);
        for with in [stays.clone(), foreign.json()["id"].as_str().unwrap().to_owned(), "x".to_owned()] {
            let _ = browser.open(&format!("/members/{stays}/merge?with={with}")).await.status(404);
            let form = [("with", with.as_str()), ("confirm", "Jane Doe")];
            let _ = browser.submit(&format!("/members/{stays}/merge"), form).await.status(404);
        }
    }
}
