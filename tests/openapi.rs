//! The document that the server gives of itself is true: what it says is there, and what is answered was
//! said (API §1).

use std::collections::BTreeSet;

use api::{ImportCall, RouteInfo, RouteKind, StaffCall, routes};
use domain::access::Role;
use domain::definition::Effect;
use serde_json::{Value as Json, json};
use testkit::{Call, Client, PASSWORD, REGISTRY, Response, example_body, minimal_body, on_both_engines};

use crate::api::{NEVER, example_of_new, make, make_minimal};
use crate::authorisation_coverage::{file_of, filled, with_body};

#[path = "../crates/api/src/openapi/tests/validator.rs"]
mod validator;

/// What a reference within the document names.
fn resolve<'d>(document: &'d Json, reference: &str) -> Option<&'d Json> {
    document.pointer(reference.strip_prefix('#')?)
}

fn table() -> Vec<RouteInfo> {
    routes(REGISTRY, &api::Config::default())
}

fn operation<'d>(document: &'d Json, route: &RouteInfo) -> &'d Json {
    &document["paths"][&route.path][route.method.as_str().to_lowercase()]
}

/// Whether the document says that the operation answers so, and if not, what is wrong.
fn fault(document: &Json, route: &RouteInfo, answer: &Response) -> Option<String> {
    let said = &operation(document, route)["responses"][answer.code().to_string()];
    let said = said["$ref"].as_str().map_or(Some(said), |reference| resolve(document, reference))?;
    if said.is_null() {
        return Some(format!("{} is not among its answers", answer.code()));
    }
    if matches!(route.kind, RouteKind::OpenApiYaml) {
        // Said in words only: generators of clients know no YAML.
        return None;
    }
    let kind = answer.header("content-type").map(|kind| kind.split(';').next().unwrap_or(kind).to_owned());
    match (kind, said["content"].as_object()) {
        (None, None) => None,
        (Some(kind), Some(content)) => {
            let Some(said) = content.get(&kind) else { return Some(format!("{kind} is not said")) };
            if !kind.ends_with("json") || said["schema"].is_null() {
                return None;
            }
            let faults = validator::faults(document, &said["schema"], &answer.json());
            (!faults.is_empty()).then(|| faults.join("; "))
        }
        (kind, said) => {
            Some(format!("{kind:?} where {:?} is said", said.map(|it| it.keys().collect::<Vec<_>>())))
        }
    }
}

on_both_engines! {
    async fn the_document_has_every_route_and_no_other(app: TestApp) {
        let client = app.client().await.anonymous();
        let document = client.get("/api/openapi.json").await.status(200).json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        let mut said = BTreeSet::new();
        let mut ids = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                said.insert(format!("{} {path}", method.to_uppercase()));
                ids.push(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
        let there: BTreeSet<String> =
            table().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
        assert_eq!(said, there);
        let distinct: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len(), "operationIds are unique");
        for route in table() {
            assert_eq!(operation(&document, &route)["operationId"], route.operation_id);
        }
        let yaml = client.get("/api/openapi.yaml").await.status(200).text();
        assert!(yaml.starts_with("openapi: "), "{yaml:.100}");
    }

    /// Every route is tried in many ways, right and wrong. Each answer is one that the document names, with
    /// a body of the form that it describes.
    async fn every_answer_is_documented(app: TestApp) {
        let client = app.client().await;
        let document = client.get("/api/openapi.json").await.json();
        let mut wrong = Vec::new();
        let mut codes = BTreeSet::new();
        for route in table() {
            for (what, call) in attempts(&app, &client, &route).await {
                let answer = call.await;
                codes.insert(answer.code());
                if let Some(fault) = fault(&document, &route, &answer) {
                    wrong.push(format!(
                        "{} {}, {what}: {fault}\n    {:.300}",
                        route.method,
                        route.path,
                        answer.text()
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for code in [200, 201, 204, 304, 400, 401, 403, 404, 406, 409, 412, 413, 415] {
            assert!(codes.contains(&code), "nothing was answered with {code}: {codes:?}");
        }
    }

    /// The same for what takes a session: with who may do it, on what is there and on what is not.
    async fn every_answer_to_staff_is_documented(app: TestApp) {
        let document = app.client().await.get("/api/openapi.json").await.json();
        let admin = app.staff(Some(&app.acme), "admin@example.org", Role::ClientAdmin).await;
        let operator = app.staff(None, "operator@example.org", Role::PlatformAdmin).await;
        let mut wrong = Vec::new();
        let mut codes = BTreeSet::new();
        for route in table() {
            let RouteKind::Staff(which) = route.kind else { continue };
            let client = match which {
                StaffCall::SignOut | StaffCall::ChangePassword => {
                    let email = format!("{}@example.org", route.operation_id);
                    app.staff(Some(&app.acme), &email, Role::ClientUser).await
                }
                _ if route.scope.as_deref() == Some("platform") => operator.clone(),
                _ => admin.clone(),
            };
            for (what, call) in staff_attempts(&app, &client, &route, which).await {
                let answer = call.await;
                codes.insert(answer.code());
                if let Some(fault) = fault(&document, &route, &answer) {
                    let text = answer.text();
                    wrong.push(format!("{} {}, {what}: {fault}\n    {text:.300}", route.method, route.path));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for code in [200, 201, 204, 400, 401, 403, 404, 406, 409, 413, 415, 422, 429] {
            assert!(codes.contains(&code), "nothing was answered with {code}: {codes:?}");
        }
    }

    async fn examples_of_bodies_are_accepted(app: TestApp) {
        let client = app.client().await;
        let document = client.get("/api/openapi.json").await.json();
        for route in table() {
            let content = operation(&document, &route)["requestBody"]["content"].as_object();
            for (kind, content) in content.into_iter().flatten() {
                let several = content["examples"].as_object().into_iter().flatten();
                let examples: Vec<Json> = several
                    .map(|(_, example)| example["value"].clone())
                    .chain(content.get("example").cloned())
                    .collect();
                assert!(
                    !examples.is_empty() || route.method == "POST" && route.path.contains("{id}"),
                    "{} {} has no example",
                    route.method,
                    route.path
                );
                for example in examples {
                    let faults = validator::faults(&document, &content["schema"], &example);
                    assert!(faults.is_empty(), "{} {}: {faults:?}", route.method, route.path);
                    let (RouteKind::Create(resource)
                    | RouteKind::Replace(resource)
                    | RouteKind::Patch(resource)) = route.kind
                    else {
                        continue;
                    };
                    let path = if route.path.contains("{id}") {
                        make_minimal(&client, resource).await.0
                    } else {
                        route.path.clone()
                    };
                    let answer = client
                        .call(route.method.clone(), &path)
                        .json(&example)
                        .header("content-type", kind)
                        .await;
                    assert!(answer.code() < 300, "{} {}: {}", route.method, route.path, answer.text());
                    let id = answer.json()["id"].as_str().unwrap().to_owned();
                    // The next example may have the same unique values.
                    if !resource.is_in_feed() {
                        let _ = client.delete(&format!("{}/{id}", crate::api::list_of(resource))).await.status(204);
                        continue;
                    }
                    let free: domain::json::Object = resource
                        .fields
                        .iter()
                        .filter(|it| it.unique && it.nullable && testkit::is_writable(it))
                        .map(|it| (it.name.to_owned(), Json::Null))
                        .collect();
                    let address = format!("{}/{id}", crate::api::list_of(resource));
                    let _ = client.patch(&address, free).await.status(200);
                    if resource.plural == "members" {
                        let _ = client
                            .patch(&address, json!({"email": format!("{id}@example.org")}))
                            .await
                            .status(200);
                    }
                }
            }
        }
    }
}

/// Right and wrong requests for a route.
async fn attempts(app: &testkit::TestApp, client: &Client, route: &RouteInfo) -> Vec<(&'static str, Call)> {
    let body = |client: &Client, path: &str| {
        let call = client.call(route.method.clone(), path);
        match route.kind {
            RouteKind::Create(resource) => call.json(&example_body(resource).into()),
            RouteKind::Replace(resource) => call.json(&minimal_body(resource).into()),
            RouteKind::Patch(_) => call.json(&json!({"customFields": {"a": 1}})),
            RouteKind::Batch(resource) => call.json(
                &json!({"mode": "create", "items": [minimal_body(resource), {}, minimal_body(resource)]}),
            ),
            RouteKind::Import(resource, ImportCall::Upload) => call.csv(&file_of(resource)),
            RouteKind::Staff(which) => with_body(call, which),
            _ => call,
        }
    };
    let mut paths = Vec::new();
    if let (RouteKind::Import(resource, _), true) = (route.kind, route.path.contains("{importId}")) {
        let list = format!("{}/imports", crate::api::list_of(resource));
        for old in client.get(&list).await.status(200).json()["data"].as_array().unwrap() {
            let _ = client.delete(&format!("{list}/{}", old["id"].as_str().unwrap())).await;
        }
        let (right, wrong) = (file_of(resource), format!("{}\n,,\n", file_of(resource).trim()));
        for file in [right, wrong] {
            let sent = client.call(axum::http::Method::POST, &list).csv(&file).await.status(201).json();
            paths.push(route.path.replace("{importId}", sent["id"].as_str().unwrap()));
        }
    }
    if let (Some(resource), true) = (route.kind.resource(), route.path.contains("{id}")) {
        if resource.is_versioned() {
            paths.push(make(client, resource, example_of_new(resource)).await.0);
            paths.push(make(client, resource, example_body(resource)).await.0);
            for action in resource.actions.iter().filter(|action| action.effect == Effect::Merge) {
                let (merged, (_, survivor)) =
                    (make_minimal(client, resource).await.0, make_minimal(client, resource).await);
                let path = format!("{merged}/{}", action.name);
                let _ = client.post(&path, json!({"into": survivor["id"]})).await.status(200);
                paths.push(merged);
            }
        }
        let tail = route.path.split("{id}").nth(1).unwrap_or_default();
        paths = paths.into_iter().map(|path| format!("{path}{tail}")).collect();
    }
    let nowhere = filled(&route.path);
    paths.push(nowhere.clone());
    let reader = client.with_key(app.key(&app.tenant, Some(&["changes:read"])).await);
    let mut all: Vec<(&'static str, Call)> = Vec::new();
    for path in &paths {
        all.push(("a stale condition", body(client, path).header("if-match", "\"77\"")));
        all.push(("an unreadable condition", body(client, path).header("if-match", "77")));
        all.push(("another media type", body(client, path).header("content-type", "text/plain")));
        all.push(("no JSON", body(client, path).bytes("{").header("content-type", "application/json")));
        all.push(("a wrong body", body(client, path).json(&json!({"nothing": 1}))));
        all.push((
            "a large body",
            body(client, path).bytes(vec![b' '; 9 * 1024 * 1024]).header("content-type", "application/json"),
        ));
        all.push(("JSON-LD", body(client, path).header("accept", "application/ld+json")));
        all.push(("known already", body(client, path).header("if-none-match", "*")));
        if let RouteKind::Act(resource, action) = route.kind
            && action.effect == Effect::Merge
        {
            let (_, survivor) = make_minimal(client, resource).await;
            all.push((
                "into another",
                body(client, path).json(&json!({"into": survivor["id"], "take": ["profilePublic"]})),
            ));
            all.push(("into nothing", body(client, path).json(&json!({"into": NEVER}))));
        }
        all.push(("as it should be", body(client, path)));
        all.push(("once more", body(client, path)));
    }
    if let RouteKind::List(resource) = route.kind {
        for query in ["includeDeleted=true", "fields=id", "count=false", "page=2&itemsPerPage=1"] {
            if resource.is_versioned() || !query.contains("Deleted") {
                all.push(("a question", client.get(&format!("{nowhere}?{query}"))));
            }
        }
        all.push(("CSV", client.get(&nowhere).header("accept", "text/csv")));
    }
    all.push(("no key", body(&client.anonymous(), &nowhere)));
    all.push(("a wrong key", body(&client.with_key("mp_live_x").at("198.51.100.3"), &nowhere)));
    all.push(("no scope", body(&reader, &nowhere)));
    all.push(("a strange representation", body(client, &nowhere).header("accept", "image/png")));
    all.push(("a strange parameter", body(client, &format!("{nowhere}?strange=1"))));
    all
}

/// Right and wrong requests for a call of staff.
async fn staff_attempts(
    app: &testkit::TestApp,
    client: &Client,
    route: &RouteInfo,
    which: StaffCall,
) -> Vec<(&'static str, Call)> {
    let body = |path: &str| with_body(client.call(route.method.clone(), path), which);
    let id = match &route.path {
        path if path.starts_with("/api/users/{id}") => {
            let email = format!("{}@example.net", route.operation_id);
            app.user(Some(&app.acme), &email, Role::ClientUser).await.id.to_string()
        }
        path if path.starts_with("/api/api-keys/{id}") => {
            let _ = app.key(&app.tenant, None).await;
            app.app.keys_of(&app.tenant).await.unwrap().last().unwrap().id.to_string()
        }
        _ => app.other.id.to_string(),
    };
    let there = route.path.replace("{id}", &id);
    let mut all: Vec<(&'static str, Call)> = Vec::new();
    for path in [&there, &route.path.replace("{id}", NEVER), &route.path.replace("{id}", "x")] {
        all.push(("another media type", body(path).header("content-type", "text/plain")));
        all.push(("no JSON", body(path).bytes("{").header("content-type", "application/json")));
        all.push(("a wrong body", body(path).json(&json!({"nothing": 1}))));
        let large = vec![b' '; 2 * 1024 * 1024];
        all.push(("a large body", body(path).bytes(large).header("content-type", "application/json")));
        all.push(("a strange representation", body(path).header("accept", "image/png")));
        all.push(("a strange parameter", body(&format!("{path}?strange=1"))));
        all.push(("from elsewhere", body(path).header("sec-fetch-site", "cross-site")));
        all.push(("a key", body(path).header("idempotency-key", "one")));
        all.push(("the key again", body(path).header("idempotency-key", "one")));
        let other = body(path).json(&json!({"name": "Other", "email": "x"}));
        all.push(("the key for another", other.header("idempotency-key", "one")));
    }
    if which == StaffCall::SignIn {
        // Whoever knows the password of a suspended account is told so.
        let gone = app.user(Some(&app.acme), "gone@example.org", Role::ClientUser).await;
        app.app.suspend_user(&app::Actor::system(), &gone.email).await.unwrap();
        let own = json!({"email": gone.email, "password": PASSWORD});
        all.insert(0, ("suspended", client.anonymous().post(&there, own)));
        let own = json!({"email": "admin@example.org", "password": PASSWORD});
        all.insert(0, ("the right password", client.anonymous().post(&there, own)));
        for _ in 0..6 {
            all.push(("again and again", body(&there)));
        }
    }
    if let StaffCall::ListUsers | StaffCall::ListKeys | StaffCall::ListOrganisations = which {
        all.push(("a page", client.get(&format!("{there}?page=2&itemsPerPage=1"))));
        all.push(("no page", client.get(&format!("{there}?page=0"))));
    }
    all.push(("as it should be", body(&there)));
    all.push(("once more", body(&there)));
    all
}
