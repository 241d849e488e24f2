//! One record: its pages, and what is done with it beside editing.

use super::{admin, jane, made, says, says_not, staff, target};
use serde_json::json;
use testkit::on_both_engines;

const NONE: [(&str, &str); 0] = [];

on_both_engines! {
    async fn a_record_is_deleted_after_a_question_that_names_it(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        let id = made(&app, "members", jane()).await;
        let path = format!("/members/{id}");
        says_not(&viewer.open(&path).await.status(200), "Delete");
        says(&browser.open(&format!("{path}/delete")).await.status(200), "Delete “Jane Doe”?");
        let gone = browser.submit(&format!("{path}/delete"), NONE).await.status(303);
        assert_eq!(target(&gone), "/members");
        assert!(gone.header("set-cookie").unwrap().contains("was+deleted"));
        let _ = browser.open(&path).await.status(404);
    }

    async fn a_rule_that_forbids_it_says_what_to_do(app: TestApp) {
        let browser = admin(&app).await;
        let mut body = jane();
        body["membershipType"] = json!("Fellow");
        let id = made(&app, "members", body).await;
        let refused = browser.submit(&format!("/members/{id}/delete"), NONE).await.status(409);
        says(&refused, "That cannot be done now");
        says(&refused, "Membership");
    }

    async fn an_event_is_published_cancelled_cloned_and_scheduled(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "events", json!({"name": "Dinner", "timezone": "Australia/Perth"})).await;
        let path = format!("/events/{id}");
        let draft = browser.open(&path).await.status(200);
        for offered in ["Publish", "Schedule", "Clone"] {
            says(&draft, offered);
        }
        says_not(&draft, "Cancel event");
        let refused = browser.submit(&format!("{path}/publish"), NONE).await.status(400);
        says(&refused, "Starts is needed while an event");
        let complete = json!({
            "eventStart": "2026-12-01T10:00:00Z", "eventEnd": "2026-12-01T12:00:00Z", "location": "Town Hall",
        });
        let _ = app.client().await.patch(&format!("/api{path}"), complete).await.status(200);
        let past = [("publishDateTime", "2020-01-01T00:00")];
        says(&browser.submit(&format!("{path}/schedule"), past).await.status(400), "must be in the future");
        // Nine in the morning in Perth.
        let moment = [("publishDateTime", "2026-11-30T09:00")];
        let _ = browser.submit(&format!("{path}/schedule"), moment).await.status(303);
        let record = app.client().await.get(&format!("/api{path}")).await.json();
        assert_eq!((&record["status"], &record["publishDateTime"]), (&json!("scheduled"), &json!("2026-11-30T01:00:00Z")));
        let _ = browser.submit(&format!("{path}/publish"), NONE).await.status(303);
        says(&browser.open(&format!("{path}/preview")).await.status(200), "1 Dec 2026, 6:00 pm to 8:00 pm AWST");
        let published = browser.open(&path).await.status(200);
        says(&published, "Cancel event");
        assert!(!published.text().contains(&format!("{path}/publish")));
        let copy = browser.submit(&format!("{path}/clone"), NONE).await.status(303);
        assert!(target(&copy).ends_with("/edit"));
        says(&browser.open(&target(&copy)).await.status(200), "Edit Dinner");
        let _ = browser.submit(&format!("{path}/cancel"), NONE).await.status(303);
        says(&browser.open(&path).await.status(200), "Cancelled");
    }

    async fn the_api_tab_shows_the_record_and_the_call(app: TestApp) {
        let (_, viewer) = staff(&app).await;
        let id = made(&app, "members", jane()).await;
        let page = viewer.open(&format!("/members/{id}/api")).await.status(200);
        says(&page, &format!("curl 'http://127.0.0.1:8080/api/members/{id}'"));
        says(&page, "\"firstName\": \"Jane\"");
    }

    async fn a_record_that_was_merged_leads_to_the_other(app: TestApp) {
        let browser = admin(&app).await;
        let one = made(&app, "members", jane()).await;
        let other = made(&app, "members", json!({"firstName": "Jan", "lastName": "Doe", "email": "jan@example.org"})).await;
        let merged = app.client().await.post(&format!("/api/members/{one}/merge"), json!({"into": other})).await;
        let _ = merged.status(200);
        let led = browser.open(&format!("/members/{one}")).await.status(303);
        assert_eq!(target(&led), format!("/members/{other}"));
    }

    async fn the_overview_counts_and_leads_to_what_it_counts(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        let page = browser.open("/").await.status(200);
        says(&page, "1 Active");
        assert!(page.text().contains("href=\"/members?status=active\""));
        says(&browser.open("/members?status=active").await.status(200), "Status: Active");
    }
}
