//! The audit log: one row for each change and each act, shown to its own tenant only, and pruned
//! (domain §6).

use std::collections::BTreeSet;

use app::{Actor, Environment, NewUser, Plan};
use domain::access::Role;
use domain::json::Object;
use domain::listing::{Lenience, parse};
use domain::resources::AUDIT_LOG;
use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, minimal_body, on_both_engines};

const YEAR: i64 = 366 * 24 * 3_600;

/// The rows that a question finds, newest first.
async fn rows(client: &Client, query: &str) -> Vec<Json> {
    let answer = client.get(&format!("/api/audit-log?{query}")).await.status(200).json();
    answer["data"].as_array().unwrap().clone()
}

fn actions(rows: &[Json]) -> Vec<&str> {
    rows.iter().map(|row| row["action"].as_str().unwrap()).collect()
}

/// A member; its id.
async fn member(client: &Client, email: &str) -> String {
    let body = json!({"firstName": "Jane", "lastName": "Doe", "email": email});
    let made = client.post("/api/members", body).await.status(201);
    made.json()["id"].as_str().unwrap().to_owned()
}

/// The production log of an organisation, without a request.
async fn acts(app: &TestApp) -> Vec<Json> {
    let of_platform = [("resourceType[]", "organisation"), ("resourceType[]", "user")];
    let query = parse(&AUDIT_LOG, of_platform, Lenience::Strict).unwrap();
    let mut found = Vec::new();
    let each = |row: &app::RecordRow<'_, '_>| {
        let mut out = Vec::new();
        row.write_json(&mut out, None, testkit::start())?;
        found.push(serde_json::from_slice(&out).unwrap());
        Ok(())
    };
    app.app.list(&app.tenant, &AUDIT_LOG, &query, each).await.unwrap();
    found
}

on_both_engines! {
    async fn each_change_leaves_one_row_that_tells_all_of_it(app: TestApp) {
        let client = app.client().await;
        let key = client.get("/api/me").await.json()["key"]["id"].clone();
        let sender = client.at("203.0.113.9");
        let (agent, request) = (("user-agent", "crm-sync/2.1"), ("x-request-id", "call-7"));
        let id = member(&client, "jane@example.org").await;
        app.advance(60);
        let path = format!("/api/members/{id}");
        let patch = sender.patch(&path, json!({"status": "suspended", "interests": ["Bridges"], "company": null}));
        let patched = patch.header(agent.0, agent.1).header(request.0, request.1).await.status(200);
        // What changes nothing leaves nothing.
        let _ = sender.patch(&path, json!({"status": "suspended"})).await.status(200);
        let _ = sender.patch(&path, json!({"email": "no address"})).await.status(400);
        app.advance(60);
        let _ = client.delete(&path).await.status(204);

        let found = rows(&client, &format!("resourceId={id}")).await;
        assert_eq!(actions(&found), ["delete", "update", "create"]);
        let update = &found[1];
        let expected = json!({
            "id": update["id"],
            "sequence": 2,
            "action": "update",
            "resourceType": "member",
            "resourceId": id,
            "actorType": "api_key",
            "actorId": key,
            "impersonatorId": null,
            "ipAddress": "203.0.113.9",
            "userAgent": "crm-sync/2.1",
            "requestId": "call-7",
            "changes": {
                "status": {"old": "active", "new": "suspended"},
                "interests": {"old": [], "new": ["Bridges"]},
            },
            "createdAt": patched.json()["updatedAt"],
        });
        assert_eq!(update, &expected);
        assert_eq!((&found[2]["sequence"], &found[0]["sequence"]), (&json!(1), &json!(3)));
        assert_eq!(found[2]["changes"]["email"], json!({"old": null, "new": "jane@example.org"}));
        assert_eq!(found[0]["changes"]["email"], json!({"old": "jane@example.org", "new": null}));
        // One of them by itself; nothing writes it.
        let path = format!("/api/audit-log/{}", update["id"].as_str().unwrap());
        assert_eq!(client.get(&path).await.status(200).json(), expected);
        for call in [client.delete(&path), client.put(&path, expected.clone()), client.patch(&path, json!({"action": "x"}))] {
            let refused = call.await.problem("method-not-allowed");
            assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
        }
        let _ = client.post("/api/audit-log", json!({"action": "x"})).await.problem("method-not-allowed");
        assert_eq!(rows(&client, &format!("resourceId={id}")).await, found);
    }

    async fn every_resource_is_audited(app: TestApp) {
        let client = app.client().await;
        for resource in testkit::REGISTRY.iter() {
            let path = format!("/api/{}", resource.plural);
            let made = client.post(&path, minimal_body(resource)).await.status(201).json();
            let id = made["id"].as_str().unwrap();
            let found = rows(&client, &format!("resourceId={id}")).await;
            assert_eq!(actions(&found), ["create"]);
            assert_eq!(found[0]["resourceType"], resource.name);
            let items = json!({"mode": "create", "items": [minimal_body(resource), minimal_body(resource)]});
            let report = client.post(&format!("{path}/batch"), items).await.status(200).json();
            for result in report["results"].as_array().unwrap().iter().filter(|result| result["status"] == "created") {
                let id = result["id"].as_str().unwrap();
                assert_eq!(rows(&client, &format!("resourceId={id}")).await.len(), 1);
            }
        }
        let all = rows(&client, "itemsPerPage=100&exists[sequence]=true&order[sequence]=asc").await;
        let numbers: Vec<i64> = all.iter().map(|row| row["sequence"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    }

    async fn lists_are_filtered_ordered_and_paged_like_any_other(app: TestApp) {
        let client = app.client().await;
        let mut ids = Vec::new();
        for email in ["a@example.org", "b@example.org", "c@example.org"] {
            app.advance(3_600);
            ids.push(member(&client, email).await);
        }
        let _ = client.patch(&format!("/api/members/{}", ids[0]), json!({"city": "Perth"})).header("x-request-id", "r-1").await.status(200);
        for (query, expected) in [
            ("action=create&resourceType=member", 3),
            ("action[]=create&action[]=update&resourceType=member", 4),
            ("requestId=r-1", 1),
            ("actorType=api_key", 4),
            ("sequence=4", 1),
            ("sequence[gte]=2", 3),
            ("exists[sequence]=false&action=key_created", 1),
            ("createdAt[after]=2026-11-24T02:00:00Z", 3),
            ("createdAt[strictly_after]=2026-11-24T02:00:00Z&action=create", 1),
            ("createdAt[before]=2026-11-23", 0),
            ("exists[requestId]=true", 4),
        ] {
            assert_eq!(rows(&client, query).await.len(), expected, "{query}");
        }
        let actor = rows(&client, "requestId=r-1").await[0]["actorId"].as_str().unwrap().to_owned();
        assert_eq!(rows(&client, &format!("actorId={actor}")).await.len(), 4);
        // Totals count acts too, which move no number of the tenant.
        let total = || async { client.get("/api/audit-log").await.json()["totalItems"].as_u64().unwrap() };
        let before = total().await;
        app.key(&app.tenant, None).await;
        assert_eq!(total().await, before + 1);
        // Page by page everything comes once.
        let mut seen = BTreeSet::new();
        let mut next = String::new();
        loop {
            let page = client.get(&format!("/api/audit-log?itemsPerPage=2{next}")).await.status(200).json();
            for row in page["data"].as_array().unwrap() {
                assert!(seen.insert(row["id"].as_str().unwrap().to_owned()));
            }
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(u64::try_from(seen.len()).unwrap(), before + 1);
        let sparse = rows(&client, "fields=action,changes&itemsPerPage=1&action=update").await;
        assert_eq!(sparse, [json!({"action": "update", "changes": {"city": {"old": null, "new": "Perth"}}})]);
        // A log has no texts to search and nothing deleted.
        for (query, name) in [("search=x", "search"), ("includeDeleted=true", "includeDeleted"), ("changes=1", "changes")] {
            let refused = client.get(&format!("/api/audit-log?{query}")).await.problem("invalid-query-parameter");
            let _ = refused.violation(name, "unknown_parameter");
        }
        let _ = client.get("/api/audit-log?actorType=robot").await.violation("actorType", "invalid_value");
    }

    async fn it_is_also_csv_and_linked_data(app: TestApp) {
        let client = app.client().await;
        let id = member(&client, "jane@example.org").await;
        let query = format!("/api/audit-log?resourceId={id}");
        let csv = client.get(&query).header("accept", "text/csv").await.status(200);
        assert!(csv.header("content-disposition").unwrap().contains("audit-log-2026-11-24.csv"));
        let text = csv.text();
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("id,sequence,action,resourceType,resourceId,"));
        assert!(lines.next().unwrap().contains(&format!(",1,create,member,{id},api_key,")), "{text}");
        assert_eq!(lines.next(), None);
        let linked = client.get(&query).header("accept", "application/ld+json").await.status(200).json();
        let row = &linked["member"][0];
        assert_eq!((&linked["@id"], &row["@type"]), (&json!("/api/audit-log"), &json!("AuditEntry")));
        let own = client.get(row["@id"].as_str().unwrap()).header("accept", "application/ld+json").await.status(200).json();
        assert_eq!(own["changes"], row["changes"]);
        let _ = client.get(own["@context"].as_str().unwrap()).header("accept", "application/ld+json").await.status(200);
    }

    async fn nobody_else_sees_it(app: TestApp) {
        let client = app.client().await;
        let id = member(&client, "jane@example.org").await;
        let row = rows(&client, &format!("resourceId={id}")).await.remove(0);
        let path = format!("/api/audit-log/{}", row["id"].as_str().unwrap());
        let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
        let other = app.tenant_of(&app.other, Environment::Production).await;
        for tenant in [sandbox, other] {
            let stranger = client.with_key(app.key(&tenant, None).await);
            assert_eq!(rows(&stranger, &format!("resourceId={id}")).await, [] as [Json; 0]);
            assert_eq!(rows(&stranger, "exists[sequence]=true").await, [] as [Json; 0]);
            let _ = stranger.get(&path).await.problem("not-found");
        }
        let limited = client.with_key(app.key(&app.tenant, Some(&["members:read", "members:write"])).await);
        let refused = limited.get("/api/audit-log").await.problem("insufficient-scope");
        assert!(refused.text().contains("audit:read"));
        let _ = limited.get(&path).await.problem("insufficient-scope");
    }

    async fn acts_are_in_the_log_of_production(app: TestApp) {
        let actor = Actor { ip_address: Some("203.0.113.9".to_owned()), ..Actor::system() };
        let new = NewUser { email: "ana@example.org".to_owned(), first_name: None, last_name: None, role: Role::ClientAdmin, password: None };
        let user = app.app.create_user(&actor, Some(&app.acme), new).await.unwrap();
        app.advance(1);
        app.app.set_password(&actor, "ANA@example.org", "Correct-Horse-9").await.unwrap();
        app.advance(1);
        app.app.suspend_user(&actor, "ana@example.org").await.unwrap();
        app.app.suspend_user(&actor, "ana@example.org").await.unwrap();
        app.advance(1);
        app.app.set_plan(&actor, &app.acme, Plan::Professional).await.unwrap();
        app.app.set_plan(&actor, &app.acme, Plan::Professional).await.unwrap();
        app.advance(1);
        app.app.set_required_member_fields(&actor, &app.acme, vec!["company".to_owned()]).await.unwrap();
        app.advance(1);
        app.app.close_organisation(&actor, &app.acme).await.unwrap();
        app.app.close_organisation(&actor, &app.acme).await.unwrap();
        let found = acts(&app).await;
        let expected = [
            "organisation_closed", "settings_changed", "plan_changed", "user_suspended", "password_set", "user_created",
            "organisation_created",
        ];
        assert_eq!(actions(&found), expected);
        assert_eq!(found[1]["changes"], json!({"requiredMemberFields": {"old": [], "new": ["company"]}}));
        assert_eq!(found[2]["changes"], json!({"plan": {"old": "enterprise", "new": "professional"}}));
        assert_eq!(found[3]["resourceId"], user.id.to_string());
        assert_eq!(found[5]["changes"]["email"], json!({"old": null, "new": "ana@example.org"}));
        assert_eq!(found[6]["changes"]["plan"]["new"], "enterprise");
        for row in &found {
            assert_eq!((&row["actorType"], &row["sequence"]), (&json!("system"), &Json::Null));
        }
        assert_eq!(found[0]["ipAddress"], "203.0.113.9");
        // Neither a password nor what is made of it.
        let all = Json::from(found).to_string();
        assert!(!all.contains("Correct-Horse") && !all.contains("argon2"));
        // Whoever belongs to no organisation is in no organisation's log.
        let new = NewUser { email: "root@example.org".to_owned(), first_name: None, last_name: None, role: Role::PlatformAdmin, password: None };
        app.app.create_user(&actor, None, new).await.unwrap();
        app.app.suspend_user(&actor, "root@example.org").await.unwrap();
        assert_eq!(acts(&app).await.len(), expected.len());
        // What is refused leaves nothing.
        let again = NewUser { email: "ana@example.org".to_owned(), first_name: None, last_name: None, role: Role::ClientUser, password: None };
        assert!(app.app.create_user(&actor, Some(&app.acme), again).await.is_err());
        assert_eq!(acts(&app).await.len(), expected.len());
    }

    async fn keys_exports_and_imports_are_acts(app: TestApp) {
        let client = app.client().await;
        app.advance(1);
        app.key(&app.tenant, Some(&["members:read"])).await;
        let made = rows(&client, "action=key_created&itemsPerPage=1").await.remove(0);
        assert_eq!(made["changes"]["scopes"], json!({"old": null, "new": ["members:read"]}));
        let id = made["resourceId"].as_str().unwrap().parse().unwrap();
        for _ in 0..2 {
            app.app.revoke_key(&app.tenant, &Actor::system(), id).await.unwrap();
        }
        assert_eq!(rows(&client, "action=key_revoked").await.len(), 1);
        let details = Object::from_iter([("rows".to_owned(), json!(12))]);
        app.app.note_act(&app.tenant, &Actor::system(), "import", "member", &details).await.unwrap();
        let import = rows(&client, "action=import").await.remove(0);
        assert_eq!(import["changes"], json!({"rows": {"old": null, "new": 12}}));
        // A whole list that goes out is an export; a page, or asking what would come, is none.
        let list = |query: &str| client.get(&format!("/api/members{query}")).header("accept", "text/csv");
        let _ = list("?page=1").await.status(200);
        let _ = client.call("HEAD".parse().unwrap(), "/api/members").header("accept", "text/csv").await.status(200);
        assert_eq!(rows(&client, "action=export").await.len(), 0);
        let _ = list("?status=active").header("x-request-id", "x-1").await.status(200);
        let export = rows(&client, "action=export").await.remove(0);
        assert_eq!((&export["resourceType"], &export["requestId"]), (&json!("member"), &json!("x-1")));
        assert_eq!(export["changes"]["query"]["new"], "status=active");
        assert_eq!(export["actorType"], "api_key");
    }

    async fn after_two_years_rows_are_pruned(app: TestApp) {
        let client = app.client().await;
        let old = member(&client, "old@example.org").await;
        app.advance(YEAR);
        let young = member(&client, "young@example.org").await;
        app.app.prune().await.unwrap();
        assert_eq!(rows(&client, &format!("resourceId={old}")).await.len(), 1);
        app.advance(YEAR);
        app.app.prune().await.unwrap();
        assert_eq!(rows(&client, &format!("resourceId={old}")).await.len(), 0);
        assert_eq!(rows(&client, &format!("resourceId={young}")).await.len(), 1);
        assert_eq!(client.get("/api/audit-log?resourceType=member").await.json()["totalItems"], 1);
        // The record itself stays.
        let _ = client.get(&format!("/api/members/{old}")).await.status(200);
    }
}
