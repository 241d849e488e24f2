//! Credentials: what a key is, and every reason for which one is refused (API §2).

use app::{Actor, Environment, NewKeyRequest, Plan};
use domain::Timestamp;
use serde_json::json;
use testkit::on_both_engines;

on_both_engines! {
    async fn a_key_is_told_what_it_is(app: TestApp) {
        let key = app.key(&app.tenant, Some(&["members:read", "events:write"])).await;
        let me = app.client().await.with_key(key).get("/api/me").await.status(200).json();
        assert_eq!(me["organisation"]["name"], "Acme Engineers");
        assert_eq!(me["organisation"]["id"], app.acme.id.to_string());
        assert_eq!((&me["environment"], &me["key"]["name"]), (&json!("production"), &json!("Test")));
        assert_eq!(me["scopes"], json!(["members:read", "events:write"]));
        assert_eq!(me["plan"], Plan::Enterprise.name());
        let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
        assert_eq!(
            app.client_of(&sandbox).await.get("/api/me").await.status(200).json()["environment"],
            "sandbox"
        );
    }

    async fn each_refusal_says_why(app: TestApp) {
        let client = app.client().await;
        let refused = |client: testkit::Client, slug: &'static str| async move {
            let answer = client.get("/api/members").await.status(401).problem(slug);
            assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer realm="), "{slug}");
        };
        refused(client.anonymous(), "missing-credentials").await;
        let good = app.key(&app.tenant, None).await;
        let typo = if good.contains('q') {
            good.replace('q', "r")
        } else {
            good.replacen("mp_live_", "mp_live_x", 1)
        };
        let (known, _) = good.split_at(good.len() - 6);
        for wrong in ["", "x", "mp_live_", &typo, known, &format!("{good}x"), &"k".repeat(9_000)] {
            refused(client.with_key(wrong), "invalid-api-key").await;
        }
        let basic = client.get("/api/members").header("authorization", "Basic amFuZTpzZWNyZXQ=").await;
        let _ = basic.status(401).problem("invalid-api-key");
        let lower = client.get("/api/members").header("authorization", &format!("bearer {good}")).await;
        let _ = lower.status(200);

        // Well-formed, but of another server: one more than this one ever made.
        let elsewhere = testkit::TestApp::new(testkit::Engine::Sqlite).await;
        let mut foreign = String::new();
        for _ in 0..3 {
            foreign = elsewhere.key(&elsewhere.tenant, None).await;
        }
        refused(client.with_key(foreign), "invalid-api-key").await;
    }

    async fn a_key_ends(app: TestApp) {
        let client = app.client().await;
        let request = NewKeyRequest {
            name: "Short".to_owned(),
            scopes: None,
            expires_at: Some(app.app.now().plus_seconds(60)),
            allowed_ips: Vec::new(), integration: None,
        };
        let short = app.app.create_key(&app.tenant, &Actor::system(), request).await.unwrap();
        let holder = client.with_key(short.key.clone());
        let _ = holder.get("/api/me").await.status(200);
        app.advance(59);
        let _ = holder.get("/api/me").await.status(200);
        app.advance(1);
        let _ = holder.get("/api/me").await.status(401).problem("expired-api-key");
        app.advance(-30);
        let _ = holder.get("/api/me").await.status(200);
        // Only its own tenant can revoke it, and it alone ends.
        let others = app.tenant_of(&app.other, Environment::Production).await;
        let unknown = app.app.revoke_key(&others, &Actor::system(), short.details.id).await.unwrap_err();
        assert_eq!(unknown.problem().kind.entry().slug, "not-found");
        let _ = holder.get("/api/me").await.status(200);
        app.app.revoke_key(&app.tenant, &Actor::system(), short.details.id).await.unwrap();
        let _ = holder.get("/api/me").await.status(401).problem("revoked-api-key");
        let _ = client.get("/api/me").await.status(200);
    }

    async fn a_key_revoked_by_another_server_is_refused_at_once(app: TestApp) {
        let second = app.second_server().await;
        let key = app.key(&app.tenant, None).await;
        let here = testkit::api_of(&app.app, api::Config::default()).with_key(key.clone());
        let there = testkit::api_of(&second, api::Config::default()).with_key(key);
        for client in [&here, &there, &here] {
            let _ = client.get("/api/me").await.status(200);
        }
        for key in second.keys_of(&app.tenant).await.unwrap() {
            second.revoke_key(&app.tenant, &Actor::system(), key.id).await.unwrap();
        }
        app.other_servers_look().await;
        for client in [&here, &there] {
            let _ = client.get("/api/me").await.status(401).problem("revoked-api-key");
        }
    }

    async fn the_keys_of_a_closed_organisation_are_refused(app: TestApp) {
        let client = app.client().await;
        let other = app.client_of(&app.tenant_of(&app.other, Environment::Production).await).await;
        let _ = client.get("/api/me").await.status(200);
        app.app.close_organisation(&Actor::system(), &app.acme).await.unwrap();
        let _ = client.get("/api/members").await.status(401).problem("revoked-api-key");
        let _ = client.post("/api/members", json!({})).await.status(401).problem("revoked-api-key");
        let _ = other.get("/api/members").await.status(200);
    }

    async fn a_key_can_be_bound_to_addresses(app: TestApp) {
        let request = NewKeyRequest {
            name: "Office".to_owned(),
            scopes: None,
            expires_at: None,
            allowed_ips: vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()], integration: None,
        };
        let key = app.app.create_key(&app.tenant, &Actor::system(), request).await.unwrap().key;
        let client = app.client().await.with_key(key);
        for (address, fine) in [
            ("203.0.113.9", true),
            ("::ffff:203.0.113.9", true),
            ("2001:db8::7", true),
            ("203.0.114.9", false),
            ("2001:db9::7", false),
            ("127.0.0.1", false),
        ] {
            let answer = client.at(address).get("/api/me").await;
            if fine {
                let _ = answer.status(200);
            } else {
                let _ = answer.status(403).problem("ip-not-allowed");
            }
        }
        // What the client says about itself is not believed.
        let forged = client.at("198.51.100.1").get("/api/me").header("x-forwarded-for", "203.0.113.9").await;
        let _ = forged.status(403).problem("ip-not-allowed");
    }

    async fn a_key_on_the_wrong_host_is_told_the_right_one(app: TestApp) {
        let config = api::Config {
            production_host: Some("api.example.org".to_owned()),
            sandbox_host: Some("sandbox.example.org".to_owned()),
            ..api::Config::default()
        };
        let api = app.api(config);
        let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
        for (key, right, wrong) in [
            (app.key(&app.tenant, None).await, "api.example.org", "sandbox.example.org"),
            (app.key(&sandbox, None).await, "sandbox.example.org", "api.example.org"),
        ] {
            let client = api.with_key(key);
            for host in [right, &format!("{right}:443"), &right.to_uppercase(), "127.0.0.1:8080"] {
                let _ = client.get("/api/me").header("host", host).await.status(200);
            }
            for host in [wrong, &format!("{wrong}:8443"), &wrong.to_uppercase()] {
                let refused =
                    client.get("/api/me").header("host", host).await.status(401).problem("wrong-environment");
                assert!(refused.text().contains(&format!("https://{right}/api")), "{}", refused.text());
            }
        }
    }

    async fn failed_attempts_are_limited_by_address(app: TestApp) {
        let client = app.client().await;
        let stranger = client.with_key("mp_live_wrong").at("198.51.100.7");
        for _ in 0..100 {
            let _ = stranger.get("/api/me").await.status(401);
        }
        let refused = stranger.get("/api/me").await.status(429).problem("rate-limit-exceeded");
        assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() <= 60);
        // Neither others nor a valid key at the same address suffer.
        let _ = stranger.at("198.51.100.8").get("/api/me").await.status(401);
        let _ = client.at("198.51.100.7").get("/api/me").await.status(200);
        app.advance(60);
        let _ = stranger.get("/api/me").await.status(401);
    }

    async fn the_last_use_of_a_key_is_noted(app: TestApp) {
        let client = app.client().await.at("203.0.113.9");
        app.advance(5);
        let _ = client.get("/api/me").await.status(200);
        app.app.flush_usage().await.unwrap();
        let keys = app.app.keys_of(&app.tenant).await.unwrap();
        let used: Vec<_> =
            keys.iter().filter_map(|key| Some((key.last_used_at?, key.last_used_ip.clone()?))).collect();
        assert_eq!(used, [(Timestamp::parse("2026-11-24T00:00:05Z").unwrap(), "203.0.113.9".to_owned())]);
    }
}
