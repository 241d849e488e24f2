//! What `scripts/audit` decides, by a registry of our own that tells advisories, or none.

use std::process::{Command, Output};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn answer(body: &Json) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Runs the script against a registry that knows this advisory; without one it refuses to tell any.
async fn audit(advisory: Option<(&'static str, &'static str)>, arguments: &'static [&'static str]) -> Output {
    let told = move || async move {
        let Some((name, severity)) = advisory else {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        };
        let advisory = json!({
            "id": 1, "url": "https://example.org/advisory", "title": "A hole", "severity": severity,
            "vulnerable_versions": "<1000", "cwe": [], "cvss": {"score": 0, "vectorString": null},
        });
        answer(&json!({name: [advisory]}))
    };
    // What npm asks of a package that has one: its versions.
    let package = async |uri: Uri| {
        let name = uri.path().trim_start_matches('/').replace("%2f", "/");
        let version = |number: &str| (number.to_owned(), json!({"name": name, "version": number}));
        let versions =
            ["1.6.1", "2.0.11"].map(version).into_iter().collect::<serde_json::Map<String, Json>>();
        answer(&json!({"name": name, "dist-tags": {"latest": "1.6.1"}, "versions": versions}))
    };
    let registry =
        Router::new().route("/-/npm/v1/security/advisories/bulk", post(told)).fallback(get(package));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async { axum::serve(listener, registry).await });
    let cache = tempfile::tempdir().unwrap();
    let output = tokio::task::spawn_blocking(move || {
        // npm remembers what it was told of an advisory.
        Command::new(format!("{ROOT}/scripts/audit"))
            .args(arguments)
            .env("npm_config_registry", address)
            .env("npm_config_cache", cache.path())
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    server.abort();
    output
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_advisory_on_what_ships_fails_the_audit() {
    for arguments in [&[][..], &["--if-reachable"]] {
        for package in ["htmx.org", "@tabler/core"] {
            let found = audit(Some((package, "high")), arguments).await;
            assert_eq!(found.status.code(), Some(1), "{}", text(&found));
            assert!(text(&found).contains(&format!("high: {package}")), "{}", text(&found));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_low_one_nor_one_on_what_only_tests_use_does() {
    for advisory in [("htmx.org", "moderate"), ("axe-core", "critical")] {
        let passed = audit(Some(advisory), &[]).await;
        assert_eq!(passed.status.code(), Some(0), "{advisory:?}: {}", text(&passed));
        assert!(!text(&passed).contains("NOT CHECKED"), "{}", text(&passed));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_tells_nothing_is_no_finding_and_no_pass() {
    for (arguments, code) in [(&[][..], 2), (&["--if-reachable"], 0)] {
        let unknown = audit(None, arguments).await;
        assert_eq!(unknown.status.code(), Some(code), "{}", text(&unknown));
        assert!(text(&unknown).contains("NOT CHECKED"), "{}", text(&unknown));
    }
}
