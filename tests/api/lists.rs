//! Lists as HTTP shows them (API §4). Which records they show and in which order is tried by the properties.

use serde_json::{Value as Json, json};
use testkit::{Client, REGISTRY, on_both_engines};

use super::{list_of, make, make_minimal, object};

/// The target of a link with this relation, if there is one.
fn link(response: &testkit::Response, relation: &str) -> Option<String> {
    let links = response.header("link")?.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let found = links.iter().find(|link| link.ends_with(&format!("; rel=\"{relation}\"")))?;
    Some(found[1..].split_once('>')?.0.to_owned())
}

/// Seven members, with a minute between each.
async fn seven(app: &testkit::TestApp, client: &Client) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 1..=7 {
        let body = json!({
            "firstName": format!("Jane{number}"), "lastName": "O'Brien", "email": format!("jane{number}@example.org"),
            "company": if number % 2 == 0 { json!("Acme & Söhne") } else { Json::Null },
        });
        let (_, shown) = make(client, app.resource("members"), object(body)).await;
        ids.push(shown["id"].as_str().unwrap().to_owned());
        app.advance(60);
    }
    ids
}

on_both_engines! {
    async fn the_envelope_and_links_of_pages(app: TestApp) {
        let client = app.client().await;
        let mut ids = seven(&app, &client).await;
        ids.reverse();
        let first = client.get("/api/members").query([("itemsPerPage", "3")]).await.status(200);
        let shown = first.json();
        let names: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["data", "page", "itemsPerPage", "totalItems", "totalPages", "nextCursor"]);
        assert_eq!((&shown["page"], &shown["itemsPerPage"]), (&json!(1), &json!(3)));
        assert_eq!((&shown["totalItems"], &shown["totalPages"]), (&json!(7), &json!(3)));
        assert_eq!(first.ids(), ids[..3]);
        assert_eq!(link(&first, "prev"), None);

        let mut pages = vec![first];
        while let Some(next) = link(pages.last().unwrap(), "next") {
            pages.push(client.get(&next).await.status(200));
        }
        let all: Vec<String> = pages.iter().flat_map(testkit::Response::ids).collect();
        assert_eq!((pages.len(), &all), (3, &ids));
        let last = &pages[2];
        assert_eq!(last.json()["nextCursor"], Json::Null);
        assert_eq!(client.get(&link(&pages[0], "last").unwrap()).await.ids(), last.ids());
        assert_eq!(client.get(&link(last, "prev").unwrap()).await.ids(), pages[1].ids());
        assert_eq!(client.get(&link(last, "first").unwrap()).await.ids(), pages[0].ids());

        let past_the_end = client.get("/api/members?page=1000000000&itemsPerPage=100").await.status(200);
        assert_eq!(past_the_end.ids(), Vec::<String>::new());
        assert_eq!(past_the_end.json()["totalItems"], 7);
        let whole = client.get("/api/members?itemsPerPage=100").await.json();
        assert_eq!((&whole["totalPages"], &whole["nextCursor"]), (&json!(1), &Json::Null));
    }

    async fn links_keep_the_question(app: TestApp) {
        let client = app.client().await;
        let _ = seven(&app, &client).await;
        let asked = [
            ("company", "Acme & Söhne"),
            ("order[firstName]", "asc"),
            ("itemsPerPage", "1"),
            ("fields", "id,company"),
        ];
        let first = client.get("/api/members").query(asked).await.status(200);
        let second = client.get(&link(&first, "next").unwrap()).await.status(200);
        assert_eq!(second.json()["totalItems"], 3);
        let names: Vec<String> = second.json()["data"][0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["id", "company"]);
        assert_ne!(first.ids(), second.ids());
    }

    async fn a_cursor_walk_is_linked_too(app: TestApp) {
        let client = app.client().await;
        let mut ids = seven(&app, &client).await;
        ids.reverse();
        let first = client.get("/api/members?itemsPerPage=2&count=false").await.status(200);
        assert_eq!((&first.json()["totalItems"], &first.json()["totalPages"]), (&Json::Null, &Json::Null));
        assert_eq!(link(&first, "last"), None);
        let cursor = first.json()["nextCursor"].as_str().unwrap().to_owned();
        let mut page =
            client.get("/api/members").query([("itemsPerPage", "2"), ("cursor", &cursor)]).await.status(200);
        let mut seen = [first.ids(), page.ids()].concat();
        assert_eq!((&page.json()["page"], &page.json()["totalItems"]), (&Json::Null, &json!(7)));
        while let Some(next) = link(&page, "next") {
            page = client.get(&next).await.status(200);
            seen.extend(page.ids());
        }
        assert_eq!(seen, ids);
        for (asked, path) in [
            (vec![("cursor", cursor.as_str()), ("page", "2")], "cursor"),
            (vec![("cursor", cursor.as_str()), ("order[email]", "asc")], "cursor"),
            (vec![("cursor", "x")], "cursor"),
            (vec![("cursor", "")], "cursor"),
            (vec![("cursor", "WyIiLFtdXQ")], "cursor"),
        ] {
            let refused =
                client.get("/api/members").query(asked).await.status(400).problem("invalid-query-parameter");
            assert!(refused.violations().iter().any(|(at, _)| at == path), "{}", refused.text());
        }
    }

    async fn wrong_parameters_are_named_all_at_once(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            for (name, value) in [
                ("page", "0"),
                ("page", "-1"),
                ("page", "1.5"),
                ("page", ""),
                ("page", "99999999999999999999"),
                ("page", "one"),
                ("itemsPerPage", "0"),
                ("itemsPerPage", "101"),
                ("itemsPerPage", "all"),
                ("count", "maybe"),
                ("includeDeleted", "yes"),
                ("cursor", "!"),
                ("status", ""),
                ("status", "nothing"),
                ("status[]", ""),
                ("status[0]", "nothing"),
                ("status[eq]", "draft"),
                ("createdAt[after]", "yesterday"),
                ("createdAt[after]", ""),
                ("createdAt[since]", "2026-01-01"),
                ("createdAt[after]", "2026-02-30"),
                ("createdAt[after]", "2026-01-01T00:00:00"),
                ("createdAt", "now"),
                ("order[createdAt]", "up"),
                ("order[createdAt]", ""),
                ("order[customFields]", "asc"),
                ("order[]", "asc"),
                ("order", "createdAt"),
                ("exists[externalId]", "perhaps"),
                ("exists[id]", "true"),
                ("exists[nothing]", "true"),
                ("fields", "id,nothing"),
                ("fields", ""),
                ("search", "..."),
                ("search", "a\0b"),
                ("externalId", "\0"),
                ("customFields[a b]", "1"),
                ("customFields[]", "1"),
                ("customFields", "1"),
                ("nothing", "1"),
                ("", "1"),
                ("[", "1"),
                ("a[b][c]", "1"),
                ("id[gt]", "1"),
                ("version", "1"),
            ] {
                let answer = client.get(&list_of(resource)).query([(name, value)]).await;
                let refused = answer.status(400).problem("invalid-query-parameter");
                assert!(
                    refused.violations().iter().any(|(path, _)| path == name || name.is_empty()),
                    "{name}={value}: {}",
                    refused.text()
                );
            }
            let many = client
                .get(&list_of(resource))
                .query([("page", "0"), ("stauts", "x"), ("createdAt[after]", "x"), ("page", "2")])
                .await;
            let found: Vec<String> =
                many.status(400).violations().into_iter().map(|(path, _)| path).collect();
            assert_eq!(found, ["page", "stauts", "createdAt[after]", "page"]);
        }
        let near = client.get("/api/members?frstName=Jane").await.status(400).json();
        assert!(near["violations"][0]["message"].as_str().unwrap().contains("firstName"), "{near}");
    }

    async fn a_client_can_ask_for_leniency(app: TestApp) {
        let client = app.client().await;
        let _ = seven(&app, &client).await;
        let answer = client
            .get("/api/members?stauts=active&page=0&itemsPerPage=2")
            .header("prefer", "handling=lenient")
            .await;
        let answer = answer.status(200);
        assert_eq!(answer.ids().len(), 2);
        assert_eq!(answer.header("preference-applied"), Some("handling=lenient"));
        let strict =
            client.get("/api/members?stauts=active").header("prefer", "handling=strict, respond-async").await;
        let _ = strict.status(400);
    }

    async fn parameters_are_decoded_as_forms_are(app: TestApp) {
        let client = app.client().await;
        let ids = seven(&app, &client).await;
        for query in [
            "company=Acme+%26+S%C3%B6hne",
            "company%5B%5D=Acme%20%26%20S%C3%B6hne",
            "email=JANE2@Example.ORG&company=Acme%20%26%20S%C3%B6hne",
            "createdAt[after]=2026-11-24T00:01:00+00:00&email=jane2@example.org",
            "lastName=o%27brien&firstName=JANE2&",
        ] {
            let answer = client.get(&format!("/api/members?{query}")).await.status(200);
            assert!(answer.ids().contains(&ids[1]), "{query}: {}", answer.text());
        }
        // Bytes that are no UTF-8 match nothing, and break nothing.
        assert_eq!(client.get("/api/members?company=%FF%FE").await.status(200).ids(), Vec::<String>::new());
    }

    async fn sparse_lists_and_deleted_records(app: TestApp) {
        let client = app.client().await;
        for resource in REGISTRY.iter() {
            let (address, _) = make_minimal(&client, resource).await;
            let (_, kept) = make_minimal(&client, resource).await;
            let _ = client.delete(&address).await.status(204);
            let sparse = client
                .get(&list_of(resource))
                .query([("fields", "externalId,id"), ("includeDeleted", "true"), ("order[updatedAt]", "asc")])
                .await;
            let data = sparse.status(200).json()["data"].clone();
            assert_eq!(data.as_array().unwrap().len(), 2);
            assert!(
                data.as_array().unwrap().contains(&json!({"id": kept["id"], "externalId": null})),
                "{data}"
            );
            assert!(
                data.as_array().unwrap().iter().any(|it| it["deletedAt"].is_string() && it["version"] == 2),
                "{data}"
            );
        }
    }

    async fn totals_are_true_after_each_change(app: TestApp) {
        let client = app.client().await;
        let total = |query: &'static str| {
            let client = client.clone();
            async move {
                client.get(&format!("/api/members?{query}")).await.status(200).json()["totalItems"].clone()
            }
        };
        for round in 0..3 {
            assert_eq!((total("").await, total("status=pending").await), (json!(round), json!(round)));
            let (address, _) = make_minimal(&client, app.resource("members")).await;
            assert_eq!((total("").await, total("status=pending").await), (json!(round + 1), json!(round)));
            let _ = client.patch(&address, json!({"status": "pending"})).await.status(200);
            assert_eq!(total("status=pending").await, json!(round + 1));
        }
    }

    /// However long the values are by which a list is ordered, the cursor that it gives can be used.
    /// Starts of far pages are remembered: whichever pages were read before, and in whichever order,
    /// they are those of a walk, and changes move them.
    async fn far_pages_are_true_after_each_change(app: TestApp) {
        let client = app.client().await;
        let item = |number: u32| {
            json!({
                "firstName": format!("Jane{}", number % 7), "lastName": "O'Brien",
                "email": format!("jane{number}@example.org"),
                "membershipExpiresAt": if number.is_multiple_of(3) { Json::Null } else { json!(format!("2020-01-{:02}", number % 28 + 1)) },
            })
        };
        for part in 0..6 {
            let items: Vec<Json> = (part * 60..(part + 1) * 60).map(item).collect();
            let made = client.post("/api/members/batch", json!({"mode": "create", "items": items})).await.json();
            assert_eq!(made["summary"]["created"], 60);
        }
        for (order, total) in [
            ("order[createdAt]=desc", 360),
            ("order[membershipExpiresAt]=asc", 360),
            ("order[membershipExpiresAt]=desc", 359),
            ("order[firstName]=desc", 359),
        ] {
            let list = format!("/api/members?{order}&itemsPerPage=50");
            let mut page = client.get(&list).await.status(200);
            let mut walked = page.ids();
            while let Some(cursor) = page.json()["nextCursor"].as_str() {
                page = client.get(&format!("{list}&cursor={cursor}")).await.status(200);
                walked.extend(page.ids());
            }
            assert_eq!(walked.len(), total, "{order}");
            for number in [7, 7, 6, 8, 7, 8, 9] {
                let page = client.get(&format!("{list}&page={number}")).await.status(200);
                let expected = walked.iter().skip((number - 1) * 50).take(50).cloned().collect::<Vec<_>>();
                assert_eq!(page.ids(), expected, "{order}, page {number}");
                assert_eq!(page.json()["totalItems"], walked.len(), "{order}, page {number}");
            }
            // The size of the pages may change on the way.
            let page = client.get(&format!("/api/members?{order}&itemsPerPage=25&page=13")).await.status(200);
            assert_eq!(page.ids(), walked[300..325], "{order}");
            if order == "order[membershipExpiresAt]=asc" {
                let _ = client.delete(&format!("/api/members/{}", walked[0])).await.status(204);
                let page = client.get(&format!("{list}&page=7")).await.status(200);
                assert_eq!(page.ids(), walked[301..351], "after a change");
            }
        }
    }

    async fn long_values_in_a_cursor(app: TestApp) {
        let client = app.client().await;
        let long = "🎉".repeat(255);
        for number in 0..2 {
            let body = json!({
                "firstName": "🎉".repeat(100), "lastName": "🎉".repeat(100), "email": format!("jane{number}@example.org"),
                "company": long, "state": long, "membershipType": long,
            });
            let _ = make(&client, app.resource("members"), object(body)).await;
        }
        let order = ["status", "firstName", "lastName", "company", "state", "membershipType", "externalId"];
        let mut asked: Vec<(String, String)> =
            order.iter().map(|name| (format!("order[{name}]"), "asc".to_owned())).collect();
        asked.push(("itemsPerPage".to_owned(), "1".to_owned()));
        let first = client.get("/api/members").query(asked.clone()).await.status(200);
        asked.push(("cursor".to_owned(), first.json()["nextCursor"].as_str().unwrap().to_owned()));
        let second = client.get("/api/members").query(asked.clone()).await.status(200);
        assert_ne!(first.ids(), second.ids());
    }
}
