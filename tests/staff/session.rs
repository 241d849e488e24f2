//! `/api/session`, and what a session cookie opens.

use axum::http::Method;
use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, Response, TestApp, on_both_engines};

use super::PASSWORD;

async fn sign_in(client: &Client, email: &str, password: &str) -> Response {
    client.anonymous().post("/api/session", json!({"email": email, "password": password})).await
}

/// The token in `Set-Cookie`.
fn token(answer: &Response) -> String {
    let cookie = answer.header("set-cookie").unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

fn anonymous(app: &TestApp) -> Client {
    app.api(api::Config::default())
}

on_both_engines! {
    async fn signing_in_answers_with_the_session_and_its_cookie(app: TestApp) {
        let jane = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let answer = sign_in(&anonymous(&app), "jane@example.org", PASSWORD).await.status(200);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with("mp_session="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax"), "{cookie}");
        let shown = answer.json();
        assert_eq!(shown["user"]["id"], jane.id.to_string());
        assert_eq!(shown["organisation"]["slug"], app.acme.slug.as_str());
        assert_eq!((&shown["environment"], &shown["support"]), (&json!("production"), &Json::Null));
        assert!(shown["capabilities"].as_array().unwrap().contains(&json!("members:write")));
        assert!(!answer.text().contains(&token(&answer)), "the token is in the cookie alone");
        let browser = anonymous(&app).with_session(token(&answer));
        let again = browser.get("/api/session").await.status(200);
        assert_eq!(again.json(), shown);
        // Signing in anew ends the session before.
        let body = json!({"email": "jane@example.org", "password": PASSWORD});
        let _ = browser.post("/api/session", body).await.status(200);
        let _ = browser.get("/api/session").await.status(401).problem("missing-credentials");
    }

    async fn under_tls_the_cookie_is_secure(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let config = api::Config { public_url: "https://members.example.org".to_owned(), ..api::Config::default() };
        let secure = app.api(config);
        let answer = sign_in(&secure, "jane@example.org", PASSWORD).await.status(200);
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with("__Host-mp_session=") && cookie.ends_with("; Secure"), "{cookie}");
        // A cookie that a plain page may have planted does not count.
        let _ = secure.with_session(token(&answer)).get("/api/session").await.status(401);
        let named = format!("__Host-mp_session={}", token(&answer));
        let _ = secure.get("/api/session").header("cookie", &named).await.status(200);
        let write = secure.delete("/api/session").header("cookie", &named);
        let _ = write.header("origin", "https://members.example.org").await.status(204);
    }

    async fn refusals_tell_no_more_than_they_must(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let client = anonymous(&app);
        let comparable = |answer: &Response| {
            let mut document = answer.json();
            document["requestId"] = Json::Null;
            document
        };
        let wrong = sign_in(&client, "jane@example.org", "Wrong-Horse-9").await.status(401).problem("invalid-credentials");
        let nobody = sign_in(&client, "nobody@example.org", PASSWORD).await.status(401);
        assert_eq!(comparable(&wrong), comparable(&nobody));
        assert!(wrong.header("set-cookie").is_none() && wrong.header("www-authenticate").is_some());
        let _ = client.post("/api/session", json!({"email": "", "passwort": "x"})).await.status(400).problem("validation-error");
        for _ in 0..4 {
            let _ = sign_in(&client, "jane@example.org", "Wrong-Horse-9").await.status(401);
        }
        let locked = sign_in(&client, "jane@example.org", PASSWORD).await.status(429).problem("rate-limit-exceeded");
        assert_eq!(locked.header("retry-after"), Some("30"));
        app.advance(30);
        app.app.suspend_user(&app::Actor::system(), "jane@example.org").await.unwrap();
        let _ = sign_in(&client, "jane@example.org", PASSWORD).await.status(403).problem("account-suspended");
    }

    async fn signing_out_ends_one_session_or_all(app: TestApp) {
        let one = app.staff(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let (two, three) = (app.sign_in("jane@example.org").await, app.sign_in("jane@example.org").await);
        let answer = one.delete("/api/session").await.status(204);
        assert!(answer.header("set-cookie").unwrap().starts_with("mp_session=; Path=/; Max-Age=0"));
        let _ = one.get("/api/session").await.status(401);
        let _ = two.get("/api/session").await.status(200);
        let _ = two.delete("/api/session?everywhere=yes").await.status(400).problem("invalid-query-parameter");
        let _ = two.delete("/api/session?everywhere=true").await.status(204);
        for client in [two, three] {
            let _ = client.get("/api/members").await.status(401).problem("missing-credentials");
        }
    }

    async fn a_write_by_cookie_comes_from_a_page_of_the_server(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let member = || {
            let body = json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"});
            client.post("/api/members", body)
        };
        for site in ["cross-site", "same-site", "none"] {
            let _ = member().header("sec-fetch-site", site).await.status(403).problem("cross-origin-request");
        }
        let plain = || member().without_header("sec-fetch-site");
        let _ = plain().await.status(403).problem("cross-origin-request");
        let _ = plain().header("origin", "https://evil.example").await.status(403);
        let _ = plain().header("origin", "null").await.status(403);
        // Reading changes nothing, and other sites cannot see the answer.
        let _ = client.get("/api/members").header("sec-fetch-site", "cross-site").await.status(200);
        let own = plain().header("host", "127.0.0.1:8080").header("origin", "http://127.0.0.1:8080");
        let _ = own.await.status(201);
        // A key is no cookie: browsers do not add it by themselves.
        let by_key = app.client().await.delete("/api/members/x").header("origin", "https://evil.example");
        let _ = by_key.await.status(404);
    }

    async fn the_environment_decides_what_is_seen(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let body = json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"});
        let _ = client.post("/api/members", body).await.status(201);
        let switched = client.patch("/api/session", json!({"environment": "sandbox"})).await.status(200);
        assert_eq!(switched.json()["environment"], "sandbox");
        assert_eq!(client.get("/api/members").await.status(200).json()["totalItems"], 0);
        assert_eq!(client.get("/api/me").await.status(200).json()["environment"], "sandbox");
        let _ = client.patch("/api/session", json!({"environment": "moon"})).await.status(400);
        let _ = client.patch("/api/session", json!({"environment": "production"})).await.status(200);
        assert_eq!(client.get("/api/members").await.status(200).json()["totalItems"], 1);
    }

    async fn what_staff_do_is_told_of_them(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let id = client.get("/api/session").await.json()["user"]["id"].clone();
        let body = json!({"firstName": "Jo", "lastName": "Roe", "email": "jo@example.org"});
        let made = client.post("/api/members", body.clone()).header("idempotency-key", "once").await.status(201);
        let again = client.post("/api/members", body.clone()).header("idempotency-key", "once").await.status(201);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.bytes(), made.bytes());
        // Another credential's key is another key.
        let other = app.client().await.post("/api/members", body).header("idempotency-key", "once");
        let _ = other.await.status(409).problem("conflict");
        let log = client.get("/api/audit-log").query([("resourceType", "member")]).await.status(200).json();
        assert_eq!(log["totalItems"], 1);
        assert_eq!((&log["data"][0]["actorType"], &log["data"][0]["actorId"]), (&json!("user"), &id));
    }

    async fn sessions_have_a_limit_of_their_own(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let config = api::Config { session_limit: 3, ..api::Config::default() };
        let client = app.api(config);
        let client = client.with_session(token(&sign_in(&client, "jane@example.org", PASSWORD).await));
        let first = client.get("/api/members").await.status(200);
        assert_eq!(first.header("ratelimit-policy"), Some("\"hour\";q=3;w=3600"));
        assert_eq!(first.header("x-ratelimit-remaining"), Some("2"));
        let state = client.get("/api/rate-limit").await.status(200).json();
        assert_eq!((&state["limit"], &state["remaining"]), (&json!(3), &json!(2)));
        let _ = client.get("/api/me").await.status(200);
        let _ = client.get("/api/overview").await.status(200);
        let refused = client.get("/api/members").await.status(429).problem("rate-limit-exceeded");
        assert_eq!(refused.json()["code"], "quota-exceeded");
        // The plan's own is untouched.
        let key = app.client().await;
        assert_eq!(key.get("/api/rate-limit").await.json()["remaining"], 25_000);
        app.advance(3_600);
        let _ = client.get("/api/members").await.status(200);
    }

    async fn me_tells_who_is_signed_in(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let me = client.get("/api/me").await.status(200).json();
        assert_eq!((&me["key"], &me["user"]["role"]), (&Json::Null, &json!("ROLE_CLIENT_USER")));
        assert_eq!(me["scopes"], client.get("/api/session").await.json()["capabilities"]);
        let of_key = app.client().await.get("/api/me").await.status(200).json();
        assert!(of_key["user"].is_null() && of_key["key"]["id"].is_string());
    }

    async fn a_key_counts_more_than_a_cookie(app: TestApp) {
        let browser = app.staff(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let key = app.key(&app.tenant, None).await;
        let both = browser.call(Method::GET, "/api/me").header("authorization", &format!("Bearer {key}"));
        assert!(both.await.status(200).json()["key"].is_object());
        let wrong = browser.get("/api/me").header("authorization", "Bearer mp_live_wrong");
        let _ = wrong.await.status(401).problem("invalid-api-key");
    }

    async fn ones_own_password_takes_the_present_one(app: TestApp) {
        let client = app.staff(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let other = app.sign_in("jane@example.org").await;
        let change = |current: &str, new: &str| {
            client.post("/api/session/password", json!({"currentPassword": current, "password": new}))
        };
        let wrong = change("Wrong-Horse-9", "Better-Horse-10").await.status(400).problem("validation-error");
        assert_eq!(wrong.violations()[0].0, "currentPassword");
        let weak = change("", "weak").await.status(400).violations();
        let paths: Vec<&str> = weak.iter().map(|violation| violation.0.as_str()).collect();
        assert!(paths.contains(&"currentPassword") && paths.contains(&"password"), "{weak:?}");
        let done = change(PASSWORD, "Better-Horse-10").await.status(204);
        assert!(done.header("set-cookie").unwrap().contains("Max-Age=0"));
        for client in [&client, &other] {
            let _ = client.get("/api/session").await.status(401);
        }
        let _ = sign_in(&client, "jane@example.org", PASSWORD).await.status(401);
        let _ = sign_in(&client, "jane@example.org", "Better-Horse-10").await.status(200);
        // Guessing the present one is as limited as signing in.
        let client = app.api(api::Config::default());
        let client = client.with_session(token(&sign_in(&client, "jane@example.org", "Better-Horse-10").await));
        let guess = || client.post("/api/session/password", json!({"currentPassword": "Guess-1", "password": PASSWORD}));
        for _ in 0..5 {
            let _ = guess().await.status(400);
        }
        let _ = guess().await.status(429).problem("rate-limit-exceeded");
    }
}
