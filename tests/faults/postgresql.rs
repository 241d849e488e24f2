//! PostgreSQL is stopped and started again, stops answering, and fails over to a standby, while servers work on it.

use std::time::Duration;

use rustix::process::Signal;
use testkit::program::Store;

use crate::cluster::Cluster;
use crate::kills::any_moment;
use crate::scale;
use crate::world::World;

#[test]
#[ignore = "scripts/faults runs it"]
fn postgresql_is_restarted_and_stops_answering() {
    let mut cluster = Cluster::start(&[]);
    for part in 0..scale() {
        let mut world = World::new(Store::Url(cluster.new_database()));
        let server = world.serve();
        world.servers.are(&[&server]);
        world.under_load(|load| {
            load.wait_for_writes(10);
            any_moment(part);
            cluster.stop();
            assert!(!server.is_ready());
            cluster.start_again();
            load.wait_for_writes(10);
            any_moment(part + 3);
            // It holds its connections, and says nothing.
            cluster.signal_all(Signal::STOP);
            std::thread::sleep(Duration::from_secs(3));
            cluster.signal_all(Signal::CONT);
            load.wait_for_writes(10);
        });
        server.wait_until_ready();
        println!("restarted, held for 3 s: {}", world.judge(&server));
    }
}

/// A primary with a standby that takes part in each commit, and a server that knows both. The primary is killed, or
/// stopped, the standby is promoted and gets a standby of its own; the server finds it by itself.
#[test]
#[ignore = "scripts/faults runs it"]
fn postgresql_fails_over_to_a_standby() {
    let mut primary = Cluster::start(&[]);
    let mut standby = primary.standby();
    primary.commit_with_standby();
    for part in 0..scale() {
        let both = |a: &Cluster, b: &Cluster, database: &str| {
            let (a, b) = (a.port, b.port);
            format!(
                "postgres://postgres@127.0.0.1:{a},127.0.0.1:{b}/{database}?target_session_attrs=read-write"
            )
        };
        let database = primary.new_database();
        let database = database.rsplit('/').next().unwrap().to_owned();
        let mut world = World::new(Store::Url(both(&primary, &standby, &database)));
        let server = world.serve();
        world.servers.are(&[&server]);
        world.under_load(|load| {
            load.wait_for_writes(20);
            any_moment(part);
            if part % 2 == 0 {
                primary.kill();
            } else {
                primary.stop();
            }
            standby.promote();
            load.wait_for_writes(20);
        });
        server.wait_until_ready();
        println!("failed over: {}", world.judge(&server));
        drop(server);
        // The next round: the promoted one is the primary.
        let next = standby.standby();
        primary = std::mem::replace(&mut standby, next);
        primary.commit_with_standby();
    }
}
