//! Conditions, methods and media types: what stands in the head of a request and of its answer.

use axum::http::Method;
use testkit::{REGISTRY, minimal_body, on_both_engines};

use super::{NEVER, harmless, list_of, make_minimal};

on_both_engines! {
    async fn a_representation_that_is_known_is_not_sent_again(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let tag = client.get(&address).await.etag();
            for known in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"none\", {tag}")] {
                let answer = client.get(&address).header("if-none-match", &known).await.status(304);
                assert!(answer.bytes().is_empty());
                assert_eq!(answer.etag(), tag);
            }
            let _ = client.get(&address).header("if-none-match", "\"99\"").await.status(200);
            let _ = client.patch(&address, harmless()).await.status(200);
            let changed = client.get(&address).header("if-none-match", &tag).await.status(200);
            assert_ne!(changed.etag(), tag);
        }
    }

    async fn a_change_is_made_only_to_the_version_that_is_named(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let old = client.get(&address).await.etag();
            let new = client.patch(&address, harmless()).header("if-match", &old).await.status(200).etag();
            for stale in
                [old.clone(), format!("W/{new}"), "\"99\"".to_owned(), "\"\"".to_owned(), "\"x\"".to_owned()]
            {
                for call in [
                    client.patch(&address, harmless()),
                    client.put(&address, minimal_body(resource)),
                    client.delete(&address),
                ] {
                    let _ = call.header("if-match", &stale).await.status(412).problem("precondition-failed");
                }
            }
            for unreadable in ["2", "\"2", "2\""] {
                let call = client.patch(&address, harmless()).header("if-match", unreadable);
                let _ = call.await.status(400).problem("malformed-request");
            }
            let _ = client.patch(&address, harmless()).header("if-match", "*").await.status(200);
            let nowhere = format!("{}/{}", list_of(resource), NEVER);
            let _ = client.delete(&nowhere).header("if-match", "*").await.status(404);
            assert_eq!(client.get(&address).await.etag(), new, "nothing was changed meanwhile");
            let _ = client.delete(&address).header("if-match", &format!("{old}, {new}")).await.status(204);
        }
    }

    async fn head_is_get_without_a_body(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for path in [
                list_of(resource),
                address,
                "/api".to_owned(),
                "/api/me".to_owned(),
                "/api/openapi.json".to_owned(),
            ] {
                let (get, head) =
                    (client.get(&path).await.status(200), client.call(Method::HEAD, &path).await.status(200));
                for name in ["content-type", "etag", "link", "cache-control", "content-length"] {
                    let length_unknown = name == "content-length" && head.header(name).is_none();
                    assert!(
                        length_unknown || get.header(name).is_none() || head.header(name) == get.header(name),
                        "{name} of {path}"
                    );
                }
            }
            let nowhere = format!("{}/{}", list_of(resource), NEVER);
            let _ = client.call(Method::HEAD, &nowhere).await.status(404);
        }
    }

    async fn other_methods_are_refused_with_those_that_work(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for (path, works) in [
                (list_of(resource), "GET, HEAD, POST, OPTIONS"),
                (address, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
                ("/api/me".to_owned(), "GET, HEAD, OPTIONS"),
            ] {
                for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE", "BREW"] {
                    if works.split(", ").any(|it| it == method) {
                        continue;
                    }
                    let answer = client
                        .call(method.parse().unwrap(), &path)
                        .await
                        .status(405)
                        .problem("method-not-allowed");
                    assert_eq!(sorted(answer.header("allow").unwrap()), sorted(works), "{method} {path}");
                }
                let options = client.anonymous().call(Method::OPTIONS, &path).await.status(204);
                assert_eq!(sorted(options.header("allow").unwrap()), sorted(works));
            }
        }
    }

    async fn media_types_that_cannot_be_made_are_refused(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for accept in [
                "text/html",
                "image/*",
                "application/xml, text/html;q=0.5",
                "application/json;q=0",
                "nonsense",
            ] {
                for path in [&list_of(resource), &address] {
                    let _ =
                        client.get(path).header("accept", accept).await.status(406).problem("not-acceptable");
                }
                let call = client.post(&list_of(resource), minimal_body(resource)).header("accept", accept);
                let _ = call.await.status(406).problem("not-acceptable");
            }
            assert_eq!(
                client.get(&list_of(resource)).await.json()["totalItems"],
                1,
                "a refused POST makes nothing"
            );
            for accept in ["application/json", "*/*", "application/*", "text/html, application/json;q=0.1"] {
                let answer = client.get(&address).header("accept", accept).await.status(200);
                assert_eq!(answer.header("content-type"), Some("application/json"), "{accept}");
            }
        }
    }

    async fn a_sane_request_id_is_kept(app: TestApp) {
        let client = app.client().await;
        let kept = client.get("/api/me").header("x-request-id", "import-2026:7.a_b").await;
        assert_eq!(kept.header("x-request-id"), Some("import-2026:7.a_b"));
        let long = "x".repeat(129);
        for insane in ["", " ", "a b", "<script>", long.as_str(), "é"] {
            let made = client.get("/api/me").header("x-request-id", insane).await.status(200);
            assert!(made.header("x-request-id").is_some_and(|id| id.starts_with("req_")), "{insane}");
        }
        let (one, other) = (client.get("/api/me").await, client.get("/api/me").await);
        assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    }

    async fn calls_that_take_no_parameters_say_so(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for call in [
                client.get(&address),
                client.post(&list_of(resource), minimal_body(resource)),
                client.patch(&address, harmless()),
                client.delete(&address),
                client.get("/api/me"),
            ] {
                let answer =
                    call.query([("verbose", "1")]).await.status(400).problem("invalid-query-parameter");
                let _ = answer.violation("verbose", "unknown_parameter");
            }
            let lenient = client.get(&address).query([("verbose", "1")]).header("prefer", "handling=lenient");
            let _ = lenient.await.status(200);
        }
    }
}

fn sorted(list: &str) -> Vec<&str> {
    let mut list: Vec<&str> = list.split(", ").collect();
    list.sort_unstable();
    list
}
