//! Every route with every scope: allowed exactly as the table of routes says (domain §2). A new route is
//! covered by itself, and a new scope too.

use api::{ImportCall, RouteInfo, RouteKind, StaffCall, routes};
use axum::http::Method;
use domain::access::{Capability, Role, key_scopes, matrix};
use domain::definition::Effect;
use domain::resources::AUDIT_LOG;
use serde_json::{Value as Json, json};
use testkit::{Call, Client, PASSWORD, REGISTRY, minimal_body, on_both_engines};

use crate::api::NEVER;

fn table() -> Vec<RouteInfo> {
    routes(REGISTRY, &api::Config::default())
}

/// A path whose parameters are filled with something that could be there.
pub(crate) fn filled(path: &str) -> String {
    let path = path
        .replace("{id}", NEVER)
        .replace("{deliveryId}", NEVER)
        .replace("{syncEntryId}", NEVER)
        .replace("{importId}", NEVER)
        .replace("{file}", "reference.js");
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
        RouteKind::Patch(_) | RouteKind::ReplaceFieldMapping => call.json(&json!({})),
        RouteKind::RecoverDeliveries => call.json(&json!({"since": "2026-11-23T00:00:00Z"})),
        RouteKind::Sync => call.json(&json!({"resource": "members", "records": [{}]})),
        RouteKind::PreviewFieldMapping => call.json(&json!({"sample": {}})),
        RouteKind::Batch(resource) => {
            call.json(&json!({"mode": "create", "items": [minimal_body(resource)]}))
        }
        RouteKind::Act(_, action) if action.effect == Effect::Merge => call.json(&json!({"into": NEVER})),
        RouteKind::Import(resource, ImportCall::Upload) => call.csv(&file_of(resource)),
        RouteKind::Staff(which) => with_body(call, which),
        _ => call,
    }
}

/// A file with one row that can be imported.
pub(crate) fn file_of(resource: &'static domain::Resource) -> String {
    let row = minimal_body(resource);
    let names: Vec<&str> = row.keys().map(String::as_str).collect();
    let cells: Vec<String> =
        row.values().map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned)).collect();
    format!("{}\n{}\n", names.join(","), cells.join(","))
}

/// A call of staff with a body that it takes.
pub(crate) fn with_body(call: Call, which: StaffCall) -> Call {
    match staff_body(which) {
        Some(body) => call.json(&body),
        None => call,
    }
}

fn staff_body(call: StaffCall) -> Option<Json> {
    Some(match call {
        StaffCall::SignIn => json!({"email": "nobody@example.org", "password": PASSWORD}),
        StaffCall::ChangeSession => json!({"environment": "production"}),
        StaffCall::ChangePassword => json!({"currentPassword": "Not-The-One-1", "password": PASSWORD}),
        StaffCall::CreateUser => json!({"email": "new@example.org"}),
        StaffCall::ChangeUser => json!({"firstName": "Changed"}),
        StaffCall::SetPassword => json!({"password": PASSWORD}),
        StaffCall::ChangeOrganisation => json!({"name": "Changed"}),
        StaffCall::CreateKey => json!({"name": "New", "scopes": ["members:read"]}),
        StaffCall::CreateOrganisation => json!({"name": "New"}),
        StaffCall::ChangePlan => json!({"plan": "standard"}),
        StaffCall::EnterSupport => json!({"organisation": "nowhere", "reason": "To see what happens"}),
        _ => return None,
    })
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
        let by_key = scopes.contains(&scope);
        assert_ne!(by_key, route.session_only, "{} {}: {scope}", route.method, route.path);
        if matches!(route.kind, RouteKind::Staff(_)) {
            assert!(
                matrix(REGISTRY).iter().any(|row| row.name == scope),
                "{scope} is in no row of the matrix"
            );
            continue;
        }
        assert!(by_key, "{scope} is no scope of a key");
        let Some(resource) = route.kind.resource() else {
            assert_eq!(route.method, Method::GET, "{} {}", route.method, route.path);
            used.push(scope);
            continue;
        };
        let reads = route.method == Method::GET;
        if matches!(route.kind, RouteKind::PersonalData(_)) {
            // It tells what the audit log does.
            assert_eq!(scope, AUDIT_LOG.read_scope());
            continue;
        }
        let expected = match route.kind {
            // It shows records, not settings.
            RouteKind::IntegrationChanges => "changes:read".to_owned(),
            _ if reads => resource.read_scope(),
            _ => resource.write_scope(),
        };
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
                if route.session_only {
                    let refused = answer.status(403).problem("insufficient-scope");
                    assert!(refused.text().contains("No API key may do this"), "{what}");
                    continue;
                }
                if matches!(route.kind, RouteKind::Staff(StaffCall::SignIn)) {
                    continue;
                }
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
            } else if matches!(route.kind, RouteKind::Staff(StaffCall::SignIn)) {
                let _ = answer.status(401).problem("invalid-credentials");
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
            allowed_ips: Vec::new(), integration: None,
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
        assert_eq!(
            allowed,
            [
                "getMe",
                "getMember",
                "getMemberImport",
                "getMembersThatFailed",
                "getOverview",
                "getRateLimit",
                "listMemberImports",
                "listMembers"
            ]
        );
    }

    /// The other side of the matrix: every route with every role, and with an operator in support.
    async fn each_role_may_what_the_matrix_says(app: TestApp) {
        for (email, role) in [
            ("admin@example.org", Role::ClientAdmin),
            ("user@example.org", Role::ClientUser),
            ("operator@example.org", Role::PlatformAdmin),
        ] {
            let organisation = (role != Role::PlatformAdmin).then_some(&app.acme);
            let client = app.staff(organisation, email, role).await;
            try_every_route(&client, &|row| row.allows(role), role == Role::PlatformAdmin).await;
        }
        let client = app.sign_in("operator@example.org").await;
        let wanted = json!({"organisation": app.acme.slug, "reason": "Ticket 4711"});
        let _ = client.post("/api/platform/support", wanted).await.status(200);
        let both = |row: &Capability| row.allows(Role::ClientAdmin) || row.allows(Role::PlatformAdmin);
        try_every_route(&client, &both, false).await;
        // Without the call that leaves it, and without the one that ends the session, support still runs.
        let users = app.app.users(app.acme.id).await.unwrap();
        let names: Vec<_> = users.iter().filter_map(|user| user.first_name.as_deref()).collect();
        assert!(!names.contains(&"Changed"), "{names:?}");
    }
}

/// Tries each route as somebody to whom the matrix gives these rows, who may be outside every organisation.
async fn try_every_route(client: &Client, allows: &dyn Fn(&Capability) -> bool, outside: bool) {
    let rows = matrix(REGISTRY);
    for route in table() {
        // These end what is tried here; they are open to everybody who is signed in.
        if matches!(
            route.kind,
            RouteKind::Staff(StaffCall::SignOut | StaffCall::LeaveSupport | StaffCall::SignIn)
        ) {
            continue;
        }
        let needs_organisation = matches!(
            route.kind,
            RouteKind::Me | RouteKind::RateLimit | RouteKind::Staff(StaffCall::Overview)
        );
        let allowed = match &route.scope {
            Some(scope) => rows.iter().any(|row| row.name == *scope && allows(row)),
            None => !(outside && needs_organisation),
        };
        let answer = call(client, &route).await;
        let what = format!("{} {}: {} {}", route.method, route.path, answer.code(), answer.text());
        if allowed {
            assert!(!matches!(answer.code(), 401 | 403 | 405), "{what}");
        } else {
            let refused = answer.status(403).problem("insufficient-scope");
            assert!(refused.text().contains("Your role may not "), "{what}");
        }
    }
}
