//! What another tenant has does not exist (domain §1, rules 1 to 4). Made from the table of routes, so that
//! a new route is tried by itself: each one with ids of another organisation and of the other environment.

use api::{RouteInfo, RouteKind, routes};
use app::Environment;
use axum::http::Method;
use domain::definition::{Effect, Resource};
use domain::resources::OWN;
use serde_json::{Value as Json, json};
use testkit::{Client, REGISTRY, Response, TestApp, example_body, minimal_body, on_both_engines};

use crate::api::{NEVER, list_of, make, make_minimal};

/// An owner of records and two who must not see them.
struct World {
    owner: Client,
    /// Another organisation, and the owner's own sandbox.
    strangers: [Client; 2],
    /// For the owner and each stranger, a record of their own of each resource that has parts.
    parents: Vec<Vec<(&'static Resource, String)>>,
    /// For each resource with a list, logs too: what of it must not be seen.
    secrets: Vec<(&'static Resource, Vec<String>)>,
    /// Ids of records that were there once: deleted, and where there is such an action merged.
    gone: Vec<(&'static Resource, String)>,
}

fn table() -> Vec<RouteInfo> {
    routes(REGISTRY, &api::Config::default())
}

async fn world(app: &TestApp) -> World {
    let owner = app.client().await;
    let others = app.tenant_of(&app.other, Environment::Production).await;
    let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
    let strangers = [app.client_of(&others).await, app.client_of(&sandbox).await];
    let mut gone = Vec::new();
    for resource in REGISTRY.iter() {
        let _ = make(&owner, resource, example_body(resource)).await;
        let (deleted, shown) = make_minimal(&owner, resource).await;
        let _ = owner.delete(&deleted).await.status(204);
        gone.push((resource, shown["id"].as_str().unwrap().to_owned()));
        for action in resource.actions.iter().filter(|action| action.effect == Effect::Merge) {
            let (_, survivor) = make_minimal(&owner, resource).await;
            let (merged, shown) = make_minimal(&owner, resource).await;
            let path = format!("{merged}/{}", action.name);
            let _ = owner.post(&path, json!({"into": survivor["id"]})).await.status(200);
            gone.push((resource, shown["id"].as_str().unwrap().to_owned()));
        }
        // The strangers have something of their own.
        for stranger in &strangers {
            let _ = make_minimal(stranger, resource).await;
        }
    }
    let mut parents = Vec::new();
    for client in [&owner].into_iter().chain(&strangers) {
        let mut own = Vec::new();
        for resource in OWN.iter().filter(|resource| resource.is_versioned()) {
            let (path, shown) = make(client, resource, example_body(resource)).await;
            own.push((resource, shown["id"].as_str().unwrap().to_owned()));
            if resource.name == "integration" {
                // So that there is a log to hide.
                let order = json!({"resource": "members", "records": [{"Id": "C-1"}]});
                let _ = client.post(&format!("{path}/sync"), order).await.status(200);
            }
            if resource.secret {
                // So that there are deliveries to hide.
                let _ = client.post(&format!("{path}/test"), json!({})).await.status(202);
            }
        }
        parents.push(own);
    }
    let mut secrets = Vec::new();
    for route in table() {
        if let RouteKind::List(resource) = route.kind {
            let list = below(&list_of(resource), resource, &parents[0]);
            let ids = owner.get(&list).query([("itemsPerPage", "100")]).await.status(200).ids();
            assert!(!ids.is_empty(), "nothing to hide in {}", resource.plural);
            secrets.push((resource, ids));
        }
    }
    World { owner, strangers, parents, secrets, gone }
}

/// The path with the id of the record whose part the resource is.
fn below(path: &str, resource: &Resource, parents: &[(&'static Resource, String)]) -> String {
    let Some(parent) = resource.parent else { return path.to_owned() };
    let of = parents.iter().find(|(its, _)| std::ptr::eq(*its, parent.resource));
    path.replace("{id}", &of.unwrap().1)
}

/// The path with this id in the place of the last one that it takes.
fn with_own_id(path: &str, resource: &Resource, id: &str) -> String {
    let place =
        if resource.parent.is_some() { format!("{{{}Id}}", resource.name) } else { "{id}".to_owned() };
    path.replace(&place, id)
}

/// A request for a route, with a body that would be right.
fn call(client: &Client, route: &RouteInfo, path: &str, own: &str) -> testkit::Call {
    match route.kind {
        RouteKind::Replace(resource) => client.put(path, minimal_body(resource)),
        RouteKind::Patch(resource) if resource.field("customFields").is_some() => {
            client.patch(path, json!({"customFields": {"stolen": true}}))
        }
        RouteKind::Patch(_) => client.patch(path, json!({"description": "stolen"})),
        RouteKind::RecoverDeliveries => client.post(path, json!({"since": "2026-11-01T00:00:00Z"})),
        RouteKind::ReplaceFieldMapping => client.put(path, json!({"members": []})),
        RouteKind::Sync => client.post(path, json!({"resource": "members", "records": [{}]})),
        RouteKind::PreviewFieldMapping => client.post(path, json!({"sample": {}})),
        RouteKind::Act(_, action) if action.effect == Effect::Merge => {
            client.post(path, json!({"into": own}))
        }
        _ => client.call(route.method.clone(), path),
    }
}

/// An answer without what differs from request to request.
fn comparable(answer: &Response) -> (u16, Json) {
    let mut document = answer.json();
    for name in ["requestId", "instance"] {
        document[name] = Json::Null;
    }
    (answer.code(), document)
}

/// Everything that the owner has, with versions.
async fn everything(world: &World) -> Vec<Json> {
    let mut all = Vec::new();
    for (resource, _) in &world.secrets {
        let list = below(&list_of(resource), resource, &world.parents[0]);
        let list = world.owner.get(&list).query([("itemsPerPage", "100"), ("order[id]", "asc")]);
        all.push(list.await.status(200).json()["data"].clone());
    }
    all
}

on_both_engines! {
    async fn ids_of_others_are_as_unknown_as_those_that_were_never_used(app: TestApp) {
        let world = world(&app).await;
        let before = everything(&world).await;
        // What staff manage is tried in tests/staff/tenancy.rs.
        let of_records = |route: &RouteInfo| !matches!(route.kind, RouteKind::Staff(_));
        let with_id = table().into_iter().filter(|route| route.path.contains("{id}"));
        let with_id: Vec<RouteInfo> = with_id.filter(of_records).collect();
        assert!(with_id.len() > 20);
        for route in &with_id {
            let resource = route.kind.resource().unwrap();
            let secrets =
                world.secrets.iter().filter(|(its, _)| std::ptr::eq(*its, resource)).flat_map(|(_, ids)| ids);
            let gone = world.gone.iter().filter(|(its, _)| std::ptr::eq(*its, resource)).map(|(_, id)| id);
            let ids: Vec<&String> = secrets.chain(gone).collect();
            assert!(!ids.is_empty(), "{}", route.path);
            for (stranger, parents) in world.strangers.iter().zip(&world.parents[1..]) {
                let list = below(&list_of(resource), resource, parents);
                let own = stranger.get(&list).await.status(200).ids().remove(0);
                // Below the stranger's own record, and below one of the owner's.
                for above in [parents, &world.parents[0]] {
                    let path = below(&route.path, resource, above);
                    let never = with_own_id(&path, resource, NEVER);
                    let never = call(stranger, route, &never, &own).await;
                    if never.code() == 200 && std::ptr::eq(above, parents) && !path.contains('{') {
                        // The list of the stranger's own.
                        continue;
                    }
                    let never = never.status(404).problem("not-found");
                    for id in &ids {
                        let answer = call(stranger, route, &with_own_id(&path, resource, id), &own).await;
                        assert_eq!(
                            comparable(&answer),
                            comparable(&never),
                            "{} {} with {id}",
                            route.method,
                            route.path
                        );
                    }
                }
            }
        }
        assert_eq!(everything(&world).await, before, "nothing was changed");
    }

    async fn lists_show_nothing_of_others(app: TestApp) {
        let world = world(&app).await;
        for (resource, secrets) in &world.secrets {
            let gone = world.gone.iter().filter(|(its, _)| std::ptr::eq(*its, *resource)).map(|(_, id)| id);
            let secrets: Vec<&String> = secrets.iter().chain(gone).collect();
            let list = below(&list_of(resource), resource, &world.parents[0]);
            let records = world.owner.get(&list).query([("itemsPerPage", "1")]).await.status(200).json();
            let mut questions = vec![vec![], vec![("order[createdAt]".to_owned(), "asc".to_owned())]];
            if resource.is_in_feed() {
                questions.push(vec![("includeDeleted".to_owned(), "true".to_owned())]);
            }
            // Whatever the owner's record holds is asked for.
            for field in resource.fields.iter().filter(|field| field.filter) {
                let held = &records["data"][0][field.name];
                for value in held.as_array().cloned().unwrap_or_else(|| vec![held.clone()]) {
                    if let Some(text) =
                        value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|it| it.to_string()))
                    {
                        questions.push(vec![(field.name.to_owned(), text.clone())]);
                        if !text.is_empty() && resource.search.contains(&field.name) {
                            questions.push(vec![("search".to_owned(), text)]);
                        }
                    }
                }
            }
            if let Some(cursor) = records["nextCursor"].as_str() {
                questions.push(vec![("cursor".to_owned(), cursor.to_owned())]);
            }
            for (stranger, parents) in world.strangers.iter().zip(&world.parents[1..]) {
                let list = below(&list_of(resource), resource, parents);
                for question in &questions {
                    let answer = stranger.get(&list).query(question.clone()).await.status(200);
                    let seen = answer.ids();
                    assert!(!secrets.iter().any(|id| seen.contains(id)), "{} {question:?}", resource.plural);
                    let total = answer.json()["totalItems"].as_u64().unwrap();
                    let all = stranger.get(&list);
                    let all =
                        if resource.is_in_feed() { all.query([("includeDeleted", "true")]) } else { all };
                    assert!(
                        total <= all.await.json()["totalItems"].as_u64().unwrap(),
                        "{} counts others: {question:?}",
                        resource.plural
                    );
                    for id in &secrets {
                        assert!(
                            !answer.text().contains(id.as_str()),
                            "{} {question:?} names {id}",
                            resource.plural
                        );
                    }
                }
            }
        }
    }

    async fn unique_values_of_others_are_free(app: TestApp) {
        let world = world(&app).await;
        for resource in REGISTRY.iter() {
            let held = world
                .owner
                .get(&list_of(resource))
                .query([("order[createdAt]", "asc"), ("order[id]", "asc")])
                .await
                .json();
            let held: Vec<Json> = held["data"].as_array().unwrap().clone();
            for stranger in &world.strangers {
                for record in &held {
                    let mut body = minimal_body(resource);
                    for field in
                        resource.fields.iter().filter(|field| field.unique && testkit::is_writable(field))
                    {
                        body.insert(field.name.to_owned(), record[field.name].clone());
                    }
                    let _ = stranger.post(&list_of(resource), body).await.status(201);
                }
            }
        }
    }

    /// References in bodies are looked up within the tenant, too.
    async fn references_to_others_are_references_to_nothing(app: TestApp) {
        let world = world(&app).await;
        for (resource, secrets) in world.secrets.iter().filter(|(resource, _)| resource.is_in_feed()) {
            for stranger in &world.strangers {
                let own = stranger.get(&list_of(resource)).await.status(200).ids().remove(0);
                for action in resource.actions.iter().filter(|action| action.effect == Effect::Merge) {
                    let path = format!("{}/{own}/{}", list_of(resource), action.name);
                    let merge = |into: String| stranger.post(&path, json!({"into": into}));
                    let never = merge(NEVER.to_owned()).await.status(400);
                    for secret in secrets {
                        let answer = merge(secret.clone()).await;
                        assert_eq!(answer.code(), 400);
                        assert_eq!(
                            answer.text().replace(secret, NEVER).len(),
                            never.text().len(),
                            "{}",
                            answer.text()
                        );
                        assert_eq!(answer.violations(), never.violations());
                    }
                }
                let batch = |id: &str| {
                    let item = json!({"id": id, "customFields": {"stolen": true}});
                    stranger.post(
                        &format!("{}/batch", list_of(resource)),
                        json!({"mode": "update", "matchBy": "id", "items": [item]}),
                    )
                };
                let never = batch(NEVER).await.status(200).json()["results"][0].clone();
                assert_eq!(never["status"], "failed");
                for secret in secrets {
                    let text = batch(secret).await.status(200).json()["results"][0]
                        .to_string()
                        .replace(secret, NEVER);
                    let mut found: Json = serde_json::from_str(&text).unwrap();
                    found["problem"]["requestId"] = never["problem"]["requestId"].clone();
                    assert_eq!(found, never);
                }
            }
        }
    }

    async fn documents_that_need_no_key_know_no_tenant(app: TestApp) {
        let world = world(&app).await;
        for route in table().iter().filter(|route| !route.authenticated && route.method == Method::GET) {
            let path = crate::authorisation_coverage::filled(&route.path);
            let (with_key, without) =
                (world.owner.get(&path).await, world.owner.anonymous().get(&path).await);
            assert_eq!(with_key.bytes(), without.bytes(), "{path}");
            assert!(!without.text().contains("Acme"), "{path}");
        }
    }
}
