use std::collections::{BTreeMap, BTreeSet};

use domain::input::{self, Mode};
use domain::resources::REGISTRY;
use domain::{Record, Resource};

use super::*;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T03:15:27Z").unwrap()
}

/// What the record becomes under the conditions of its own moment.
fn read(past: &Past) -> Record {
    let context = input::Context::new(past.at, "Australia/Sydney", "AU");
    let record = input::apply(past.resource, None, &past.body, Mode::Create, &context);
    record.unwrap_or_else(|problem| {
        panic!("{}: {:?} at {}", Json::from(past.body.clone()), problem.violations, past.at)
    })
}

fn of<'a>(history: &'a [Past], resource: &'static Resource) -> Vec<&'a Past> {
    history.iter().filter(|past| std::ptr::eq(past.resource, resource)).collect()
}

fn values(history: &[Past], plural: &str, field: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for past in of(history, REGISTRY.by_plural(plural).unwrap()) {
        let value = past.body.get(field).and_then(Json::as_str).unwrap_or("(none)");
        *found.entry(value.to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn it_is_the_same_each_time_and_differs_by_dates_only() {
    let history = |now| history(REGISTRY, now, Amounts::MOST);
    let bodies =
        |past: &[Past]| past.iter().map(|it| Json::from(it.body.clone()).to_string()).collect::<Vec<_>>();
    assert_eq!(bodies(&history(now())), bodies(&history(now())));
    let later = history(now().plus_seconds(400 * 24 * 60 * 60));
    let emails =
        |past: &[Past]| past.iter().filter_map(|it| it.body.get("email").cloned()).collect::<Vec<_>>();
    assert_eq!(emails(&history(now())), emails(&later));
}

#[test]
fn every_record_is_valid_whenever_it_is_made() {
    // Around midnight in Sydney and in UTC, on a leap day, and when clocks change.
    for moment in [
        "2026-11-24T03:15:27Z",
        "2026-11-24T12:59:59Z",
        "2026-11-24T13:00:00Z",
        "2026-11-24T23:59:59Z",
        "2026-11-25T00:00:01Z",
        "2028-02-29T10:00:00Z",
        "2026-10-03T16:00:00Z",
        "2027-04-03T16:00:00Z",
        "2026-11-28T04:00:00Z",
    ] {
        let now = Timestamp::parse(moment).unwrap();
        let history = history(REGISTRY, now, Amounts::MOST);
        assert_eq!(history.len(), 500 + 24 + 12);
        for past in &history {
            assert!(past.at < now, "{moment}: {}", past.at);
            read(past);
        }
        assert!(history.is_sorted_by_key(|past| past.at));
    }
}

#[test]
fn unique_values_are_unique() {
    for (plural, field) in
        [("members", "email"), ("members", "externalId"), ("events", "externalId"), ("courses", "externalId")]
    {
        let amounts = Amounts { members: 5_000, ..Amounts::MOST };
        let history = history(REGISTRY, now(), amounts);
        let records = of(&history, REGISTRY.by_plural(plural).unwrap());
        let values: BTreeSet<String> =
            records.iter().map(|past| past.body[field].as_str().unwrap().to_lowercase()).collect();
        assert_eq!(values.len(), records.len(), "{plural}.{field}");
    }
}

#[test]
fn every_choice_occurs() {
    let history = history(REGISTRY, now(), Amounts::MOST);
    for resource in REGISTRY.iter() {
        for field in resource.fields {
            let domain::Kind::Choice(choices) = field.kind else { continue };
            let found = values(&history, resource.plural, field.name);
            for choice in choices {
                assert!(found.contains_key(*choice), "no {} has the {} {choice}", resource.name, field.name);
            }
        }
    }
    // Shown as completed: published and over.
    let over = of(&history, REGISTRY.by_plural("events").unwrap())
        .into_iter()
        .filter(|past| past.body["status"] == "published")
        .filter(|past| Timestamp::parse(past.body["eventEnd"].as_str().unwrap()).unwrap() < now())
        .count();
    assert!(over >= 5, "{over}");
}

#[test]
fn the_small_set_shows_each_stage_of_an_event() {
    let history = history(REGISTRY, now(), Amounts::FEW);
    assert_eq!(history.len(), 25 + 4 + 2);
    assert_eq!(
        values(&history, "events", "status"),
        BTreeMap::from([("draft".to_owned(), 1), ("published".to_owned(), 2), ("scheduled".to_owned(), 1),])
    );
}

#[test]
fn nobody_can_be_reached() {
    let history = history(REGISTRY, now(), Amounts::MOST);
    for past in of(&history, REGISTRY.by_plural("members").unwrap()) {
        let email = past.body["email"].as_str().unwrap();
        let (_, domain) = email.split_once('@').unwrap();
        assert!(["example.org", "example.com", "example.net"].contains(&domain), "{email}");
    }
}
