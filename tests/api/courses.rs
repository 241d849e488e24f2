//! Courses (domain §5): transitions, completeness, prices.

use domain::json::Object;
use serde_json::{Value as Json, json};
use testkit::on_both_engines;

use super::{make, object};

fn complete() -> Object {
    object(json!({
        "name": "Ethics", "description": "<p>Six cases.</p>", "author": "Mai Nguyen", "startDate": "2026-01-01T00:00:00Z",
    }))
}

fn patch_to(status: &str) -> Json {
    let later = json!({"status": status, "publishDateTime": "2026-12-01T00:00:00Z"});
    if status == "scheduled" { later } else { json!({"status": status}) }
}

on_both_engines! {
    async fn only_known_transitions_are_made(app: TestApp) {
        let client = app.client().await;
        let allowed = [
            ("draft", "scheduled"),
            ("draft", "published"),
            ("scheduled", "draft"),
            ("scheduled", "published"),
            ("published", "archived"),
            ("archived", "published"),
        ];
        for from in ["draft", "scheduled", "published", "archived"] {
            for to in ["draft", "scheduled", "published", "archived"] {
                let mut body = complete();
                body.extend(object(patch_to(from)));
                let (address, _) = make(&client, app.resource("courses"), body).await;
                let answer = client.patch(&address, patch_to(to)).await;
                if from == to || allowed.contains(&(from, to)) {
                    assert_eq!(answer.status(200).json()["status"], to);
                } else {
                    let _ = answer.status(409).problem("rule-violation");
                }
            }
        }
    }

    async fn a_published_course_is_archived_before_it_is_deleted(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("courses"), complete()).await;
        let post = |action: &str| client.call(axum::http::Method::POST, &format!("{address}/{action}"));
        let _ = post("archive").await.status(409).problem("rule-violation");
        assert_eq!(post("publish").await.status(200).json()["status"], "published");
        let refused = client.delete(&address).await.status(409).problem("rule-violation");
        assert!(refused.json()["hint"].as_str().unwrap().contains("archive"), "{}", refused.text());
        assert_eq!(post("archive").await.status(200).json()["status"], "archived");
        assert_eq!(post("publish").await.status(200).json()["status"], "published");
        let _ = post("archive").await.status(200);
        let _ = client.delete(&address).await.status(204);
        let (bare, _) = make(&client, app.resource("courses"), object(json!({"name": "Bare"}))).await;
        let refused = client.patch(&bare, patch_to("published")).await.status(400);
        let refused = refused.violation("description", "required").violation("author", "required");
        let _ = refused.violation("startDate", "required");
    }

    async fn prices_are_exact_amounts(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("courses"), complete()).await;
        for (given, shown) in [
            ("49", "49.00"),
            ("49.5", "49.50"),
            ("0.05", "0.05"),
            ("0", "0.00"),
            ("10000000000.00", "10000000000.00"),
        ] {
            let answer = client.patch(&address, json!({"membersPrice": given})).await.status(200).json();
            assert_eq!(answer["membersPrice"], shown);
        }
        assert_eq!(
            client.patch(&address, json!({"membersPrice": null})).await.status(200).json()["membersPrice"],
            Json::Null
        );
        for (wrong, code) in [
            (json!(49.0), "invalid_type"),
            (json!("49.005"), "invalid_format"),
            (json!("-1"), "out_of_range"),
            (json!("1,000.00"), "invalid_format"),
            (json!("AUD 5"), "invalid_format"),
            (json!("10000000000.01"), "out_of_range"),
        ] {
            let _ = client
                .patch(&address, json!({"membersPrice": wrong}))
                .await
                .status(400)
                .violation("membersPrice", code);
        }
    }

    async fn closing_comes_after_the_start(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("courses"), complete()).await;
        let early = json!({"closeDate": "2026-01-01T00:00:00Z"});
        let _ = client.patch(&address, early).await.status(400).violation("closeDate", "end_before_start");
        let _ = client.patch(&address, json!({"closeDate": "2026-01-01T00:00:00.000001Z"})).await.status(200);
    }

    async fn a_scheduled_course_is_published_when_its_moment_comes(app: TestApp) {
        let client = app.client().await;
        let mut body = complete();
        body.extend(object(patch_to("scheduled")));
        let (address, _) = make(&client, app.resource("courses"), body).await;
        app.advance(7 * 86_400);
        assert_eq!(app.app.publish_due().await.unwrap(), 1);
        assert_eq!(client.get(&address).await.json()["status"], "published");
    }
}
