//! Events (domain §4): transitions, completeness, time.

use domain::json::Object;
use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

use super::{make, object};

/// An event that lacks nothing.
fn complete() -> Object {
    object(json!({
        "name": "Annual Conference", "eventType": "hybrid", "location": "Town Hall",
        "meetingUrl": "https://meet.example.org/x",
        "eventStart": "2026-12-01T09:00:00+11:00", "eventEnd": "2026-12-01T17:00:00+11:00",
    }))
}

const LATER: &str = "2026-11-25T00:00:00Z";

/// A complete event brought to a status.
async fn in_status(client: &Client, status: &str) -> String {
    let events = testkit::REGISTRY.by_plural("events").unwrap();
    let (address, _) = make(client, events, complete()).await;
    for step in match status {
        "draft" => vec![],
        "cancelled" => vec!["published", "cancelled"],
        status => vec![status],
    } {
        let _ = client.patch(&address, patch_to(step)).await.status(200);
    }
    address
}

fn patch_to(status: &str) -> Json {
    if status == "scheduled" {
        json!({"status": status, "publishDateTime": LATER})
    } else {
        json!({"status": status})
    }
}

on_both_engines! {
    async fn only_known_transitions_are_made(app: TestApp) {
        let client = app.client().await;
        let allowed = [
            ("draft", "scheduled"),
            ("draft", "published"),
            ("scheduled", "draft"),
            ("scheduled", "published"),
            ("scheduled", "cancelled"),
            ("published", "cancelled"),
        ];
        for from in ["draft", "scheduled", "published", "cancelled"] {
            for to in ["draft", "scheduled", "published", "cancelled"] {
                let address = in_status(&client, from).await;
                let answer = client.patch(&address, patch_to(to)).await;
                if from == to || allowed.contains(&(from, to)) {
                    assert_eq!(answer.status(200).json()["status"], to);
                } else {
                    let refused = answer.status(409).problem("rule-violation");
                    assert!(refused.json()["hint"].is_string(), "{}", refused.text());
                    assert_eq!(client.get(&address).await.json()["status"], from);
                }
            }
        }
        let address = in_status(&client, "published").await;
        let _ = client
            .patch(&address, json!({"status": "completed"}))
            .await
            .status(400)
            .violation("status", "invalid_choice");
    }

    async fn actions_are_the_same_as_writing_the_status(app: TestApp) {
        let client = app.client().await;
        let post = axum::http::Method::POST;
        let address = in_status(&client, "draft").await;
        let _ = client
            .call(post.clone(), &format!("{address}/cancel"))
            .await
            .status(409)
            .problem("rule-violation");
        let shown = client.call(post.clone(), &format!("{address}/publish")).await.status(200).json();
        assert_eq!((&shown["status"], &shown["version"]), (&json!("published"), &json!(2)));
        let stale = client.call(post.clone(), &format!("{address}/cancel")).header("if-match", "\"1\"");
        let _ = stale.await.status(412).problem("precondition-failed");
        let shown = client
            .call(post.clone(), &format!("{address}/cancel"))
            .header("if-match", "\"2\"")
            .await
            .status(200)
            .json();
        assert_eq!(shown["status"], "cancelled");
        let (draft, _) = make(&client, app.resource("events"), object(json!({"name": "Bare"}))).await;
        let refused =
            client.call(post, &format!("{draft}/publish")).await.status(400).problem("validation-error");
        let missing = refused.violation("eventStart", "required").violation("eventEnd", "required");
        let _ = missing.violation("location", "required");
    }

    async fn what_members_see_is_complete(app: TestApp) {
        let client = app.client().await;
        for (kind, needs) in [
            ("live", &["location"][..]),
            ("online", &["meetingUrl"]),
            ("webinar", &["meetingUrl"]),
            ("hybrid", &["location", "meetingUrl"]),
        ] {
            let mut body = complete();
            body["eventType"] = json!(kind);
            for name in ["location", "meetingUrl"] {
                let mut lacking = body.clone();
                lacking.remove(name);
                let (address, _) = make(&client, app.resource("events"), lacking).await;
                for status in ["published", "scheduled"] {
                    let answer = client.patch(&address, patch_to(status)).await;
                    if needs.contains(&name) {
                        let _ = answer.status(400).violation(name, "required");
                    } else {
                        let _ = answer.status(200);
                        break;
                    }
                }
            }
        }
        let address = in_status(&client, "published").await;
        let _ = client
            .patch(&address, json!({"location": null}))
            .await
            .status(400)
            .violation("location", "required");
    }

    async fn times_are_in_order(app: TestApp) {
        let client = app.client().await;
        let refused = |changes: Json, path: &'static str, code: &'static str| {
            let (client, mut body) = (client.clone(), complete());
            body.extend(object(changes));
            async move {
                let answer = client.post("/api/events", body).await.status(400).problem("validation-error");
                let _ = answer.violation(path, code);
            }
        };
        refused(json!({"eventStart": "2026-11-24T00:00:00Z"}), "eventStart", "not_in_future").await;
        refused(json!({"eventStart": "2019-01-01T00:00:00Z"}), "eventStart", "not_in_future").await;
        refused(json!({"eventEnd": "2026-11-30T22:00:00Z"}), "eventEnd", "end_before_start").await;
        refused(json!({"eventEnd": "2026-11-30T22:00:00"}), "eventEnd", "invalid_date_time").await;
        refused(
            json!({"registrationDeadline": "2026-11-30T22:00:01Z"}),
            "registrationDeadline",
            "deadline_after_start",
        )
        .await;
        refused(json!({"status": "scheduled"}), "publishDateTime", "required").await;
        refused(json!({"publishDateTime": LATER}), "publishDateTime", "not_scheduled").await;
        refused(
            json!({"status": "scheduled", "publishDateTime": "2026-11-24T00:00:00Z"}),
            "publishDateTime",
            "not_in_future",
        )
        .await;
        // Once it is there, an event that has begun can still be changed.
        let (address, _) = make(&client, app.resource("events"), complete()).await;
        app.advance(30 * 86_400);
        let _ = client.patch(&address, json!({"name": "Renamed"})).await.status(200);
    }

    async fn an_event_across_a_daylight_saving_change_lasts_as_long_as_it_does(app: TestApp) {
        let client = app.client().await;
        let mut body = complete();
        body.extend(object(json!({
            "timezone": "Australia/Sydney",
            // On 4 April 2027 clocks in Sydney go back an hour at 3.
            "eventStart": "2027-04-03T20:00:00+11:00", "eventEnd": "2027-04-04T08:00:00+10:00",
        })));
        let (_, shown) = make(&client, app.resource("events"), body).await;
        assert_eq!(shown["duration"], 13 * 60);
        assert_eq!(
            (&shown["eventStart"], &shown["eventEnd"]),
            (&json!("2027-04-03T09:00:00Z"), &json!("2027-04-03T22:00:00Z"))
        );
    }

    async fn a_published_event_that_has_ended_is_completed(app: TestApp) {
        let client = app.client().await;
        let address = in_status(&client, "published").await;
        let other = in_status(&client, "draft").await;
        let tag = client.get(&address).await.etag();
        let refused = client.delete(&address).await.status(409).problem("rule-violation");
        assert!(refused.json()["hint"].as_str().unwrap().contains("cancel"), "{}", refused.text());
        app.advance(8 * 86_400);
        let ended = client.get(&address).header("if-none-match", &tag).await.status(200);
        assert_eq!((&ended.json()["status"], &ended.json()["version"]), (&json!("completed"), &json!(2)));
        assert_ne!(ended.etag(), tag, "another representation has another tag");
        assert_eq!(client.get(&other).await.json()["status"], "draft");
        let listed = |status: &'static str| client.get("/api/events").query([("status", status)]);
        assert_eq!(listed("completed").await.json()["totalItems"], 1);
        assert_eq!(listed("published").await.json()["totalItems"], 0);
        // As it was shown it can be sent back; deleted it can be, too.
        let again = client.put(&address, ended.json()).header("if-match", &ended.etag()).await.status(200);
        assert_eq!(again.json(), ended.json());
        let _ = client.delete(&address).await.status(204);
    }

    async fn a_scheduled_event_is_published_when_its_moment_comes(app: TestApp) {
        let client = app.client().await;
        let address = in_status(&client, "scheduled").await;
        let sandbox = app.client_of(&app.tenant_of(&app.acme, app::Environment::Sandbox).await).await;
        let also = in_status(&sandbox, "scheduled").await;
        app.advance(86_399);
        assert_eq!(app.app.publish_due().await.unwrap(), 0);
        app.advance(1);
        assert_eq!(app.app.publish_due().await.unwrap(), 2);
        for (client, address) in [(&client, &address), (&sandbox, &also)] {
            let shown = client.get(address).await.json();
            assert_eq!(
                (&shown["status"], &shown["publishDateTime"], &shown["version"]),
                (&json!("published"), &Json::Null, &json!(3))
            );
        }
        assert_eq!(app.app.publish_due().await.unwrap(), 0);
    }

    async fn points_and_speakers_have_their_bounds(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("events"), complete()).await;
        for (value, code) in [
            (json!(0.25), "not_a_multiple"),
            (json!(-0.5), "out_of_range"),
            (json!("2.5"), "invalid_type"),
            (json!(1e300), "out_of_range"),
            (json!(null), "not_null"),
        ] {
            let _ = client
                .patch(&address, json!({"cpdPoints": value}))
                .await
                .status(400)
                .violation("cpdPoints", code);
        }
        assert_eq!(
            client.patch(&address, json!({"cpdPoints": 2.50})).await.status(200).json()["cpdPoints"],
            json!(2.5)
        );
        let speakers = json!({"speakers": [{"name": "Ana", "mainSpeaker": true}, {"jobTitle": "x", "mainSpeker": 1}, {"name": "B", "bio": 7}]});
        let refused = client.patch(&address, speakers).await.status(400);
        let refused = refused
            .violation("speakers[1].name", "required")
            .violation("speakers[1].mainSpeker", "unknown_field");
        let _ = refused.violation("speakers[2].bio", "invalid_type");
        let two =
            json!({"speakers": [{"name": "Ana", "mainSpeaker": true}, {"name": "Bo", "mainSpeaker": true}]});
        let _ = client.patch(&address, two).await.status(400).violation("speakers", "too_many_main_speakers");
        let _ = client
            .patch(&address, json!({"capacity": 0}))
            .await
            .status(400)
            .violation("capacity", "out_of_range");
        let _ = client
            .patch(&address, json!({"timezone": "Mars/Base"}))
            .await
            .status(400)
            .violation("timezone", "invalid_timezone");
    }

    async fn a_clone_is_a_draft_of_its_own(app: TestApp) {
        let client = app.client().await;
        let mut body = complete();
        body.extend(object(json!({"externalId": "E-1", "categories": ["A"], "customFields": {"a": 1}})));
        let (address, original) = make(&client, app.resource("events"), body).await;
        let _ = client.patch(&address, patch_to("scheduled")).await.status(200);
        let path = format!("{address}/clone");
        let copy = client.post(&path, json!({"name": "Copy"})).await.status(201).json();
        for name in ["status", "externalId", "publishDateTime"] {
            let fresh = if name == "status" { json!("draft") } else { Json::Null };
            assert_eq!(copy[name], fresh, "{name}");
        }
        for name in ["eventStart", "eventEnd", "location", "categories", "customFields"] {
            assert_eq!(copy[name], original[name], "{name}");
        }
        assert_eq!(copy["name"], "Copy");
        app.advance(30 * 86_400);
        let late = client.call(axum::http::Method::POST, &path).await.status(201).json();
        assert_eq!((&late["eventStart"], &late["eventEnd"]), (&Json::Null, &Json::Null));
    }
}
