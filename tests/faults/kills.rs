//! Killed at random moments under mixed load, again and again: the server, and where there is one, PostgreSQL.

use std::time::Duration;

use testkit::program::Store;

use crate::cluster::Cluster;
use crate::scale;
use crate::world::World;

/// A moment that nothing in the server goes by.
pub(crate) fn any_moment(round: u32) {
    std::thread::sleep(Duration::from_millis(100 + u64::from(round * 137 % 811)));
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_server_is_killed_on_sqlite() {
    // A plan allows so many requests an hour: a long run takes several associations.
    for part in 0..scale() {
        let mut world = World::new(Store::directory());
        for round in 0..5 {
            let server = world.serve();
            world.servers.are(&[&server]);
            world.judge_feed(&server);
            world.under_load(|load| {
                load.wait_for_writes(5);
                any_moment(part * 5 + round);
                server.kill();
            });
        }
        let server = world.serve();
        println!("5 kills: {}", world.judge(&server));
    }
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_server_and_postgresql_are_killed() {
    let mut cluster = Cluster::start(&[]);
    for part in 0..scale() {
        let mut world = World::new(Store::Url(cluster.new_database()));
        let mut server = world.serve();
        for round in 0..6 {
            world.servers.are(&[&server]);
            world.judge_feed(&server);
            server = world.under_load(|load| {
                load.wait_for_writes(5);
                any_moment(part * 6 + round);
                match round % 3 {
                    0 => {
                        server.kill();
                        load.serve()
                    }
                    1 => {
                        cluster.kill();
                        cluster.start_again();
                        // It recovers by itself.
                        load.wait_for_writes(5);
                        server
                    }
                    _ => {
                        cluster.kill();
                        server.kill();
                        cluster.start_again();
                        load.serve()
                    }
                }
            });
            server.wait_until_ready();
        }
        println!("2 kills of the server, 2 of PostgreSQL, 2 of both: {}", world.judge(&server));
    }
}
