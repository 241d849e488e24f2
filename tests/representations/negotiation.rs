//! Which representation a request gets (RFC 9110 §12.5.1), and what every answer tells of it.

use axum::body::Body;
use axum::http::Method;
use serde_json::json;
use testkit::{Engine, TestApp};

use super::{CSV, Client, LD};

const DOCUMENTATION: &str = "<http://127.0.0.1:8080/api/docs.jsonld>; \
                             rel=\"http://www.w3.org/ns/hydra/core#apiDocumentation\"";

#[tokio::test]
async fn each_path_offers_what_it_can_be_shown_as() {
    let app = TestApp::new(Engine::Sqlite).await;
    let client = Client::new(&app).await;
    let id = client.venue(json!({"name": "Town Hall"})).await["id"].as_str().unwrap().to_owned();
    let item = format!("/api/venues/{id}");
    for (path, accept, status, content_type) in [
        ("/api/venues", "*/*", 200, "application/json"),
        ("/api/venues", LD, 200, LD),
        ("/api/venues", CSV, 200, "text/csv; charset=utf-8; header=present"),
        ("/api/venues", "text/html", 406, "application/problem+json"),
        (&item, "application/json", 200, "application/json"),
        (&item, "application/json;q=0.1, application/ld+json;q=0.2", 200, LD),
        (&item, CSV, 406, "application/problem+json"),
        ("/api/me", LD, 406, "application/problem+json"),
        ("/api/docs.jsonld", "*/*", 200, LD),
        ("/api/docs.jsonld", "application/json", 406, "application/problem+json"),
        ("/api/contexts/Venue", LD, 200, LD),
        ("/api/contexts/Nothing", LD, 404, "application/problem+json"),
        ("/api", LD, 200, LD),
        ("/api", "application/json", 200, "application/json; profile=\"application/ld+json\""),
    ] {
        let answer = client.get(path, accept).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, content_type), "{path}");
        let varies = status == 200 && !path.contains("docs") && !path.contains("contexts");
        assert_eq!(answer.header("vary"), if varies { "accept" } else { "" }, "{path}");
        // Hydra's clients look for the documentation on whatever they get.
        let links: Vec<&str> = answer.headers.get_all("link").iter().map(|it| it.to_str().unwrap()).collect();
        assert!(links.contains(&DOCUMENTATION), "{path}: {links:?}");
    }
    let refused = client.get("/api/venues", "image/png").await.json();
    let offered = "This path answers with application/json or application/ld+json or text/csv";
    assert_eq!(refused["detail"], offered);
}

#[tokio::test]
async fn representations_have_tags_of_their_own() {
    let app = TestApp::new(Engine::Sqlite).await;
    let client = Client::new(&app).await;
    let id = client.venue(json!({"name": "Town Hall"})).await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/venues/{id}");
    let json = client.get(&path, "application/json").await.header("etag").to_owned();
    let linked = client.get(&path, LD).await.header("etag").to_owned();
    assert_eq!((json.as_str(), linked.as_str()), ("\"1\"", "\"1-ld\""));
    for (accept, tag, status) in [
        (LD, &linked, 304),
        (LD, &json, 200),
        ("application/json", &json, 304),
        ("application/json", &linked, 200),
    ] {
        let headers = [("accept", accept), ("if-none-match", tag.as_str())];
        let answer = client.send(Method::GET, &path, &headers, Body::empty()).await;
        assert_eq!(answer.status(), status, "{accept} {tag}");
        assert_eq!(answer.headers()["vary"], "accept");
    }
    // Either names the version to change.
    for (tag, status) in [(&linked, 200), (&json, 412)] {
        let headers = [("content-type", "application/merge-patch+json"), ("if-match", tag.as_str())];
        let answer = client.send(Method::PATCH, &path, &headers, Body::from("{\"seats\": 7}")).await;
        assert_eq!(answer.status(), status);
    }
}
