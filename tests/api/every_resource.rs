//! What holds for each resource, whatever it is: it follows from the definition. The resource of the tests
//! is among them, which has nothing but a definition, rules and a table.

use domain::definition::{Default, Effect, Field, Kind};
use serde_json::{Value as Json, json};
use testkit::{REGISTRY, START, example_body, is_writable, minimal_body, on_both_engines};

use super::{NEVER, example_of_new, harmless, list_of, make, make_minimal, object, with};

on_both_engines! {
    async fn a_new_record_shows_what_it_was_made_of(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let body = example_body(resource);
            let made = client.post(&list_of(resource), body.clone()).await.status(201);
            let shown = made.json();
            for (name, value) in &body {
                assert_eq!(&shown[name], value, "{name} of {}", resource.plural);
            }
            let names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
            let defined: Vec<&str> = resource.fields.iter().map(|field| field.name).collect();
            assert_eq!(names, defined, "every field, in the order of the definition");
            assert_eq!(
                (&shown["version"], &shown["createdAt"], &shown["updatedAt"]),
                (&json!(1), &json!(START), &json!(START))
            );
            let address = format!("{}/{}", list_of(resource), shown["id"].as_str().unwrap());
            assert_eq!(made.header("location"), Some(address.as_str()));

            let found = client.get(&address).await.status(200);
            assert_eq!(found.json(), shown);
            assert_eq!(found.etag(), made.etag());
            assert_eq!(found.header("cache-control"), Some("private, no-cache"));
            assert_eq!(client.get(&list_of(resource)).await.status(200).json()["data"], json!([shown]));
        }
    }

    async fn what_is_left_out_takes_its_default(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, shown) = make_minimal(&client, resource).await;
            for field in resource.fields.iter().filter(|field| is_writable(field) && !field.required) {
                assert_eq!(shown[field.name], default(field), "{} of {}", field.name, resource.plural);
            }
            // PUT replaces: it resets what it leaves out.
            let (full, _) = make(&client, resource, example_of_new(resource)).await;
            let replaced = client.put(&full, minimal_body(resource)).await.status(200).json();
            for field in resource.fields.iter().filter(|field| is_writable(field) && !field.required) {
                assert_eq!(
                    replaced[field.name],
                    default(field),
                    "{} of {} after PUT",
                    field.name,
                    resource.plural
                );
            }
            // PATCH leaves what it leaves out.
            let patched = client.patch(&address, harmless()).await.status(200).json();
            for field in
                resource.fields.iter().filter(|field| is_writable(field) && field.name != "customFields")
            {
                assert_eq!(
                    patched[field.name], shown[field.name],
                    "{} of {} after PATCH",
                    field.name, resource.plural
                );
            }
        }
    }

    async fn put_and_patch_make_new_versions(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, first) = make_minimal(&client, resource).await;
            app.advance(90);
            let body = example_body(resource);
            let second = client.put(&address, body.clone()).await.status(200);
            for (name, value) in &body {
                assert_eq!(&second.json()[name], value, "{name} of {}", resource.plural);
            }
            assert_eq!(second.json()["version"], 2);
            assert_eq!(second.json()["createdAt"], first["createdAt"]);
            assert_eq!(second.json()["updatedAt"], app.app.now().to_string());
            assert_eq!(client.get(&address).await.json(), second.json());

            let third = client
                .patch(&address, json!({"externalId": null, "customFields": {"a": 1}}))
                .await
                .status(200);
            let mut custom = body["customFields"].clone();
            custom["a"] = json!(1);
            assert_eq!((&third.json()["version"], &third.json()["externalId"]), (&json!(3), &Json::Null));
            assert_eq!(third.json()["customFields"], custom, "merged, not replaced");
            assert_eq!(client.get(&address).await.etag(), third.etag());

            // What changes nothing makes no version.
            for again in [client.put(&address, third.json()).await, client.patch(&address, json!({})).await] {
                assert_eq!((again.code(), again.json()), (200, third.json()));
            }
        }
    }

    async fn a_deleted_record_is_gone(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, shown) = make_minimal(&client, resource).await;
            let deleted = client.delete(&address).await.status(204);
            assert!(deleted.bytes().is_empty());
            for gone in [
                client.get(&address).await,
                client.put(&address, minimal_body(resource)).await,
                client.patch(&address, harmless()).await,
                client.delete(&address).await,
            ] {
                assert_eq!(gone.status(404).problem("not-found").json()["violations"], Json::Null);
            }
            assert_eq!(client.get(&list_of(resource)).await.json()["totalItems"], 0);
            let with_deleted =
                client.get(&list_of(resource)).query([("includeDeleted", "true")]).await.json();
            let tombstone = json!({"id": shown["id"], "deletedAt": app.app.now().to_string(), "version": 2});
            assert_eq!(with_deleted["data"], json!([tombstone]), "{}", resource.plural);
            // Its unique values are free again.
            let (_, _) = make(&client, resource, minimal_body(resource)).await;
        }
    }

    async fn ids_that_name_nothing_are_404(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, shown) = make_minimal(&client, resource).await;
            let upper = format!("{}/{}", list_of(resource), shown["id"].as_str().unwrap().to_uppercase());
            let _ = client.get(&upper).await.status(200);
            for id in
                [NEVER, "1", "x", "null", "%00", "01938c5e7a007c3b9d2e5f1a6b7c8d9e", "{id}", "%F0%9F%8E%89"]
            {
                let nowhere = format!("{}/{id}", list_of(resource));
                for answer in [
                    client.get(&nowhere).await,
                    client.put(&nowhere, minimal_body(resource)).await,
                    client.patch(&nowhere, harmless()).await,
                    client.delete(&nowhere).await,
                ] {
                    let _ = answer.status(404).problem("not-found");
                }
            }
            let _ = client.get(&format!("{address}/")).await.status(404).problem("not-found");
            let _ = client.get(&format!("{address}/nothing")).await.status(404).problem("not-found");
        }
    }

    async fn unknown_fields_are_refused_with_the_nearest_known_one(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let body = with(minimal_body(resource), "externalID", "x");
            for answer in [
                client.post(&list_of(resource), body.clone()).await,
                client.put(&address, body.clone()).await,
                client.patch(&address, json!({"externalID": "x"})).await,
            ] {
                let answer =
                    answer.status(400).problem("validation-error").violation("externalID", "unknown_field");
                let message = answer.json()["violations"][0]["message"].clone();
                assert!(message.as_str().unwrap().contains("Did you mean externalId"), "{message}");
            }
        }
    }

    async fn what_the_server_sets_cannot_be_written(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, shown) = make_minimal(&client, resource).await;
            for field in resource.fields.iter().filter(|field| !is_writable(field)) {
                let code = if field.read_only { "read_only" } else { "integration_only" };
                let other = match &shown[field.name] {
                    Json::Number(number) => json!(number.as_i64().unwrap() + 1),
                    _ => json!("2020-01-01T00:00:00Z"),
                };
                let body = with(minimal_body(resource), field.name, other.clone());
                for answer in [
                    client.post(&list_of(resource), body.clone()).await,
                    client.put(&address, body).await,
                    client.patch(&address, object(json!({field.name: other}))).await,
                ] {
                    let _ = answer.status(400).problem("validation-error").violation(field.name, code);
                }
                // Sent back as it was shown, it is ignored.
                let _ =
                    client.patch(&address, object(json!({field.name: shown[field.name]}))).await.status(200);
            }
            let _ = client.put(&address, shown).await.status(200);
        }
    }

    async fn required_fields_must_be_given(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let required: Vec<&str> =
                resource.fields.iter().filter(|it| it.required).map(|it| it.name).collect();
            for answer in
                [client.post(&list_of(resource), json!({})).await, client.put(&address, json!({})).await]
            {
                let answer = answer.status(400).problem("validation-error");
                let all =
                    required.iter().map(|&name| (name.to_owned(), "required".to_owned())).collect::<Vec<_>>();
                assert_eq!(answer.violations(), all, "all at once");
            }
            for name in required {
                for empty in [json!(null), json!(""), json!(" \t ")] {
                    let patch = object(json!({name: empty}));
                    let _ = client.patch(&address, patch).await.status(400).violation(name, "required");
                }
            }
        }
    }

    async fn unique_values_are_taken_once(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let body = example_of_new(resource);
            let (first, _) = make(&client, resource, body.clone()).await;
            let (second, _) = make(&client, resource, example_of_new(resource)).await;
            let unique: Vec<&Field> =
                resource.fields.iter().filter(|field| field.unique && is_writable(field)).collect();
            let again = client.post(&list_of(resource), body.clone()).await.status(409).problem("conflict");
            for field in &unique {
                assert!(
                    again.violations().contains(&(field.name.to_owned(), "duplicate".to_owned())),
                    "{}",
                    again.text()
                );
                let taken = body[field.name].as_str().unwrap();
                let other_case = taken.to_uppercase();
                let patch = object(json!({field.name: taken}));
                let _ = client
                    .patch(&second, patch)
                    .await
                    .status(409)
                    .problem("conflict")
                    .violation(field.name, "duplicate");
                let patch = object(json!({field.name: other_case}));
                let status = if field.folded { 409 } else { 200 };
                let _ = client.patch(&second, patch).await.status(status);
            }
            // A record does not stand in its own way.
            let _ = client.put(&first, with(body, "customFields", json!({"a": 1}))).await.status(200);
        }
    }

    async fn actions_follow_the_definition(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            for action in resource.actions {
                let (mut address, mut shown) = make(&client, resource, example_of_new(resource)).await;
                let mut body = json!({});
                if action.effect == Effect::Merge {
                    body = json!({"into": shown["id"]});
                    (address, shown) = make_minimal(&client, resource).await;
                }
                let path = format!("{address}/{}", action.name);
                let _ = client
                    .post(&path, json!({"noSuchField": 1}))
                    .await
                    .status(400)
                    .violation("noSuchField", "unknown_field");
                let done = client.post(&path, body.clone()).await;
                match action.effect {
                    Effect::Clone => {
                        let copy = done.status(201);
                        let address =
                            format!("{}/{}", list_of(resource), copy.json()["id"].as_str().unwrap());
                        assert_eq!(copy.header("location"), Some(address.as_str()));
                        assert_ne!(copy.json()["id"], shown["id"]);
                        assert_eq!(
                            (&copy.json()["version"], &copy.json()["externalId"]),
                            (&json!(1), &Json::Null)
                        );
                        let changed = client.post(&path, json!({"name": "Another name"})).await.status(201);
                        assert_eq!(changed.json()["name"], "Another name");
                    }
                    Effect::Merge => {
                        let survivor = done.status(200);
                        assert_eq!(survivor.json()["id"], body["into"]);
                        let gone = client.get(&address).await.status(410).problem("gone");
                        assert_eq!(gone.json()["mergedInto"], body["into"]);
                    }
                    Effect::SetStatus(status) if done.code() == 200 => {
                        assert_eq!(
                            (&done.json()["status"], &done.json()["version"]),
                            (&json!(status), &json!(2))
                        );
                        assert_eq!(client.get(&address).await.json(), done.json());
                        // Once more changes nothing.
                        let again = client.call(axum::http::Method::POST, &path).await.status(200);
                        assert_eq!(again.json(), done.json());
                    }
                    Effect::SetStatus(_) => {
                        let refused = done.status(409).problem("rule-violation");
                        assert!(refused.json()["hint"].is_string(), "{}", refused.text());
                    }
                }
                let nowhere = format!("{}/{NEVER}/{}", list_of(resource), action.name);
                let _ = client.post(&nowhere, body).await.status(404);
            }
        }
    }
}

/// What a field holds when nothing was given, as shown.
fn default(field: &Field) -> Json {
    match (field.default, field.kind) {
        (Default::Text(text), _) => json!(text),
        (Default::Boolean(flag), _) => json!(flag),
        (Default::Today, _) => json!("2026-11-24"),
        (Default::OrganisationZone, _) => json!("Australia/Sydney"),
        (Default::Integer(number), Kind::Integer { .. }) => json!(number),
        (Default::Integer(number), _) => json!(number / 100),
        (Default::Empty, Kind::Tags { .. } | Kind::Objects { .. }) => json!([]),
        (Default::Empty, Kind::CustomFields) => json!({}),
        (Default::Empty, _) => Json::Null,
    }
}
