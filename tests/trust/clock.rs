//! A clock that is set back by hours: limits neither end nor last for hours, waits do not grow, changes are found.

use super::check::{findings, wrong};
use app::{Actor, Environment, Plan};
use domain::access::Role;
use serde_json::json;
use testkit::{Behaviour, PASSWORD, Receiver, on_both_engines};

const HOURS: i64 = 3 * 3_600;

on_both_engines! {
    async fn a_plan_is_neither_refilled_nor_closed_for_hours(app: TestApp) {
        app.app.set_plan(&Actor::system(), &app.acme, Plan::Standard).await.unwrap();
        let acme = app.app.organisation(&app.acme.slug).await.unwrap();
        let tenant = app.tenant_of(&acme, Environment::Production).await;
        let mut granted = 0;
        for step in [0, -HOURS, 20, -HOURS, 20] {
            app.advance(step);
            // What one server had leased before may be lost; the last step spends all there is.
            while granted < if step == 20 { 2_000 } else { 300 } {
                if !app.app.charge(&tenant).await.unwrap().granted {
                    break;
                }
                granted += 1;
            }
        }
        assert!((900..=1_000).contains(&granted), "{granted}");
        let state = app.app.quota_state(&tenant).await.unwrap();
        assert!(state.remaining == 0 && state.seconds_left(app.app.now()) <= 3_600, "{state:?}");
        app.advance(3_600);
        assert!(app.app.charge(&tenant).await.unwrap().granted);
    }

    async fn who_has_to_wait_to_sign_in_waits_no_longer(app: TestApp) {
        let _ = app.user(Some(&app.acme), "jane@example.org", Role::ClientAdmin).await;
        let anyone = app.api(api::Config::default());
        let sign_in = |password: &str| {
            anyone.post("/api/session", json!({"email": "jane@example.org", "password": password}))
        };
        for _ in 0..5 {
            let _ = sign_in("Wrong-Horse-9").await.status(401);
        }
        app.advance(-HOURS);
        let _ = sign_in(PASSWORD).await.status(429);
        app.advance(29);
        let _ = sign_in(PASSWORD).await.status(429);
        app.advance(1);
        let _ = sign_in(PASSWORD).await.status(200);
    }

    async fn a_change_is_later_than_the_one_before(app: TestApp) {
        let client = app.client().await;
        let body = json!({"firstName": "Jo", "lastName": "Lim", "email": "jo@example.org"});
        let made = client.post("/api/members", body).await.status(201);
        let path = made.header("location").unwrap().to_owned();
        app.advance(-HOURS);
        let first = made.json();
        let changed = client.patch(&path, json!({"city": "Perth"})).await.status(200).json();
        assert_eq!(changed["createdAt"], first["createdAt"]);
        assert_eq!(changed["updatedAt"], "2026-11-24T00:00:00.001Z");
        let list = format!("/api/members?updatedAt[strictly_after]={}", first["updatedAt"].as_str().unwrap());
        assert_eq!(client.get(&list).await.json()["totalItems"], 1);
        assert_eq!(wrong(&findings(&app).await), [].into());
    }

    async fn a_webhook_hears_of_what_is_changed_after_it_was_made(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let member = |name: &str| {
            let body = json!({"firstName": "Jo", "lastName": name, "email": format!("{name}@example.org")});
            client.post("/api/members", body)
        };
        let _ = member("before").await.status(201);
        let body = json!({"url": receiver.url(), "events": ["*"]});
        let _ = client.post("/api/webhooks", body).await.status(201);
        app.advance(-HOURS);
        let _ = member("after").await.status(201);
        let _running = app.dispatching();
        let received = receiver.wait_for(1).await;
        let names: Vec<_> = received.iter().map(|it| it.json()["data"]["lastName"].clone()).collect();
        assert_eq!(names, ["after"]);
    }

    async fn a_delivery_waits_no_longer(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let body = json!({"url": receiver.url(), "events": ["*"]});
        let _ = client.post("/api/webhooks", body).await.status(201);
        let body = json!({"firstName": "Jo", "lastName": "Lim", "email": "jo@example.org"});
        let _ = client.post("/api/members", body).await.status(201);
        let running = app.dispatching();
        let _ = receiver.wait_for(1).await;
        running.stop().await;
        app.advance(-HOURS);
        app.app.move_waits(HOURS * 1_000_000).await.unwrap();
        let _running = app.dispatching();
        // The wait itself stays: five seconds, more or less.
        app.advance(10);
        let _ = receiver.wait_for(2).await;
    }
}
