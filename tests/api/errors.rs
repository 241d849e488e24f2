//! A problem document of each kind that a client can provoke, as it looks on the wire.

use axum::http::Method;
use domain::ProblemKind;
use serde_json::{Value as Json, json};
use testkit::{Client, Response, on_both_engines};

use super::{NEVER, make_minimal, object};

on_both_engines! {
    async fn each_kind_of_problem_looks_as_it_did(app: TestApp) {
        let client = app.client().await;
        let mut seen = Vec::new();
        for (slug, answer) in provoke(&app, &client).await {
            let answer = answer.problem(slug);
            let mut document = answer.json();
            assert!(document["requestId"].is_string());
            document["requestId"] = json!("[id]");
            let text = serde_json::to_string_pretty(&document).unwrap();
            // The same on both engines: one snapshot for both.
            insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(format!("problem-{slug}"), redacted(&text));
            });
            seen.push(slug);
        }
        // Those that need a full disk, a panic, a full queue or a long wait are shown by tests of those.
        let elsewhere = ["internal-error", "unavailable", "request-timeout", "idempotency-key-reused"];
        for kind in ProblemKind::ALL {
            let slug = kind.entry().slug;
            assert!(seen.contains(&slug) || elsewhere.contains(&slug), "nothing provokes {slug}");
        }
    }
}

/// Ids that differ from run to run.
fn redacted(text: &str) -> String {
    let parts = text.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-');
    parts
        .map(|part| {
            let id = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit() && c != '-');
            if domain::id::parse_hyphenated(id).is_some() && id != NEVER {
                part.replace(id, "[uuid]")
            } else {
                part.to_owned()
            }
        })
        .collect()
}

async fn provoke(app: &testkit::TestApp, client: &Client) -> Vec<(&'static str, Response)> {
    let jane = object(
        json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "externalId": "CRM-1"}),
    );
    let member = client.post("/api/members", jane.clone()).await.status(201);
    let address = member.header("location").unwrap().to_owned();
    let _ = client.patch(&address, json!({"membershipType": "Fellow"})).await.status(200);
    let reader = client.with_key(app.key(&app.tenant, Some(&["members:read"])).await);
    let system = app::Actor::system();
    let office = app::NewKeyRequest {
        name: "Office".to_owned(),
        scopes: None,
        expires_at: Some(app.app.now().plus_seconds(1)),
        allowed_ips: vec!["203.0.113.0/24".parse().unwrap()],
        integration: None,
    };
    let revoked = app.app.create_key(&app.tenant, &system, office.clone()).await.unwrap();
    app.app.revoke_key(&app.tenant, &system, revoked.details.id).await.unwrap();
    let office = app.app.create_key(&app.tenant, &system, office).await.unwrap();
    let hosts = api::Config {
        production_host: Some("api.example.org".to_owned()),
        sandbox_host: Some("sandbox.example.org".to_owned()),
        ..api::Config::default()
    };
    let stranger = client.with_key("mp_live_wrong").at("198.51.100.7");
    let wrong = json!({"firstName": "J", "email": "jane", "frstName": 1, "id": NEVER, "interests": ["a", 7], "joinedAt": "2999-01-01"});
    let mut all = vec![
        ("validation-error", client.post("/api/members", wrong).await),
        (
            "invalid-query-parameter",
            client.get("/api/members?page=0&stauts=x&status=activ&order%5Bemail%5D=up").await,
        ),
        ("malformed-json", client.post("/api/members", json!({})).bytes("{\n \"a\": }").await),
        ("malformed-request", client.delete(&address).header("if-match", "3").await),
        ("missing-credentials", client.anonymous().get("/api/members").await),
        ("invalid-api-key", stranger.get("/api/members").await),
        ("ip-not-allowed", client.with_key(office.key.clone()).get("/api/members").await),
        ("revoked-api-key", client.with_key(revoked.key).get("/api/members").await),
        ("wrong-environment", {
            let key = app.key(&app.tenant, None).await;
            app.api(hosts).with_key(key).get("/api/members").header("host", "sandbox.example.org").await
        }),
        ("insufficient-scope", reader.delete(&address).await),
        ("not-found", client.get(&format!("/api/members/{NEVER}")).await),
        ("method-not-allowed", client.call(Method::DELETE, "/api/members").await),
        ("not-acceptable", client.get("/api/members").header("accept", "text/html").await),
        ("conflict", client.post("/api/members", jane).await),
        ("rule-violation", client.delete(&address).await),
        ("precondition-failed", client.delete(&address).header("if-match", "\"1\"").await),
        (
            "payload-too-large",
            client.post("/api/members", json!({})).bytes(vec![b' '; 1024 * 1024 + 1]).await,
        ),
        (
            "unsupported-media-type",
            client.post("/api/members", json!({})).header("content-type", "text/plain").await,
        ),
        ("uri-too-long", client.get(&format!("/api/members?search={}", "x".repeat(20_000))).await),
    ];
    let staff = app.staff(Some(&app.acme), "staff@example.org", domain::access::Role::ClientAdmin).await;
    let elsewhere = staff.delete(&address).header("sec-fetch-site", "cross-site").await;
    all.push(("cross-origin-request", elsewhere));
    let sign_in = |password: &str| {
        let body = json!({"email": "staff@example.org", "password": password});
        client.anonymous().post("/api/session", body)
    };
    all.push(("invalid-credentials", sign_in("Wrong-Horse-9").await));
    app.app.suspend_user(&system, "staff@example.org").await.unwrap();
    all.push(("account-suspended", sign_in(testkit::PASSWORD).await));
    let jane = object(json!({"firstName": "Jane", "lastName": "Doe", "email": "again@example.org"}));
    let again = client.post("/api/members", jane).await.status(201).header("location").unwrap().to_owned();
    let merge = client.post(&format!("{again}/merge"), json!({"into": address.rsplit('/').next()})).await;
    let _ = merge.status(200);
    all.push(("gone", client.get(&again).await));
    app.advance(2);
    all.push(("expired-api-key", client.with_key(office.key).at("203.0.113.1").get("/api/members").await));
    for _ in 0..100 {
        let _ = stranger.get("/api/members").await;
    }
    all.push(("rate-limit-exceeded", stranger.get("/api/members").await));
    all
}

on_both_engines! {
    async fn unknown_addresses_are_problems_too(app: TestApp) {
        let client = app.client().await;
        for path in [
            "/",
            "/api/",
            "/api/nothing",
            "/favicon.ico",
            "/api/members/batch/x",
            "/api//members",
            "/API/members",
            "/%2e%2e/etc/passwd",
        ] {
            for client in [&client, &client.anonymous()] {
                let answer = client.get(path).await.status(404).problem("not-found");
                assert_eq!(answer.json()["violations"], Json::Null);
            }
        }
    }

    async fn a_database_that_is_gone_is_503_without_details(app: TestApp) {
        let client = app.client().await;
        let member = make_minimal(&client, app.resource("members")).await.0;
        app.app.close().await;
        for call in [client.get(&member), client.get("/api/members"), client.delete(&member)] {
            let answer = call.await.status(503).problem("unavailable");
            assert!(
                !answer.text().contains("sqlite") && !answer.text().contains("SELECT"),
                "{}",
                answer.text()
            );
        }
    }
}
