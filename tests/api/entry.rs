//! What needs no key: the entry point, the documents, health, the pages of errors.

use axum::http::Method;
use serde_json::json;
use testkit::{REGISTRY, on_both_engines};

use super::list_of;

on_both_engines! {
    async fn the_entry_point_leads_to_every_list(app: TestApp) {
        let client = app.client().await;
        let entry = client.anonymous().get("/api").await.status(200).json();
        for resource in REGISTRY.iter() {
            let link = entry[resource.plural].as_str().unwrap().to_owned();
            assert_eq!(link, list_of(resource));
            let _ = client.get(&link).await.status(200);
        }
        for (_, link) in entry["links"].as_object().unwrap() {
            let _ = client.get(link.as_str().unwrap()).await.status(200);
        }
    }

    async fn documents_and_health_need_no_key(app: TestApp) {
        let client = app.client().await.anonymous();
        for (path, kind) in [
            ("/api/openapi.json", "application/json"),
            ("/api/openapi.yaml", "application/yaml"),
            ("/api/docs", "text/html"),
            ("/healthz", "application/json"),
            ("/readyz", "application/json"),
            ("/errors", "text/html"),
        ] {
            let answer = client.get(path).await.status(200);
            assert!(
                answer.header("content-type").unwrap().starts_with(kind),
                "{path}: {:?}",
                answer.header("content-type")
            );
            let _ = client.call(Method::POST, path).await.status(405);
        }
        assert_eq!(client.get("/healthz").await.json(), json!({"status": "ok"}));
    }

    async fn readiness_ends_with_the_database(app: TestApp) {
        let client = app.client().await.anonymous();
        let _ = client.get("/readyz").await.status(200);
        app.app.close().await;
        let _ = client.get("/readyz").await.status(503).problem("unavailable");
        let _ = client.get("/healthz").await.status(200);
    }

    async fn the_reference_page_needs_no_other_host(app: TestApp) {
        let client = app.client().await.anonymous();
        let page = client.get("/api/docs").await.status(200);
        let policy = page.header("content-security-policy").unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
        let text = page.text();
        assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
        let files: Vec<&str> = text
            .split('"')
            .filter(|part| part.starts_with("/api/docs/") || part.starts_with("docs/"))
            .collect();
        assert!(files.len() >= 3, "{text}");
        for file in files {
            let path = if file.starts_with('/') { file.to_owned() } else { format!("/api/{file}") };
            let _ = client.get(&path).await.status(200);
        }
        let _ = client.get("/api/docs/nothing.js").await.status(404);
        let _ = client.get("/api/docs/..%2F..%2FCargo.toml").await.status(404);
    }

    async fn every_error_has_a_page(app: TestApp) {
        let client = app.client().await.anonymous();
        let index = client.get("/errors").await.status(200).text();
        for kind in domain::ProblemKind::ALL {
            let entry = kind.entry();
            let page = client.get(&format!("/errors/{}", entry.slug)).await.status(200).text();
            assert!(
                page.contains(entry.title) && page.contains("Cause") && page.contains("Cure"),
                "{}",
                entry.slug
            );
            assert!(index.contains(&format!("/errors/{}", entry.slug)), "{}", entry.slug);
        }
        let _ = client.get("/errors/nothing").await.status(404);
        let moved = app.api(api::Config {
            problem_base: "https://docs.example.org/api/problems".to_owned(),
            ..api::Config::default()
        });
        let _ = moved.get("/api/problems/not-found").await.status(200);
    }
}
