//! What another organisation's staff manage does not exist (domain §1): every call with an id in its path,
//! made from the table of routes, with ids of another organisation and of the other environment.

use api::{RouteKind, routes};
use domain::access::{PLATFORM, Role};
use serde_json::{Value as Json, json};
use testkit::{Client, REGISTRY, Response, on_both_engines};

use crate::api::NEVER;
use crate::authorisation_coverage::with_body;

fn comparable(answer: &Response) -> (u16, Json) {
    let mut document = answer.json();
    for name in ["requestId", "instance"] {
        document[name] = Json::Null;
    }
    (answer.code(), document)
}

on_both_engines! {
    async fn ids_of_other_staff_and_keys_are_unknown(app: TestApp) {
        let owner = app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await;
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientUser).await;
        let _ = owner.post("/api/api-keys", json!({"name": "A", "scopes": ["members:read"]})).await.status(201);
        let stranger = app.staff(Some(&app.other), "stranger@example.org", Role::ClientAdmin).await;
        let sandbox = app.sign_in("admin@example.org").await;
        let _ = sandbox.patch("/api/session", json!({"environment": "sandbox"})).await.status(200);
        let everything = async |client: &Client| {
            let mut all = Vec::new();
            for list in ["/api/users", "/api/api-keys"] {
                all.push(client.get(list).await.status(200).json());
            }
            all
        };
        let before = everything(&owner).await;
        let mut tried = 0;
        for route in routes(REGISTRY, &api::Config::default()) {
            let RouteKind::Staff(which) = route.kind else { continue };
            if !route.path.contains("{id}") || route.scope.as_deref() == Some(PLATFORM) {
                continue;
            }
            let list = route.path.split("/{id}").next().unwrap();
            let ids = owner.get(list).await.status(200).ids();
            assert!(!ids.is_empty(), "{list}");
            // Staff belong to the whole organisation, keys to one of its environments.
            let strangers = if list == "/api/users" { vec![&stranger] } else { vec![&stranger, &sandbox] };
            for client in strangers {
                let call = |id: &str| {
                    with_body(client.call(route.method.clone(), &route.path.replace("{id}", id)), which)
                };
                let never = call(NEVER).await.status(404).problem("not-found");
                for id in &ids {
                    let answer = call(id).await;
                    assert_eq!(comparable(&answer), comparable(&never), "{} {}", route.method, route.path);
                    tried += 1;
                }
            }
        }
        assert!(tried > 15, "{tried}");
        assert_eq!(everything(&owner).await, before, "nothing was changed");
        for list in ["/api/users", "/api/api-keys", "/api/organisation", "/api/session"] {
            let text = stranger.get(list).await.status(200).text();
            assert!(!text.contains("admin@example.org") && !text.contains(&app.acme.id.to_string()), "{text}");
        }
    }
}
