//! Making and changing records by forms.

use super::{admin, inputs, jane, made, says, says_not, target, with};
use axum::http::Method;
use serde_json::json;
use testkit::{Browser, LAYOUTS, TestApp, on_both_engines};

/// The version that the API shows of a record, and the value of one of its fields.
async fn stored(app: &TestApp, path: &str, field: &str) -> (i64, serde_json::Value) {
    let record = app.client().await.get(&format!("/api{path}")).await.status(200).json();
    (record["version"].as_i64().unwrap(), record[field].clone())
}

async fn form(browser: &Browser, path: &str) -> Vec<(String, String)> {
    inputs(&browser.open(path).await.status(200))
}

on_both_engines! {
    async fn a_member_is_made_once_the_form_is_right(app: TestApp) {
        let browser = admin(&app).await;
        let fields = form(&browser, "/members/new").await;
        assert!(fields.contains(&("joinedAt".to_owned(), "2026-11-24".to_owned())), "{fields:?}");
        let fields = with(with(fields, "firstName", "Jane"), "email", "jane@");
        let refused = browser.submit("/members/new", fields).await.status(400);
        says(&refused, "2 fields to mend");
        says(&refused, "Last name is required.");
        assert!(inputs(&refused).contains(&("firstName".to_owned(), "Jane".to_owned())), "what was typed is kept");
        let fields = with(with(inputs(&refused), "lastName", "Doe"), "email", "jane@example.org");
        let fields = with(fields, "interests", "Bridges, old\r\nTunnels");
        let done = browser.submit("/members/new", fields).await.status(303);
        let page = browser.open(&target(&done)).await.status(200);
        says(&page, "Jane Doe Active");
        says(&page, "Bridges, old Tunnels");
    }

    async fn a_form_that_nobody_touched_changes_nothing_in_any_resource(app: TestApp) {
        let browser = admin(&app).await;
        for layout in LAYOUTS {
            let resource = app.resource(layout.plural);
            let id = made(&app, layout.plural, testkit::example_body(resource)).await;
            let path = format!("/{}/{id}", layout.plural);
            let fields = form(&browser, &format!("{path}/edit")).await;
            let done = browser.submit(&format!("{path}/edit"), fields).await.status(303);
            assert_eq!(target(&done), path);
            assert_eq!(stored(&app, &path, "id").await.0, 1, "{path}");
            let _ = browser.open(&path).await.status(200);
        }
    }

    async fn only_what_was_changed_is_written(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "members", jane()).await;
        let edit = format!("/members/{id}/edit");
        let fields = with(form(&browser, &edit).await, "city", "Hobart");
        let _ = browser.submit(&edit, fields).await.status(303);
        let activity = browser.open(&format!("/members/{id}/activity")).await.status(200);
        says(&activity, "Jo changed it");
        says(&activity, "City Perth Hobart");
    }

    async fn what_somebody_else_changed_meanwhile_is_shown(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "members", jane()).await;
        let path = format!("/members/{id}");
        let edit = format!("{path}/edit");
        let opened = form(&browser, &edit).await;
        let client = app.client().await;
        let theirs = json!({"city": "Darwin", "state": "NT"});
        let _ = client.patch(&format!("/api{path}"), theirs).await.status(200);
        let ours = with(with(opened, "city", "Hobart"), "company", "Harbour Works");
        let overtaken = browser.submit(&edit, ours).await.status(412);
        says(&overtaken, "API key “Test” changed this record while you were editing it");
        says(&overtaken, "Changed meanwhile to: Darwin");
        let merged = inputs(&overtaken);
        for (name, value) in [("city", "Hobart"), ("company", "Harbour Works"), ("state", "NT")] {
            assert!(merged.contains(&(name.to_owned(), value.to_owned())), "{name}: {merged:?}");
        }
        let _ = browser.submit(&edit, merged).await.status(303);
        assert_eq!(stored(&app, &path, "city").await, (3, json!("Hobart")));
        assert_eq!(stored(&app, &path, "state").await.1, json!("NT"));
    }

    async fn a_value_that_is_taken_is_said_at_its_field(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        let fields = form(&browser, "/members/new").await;
        let fields = with(with(with(fields, "firstName", "Jo"), "lastName", "Doe"), "email", "JANE@example.org");
        let refused = browser.submit("/members/new", fields).await.status(409);
        says(&refused, "1 field to mend");
        assert!(refused.text().contains("aria-describedby=\"f-email-error"), "{}", refused.text());
    }

    async fn rows_come_and_go_without_script(app: TestApp) {
        let browser = admin(&app).await;
        let fields = with(form(&browser, "/events/new").await, "name", "Dinner");
        let one = browser.submit("/events/new", with(fields, "_add", "speakers")).await.status(200);
        let fields = with(inputs(&one), "speakers[0].name", "Mai");
        let two = browser.submit("/events/new", with(fields, "_add", "speakers")).await.status(200);
        let fields = with(with(inputs(&two), "speakers[1].name", "Ana"), "eventStart", "2026-12-01T18:00");
        let removed = browser.submit("/events/new", with(fields, "_remove", "speakers[0]")).await.status(200);
        let fields = inputs(&removed);
        assert!(fields.contains(&("speakers[0].name".to_owned(), "Ana".to_owned())), "{fields:?}");
        let done = browser.submit("/events/new", fields).await.status(303);
        let path = target(&done);
        assert_eq!(stored(&app, &path, "speakers").await.1[0]["name"], "Ana");
        // In the organisation's zone, which the form names: 18:00 in Sydney in summer.
        assert_eq!(stored(&app, &path, "eventStart").await.1, json!("2026-12-01T07:00:00Z"));
        says(&browser.open(&path).await.status(200), "1 Dec 2026, 6:00 pm AEDT");
    }

    async fn too_much_is_refused_in_words(app: TestApp) {
        let browser = admin(&app).await;
        let large = "x".repeat(1_200_000);
        let answer = browser.submit("/members/new", [("firstName", large.as_str())]).await.status(413);
        says(&answer, "larger than 1 MiB");
        let odd = browser.client().call(Method::POST, "/members/new").bytes(vec![0xff, b'=', 0x00]).await;
        says_not(&odd.status(403), "panic");
    }
}
