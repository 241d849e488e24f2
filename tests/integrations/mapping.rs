//! The field mapping of an integration: replaced, and tried on a sample.

use serde_json::json;
use testkit::on_both_engines;

use super::{crm, made, rules};

on_both_engines! {
    async fn the_mapping_is_replaced_as_a_whole(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let mapping = format!("{path}/field-mapping");
        let events = json!([{"external": "Title", "field": "name"}]);
        let answer = client.put(&mapping, json!({"events": events})).await.status(200);
        assert_eq!(answer.header("etag"), Some("\"2\""));
        assert_eq!(answer.json()["fieldMapping"], json!({"events": events}));
        let stale = client.put(&mapping, json!({})).header("if-match", "\"1\"").await;
        let _ = stale.status(412).problem("precondition-failed");
        let twice = json!({"members": [{"external": "Email", "field": "email"}, {"external": "Mail", "field": "email"}]});
        let refused = client.put(&mapping, twice).await.status(400).problem("validation-error");
        assert_eq!(refused.violations(), [("members[1].field".to_owned(), "duplicate_field".to_owned())]);
        assert!(refused.text().contains("already filled from `Email`"), "{}", refused.text());
        let unknown = client.put(&mapping, json!({"member": []})).await.status(400);
        assert!(unknown.text().contains("members"), "{}", unknown.text());
        assert_eq!(client.get(&path).await.json()["fieldMapping"], json!({"events": events}));
        assert_eq!(client.put(&mapping, json!({})).await.status(200).json()["fieldMapping"], json!({}));
    }

    async fn a_sample_shows_what_would_become_of_it(app: TestApp) {
        let client = app.client().await;
        let (path, _) = crm(&client, "external").await;
        let preview = format!("{path}/field-mapping/preview");
        let sample = json!({"Id": 17, "First": " Jane ", "Last": "Doe", "Email_Address": "JANE@Example.ORG",
            "Gender": "F", "Born": "02/03/1990", "Shoe": 39});
        let shown = client.post(&preview, json!({"resource": "members", "sample": sample})).await.status(200).json();
        assert_eq!(shown["valid"], true);
        assert_eq!(shown["record"], json!({"externalId": "17", "firstName": "Jane", "lastName": "Doe",
            "email": "jane@example.org", "gender": "female", "dateOfBirth": "1990-03-02"}));
        assert_eq!((&shown["matches"], &shown["unmapped"]), (&json!(null), &json!(["Shoe"])));
        assert_eq!(client.get("/api/members").await.json()["totalItems"], 0, "nothing is stored");

        // A transform that fails is told beside all else that is wrong, by the outside system's names.
        let sample = json!({"Id": "17", "First": "Jane", "Born": "1990-03-02", "Email_Address": "jane"});
        let shown = client.post(&preview, json!({"sample": sample})).await.status(200).json();
        assert_eq!(shown["valid"], false);
        let violations = shown["violations"].as_array().unwrap();
        let mut paths: Vec<&str> = violations.iter().map(|it| it["propertyPath"].as_str().unwrap()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["Born", "Email_Address", "Last"]);
        assert_eq!(shown["record"]["firstName"], "Jane");

        // An outside id that is known here stands for that record.
        let jane = json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "externalId": "17"});
        let jane = client.post("/api/members", jane).await.status(201).json();
        let shown = client.post(&preview, json!({"sample": {"Id": "17", "Town": "Perth"}})).await.status(200).json();
        assert_eq!((&shown["valid"], &shown["matches"]), (&json!(true), &jane["id"]));

        // Rules that are not stored yet, good and bad.
        let rules = json!([{"external": "Mail", "field": "email"}]);
        let body = json!({"rules": rules, "sample": {"Mail": "jo@example.org"}});
        let shown = client.post(&preview, body).await.status(200).json();
        assert_eq!(shown["record"], json!({"email": "jo@example.org"}));
        let body = json!({"rules": [{"external": "Mail", "field": "emial"}], "sample": {}});
        let wrong = client.post(&preview, body).await.status(400).violations();
        assert_eq!(wrong, [("rules[0].field".to_owned(), "unknown_field".to_owned())]);
        let wrong = client.post(&preview, json!({"resource": "member", "sampel": {}})).await.status(400).violations();
        let paths: Vec<&str> = wrong.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(paths, ["sampel", "resource", "sample"]);
    }

    async fn without_rules_a_sample_has_the_shape_of_the_api(app: TestApp) {
        let client = app.client().await;
        let (path, _) = made(&client, json!({"name": "Website", "fieldMapping": {"members": rules()}})).await;
        let sample = json!({"name": "Gala", "externalID": "1"});
        let body = json!({"resource": "events", "sample": sample});
        let shown = client.post(&format!("{path}/field-mapping/preview"), body).await.status(200).json();
        assert_eq!(shown["violations"][0]["code"], "unknown_field");
        assert!(shown["violations"][0]["message"].as_str().unwrap().contains("externalId"));
    }
}
