//! Webhooks of an integration: in the outside system's shape, without its own echo.

use serde_json::{Value as Json, json};
use testkit::{Received, Receiver, on_both_engines};

use super::crm;
use super::sync::sync;

on_both_engines! {
    async fn its_webhooks_speak_its_shape_and_do_not_echo_it(app: TestApp) {
        let client = app.client().await;
        let (path, id) = crm(&client, "external").await;
        let receiver = Receiver::start().await;
        let hook = json!({"url": receiver.url(), "events": ["member.*"], "integrationId": id, "skipOwnChanges": true});
        let _ = client.post("/api/webhooks", hook).await.status(201);
        let other = Receiver::start().await;
        let rules = json!([{"external": "mail", "field": "email"}]);
        let hook = json!({"url": other.url(), "events": ["member.*"], "integrationId": id, "fieldMapping": {"members": rules}});
        let _ = client.post("/api/webhooks", hook).await.status(201);
        let _running = app.dispatching();
        let theirs = json!({"Id": "C-1", "First": "Jane", "Last": "Doe", "Email_Address": "jane@example.org"});
        let _ = sync(&client, &path, &[theirs]).await;
        let ours = json!({"firstName": "Bo", "lastName": "Li", "email": "bo@example.org", "gender": "male"});
        let _ = app.client().await.post("/api/members", ours).await.status(201);
        // With rules of its own it has those, and without skipOwnChanges it hears of everything.
        let mut all: Vec<Json> = other.wait_for(2).await.iter().map(Received::json).collect();
        all.sort_by_key(|event| event["sequence"].as_i64());
        assert_eq!(all[0]["data"], json!({"mail": "jane@example.org"}));
        assert_eq!(all[0]["origin"]["integrationId"], id.as_str());
        let heard: Vec<Json> = receiver.wait_for(1).await.iter().map(Received::json).collect();
        assert_eq!(heard.len(), 1, "{heard:#?}");
        assert_eq!((&heard[0]["data"]["First"], &heard[0]["data"]["Gender"]), (&json!("Bo"), &json!("M")));
        assert!(heard[0]["data"]["email"].is_null());
    }
}
