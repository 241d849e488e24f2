//! Integrations as settings, and what becomes of the keys and webhooks that belong to them.

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::on_both_engines;

use super::{admin, crm, made};
use crate::api::NEVER;

on_both_engines! {
    async fn names_are_unique_whatever_their_case(app: TestApp) {
        let client = app.client().await;
        let (path, _) = made(&client, json!({"name": "HubSpot", "kind": "hubspot"})).await;
        let shown = client.get(&path).await.status(200);
        assert!(shown.header("etag").is_some());
        let shown = shown.json();
        assert_eq!(shown["sourceOfTruth"], "memberpulse");
        assert_eq!((&shown["enabled"], &shown["fieldMapping"]), (&json!(true), &json!({})));
        let again = client.post("/api/integrations", json!({"name": " hubspot "})).await.status(409);
        assert_eq!(again.problem("conflict").violations(), [("name".to_owned(), "duplicate".to_owned())]);
        let _ = client.patch(&path, json!({"name": "hubSpot"})).await.status(200);
        let wrong = json!({"name": "X", "kind": "sharepoint", "sourceOfTruth": "both", "fieldMapping": {"people": []}});
        let wrong = client.post("/api/integrations", wrong).await.status(400).violations();
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["kind", "sourceOfTruth", "fieldMapping.people"]);
        let stale = client.put(&path, json!({"name": "HubSpot"})).header("if-match", "\"1\"").await;
        let _ = stale.status(412).problem("precondition-failed");
        let found = client.get("/api/integrations?name=HUBSPOT&enabled=true").await.status(200).json();
        assert_eq!(found["totalItems"], 1);
        let log = client.get("/api/audit-log?resourceType=integration").await.status(200).json();
        assert_eq!(log["totalItems"], 2);
    }

    async fn keys_and_webhooks_may_belong_to_one(app: TestApp) {
        let client = admin(&app).await;
        let (path, id) = crm(&client, "external").await;
        let key = json!({"name": "CRM", "scopes": ["members:read", "members:write"], "integrationId": id});
        let key = client.post("/api/api-keys", key).await.status(201).json();
        assert_eq!(key["integrationId"], id.as_str());
        let other = json!({"name": "Website", "scopes": ["members:read"]});
        assert_eq!(client.post("/api/api-keys", other).await.status(201).json()["integrationId"], Json::Null);
        let own = client.get(&format!("/api/api-keys?integrationId={id}")).await.status(200).json();
        assert_eq!((&own["totalItems"], &own["data"][0]["id"]), (&json!(1), &key["id"]));
        let _ = client.get("/api/api-keys?integrationId=x").await.status(400).problem("invalid-query-parameter");
        let hook = json!({"url": "https://crm.example.org/", "events": ["*"], "integrationId": id});
        let hook = client.post("/api/webhooks", hook).await.status(201);
        let hook_path = hook.header("location").unwrap().to_owned();
        let own = client.get(&format!("/api/webhooks?integrationId={id}")).await.status(200).json();
        assert_eq!(own["totalItems"], 1);
        let none = client.get(&format!("/api/webhooks?integrationId={NEVER}")).await.status(200).json();
        assert_eq!(none["totalItems"], 0);
        // What it does with the key is done through the integration: only so may it write what that owns.
        let holder = client.with_key(key["key"].as_str().unwrap());
        let jane = json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "crmId": "003A"});
        let _ = client.post("/api/members", jane.clone()).await.status(400).problem("validation-error");
        let jane = holder.post("/api/members", jane).await.status(201).json();
        assert_eq!(jane["crmId"], "003A");
        let origin = client.get("/api/changes").await.status(200).json()["data"][0]["origin"].clone();
        assert_eq!(origin, json!({"type": "api_key", "id": key["id"], "integrationId": id}));

        let _ = client.delete(&path).await.status(204);
        let _ = holder.get("/api/members").await.status(401).problem("revoked-api-key");
        let hook = client.get(&hook_path).await.status(200).json();
        assert_eq!((&hook["integrationId"], &hook["enabled"]), (&Json::Null, &json!(false)));
        assert_eq!(hook["disabledReason"], "Its integration was deleted.");
        let made = client.get("/api/audit-log?action=key_created").await.status(200).json();
        let of_it = made["data"].as_array().unwrap().iter().find(|row| row["resourceId"] == key["id"]).unwrap();
        assert_eq!(of_it["changes"]["integrationId"]["new"], id.as_str());
        let key_log = client.get("/api/audit-log?action=key_revoked").await.status(200).json();
        assert_eq!(key_log["data"][0]["resourceId"], key["id"]);
        assert_eq!(key_log["data"][0]["changes"]["integrationId"]["old"], id.as_str());
        let hook_log = client.get("/api/audit-log?resourceType=webhook&action=update").await.status(200).json();
        assert_eq!(hook_log["data"][0]["changes"]["enabled"], json!({"old": true, "new": false}));
    }

    async fn an_integration_that_is_not_there_is_no_owner(app: TestApp) {
        let client = admin(&app).await;
        let other = app.client_of(&app.tenant_of(&app.other, app::Environment::Production).await).await;
        let (_, strangers) = crm(&other, "external").await;
        for id in [NEVER, &strangers] {
            let key = json!({"name": "CRM", "scopes": ["members:read"], "integrationId": id});
            let hook = json!({"url": "https://crm.example.org/", "events": ["*"], "integrationId": id});
            for (path, body) in [("/api/api-keys", key), ("/api/webhooks", hook)] {
                let refused = client.post(path, body).await.status(400).problem("validation-error");
                assert_eq!(refused.violations(), [("integrationId".to_owned(), "unknown_reference".to_owned())]);
            }
        }
        let wrong = json!({"url": "https://crm.example.org/", "events": ["*"], "integrationId": "CRM"});
        let wrong = client.post("/api/webhooks", wrong).await.status(400).violations();
        assert_eq!(wrong, [("integrationId".to_owned(), "invalid_id".to_owned())]);
    }

    async fn a_rotated_key_stays_with_its_integration(app: TestApp) {
        let client = admin(&app).await;
        let (_, id) = crm(&client, "external").await;
        let key = json!({"name": "CRM", "scopes": ["members:read"], "integrationId": id});
        let key = client.post("/api/api-keys", key).await.status(201).json();
        let path = format!("/api/api-keys/{}/rotate", key["id"].as_str().unwrap());
        let next = client.post(&path, json!({})).await.status(201).json();
        assert_eq!(next["integrationId"], id.as_str());
    }

    async fn only_administrators_configure(app: TestApp) {
        let (path, _) = crm(&admin(&app).await, "external").await;
        let user = app.staff(Some(&app.acme), "user@example.org", Role::ClientUser).await;
        let _ = user.get(&path).await.status(200);
        let _ = user.patch(&path, json!({"enabled": false})).await.status(403).problem("insufficient-scope");
        let _ = user.put(&format!("{path}/field-mapping"), json!({})).await.status(403);
        let preview = user.post(&format!("{path}/field-mapping/preview"), json!({"sample": {}})).await;
        let _ = preview.status(403).problem("insufficient-scope");
    }
}
