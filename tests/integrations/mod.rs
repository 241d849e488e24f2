//! Integrations (API §9): settings, mappings, syncs, health.

mod mapping;
mod settings;
mod status;
mod sync;
mod webhooks;

use serde_json::{Value as Json, json};
use testkit::{Client, TestApp};

/// Signs in as an administrator of the test's organisation.
async fn admin(app: &TestApp) -> Client {
    app.staff(Some(&app.acme), "admin@example.org", domain::access::Role::ClientAdmin).await
}

/// Makes an integration whose members are named as a CRM names them; answers with its path and id.
async fn crm(client: &Client, truth: &str) -> (String, String) {
    let body = json!({"name": format!("CRM {truth}"), "kind": "salesforce", "sourceOfTruth": truth,
        "fieldMapping": {"members": rules()}});
    made(client, body).await
}

async fn made(client: &Client, body: Json) -> (String, String) {
    let made = client.post("/api/integrations", body).await.status(201);
    (made.header("location").unwrap().to_owned(), made.json()["id"].as_str().unwrap().to_owned())
}

fn rules() -> Json {
    json!([
        {"external": "Id", "field": "externalId"},
        {"external": "First", "field": "firstName", "transforms": [{"trim": true}]},
        {"external": "Last", "field": "lastName"},
        {"external": "Email_Address", "field": "email", "transforms": [{"lowercase": true}]},
        {"external": "Gender", "field": "gender", "transforms": [{"map": {"M": "male", "F": "female"}}]},
        {"external": "Born", "field": "dateOfBirth", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
        {"external": "Town", "field": "city"},
    ])
}
