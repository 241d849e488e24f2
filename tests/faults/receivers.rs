//! Receivers of webhooks that hang, fail and break off, under load and with a kill: the others hear of everything
//! meanwhile, and those that come back can have all that they missed.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::TcpListener;

use serde_json::json;
use testkit::program::{Store, post, wait_until};
use testkit::{Behaviour, Receiver};

use crate::kills::any_moment;
use crate::scale;
use crate::world::{World, subscribe};

/// A receiver that breaks every connection off.
fn breaking_off() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            // Part of it is not read: the system answers with a reset.
            drop(connection.read(&mut [0; 16]));
        }
    });
    url
}

#[test]
#[ignore = "scripts/faults runs it"]
fn broken_receivers_hold_up_nobody() {
    for part in 0..scale() {
        let mut world = World::new(Store::directory());
        let [hanging, failing] = [Behaviour::Hang, Behaviour::status(500)].map(|behaviour| {
            let receiver = world.block_on(Receiver::start());
            receiver.behave(behaviour);
            receiver
        });
        let server = world.serve();
        world.servers.are(&[&server]);
        subscribe(&server, &world.key, &breaking_off());
        let broken = [hanging, failing].map(|it| (subscribe(&server, &world.key, it.url()), it));
        let server = world.under_load(|load| {
            load.wait_for_writes(20);
            any_moment(part);
            server.kill();
            let server = load.serve();
            load.wait_for_writes(40);
            server
        });
        let told = world.judge(&server);
        for (webhook, receiver) in &broken {
            assert!(!receiver.received().is_empty(), "it was never tried");
            receiver.behave(Behaviour::status(204));
            let since = json!({"since": "2000-01-01T00:00:00Z"});
            let (status, answer) = post(&server.address, &format!("{webhook}/recover"), &world.key, &since);
            assert!((200..300).contains(&status), "{status} {answer}");
            wait_until(|| {
                std::thread::sleep(std::time::Duration::from_millis(300));
                let received = receiver.received();
                let heard: BTreeSet<&str> = received.iter().map(|it| it.header("webhook-id")).collect();
                world.events().all(|event| heard.contains(event))
            });
        }
        println!("three broken receivers, a kill: {told}");
    }
}
