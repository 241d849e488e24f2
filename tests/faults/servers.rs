//! Two servers on one PostgreSQL, killed in turns: the other goes on, and what both promise holds in sum.

use testkit::program::{Store, request};

use crate::cluster::Cluster;
use crate::kills::any_moment;
use crate::scale;
use crate::world::World;

#[test]
#[ignore = "scripts/faults runs it"]
fn two_servers_are_killed_in_turns() {
    let cluster = Cluster::start(&[]);
    for part in 0..scale() {
        let mut world = World::new(Store::Url(cluster.new_database()));
        let mut servers = vec![world.serve(), world.serve()];
        for round in 0..4 {
            world.servers.are(&[&servers[0], &servers[1]]);
            world.judge_feed(&servers[0]);
            world.under_load(|load| {
                load.wait_for_writes(10);
                any_moment(part * 4 + round);
                servers.remove(0).kill();
                // Writers still come to both, as by a proxy that does not know yet.
                load.wait_for_writes(10);
                load.servers.are(&[&servers[0]]);
            });
            servers.push(world.serve());
        }
        println!("4 kills: {}", world.judge(&servers[0]));
    }
}

/// A plan of 1,000 requests an hour: no more are granted, and less only by what a killed server had leased.
#[test]
#[ignore = "scripts/faults runs it"]
fn a_plan_holds_in_sum_over_servers_that_are_killed() {
    let cluster = Cluster::start(&[]);
    let store = Store::Url(cluster.new_database());
    let _ = store.run(&["organisation", "create", "--name", "Acme", "--plan", "standard", "--json"]).json();
    let (_, key) = store.make_key();
    let mut servers = vec![store.serve(), store.serve()];
    let (mut granted, mut refused, mut kills) = (0, 0, 0);
    for turn in 0.. {
        match request(&servers[turn % 2].address, "GET", "/api/events?count=false", &key).0 {
            200 => granted += 1,
            429 => refused += 1,
            other => panic!("{other} after {granted}"),
        }
        if turn % 300 == 299 && kills < 3 {
            servers.remove(0).kill();
            servers.push(store.serve());
            kills += 1;
        }
        if refused == 50 {
            break;
        }
    }
    // A lease is at most a twentieth of what is left.
    assert!((850..=1_000).contains(&granted), "{granted} were granted");
    println!("{kills} kills: {granted} of 1,000 granted");
}
