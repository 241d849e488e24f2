//! Every route with every scope: allowed exactly as the table of routes says (domain §2). A new route is
//! covered by itself, and a new scope too.

use api::{RouteInfo, RouteKind, routes};
use axum::http::Method;
use domain::access::key_scopes;
use domain::definition::Effect;
use serde_json::json;
use testkit::{Call, Client, REGISTRY, minimal_body, on_both_engines};

use crate::api::NEVER;

fn table() -> Vec<RouteInfo> {
    routes(REGISTRY, &api::Config::default())
}

/// A path whose parameters are filled with something that could be there.
pub(crate) fn filled(path: &str) -> String {
    let path = path.replace("{id}", NEVER).replace("{deliveryId}", NEVER).replace("{file}", "reference.js");
    let path = path.replace("{type}", "not-found").replace("{class}", "Member");
    assert!(!path.contains('{'), "say what {path} is filled with");
    path
}

/// A request for the route that nothing but a missing scope could keep from being done.
fn call(client: &Client, route: &RouteInfo) -> Call {
    let path = filled(&route.path);
    let call = client.call(route.method.clone(), &path);
    match route.kind {
        RouteKind::Create(resource) | RouteKind::Replace(resource) => {
            call.json(&minimal_body(resource).into())
        }
        RouteKind::Patch(_) => call.json(&json!({})),
        RouteKind::RecoverDeliveries => call.json(&json!({"since": "2026-11-23T00:00:00Z"})),
        RouteKind::Batch(resource) => {
            call.json(&json!({"mode": "create", "items": [minimal_body(resource)]}))
        }
        RouteKind::Act(_, action) if action.effect == Effect::Merge => call.json(&json!({"into": NEVER})),
        _ => call,
    }
}

#[test]
fn the_table_follows_the_capability_matrix() {
    let scopes = key_scopes(REGISTRY);
    let mut used = Vec::new();
    for route in table() {
        let Some(scope) = route.scope else {
            assert!(route.kind.resource().is_none(), "{} {} is open to every key", route.method, route.path);
            continue;
        };
        assert!(route.authenticated, "{} {} has a scope but needs no key", route.method, route.path);
        assert!(scopes.contains(&scope), "{scope} is no scope of a key");
        let Some(resource) = route.kind.resource() else {
            assert_eq!(route.method, Method::GET, "{} {}", route.method, route.path);
            used.push(scope);
            continue;
        };
        let reads = route.method == Method::GET;
        let expected = if reads { resource.read_scope() } else { resource.write_scope() };
        assert_eq!(scope, expected, "{} {}", route.method, route.path);
        used.push(scope);
    }
    for resource in REGISTRY.iter() {
        assert!(
            used.contains(&resource.read_scope()) && used.contains(&resource.write_scope()),
            "{}",
            resource.plural
        );
    }
}

on_both_engines! {
    async fn each_scope_alone_allows_what_the_table_says(app: TestApp) {
        let client = app.client().await;
        for scope in app.scopes() {
            let holder = client.with_key(app.key(&app.tenant, Some(&[&scope])).await);
            for route in table() {
                let answer = call(&holder, &route).await;
                let what = format!("{} {} with {scope}: {}", route.method, route.path, answer.text());
                match route.scope {
                    Some(needed) if needed != scope => {
                        let refused = answer.status(403).problem("insufficient-scope");
                        assert!(refused.json()["detail"].as_str().unwrap().contains(&needed), "{what}");
                        let challenge = refused.header("www-authenticate").unwrap().to_owned();
                        assert!(
                            challenge.contains("error=\"insufficient_scope\"")
                                && challenge.contains(&format!("scope=\"{needed}\"")),
                            "{what}"
                        );
                    }
                    _ => assert!(!matches!(answer.code(), 401 | 403 | 405), "{what}"),
                }
            }
        }
    }

    async fn all_scopes_but_one_do_not_allow_it(app: TestApp) {
        let client = app.client().await;
        let all = app.scopes();
        for missing in &all {
            let others: Vec<&str> =
                all.iter().filter(|scope| *scope != missing).map(String::as_str).collect();
            let holder = client.with_key(app.key(&app.tenant, Some(&others)).await);
            for route in table().iter().filter(|route| route.scope.as_ref() == Some(missing)) {
                let _ = call(&holder, route).await.status(403).problem("insufficient-scope");
            }
        }
        let changes = app
            .app
            .db()
            .all(db::Weight::Long, "SELECT COUNT(*) FROM changes", &[], |row| row.integer(0))
            .await
            .unwrap();
        assert_eq!(changes, [0], "what was refused was not done");
    }

    async fn without_a_key_only_open_routes_answer(app: TestApp) {
        let client = app.client().await;
        for route in table() {
            let answer = call(&client.anonymous(), &route).await;
            if route.authenticated {
                let refused = answer.status(401).problem("missing-credentials");
                assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"MemberPulse\""));
            } else {
                assert!(answer.code() < 400, "{} {}: {}", route.method, route.path, answer.text());
            }
        }
    }

    async fn a_key_without_scopes_knows_only_itself(app: TestApp) {
        let client = app.client().await;
        let request = app::NewKeyRequest {
            name: "None".to_owned(),
            scopes: Some(vec!["members:read".to_owned()]),
            expires_at: None,
            allowed_ips: Vec::new(),
        };
        let reader = client
            .with_key(app.app.create_key(&app.tenant, &app::Actor::system(), request).await.unwrap().key);
        let allowed: Vec<String> = {
            let mut allowed = Vec::new();
            for route in table().into_iter().filter(|route| route.authenticated) {
                if call(&reader, &route).await.code() != 403 {
                    allowed.push(route.operation_id);
                }
            }
            allowed.sort_unstable();
            allowed
        };
        assert_eq!(allowed, ["getMe", "getMember", "getRateLimit", "listMembers"]);
    }
}
