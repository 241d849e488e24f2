//! Bodies as clients should not send them: each gets a clear refusal, none gets further.

use axum::http::Method;
use domain::definition::{Field, Kind};
use serde_json::{Value as Json, json};
use testkit::{REGISTRY, is_writable, minimal_body, on_both_engines};

use super::{list_of, make_minimal, object, with};

const MIB: usize = 1024 * 1024;

on_both_engines! {
    async fn malformed_json_is_refused_with_line_and_column(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, shown) = make_minimal(&client, resource).await;
            for (body, told) in [
                (&b"{\"name\": }"[..], "line 1 column 10"),
                (b"{\n  \"name\": \"x\",\n}", "line 3 column 1"),
                (b"{\"a\": 1, \"a\": 2}", "`a` is given twice at line 1"),
                (b"{\"customFields\": {\"k\": 1, \"k\": 1}}", "`k` is given twice"),
                (b"{\"customFields\": {\"k\": 1e309}}", "number out of range"),
                (b"{\"name\": \"\xff\xfe\"}", "line 1"),
                (b"{\"name\": \"\\ud800\"}", "line 1"),
                (b"{\"name\": \"a\tb\"}", "control character"),
                (b"{} {}", "trailing characters at line 1"),
                (b"{'name': 1}", "line 1 column 2"),
                (b"NaN", "line 1"),
                (b"[]", "must be a JSON object"),
                (b"null", "must be a JSON object"),
                (b"\"text\"", "must be a JSON object"),
                (b"", "empty"),
                (b" \n ", "empty"),
            ] {
                for (method, path) in
                    [(Method::POST, &list_of(resource)), (Method::PUT, &address), (Method::PATCH, &address)]
                {
                    let call =
                        client.call(method, path).header("content-type", "application/json").bytes(body);
                    let answer = call.await.status(400).problem("malformed-json");
                    let detail = answer.json()["detail"].clone();
                    assert!(
                        detail.as_str().unwrap().contains(told),
                        "{} {detail}",
                        String::from_utf8_lossy(body)
                    );
                }
            }
            assert_eq!(client.get(&address).await.json(), shown, "nothing was changed");
        }
    }

    async fn deep_nesting_is_refused(app: TestApp) {
        let client = app.client().await;
        for depth in [200, 100_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let nested = format!("{{\"customFields\": {}1{}}}", open.repeat(depth), close.repeat(depth));
                let call = client.post("/api/members", json!({})).bytes(nested);
                let _ = call.await.status(400).problem("malformed-json");
            }
        }
    }

    async fn a_byte_order_mark_is_ignored(app: TestApp) {
        let client = app.client().await;
        let body = format!("\u{FEFF}{}", Json::Object(minimal_body(app.resource("members"))));
        let _ = client.post("/api/members", json!({})).bytes(body).await.status(201);
    }

    async fn bodies_over_the_limit_are_refused(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let sized = |bytes: usize| {
                let body = Json::Object(minimal_body(resource)).to_string();
                format!("{body}{}", " ".repeat(bytes - body.len()))
            };
            for (bytes, status) in [(MIB, 201), (MIB + 1, 413), (2 * MIB, 413), (20 * MIB, 413)] {
                let answer =
                    client.post(&list_of(resource), json!({})).bytes(sized(bytes)).await.status(status);
                if status == 413 {
                    let _ = answer.problem("payload-too-large");
                }
            }
            for method in [Method::PUT, Method::PATCH] {
                let call = client.call(method, &address).header("content-type", "application/json");
                let _ = call.bytes(sized(MIB + 1)).await.status(413).problem("payload-too-large");
            }
        }
    }

    async fn content_types_are_checked(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for (method, path, kind, fine) in [
                (Method::POST, &list_of(resource), Some("application/json"), true),
                (Method::POST, &list_of(resource), Some("application/json; charset=utf-8"), true),
                (Method::POST, &list_of(resource), Some("Application/JSON;charset=\"UTF-8\""), true),
                (Method::POST, &list_of(resource), Some("application/json; charset=iso-8859-1"), false),
                (Method::POST, &list_of(resource), Some("text/plain"), false),
                (Method::POST, &list_of(resource), Some("application/x-www-form-urlencoded"), false),
                (Method::POST, &list_of(resource), Some("application/merge-patch+json"), false),
                (Method::POST, &list_of(resource), Some("nonsense"), false),
                (Method::POST, &list_of(resource), None, false),
                (Method::PUT, &address, Some("application/json"), true),
                (Method::PUT, &address, Some("application/merge-patch+json"), false),
                (Method::PATCH, &address, Some("application/merge-patch+json"), true),
                (Method::PATCH, &address, Some("application/json"), true),
                (Method::PATCH, &address, Some("application/json-patch+json"), false),
            ] {
                let call = client.call(method.clone(), path).json(&Json::Object(minimal_body(resource)));
                let call = match kind {
                    Some(kind) => call.header("content-type", kind),
                    None => call.without_header("content-type"),
                };
                let answer = call.await;
                assert_eq!(answer.code() != 415, fine, "{method} {kind:?}: {}", answer.text());
                if !fine {
                    let answer = answer.problem("unsupported-media-type");
                    assert_eq!(answer.header("accept-patch").is_some(), method == Method::PATCH);
                }
            }
        }
    }

    /// Nothing that a database or a page would stumble over gets in, and what is text comes back as it is.
    async fn odd_characters_in_every_string_field(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            for field in resource.fields.iter().filter(|field| is_writable(field)) {
                let Some(wrap) = string_in(field) else { continue };
                for control in ["a\0b", "\u{7f}ab", "a\u{85}b", "\u{1b}[31m"] {
                    let patch = object(json!({field.name: wrap(control)}));
                    let refused = client.patch(&address, patch).await.status(400).problem("validation-error");
                    assert!(
                        refused.violations().iter().all(|(path, _)| path.starts_with(field.name)),
                        "{}",
                        refused.text()
                    );
                    let body = with(minimal_body(resource), field.name, wrap(control));
                    let _ =
                        client.post(&list_of(resource), body).await.status(400).problem("validation-error");
                }
                let party = "🎉 Fête 👩‍👩‍👧‍👦 陽 \u{202e}x";
                let patch = object(json!({field.name: wrap(party)}));
                let answer = client.patch(&address, patch).await;
                if matches!(field.kind, Kind::Objects { .. }) {
                    assert_eq!(answer.status(200).json()[field.name][0]["name"], party);
                } else if takes(field, party.chars().count()) {
                    assert_eq!(answer.status(200).json()[field.name], wrap(party));
                } else {
                    let refused = answer.status(400).problem("validation-error");
                    assert!(
                        refused.violations().iter().all(|(path, _)| path.starts_with(field.name)),
                        "{}",
                        refused.text()
                    );
                }
            }
        }
    }

    async fn all_violations_come_at_once(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let wrong: Vec<&Field> = resource.fields.iter().filter(|field| is_writable(field)).collect();
            // An object of objects is right for no field.
            let body = wrong
                .iter()
                .map(|field| (field.name.to_owned(), json!({"a b": {"c": []}})))
                .collect::<domain::json::Object>();
            let refused = client.post(&list_of(resource), body).await.status(400).problem("validation-error");
            let found: Vec<String> = refused.violations().into_iter().map(|(path, _)| path).collect();
            for field in wrong {
                assert!(found.iter().any(|path| path.starts_with(field.name)), "{} in {found:?}", field.name);
            }
        }
    }
}

/// How a string is put into a field that holds some; none for other fields.
fn string_in(field: &Field) -> Option<fn(&str) -> Json> {
    match field.kind {
        Kind::Boolean | Kind::Integer { .. } | Kind::Decimal { .. } => None,
        Kind::Tags { .. } => Some(|text| json!([text])),
        Kind::Objects { .. } => Some(|text| json!([{"name": text}])),
        Kind::CustomFields => Some(|text| json!({"note": text})),
        _ => Some(|text| json!(text)),
    }
}

/// Whether the field takes any text that is no longer than this.
fn takes(field: &Field, length: usize) -> bool {
    match field.kind {
        Kind::Text { max, .. } | Kind::Tags { max_length: max, .. } => length <= max,
        kind => matches!(kind, Kind::PersonName | Kind::Html { .. } | Kind::CustomFields),
    }
}
