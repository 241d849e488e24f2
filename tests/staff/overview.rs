//! `/api/overview`: each figure is the total of the list whose path stands beside it.

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

/// Checks every figure in an overview against its list; answers how many there are.
async fn check_figures(client: &Client, overview: &Json) -> usize {
    let mut figures = Vec::new();
    for part in [&overview["members"]["byStatus"], &overview["members"]["joined"]] {
        figures.extend(part.as_array().unwrap().iter().cloned());
    }
    figures.push(overview["coursesLive"].clone());
    for figure in &figures {
        let list = client.get(figure["path"].as_str().unwrap()).await.status(200).json();
        assert_eq!(list["totalItems"], figure["count"], "{figure}");
    }
    figures.len()
}

on_both_engines! {
    async fn figures_are_the_totals_of_their_lists(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let empty = client.get("/api/overview").await.status(200).json();
        assert_eq!(check_figures(&client, &empty).await, 4 + 12 + 1);
        assert_eq!((&empty["nextEvents"]["data"], &empty["todo"]), (&json!([]), &json!([])));
        let key = app.client().await;
        for (number, (status, joined)) in
            [("active", "2026-11-24"), ("active", "2026-11-01"), ("pending", "2026-10-31"), ("suspended", "2025-12-01"), ("inactive", "2025-11-30")].iter().enumerate()
        {
            let member = json!({"firstName": "Jo", "lastName": "Roe", "email": format!("jo{number}@example.org"), "status": status, "joinedAt": joined});
            let _ = key.post("/api/members", member).await.status(201);
        }
        for days in [9, 3, 5] {
            let day = format!("2026-12-0{days}");
            let event = json!({"name": format!("On {day}"), "location": "Hall", "eventStart": format!("{day}T09:00:00Z"), "eventEnd": format!("{day}T10:00:00Z"), "status": "published"});
            let _ = key.post("/api/events", event).await.status(201);
        }
        let _ = key.post("/api/events", json!({"name": "A draft", "eventStart": "2026-12-01T09:00:00Z"})).await.status(201);
        let course = json!({"name": "Bridges", "description": "All.", "author": "Jane", "startDate": "2026-12-01T00:00:00Z", "status": "published"});
        let _ = key.post("/api/courses", course).await.status(201);
        let overview = client.get("/api/overview").await.status(200).json();
        assert_eq!(check_figures(&client, &overview).await, 17);
        let joined = overview["members"]["joined"].as_array().unwrap();
        assert_eq!((&joined[0]["name"], &joined[0]["count"]), (&json!("2025-12"), &json!(1)));
        assert_eq!((&joined[11]["name"], &joined[11]["count"]), (&json!("2026-11"), &json!(2)));
        let events = overview["nextEvents"]["data"].as_array().unwrap();
        let names: Vec<&str> = events.iter().map(|event| event["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["On 2026-12-03", "On 2026-12-05", "On 2026-12-09"]);
        let listed = client.get(overview["nextEvents"]["path"].as_str().unwrap()).await.status(200).json();
        assert_eq!(listed["data"][0]["id"], events[0]["id"]);
        assert_eq!(overview["coursesLive"]["count"], 1);
        assert_eq!((&overview["apiUse"]["limit"], &overview["apiUse"]["used"]), (&json!(25_000), &json!(10)));
        // A change counts at once, and so does a new month.
        let list = key.get("/api/members?status=pending").await.json();
        let path = format!("/api/members/{}", list["data"][0]["id"].as_str().unwrap());
        let _ = key.patch(&path, json!({"status": "active"})).await.status(200);
        let overview = client.get("/api/overview").await.json();
        assert_eq!(overview["members"]["byStatus"][0]["count"], 3);
        app.advance(8 * 24 * 3_600);
        let client = app.sign_in("jane@example.org").await;
        let overview = client.get("/api/overview").await.json();
        assert_eq!(overview["members"]["joined"][11]["name"], "2026-12");
        let _ = check_figures(&client, &overview).await;
    }

    async fn what_may_not_be_read_is_left_out(app: TestApp) {
        let reader = app.client().await.with_key(app.key(&app.tenant, Some(&["events:read"])).await);
        let overview = reader.get("/api/overview").await.status(200).json();
        assert!(overview["members"].is_null() && overview["coursesLive"].is_null());
        assert!(overview["nextEvents"].is_object());
    }

    async fn keys_that_end_soon_are_something_to_do(app: TestApp) {
        let client = app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await;
        let make = |name: &str, end: &str| {
            let body = json!({"name": name, "scopes": ["members:read"], "expiresAt": end});
            client.post("/api/api-keys", body)
        };
        let soon = make("Website", "2026-12-01T00:00:00Z").await.status(201).json();
        let _ = make("CRM", "2027-12-01T00:00:00Z").await.status(201);
        let todo = client.get("/api/overview").await.json()["todo"].clone();
        assert_eq!(todo.as_array().unwrap().len(), 1);
        assert_eq!(todo[0]["kind"], "api_key_expires");
        let _ = client.get(todo[0]["path"].as_str().unwrap()).await.status(200);
        let _ = client.delete(&format!("/api/api-keys/{}", soon["id"].as_str().unwrap())).await.status(204);
        assert_eq!(client.get("/api/overview").await.json()["todo"], json!([]));
    }
}
