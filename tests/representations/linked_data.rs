//! JSON-LD with Hydra. That API Platform's clients read it is proven in `web`; here is what it looks like.

use axum::http::Method;
use serde_json::{Value as Json, json};
use testkit::{Engine, TestApp};

use super::{Client, LD, venue};

fn snapshot(name: &str, value: &Json) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    let text = serde_json::to_string_pretty(value).unwrap();
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[tokio::test]
async fn it_looks_as_api_platform_serves_it() {
    let app = TestApp::new(Engine::Sqlite).await;
    let client = Client::new(&app).await;
    client.venue(json!({"name": "Bare Hall"})).await;
    let made = client.write(Method::POST, "/api/venues", "application/json", &venue("Town Hall")).await;
    assert_eq!(made.status, 201);
    snapshot("linked-data-record", &made.json());
    let read = client.get(made.header("location"), LD).await;
    assert_eq!(read.body, made.body);
    let mut list = client.get("/api/venues?fields=name,seats&itemsPerPage=1&seats[gt]=1", LD).await.json();
    // The rest of the mapping is of the same kind.
    list["search"]["mapping"].as_array_mut().unwrap().truncate(12);
    snapshot("linked-data-list", &list);
    snapshot("linked-data-entry-point", &client.get("/api", LD).await.json());
    snapshot("linked-data-context", &client.get("/api/contexts/Venue", LD).await.json());
    let mut documentation = client.get("/api/docs.jsonld", LD).await.json();
    let classes = documentation["hydra:supportedClass"].as_array_mut().unwrap();
    classes.retain(|class| {
        ["Member", "Event", "EventSpeakers", "Course", "AuditEntry"]
            .iter()
            .all(|it| class["hydra:title"] != **it)
    });
    snapshot("linked-data-documentation", &documentation);
}

#[tokio::test]
async fn lists_without_a_total_and_with_deleted_records_are_told_apart() {
    let app = TestApp::new(Engine::Sqlite).await;
    let client = Client::new(&app).await;
    let empty = client.get("/api/venues", LD).await.json();
    assert_eq!((&empty["member"], &empty["totalItems"]), (&json!([]), &json!(0)));
    let id = client.venue(json!({"name": "Alpha"})).await["id"].as_str().unwrap().to_owned();
    let address = format!("/api/venues/{id}");
    client.write(Method::DELETE, &address, "application/json", &Json::Null).await;
    let list = client.get("/api/venues?includeDeleted=true&count=false", LD).await.json();
    assert!(list.get("totalItems").is_none());
    let deleted = json!({"@id": address, "@type": "Venue", "id": id, "deletedAt": "2026-11-24T00:00:00Z", "version": 2});
    assert_eq!(list["member"], json!([deleted]));
    let view = &list["view"];
    assert_eq!(view["@id"], "/api/venues?includeDeleted=true&count=false");
    assert!(view.get("next").is_none() && view.get("last").is_none());
}

#[tokio::test]
async fn what_names_a_record_is_no_field_of_it() {
    let app = TestApp::new(Engine::Sqlite).await;
    let client = Client::new(&app).await;
    let body = json!({"@context": "/api/contexts/Venue", "@type": "Venue", "name": "Alpha"});
    let made = client.write(Method::POST, "/api/venues", LD, &body).await;
    assert_eq!((made.status.as_u16(), made.header("content-type")), (201, LD));
    let read = made.json();
    let (address, id) = (read["@id"].as_str().unwrap(), read["id"].as_str().unwrap());

    // As API Platform's admin sends a record back: its address in `id`, its id in `originId`.
    let mut form = read.clone();
    form["id"] = json!(address);
    form["originId"] = json!(id);
    form["seats"] = json!(12);
    for (method, content_type) in
        [(Method::PATCH, "application/merge-patch+json"), (Method::PATCH, LD), (Method::PUT, LD)]
    {
        form["version"] = client.get(address, LD).await.json()["version"].clone();
        form["updatedAt"] = client.get(address, LD).await.json()["updatedAt"].clone();
        let answer = client.write(method, address, content_type, &form).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["seats"]), (200, &json!(12)), "{}", answer.text());
    }

    // Another record's address is a mistake, and so is all of this where nobody speaks JSON-LD.
    let other = "/api/venues/01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e";
    let wrong = client.write(Method::PATCH, address, LD, &json!({"id": other})).await;
    assert_eq!(wrong.json()["violations"][0]["code"], "read_only");
    let plain = [("content-type", "application/json")];
    let answer =
        client.send(Method::PATCH, address, &plain, json!({"@id": address}).to_string().into()).await;
    assert_eq!(answer.status(), 400);
    let unknown = client.write(Method::PATCH, address, LD, &json!({"@graph": []})).await;
    assert_eq!(unknown.json()["violations"][0]["code"], "unknown_field");
}
