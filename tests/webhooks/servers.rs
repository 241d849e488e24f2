//! Several servers on one store: each delivery is done by one of them, and what a killed one had taken is
//! taken over.

use std::collections::BTreeMap;

use app::Room;
use domain::RecordId;
use testkit::{Behaviour, Dispatching, Engine, Receiver, TestApp, on_both_engines};
use webhooks::DispatcherSettings;

use super::{member, newest, subscribe};

/// A process without a dispatcher, such as an import, rings for those with one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_of_another_process_is_heard_of() {
    let app = TestApp::new(Engine::Postgres).await;
    let client = app.client().await;
    let receiver = Receiver::start().await;
    let _ = subscribe(&client, &receiver, &["*"]).await;
    let second = app.second_server().await;
    let never = std::time::Duration::from_hours(1);
    let _running =
        Dispatching::of(&second, DispatcherSettings { sweep: never, ..DispatcherSettings::default() });
    // The connection that listens may not be there yet: what was not heard is announced with the next.
    for number in 0..100 {
        let _ = member(&client, &format!("M{number}")).await;
        if !receiver.received().is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("nothing was heard of");
}

/// Room for whatever is wanted.
struct Boundless;

impl Room for Boundless {
    fn take(&self, _webhook: RecordId, wanted: usize) -> usize {
        wanted
    }

    fn give_back(&self, _webhook: RecordId, _unused: usize) {}
}

on_both_engines! {
    async fn each_delivery_is_done_by_one(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (webhook, _) = subscribe(&client, &receiver, &["*"]).await;
        let second = app.second_server().await;
        let (_one, _two) =
            (app.dispatching(), Dispatching::of(&second, DispatcherSettings::default()));
        for number in 0..100 {
            let _ = member(&client, &format!("M{number}")).await;
        }
        let _ = receiver.wait_for(100).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for received in receiver.received() {
            *times.entry(received.header("webhook-id").to_owned()).or_default() += 1;
        }
        assert_eq!(times.len(), 100);
        assert!(times.values().all(|count| *count == 1), "{times:?}");
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
    }

    async fn what_a_killed_server_had_taken_is_taken_over(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        let (webhook, _) = subscribe(&client, &receiver, &["*"]).await;
        let _ = member(&client, "Lim").await;
        // Takes the delivery, and is never heard of again.
        let tenant = app.tenant.key();
        let taken = app.app.fan_out(tenant, &Boundless, app.app.now().plus_seconds(25)).await.unwrap();
        assert_eq!(taken.jobs.len(), 1);
        let _running = app.dispatching();
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        assert_eq!(receiver.received().len(), 0, "the lease is honoured");
        app.advance(26);
        let _ = receiver.wait_for(1).await;
        let done = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        assert_eq!(done["attemptCount"], 1);
    }

    async fn a_stop_ends_what_is_under_way_and_gives_back_the_rest(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(200));
        let (webhook, _) = subscribe(&client, &receiver, &["*"]).await;
        let running = app.dispatching();
        for number in 0..40 {
            let _ = member(&client, &format!("M{number}")).await;
        }
        running.stop().await;
        let leased = "SELECT COUNT(*) FROM deliveries WHERE status = 'pending' AND lease_until > 0";
        let leased = app.app.db().all(db::Weight::Short, leased, &[], |row| row.integer(0)).await.unwrap();
        assert_eq!(leased, [0]);
        let _again = app.dispatching();
        let _ = receiver.wait_for(40).await;
        let _ = newest(&client, &webhook, |it| it["status"] == "succeeded").await;
        assert_eq!(receiver.received().len(), 40, "nothing was sent twice");
    }

    /// A delivery in the air when the dispatcher is killed is sent again: at least once.
    async fn a_kill_loses_nothing(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::FailOneInThree);
        let (webhook, _) = subscribe(&client, &receiver, &["*"]).await;
        for round in 0..5 {
            let running = app.dispatching();
            for number in 0..20 {
                let _ = member(&client, &format!("R{round}M{number}")).await;
            }
            drop(running);
            app.advance(30);
        }
        let _running = app.dispatching();
        let all = async {
            loop {
                let open = client.get(&format!("{webhook}/deliveries?status=pending")).await.json();
                let done = client.get(&format!("{webhook}/deliveries?status=succeeded")).await.json();
                if open["totalItems"] == 0 && done["totalItems"] == 100 {
                    return;
                }
                app.advance(400);
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), all).await.unwrap();
        let ids: std::collections::BTreeSet<String> =
            receiver.received().iter().map(|it| it.header("webhook-id").to_owned()).collect();
        assert_eq!(ids.len(), 100);
    }
}
