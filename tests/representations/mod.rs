//! How records are shown: chosen by `Accept`, as CSV, as JSON-LD (API §1, §4).

mod csv;
mod linked_data;
mod negotiation;

use api::Config;
use app::domain::definition::{Owner, Resource};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value as Json, json};
use testkit::{TestApp, VENUE};
use tower::ServiceExt as _;

const LD: &str = "application/ld+json";
const CSV: &str = "text/csv";

/// A client of a server on the test's store, with a key of all scopes.
struct Client {
    router: Router,
    key: String,
}

/// An answer whose body was read.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    async fn new(app: &TestApp) -> Self {
        let router = api::router(app.app.clone(), Config::default()).unwrap();
        Self { router, key: app.key(&app.tenant, None).await }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> axum::response::Response {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.key));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    async fn get(&self, path: &str, accept: &str) -> Answer {
        Answer::read(self.send(Method::GET, path, &[("accept", accept)], Body::empty()).await).await
    }

    /// Sends a body of this type and accepts JSON-LD.
    async fn write(&self, method: Method, path: &str, content_type: &str, body: &Json) -> Answer {
        let headers = [("accept", LD), ("content-type", content_type)];
        Answer::read(self.send(method, path, &headers, body.to_string().into()).await).await
    }

    /// Makes a venue; answers its JSON.
    async fn venue(&self, body: Json) -> Json {
        let headers = [("content-type", "application/json")];
        let sent = self.send(Method::POST, "/api/venues", &headers, body.to_string().into()).await;
        let answer = Answer::read(sent).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()
    }
}

impl Answer {
    async fn read(response: axum::response::Response) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Self { status: parts.status, headers: parts.headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A body with every field of a resource that can be written, as its documentation shows them.
fn example(resource: &Resource) -> Json {
    let writable = resource.fields.iter().filter(|field| !field.read_only);
    let writable = writable.filter(|field| field.owner == Owner::Anyone);
    let value = |text: &str| serde_json::from_str::<Json>(text).unwrap();
    writable
        .map(|field| (field.name.to_owned(), value(field.example)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// A venue with this name, and all else from the documentation.
fn venue(name: &str) -> Json {
    let mut body = example(&VENUE);
    body["name"] = json!(name);
    body["code"] = json!(name);
    body
}
