//! Integrations in the portal, as a browser without script sees them.

use serde_json::{Value as Json, json};
use testkit::{Client, TestApp, on_both_engines};

use super::super::{admin, inputs, inputs_of, made, says, says_not, staff, target, with};
use super::secret_of;

const LIST: &str = "/settings/integrations";
const NEW: &str = "/settings/integrations/new";
const MAPPING: &str = "class=\"import-form mapping-form\"";

/// An integration whose members are named as a CRM names them.
pub(super) fn crm() -> Json {
    json!({"name": "Salesforce", "kind": "salesforce", "sourceOfTruth": "external", "fieldMapping": {"members": [
        {"external": "Id", "field": "externalId"},
        {"external": "First", "field": "firstName"},
        {"external": "Last", "field": "lastName"},
        {"external": "Mail", "field": "email", "transforms": [{"trim": true}, {"lowercase": true}]},
        {"external": "Born", "field": "dateOfBirth", "direction": "inbound", "transforms": [{"dateFormat": "%d/%m/%Y"}]},
    ]}})
}

/// Makes it, with a key of its own; answers with the paths of its page and in the API, and a client with the key.
pub(super) async fn connected(app: &TestApp) -> (String, String, Client) {
    let id = made(app, "integrations", crm()).await;
    let staff = app.staff(Some(&app.acme), "crm@acme.example", domain::access::Role::ClientAdmin).await;
    let key = json!({"name": "Salesforce key", "scopes": ["members:read", "members:write", "integrations:write"], "integrationId": id});
    let key = staff.post("/api/api-keys", key).await.status(201).json();
    let holder = app.api(api::Config::default()).with_key(key["key"].as_str().unwrap());
    (format!("{LIST}/{id}"), format!("/api/integrations/{id}"), holder)
}

/// One record that can be stored, and one that cannot.
pub(super) async fn synced(holder: &Client, api: &str) -> String {
    let records = json!([
        {"Id": "003-1", "First": "Jane", "Last": "Doe", "Mail": "JANE@example.org", "Born": "24/12/1990"},
        {"Id": "003-2", "First": "Mai", "Last": "Lim", "Mail": "nowhere"},
    ]);
    let body = json!({"resource": "members", "records": records});
    let report = holder.post(&format!("{api}/sync"), body).await.status(200).json();
    report["results"][1]["entryId"].as_str().unwrap().to_owned()
}

on_both_engines! {
    async fn an_integration_is_made_given_a_key_and_deleted(app: TestApp) {
        let browser = admin(&app).await;
        says(&browser.open(LIST).await.status(200), "No integration yet Name the system that you want to connect");
        let fields = inputs(&browser.open(NEW).await.status(200));
        says(&browser.submit(NEW, fields.clone()).await.status(400), "1 field to mend");
        let fields = with(with(fields, "name", "CRM & co"), "sourceOfTruth", "latest_wins");
        let page = target(&browser.submit(NEW, fields).await.status(303));
        let shown = browser.open(&page).await.status(200);
        says(&shown, "CRM & co Not connected");
        says(&shown, "neither an API key nor a webhook");
        says(&shown, "Who is right Whoever changed it last");
        let id = page.rsplit('/').next().unwrap();

        // A key for it begins with its name; rights are never filled in by a link.
        let new = format!("/settings/api-keys/new?name=CRM+%26+co&integrationId={id}");
        assert!(shown.text().contains(&new.replace('&', "&#38;")), "{}", shown.text());
        let form = inputs(&browser.open(&format!("{new}&scopes=members:write")).await.status(200));
        assert!(form.contains(&("integrationId".to_owned(), id.to_owned())), "{form:?}");
        assert!(!form.iter().any(|(name, value)| name == "scopes" && !value.is_empty()), "{form:?}");
        let made = browser.submit("/settings/api-keys/new", with(form, "scopes", "integrations:write")).await.status(201);
        let key = secret_of(&made);
        let hook = format!("/settings/webhooks/new?integrationId={id}");
        let form = with(inputs(&browser.open(&hook).await.status(200)), "url", "https://crm.example.org/hook");
        let _ = browser.submit("/settings/webhooks/new", with(form, "events", "member.*")).await.status(201);
        let shown = browser.open(&page).await.status(200);
        says(&shown, "CRM & co Valid");
        says(&shown, "https://crm.example.org/hook On");

        let delete = format!("{page}/delete");
        let asked = browser.open(&delete).await.status(200);
        says(&asked, "Its keys are revoked at once, and never work again: “CRM & co”.");
        says(&asked, "Its webhooks are switched off, and can be switched on again by themselves: https://crm.example.org/hook.");
        says(&browser.submit(&delete, [("confirmation", "crm")]).await.status(400), "The integration is still there");
        let gone = browser.submit(&delete, [("confirmation", "CRM & co")]).await.status(303);
        assert_eq!(target(&gone), LIST);
        let _ = browser.open(&page).await.status(404);
        let _ = app.api(api::Config::default()).with_key(&key).get("/api/members").await.status(401);
    }

    async fn what_fails_is_told_and_tried_again(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        let (page, api, holder) = connected(&app).await;
        let entry = synced(&holder, &api).await;
        let shown = browser.open(&page).await.status(200);
        says(&shown, "What to see to");
        says(&shown, "003-2 could not be synced (members)");
        says(&shown, "Sync of members Some failed");
        says(&browser.open(LIST).await.status(200), "Salesforce Salesforce");
        says_not(&browser.open("/").await.status(200), "The integration “Salesforce”");
        let log = browser.open(&format!("{page}/sync-log")).await.status(200);
        says(&log, "Sync of members Some failed 1 created, 1 failed");
        says(&log, "Member 003-2 Needs you");
        let only = browser.open(&format!("{page}/sync-log?type[]=run")).await.status(200);
        says_not(&only, "Member 003-2");
        let csv = browser.open(&format!("{page}/sync-log/export?type[]=record")).await.status(200).text();
        assert!(csv.contains("003-2") && csv.lines().count() == 2, "{csv}");

        // What is wrong stands beside the button, which tells what came of it.
        let path = format!("{page}/sync-log/{entry}");
        let told = browser.open(&path).await.status(200);
        says(&told, "Member 003-2 Needs you");
        says(&told, "Try again now");
        let retry = format!("{path}/retry");
        assert!(shown.text().contains(&retry));
        let again = browser.submit(&retry, [("", ""); 0]).await.status(303);
        assert_eq!(target(&again), path);
        says(&browser.open(&path).await.status(200), "Attempts 2");

        // Staff see all of that, and are offered nothing that is refused.
        for path in [&page, &path, &format!("{page}/sync-log"), &format!("{page}/mapping"), &LIST.to_owned()] {
            let seen = viewer.open(path).await.status(200);
            let html = seen.text();
            let (_, main) = html.split_once("<main").unwrap();
            assert!(!main.contains("method=\"post\""), "{path}: {main}");
            assert!(!main.contains("/settings/api-keys") && !main.contains("/edit\""), "{path}: {main}");
        }
        says(&viewer.open(&format!("{page}/mapping")).await, "Mail Email Both ways Trim, Lowercase");
        let _ = viewer.submit(&retry, [("", ""); 0]).await.status(403);
        let _ = viewer.open(&format!("{page}/delete")).await.status(403);
        says(&viewer.open("/settings").await.status(200), "Integrations");
        says_not(&viewer.open("/settings").await, "API keys");

        // A sync of which nothing is stored is something to do.
        app.advance(60);
        let worst = json!({"resource": "members", "records": [{"Id": "003-3", "First": "Bo"}]});
        let _ = holder.post(&format!("{api}/sync"), worst).await.status(200);
        for seen in [&browser, &viewer] {
            says(&seen.open("/").await.status(200), "The integration “Salesforce” fails: see what to do");
        }
        says(&browser.open(LIST).await.status(200), "Salesforce Salesforce Failing");

        // Switched off, it says so, and offers no retry.
        let _ = browser.submit(&format!("{page}/switch"), [("enabled", "false")]).await.status(303);
        says(&browser.open(&page).await.status(200), "Salesforce Switched off");
        says_not(&browser.open(&path).await.status(200), "Try again now");
    }

    async fn a_mapping_is_tried_and_saved(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "integrations", json!({"name": "Website"})).await;
        let page = format!("{LIST}/{id}/mapping");
        let form = inputs_of(&browser.open(&page).await.status(200), MAPPING);
        // The names of a sample's columns tell what they are; nothing is stored yet.
        let sample = "{\"Given Name\": \"Jane\", \"Surname\": \"Doe\", \"E-Mail\": \" JANE@example.org\", \"Shoe\": 40}";
        let looked = browser.submit(&page, with(with(form, "sample", sample), "do", "look")).await.status(200);
        says(&looked, "Record 1 Makes a new record");
        says(&looked, "Email jane@example.org");
        says(&looked, "Not read: Shoe");
        let form = inputs_of(&looked, MAPPING);
        let named = |name: &str| form.iter().find(|(_, value)| value == name).unwrap().0.clone();
        let shoe = named("Shoe").replace("external", "field");
        let form = with(form.clone(), &shoe, "email");
        let refused = browser.submit(&page, with(form.clone(), "do", "save")).await.status(400);
        says(&refused, "The mapping cannot be read like this");
        let form = with(inputs_of(&refused, MAPPING), &shoe, "customFields.shoe");
        let form = with(form, &shoe.replace("field", "transforms"), "[{\"trim\": tru");
        says(&browser.submit(&page, with(form.clone(), "do", "save")).await.status(400), "Shoe: the transforms are no JSON");
        let form = with(form, &shoe.replace("field", "transforms"), "");
        let saved = browser.submit(&page, with(form, "do", "save")).await.status(303);
        assert_eq!(target(&saved), format!("{page}?resource=members"));
        let stored = app.client().await.get(&format!("/api/integrations/{id}")).await.json();
        let rules = stored["fieldMapping"]["members"].as_array().unwrap();
        assert_eq!(rules.len(), 4, "{rules:?}");
        assert!(rules.iter().any(|it| it["external"] == "E-Mail" && it["field"] == "email" && it["direction"] == "both"));

        // Saved again as it is, nothing changes; a violation is told by the column's name.
        let again = inputs_of(&browser.open(&page).await.status(200), MAPPING);
        let _ = browser.submit(&page, with(again.clone(), "do", "save")).await.status(303);
        let now = app.client().await.get(&format!("/api/integrations/{id}")).await.json();
        assert_eq!(now["fieldMapping"], stored["fieldMapping"]);
        let bad = with(with(again, "sample", "E-Mail,Surname\nnowhere,Doe\n"), "do", "look");
        let told = browser.submit(&page, bad).await.status(200);
        says(&told, "Record 1 Cannot be stored");
        says(&told, "E-Mail");
        // A file does what pasting does.
        let file = b"Given Name;Surname;E-Mail\nMai;Lim;mai@example.org\n";
        let told = browser.upload(&page, "export.csv", file).await.status(200);
        says(&told, "Record 1 Makes a new record");
        says(&told, "Email mai@example.org");
        let events = browser.open(&format!("{page}?resource=events")).await.status(200);
        says(&events, "Which of their columns is which field of events");
        let _ = browser.open(&format!("{page}?resource=nothing")).await.status(404);
    }

    async fn a_mapping_that_somebody_else_changed_is_not_overwritten(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "integrations", crm()).await;
        let page = format!("{LIST}/{id}/mapping");
        let form = inputs_of(&browser.open(&page).await.status(200), MAPPING);
        let mut theirs = crm()["fieldMapping"].clone();
        theirs["members"][3]["external"] = json!("EMail");
        theirs["members"][2]["external"] = json!("Name");
        let client = app.client().await;
        let _ = client.put(&format!("/api/integrations/{id}/field-mapping"), theirs).await.status(200);
        let row = |name: &str| form.iter().find(|(_, value)| value == name).unwrap().0.clone();
        let ours = with(with(form.clone(), &row("Last"), "Surname"), "do", "save");
        let refused = browser.submit(&page, ours).await.status(412);
        says(&refused, "changed this record while you were editing it");
        says(&refused, "Changed meanwhile to: Last name from Name, both");
        let merged = inputs_of(&refused, MAPPING);
        for name in ["Surname", "EMail", "Id", "Born"] {
            assert!(merged.iter().any(|(_, value)| value == name), "{name}: {merged:?}");
        }
        let _ = browser.submit(&page, with(merged, "do", "save")).await.status(303);
        let stored = client.get(&format!("/api/integrations/{id}")).await.json();
        let names: Vec<&str> = stored["fieldMapping"]["members"].as_array().unwrap().iter()
            .map(|it| it["external"].as_str().unwrap()).collect();
        assert_eq!(names, ["Id", "First", "Surname", "EMail", "Born"]);
    }
}
