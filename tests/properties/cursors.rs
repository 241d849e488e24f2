//! A walk by cursor never repeats a record, and never skips one that was there all the time, while other
//! records come and go (API §4).

use std::collections::BTreeSet;

use app::Actor;
use domain::definition::Resource;
use domain::json::{Object, ValueRef};
use domain::listing::{Lenience, parse};
use domain::{Record, RecordId};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;
use testkit::{TestApp, on_both_engines};

use super::{Verdict, hold, wait};

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Event {
    /// A record is made whose company and type are these.
    Come(Option<&'static str>, Option<&'static str>),
    /// A record goes.
    Go(Index),
    /// Time passes.
    Wait(i64),
}

const ORDERS: &[&[(&str, &str)]] = &[
    &[],
    &[("order[createdAt]", "asc")],
    &[("order[company]", "asc")],
    &[("order[company]", "desc")],
    &[("order[membershipType]", "desc"), ("order[company]", "asc")],
    &[("order[company]", "asc"), ("order[membershipType]", "desc"), ("order[createdAt]", "asc")],
    &[("order[email]", "asc")],
];

on_both_engines! {
    async fn a_walk_sees_each_lasting_record_once(app: TestApp) {
        let companies = || select(vec![None, Some("Acme"), Some("acme"), Some("Zeta")]);
        let event = prop_oneof![
            3 => (companies(), companies()).prop_map(|(company, kind)| Event::Come(company, kind)),
            2 => any::<Index>().prop_map(Event::Go),
            1 => (0..5_i64).prop_map(Event::Wait),
        ];
        let events = || proptest::collection::vec(event.clone(), 0..4);
        let before = proptest::collection::vec(event.clone(), 0..12);
        let between = proptest::collection::vec(events(), 1..8);
        let case = (before, between, select(ORDERS), select(vec!["1", "2", "5"]));
        let serial = std::cell::Cell::new(0);
        hold(40, &case, |(before, between, order, size)| {
            wait(walk(&app, &serial, &before, &between, order, size))
        });
    }
}

async fn walk(
    app: &TestApp,
    serial: &std::cell::Cell<u32>,
    before: &[Event],
    between: &[Vec<Event>],
    order: &[(&str, &str)],
    size: &str,
) -> Verdict {
    let members = app.resource("members");
    let mut alive: Vec<RecordId> = Vec::new();
    happen(app, members, serial, &mut alive, before).await;
    let mut lasting: BTreeSet<RecordId> = alive.iter().copied().collect();
    let mut seen: Vec<RecordId> = Vec::new();
    let mut cursor: Option<String> = None;
    for page in 0.. {
        let mut asked: Vec<(&str, &str)> = order.to_vec();
        asked.push(("itemsPerPage", size));
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let query = parse(members, asked, Lenience::Strict).unwrap();
        let each = |row: &app::RecordRow<'_, '_>| {
            let ValueRef::Id(id) = row.get(0)? else { panic!("a row without an id") };
            seen.push(RecordId::from(id));
            Ok(())
        };
        let listing = app.app.list(&app.tenant, members, &query, each).await.unwrap();
        prop_assert!(page < 300, "the walk does not end");
        let Some(next) = listing.next_cursor else { break };
        cursor = Some(next);
        happen(app, members, serial, &mut alive, between.get(page).map_or(&[], Vec::as_slice)).await;
        lasting.retain(|id| alive.contains(id));
    }
    let distinct: BTreeSet<RecordId> = seen.iter().copied().collect();
    prop_assert_eq!(distinct.len(), seen.len(), "a record was shown twice");
    prop_assert!(
        lasting.is_subset(&distinct),
        "skipped: {:?}",
        lasting.difference(&distinct).collect::<Vec<_>>()
    );
    for id in alive {
        app.app.delete(&app.tenant, &Actor::system(), members, id).await.unwrap();
    }
    Ok(())
}

async fn happen(
    app: &TestApp,
    members: &'static Resource,
    serial: &std::cell::Cell<u32>,
    alive: &mut Vec<RecordId>,
    events: &[Event],
) {
    let (tenant, actor) = (&app.tenant, Actor::system());
    for event in events {
        match event {
            Event::Come(company, kind) => {
                serial.set(serial.get() + 1);
                // An expired membership: those that are active cannot be deleted.
                let body = json!({
                    "firstName": "Jane", "lastName": "Doe", "email": format!("{}@example.org", serial.get()),
                    "company": company, "membershipType": kind, "membershipExpiresAt": "2020-01-01",
                });
                let body: &Object = body.as_object().unwrap();
                let made: Record = app.app.create(tenant, &actor, members, body).await.unwrap().record;
                alive.push(made.id().unwrap());
            }
            Event::Go(_) if alive.is_empty() => {}
            Event::Go(which) => {
                let id = alive.swap_remove(which.index(alive.len()));
                app.app.delete(tenant, &actor, members, id).await.unwrap();
            }
            Event::Wait(seconds) => app.advance(*seconds),
        }
    }
}
