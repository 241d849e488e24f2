//! Venues, the resource that only tests have: its schedule, derived status, rules and actions work though
//! nothing but its definition knows of them.

use serde_json::{Value as Json, json};
use testkit::on_both_engines;

use super::{make, object};

on_both_engines! {
    async fn a_venue_opens_expires_and_closes(app: TestApp) {
        let client = app.client().await;
        let body = object(json!({
            "name": "Town Hall", "status": "planned", "country": "AU", "opensAt": "2026-12-01T00:00:00Z",
            "leaseEndsAt": "2026-12-11T12:00:00Z",
        }));
        let (address, shown) = make(&client, app.resource("venues"), body).await;
        assert_eq!((&shown["leaseDays"], &shown["venueNumber"]), (&json!(10), &json!(1)));
        app.advance(7 * 86_400);
        assert_eq!(app.app.publish_due().await.unwrap(), 1);
        let open = client.get(&address).await.json();
        assert_eq!(
            (&open["status"], &open["opensAt"], &open["leaseDays"]),
            (&json!("open"), &Json::Null, &Json::Null)
        );
        let _ = client.delete(&address).await.status(409).problem("rule-violation");
        app.advance(20 * 86_400);
        assert_eq!(client.get(&address).await.json()["status"], "expired");
        assert_eq!(client.get("/api/venues").query([("status", "expired")]).await.json()["totalItems"], 1);
        assert_eq!(client.get("/api/venues").query([("status", "open")]).await.json()["totalItems"], 0);
        let closed =
            client.call(axum::http::Method::POST, &format!("{address}/close")).await.status(200).json();
        assert_eq!(closed["status"], "closed");
        let _ = client.patch(&address, json!({"status": "open"})).await.status(409).problem("rule-violation");
        let types =
            app.app.db().all(db::Weight::Short, "SELECT type FROM changes ORDER BY sequence", &[], |row| {
                row.text(0).map(str::to_owned)
            });
        assert_eq!(types.await.unwrap(), ["venue.created", "venue.open", "venue.closed"]);
    }

    async fn rules_and_kinds_are_checked_as_for_any_resource(app: TestApp) {
        let client = app.client().await;
        let (address, _) = make(&client, app.resource("venues"), object(json!({"name": "Town Hall"}))).await;
        for (patch, path, code) in [
            (json!({"status": "open"}), "country", "required"),
            (json!({"status": "planned", "country": "AU"}), "opensAt", "required"),
            (json!({"opensAt": "2027-01-01T00:00:00Z"}), "opensAt", "not_planned"),
            (json!({"name": "ab"}), "name", "too_short"),
            (json!({"manager": "M"}), "manager", "too_short"),
            (json!({"country": "Oz"}), "country", "invalid_country"),
            (json!({"rating": 4.1}), "rating", "not_a_multiple"),
            (json!({"seats": 1.5}), "seats", "invalid_type"),
            (json!({"features": ["a", "a"]}), "features[1]", "duplicate_item"),
            (json!({"rooms": [{"name": "A", "rate": 5}]}), "rooms[0].rate", "invalid_type"),
            (json!({"rooms": [{"name": "A", "freeFrom": "soon"}]}), "rooms[0].freeFrom", "invalid_date_time"),
            (json!({"rooms": [{"use": "open"}]}), "rooms[0].name", "required"),
        ] {
            let _ = client
                .patch(&address, patch)
                .await
                .status(400)
                .problem("validation-error")
                .violation(path, code);
        }
    }
}
