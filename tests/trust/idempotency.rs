//! Answers that are kept in the transaction of their change (API §6).

use app::domain::json::Object;
use app::domain::resources::MEMBER;
use app::{
    Actor, Answer, Credential, Failure, IdempotencyKey, Known, Outcome, Remember, Stored, WriteRequest,
};
use serde_json::json;
use std::sync::Arc;
use testkit::{TestApp, on_both_engines};

fn body(email: &str) -> Object {
    let body = json!({"firstName": "Jane", "lastName": "Doe", "email": email});
    body.as_object().unwrap().clone()
}

async fn credential(app: &TestApp) -> Arc<Credential> {
    let key = app.key(&app.tenant, None).await;
    app.app.authenticate(&key, None).await.unwrap().unwrap()
}

fn key(credential: &Credential, body: &Object) -> IdempotencyKey {
    let body = serde_json::to_vec(body).unwrap();
    IdempotencyKey::new(credential.key.uuid(), "order-1", "POST", "/api/members", &body)
}

fn answer(stored: &Stored) -> Answer {
    let id = stored.record.id().unwrap().to_string();
    Answer {
        status: 201,
        headers: vec![("etag".to_owned(), "\"1\"".to_owned())],
        body: id.into_bytes(),
        secret: false,
    }
}

fn request(key: IdempotencyKey) -> WriteRequest {
    WriteRequest { remember: Some(Remember::new(key, answer)), ..WriteRequest::from(Actor::system()) }
}

on_both_engines! {
    async fn the_answer_is_kept_with_the_change(app: TestApp) {
        let credential = credential(&app).await;
        let body = body("jane@example.org");
        let key = key(&credential, &body);
        assert_eq!(app.app.find_answer(&app.tenant, &key).await.unwrap(), Known::New);
        let stored = app.app.create(&app.tenant, request(key.clone()), &MEMBER, &body).await.unwrap();
        assert_eq!(stored.outcome, Outcome::Created);
        // Another server finds it too.
        let next = app.second_server().await;
        assert_eq!(next.find_answer(&app.tenant, &key).await.unwrap(), Known::Answered(answer(&stored)));
        // In the other environment it was never used.
        let sandbox = app.tenant_of(&app.acme, app::Environment::Sandbox).await;
        assert_eq!(next.find_answer(&sandbox, &key).await.unwrap(), Known::New);
    }

    async fn a_refused_change_keeps_no_answer(app: TestApp) {
        let credential = credential(&app).await;
        let body = body("jane@example.org");
        app.app.create(&app.tenant, &Actor::system(), &MEMBER, &body).await.unwrap();
        let key = key(&credential, &body);
        app.app.create(&app.tenant, request(key.clone()), &MEMBER, &body).await.unwrap_err();
        assert_eq!(app.app.find_answer(&app.tenant, &key).await.unwrap(), Known::New);
    }

    async fn two_at_once_make_one_record(app: TestApp) {
        let credential = credential(&app).await;
        let servers = [app.app.clone(), app.second_server().await];
        let mut requests = Vec::new();
        for index in 0..8 {
            // Different addresses: only the key can keep the second record from being made.
            let body = body(&format!("jane{index}@example.org"));
            let key = IdempotencyKey::new(credential.key.uuid(), "order-1", "POST", "/api/members", b"same");
            let (server, tenant) = (servers[index % 2].clone(), app.tenant.clone());
            requests.push(tokio::spawn(async move {
                server.create(&tenant, request(key), &MEMBER, &body).await
            }));
        }
        let mut made = 0;
        for request in requests {
            match request.await.unwrap() {
                Ok(_) => made += 1,
                Err(failure) => assert!(matches!(failure, Failure::Answered), "{failure:?}"),
            }
        }
        assert_eq!(made, 1);
    }

    async fn a_key_can_be_used_again_after_a_day(app: TestApp) {
        let credential = credential(&app).await;
        let first = body("jane@example.org");
        let used = key(&credential, &first);
        app.app.create(&app.tenant, request(used), &MEMBER, &first).await.unwrap();
        let second = body("john@example.org");
        let again = key(&credential, &second);
        app.advance(24 * 3_600 - 1);
        assert_eq!(app.app.find_answer(&app.tenant, &again).await.unwrap(), Known::Reused);
        app.advance(1);
        assert_eq!(app.app.find_answer(&app.tenant, &again).await.unwrap(), Known::New);
        // Before the old answer is pruned, and after.
        let stored = app.app.create(&app.tenant, request(again.clone()), &MEMBER, &second).await.unwrap();
        assert_eq!(app.app.find_answer(&app.tenant, &again).await.unwrap(), Known::Answered(answer(&stored)));
        app.app.prune().await.unwrap();
        assert_eq!(app.app.find_answer(&app.tenant, &again).await.unwrap(), Known::Answered(answer(&stored)));
        app.advance(24 * 3_600);
        app.app.prune().await.unwrap();
        assert_eq!(app.app.find_answer(&app.tenant, &again).await.unwrap(), Known::New);
    }
}
