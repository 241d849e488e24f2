//! Writes: PATCH is JSON Merge Patch, PUT of what GET gave changes nothing, and no JSON at all does harm.

use app::{Actor, Failure, Outcome, WriteCondition, WriteRequest};
use domain::definition::{Default, Kind, Resource};
use domain::input::{Context, Mode, apply};
use domain::json::{Layout, Object};
use domain::{Problem, Record, Value};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value as Json, json};
use testkit::{REGISTRY, on_both_engines};

use super::bodies::bodies;
use super::{Verdict, fixed, hold};

fn context() -> Context {
    Context { registry: REGISTRY, ..Context::new(testkit::start(), "Australia/Sydney", "AU") }
}

/// The record that a store would make of a body, with what the store gives it.
fn stored(resource: &'static Resource, body: &Object) -> Record {
    let made = apply(resource, None, body, Mode::Create, &context());
    let mut record = made.unwrap_or_else(|problem| panic!("{problem:?}\n{}", Json::Object(body.clone())));
    for (position, field) in resource.fields.iter().enumerate() {
        match field.kind {
            Kind::Id => {
                record.set_at(position, Value::Id("01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e".parse().unwrap()));
            }
            Kind::Serial | Kind::Version => record.set_at(position, Value::Integer(7)),
            Kind::Timestamp if field.read_only => {
                record.set_at(position, Value::Integer(context().now.as_micros()));
            }
            _ => {}
        }
    }
    record
}

fn shown(resource: &'static Resource, record: &Record) -> Object {
    let mut out = Vec::new();
    Layout::new(resource, None).write_record(&mut out, context().now, record);
    serde_json::from_slice(&out).unwrap()
}

/// RFC 7396, section 2, word for word.
fn merge_patch(target: Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Json::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.shift_remove(name);
        } else {
            let merged = merge_patch(target.get(name).cloned().unwrap_or(Json::Null), value);
            target.insert(name.clone(), merged);
        }
    }
    Json::Object(target)
}

/// What a member that is not there means: null, or what is empty for its kind.
fn absent(kind: Kind) -> Json {
    match kind {
        Kind::Tags { .. } | Kind::Objects { .. } => json!([]),
        Kind::CustomFields => json!({}),
        _ => Json::Null,
    }
}

/// Parts of what another record shows, with nulls in between: a patch whose values need no mending.
fn patch_of(resource: &'static Resource, other: &Object, choices: &[u8]) -> Object {
    let mut patch = Object::new();
    for (field, choice) in resource.fields.iter().zip(choices) {
        let removable = field.nullable
            || matches!(field.kind, Kind::Tags { .. } | Kind::Objects { .. } | Kind::CustomFields);
        let writable = !field.read_only && field.owner == domain::definition::Owner::Anyone;
        match choice {
            0..=2 if writable && !has_local_number(field.kind, &other[field.name]) => {
                let mut value = other[field.name].clone();
                if let (Kind::CustomFields, Json::Object(keys)) = (field.kind, &mut value) {
                    keys.insert("floor".to_owned(), Json::Null);
                }
                patch.insert(field.name.to_owned(), value);
            }
            3 if writable && removable && field.default == Default::Empty => {
                patch.insert(field.name.to_owned(), Json::Null);
            }
            _ => {}
        }
    }
    patch
}

/// Whether the value holds a phone number that may be kept as it is in one country and become one in E.164
/// in another.
fn has_local_number(kind: Kind, value: &Json) -> bool {
    match kind {
        Kind::Phone => value.as_str().is_some_and(|number| !number.starts_with('+')),
        Kind::Objects { fields, .. } => {
            let objects = value.as_array().into_iter().flatten();
            objects
                .flat_map(|it| fields.iter().map(move |field| (field, it)))
                .any(|(field, it)| has_local_number(field.kind, &it[field.name]))
        }
        _ => false,
    }
}

#[test]
fn patch_is_json_merge_patch() {
    for resource in REGISTRY.iter() {
        let accepted = std::cell::Cell::new(0_u32);
        let case =
            (bodies(resource), bodies(resource), proptest::collection::vec(0..8_u8, resource.fields.len()));
        hold(300, &case, |(one, other, choices)| {
            let old = stored(resource, &one);
            let patch = patch_of(resource, &shown(resource, &stored(resource, &other)), &choices);
            let Ok(new) = apply(resource, Some(&old), &patch, Mode::Patch, &context()) else {
                return Ok(()); // The rules refuse what it would become; other tests tell which and why.
            };
            accepted.set(accepted.get() + 1);
            let expected = merge_patch(Json::Object(shown(resource, &old)), &Json::Object(patch.clone()));
            let found = shown(resource, &new);
            for field in resource.fields {
                // What follows from other fields is not the patch's to say, unless it is in the patch.
                let follows = is_settled_by_rules(field.name)
                    || has_local_number(field.kind, &shown(resource, &old)[field.name]);
                if field.read_only || !patch.contains_key(field.name) && follows {
                    continue;
                }
                let expected = expected.get(field.name).cloned().unwrap_or_else(|| absent(field.kind));
                prop_assert_eq!(
                    &found[field.name],
                    &expected,
                    "{} after {}",
                    field.name,
                    Json::Object(patch)
                );
            }
            Ok(())
        });
        assert!(accepted.get() > 100, "{}: only {} patches were tried", resource.name, accepted.get());
    }
}

/// How a record can be sent back as it was shown. A null among its custom fields is a value to PUT, while
/// PATCH takes the key away.
fn modes(shown: &Object) -> &'static [Mode] {
    let has_null = shown["customFields"].as_object().unwrap().values().any(Json::is_null);
    if has_null { &[Mode::Replace] } else { &[Mode::Replace, Mode::Patch] }
}

/// Moments that are cleared when the status no longer waits for them.
fn is_settled_by_rules(name: &str) -> bool {
    matches!(name, "publishDateTime" | "opensAt")
}

#[test]
fn what_is_shown_can_be_sent_back() {
    for resource in REGISTRY.iter() {
        hold(300, &bodies(resource), |body| {
            let record = stored(resource, &body);
            for &mode in modes(&shown(resource, &record)) {
                let again = apply(resource, Some(&record), &shown(resource, &record), mode, &context());
                prop_assert_eq!(again.as_ref(), Ok(&record), "{:?}", mode);
            }
            Ok(())
        });
    }
}

on_both_engines! {
    async fn put_of_what_get_gave_changes_nothing(app: TestApp) {
        for resource in REGISTRY.iter() {
            for body in fixed(&bodies(resource), 25) {
                let made = app.app.create(&app.tenant, &Actor::system(), resource, &body).await;
                let Ok(made) = made else { continue }; // Another one has the same unique value.
                let id = made.record.id().unwrap();
                // By then some events have begun or ended, and some schedules are overdue.
                app.advance(12 * 86_400);
                let now = app.app.now();
                let mut shown = Vec::new();
                app.app
                    .get(&app.tenant, resource, id, |row| row.write_json(&mut shown, None, now))
                    .await
                    .unwrap();
                let shown: Object = serde_json::from_slice(&shown).unwrap();
                for &mode in modes(&shown) {
                    let mut request = WriteRequest::from(Actor::system());
                    request.condition = WriteCondition::Versions(vec![1]);
                    let again = app.app.update(&app.tenant, request, resource, id, mode, shown.clone()).await;
                    let outcome = again.unwrap_or_else(|failure| panic!("{failure:?}\n{shown:?}")).outcome;
                    assert_eq!(outcome, Outcome::Unchanged, "{shown:?}");
                }
                app.advance(-12 * 86_400);
            }
        }
    }
}

/// Anything that JSON can say.
fn any_json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        select(vec![
            json!(0),
            json!(-0.0),
            json!(0.5),
            json!(0.25),
            json!(1e15),
            json!(1e300),
            json!(9_007_199_254_740_993_i64)
        ]),
    ];
    let text = prop_oneof![
        any::<String>(),
        select(vec![
            "",
            " ",
            "\0",
            "null",
            "\u{FEFF}x",
            "🎉",
            "\u{202E}",
            "draft",
            "completed",
            "AU",
            "a@b.co"
        ])
        .prop_map(str::to_owned),
        (1..30_000_usize, select(vec!['a', '&', 'é', '🎉', '<']))
            .prop_map(|(count, letter)| letter.to_string().repeat(count)),
    ];
    let leaf =
        prop_oneof![Just(Json::Null), any::<bool>().prop_map(Json::from), number, text.prop_map(Json::from)];
    let key = prop_oneof![
        any::<String>(),
        select(vec!["name", "mainSpeaker", "floor", "use", "seats"]).prop_map(str::to_owned)
    ];
    leaf.prop_recursive(4, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            proptest::collection::vec((key.clone(), inner), 0..8)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Values of the right type near the bounds of what the kind takes.
fn edges(kind: Kind) -> BoxedStrategy<Json> {
    let texts: &'static [&'static str] = match kind {
        Kind::Timestamp => &[
            "0000-01-01T00:00:00+14:00",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "9999-12-30T22:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-14:00",
            "2026-12-31T23:59:60Z",
            "1969-12-31T23:59:59.999999999Z",
        ],
        Kind::Date(_) => {
            &["0000-01-01", "0001-01-01", "1900-01-01", "2027-02-29", "2026-11-24", "9999-12-31"]
        }
        Kind::Money => &["1.005", "-1", "-0", "1e3", "10000000000.00", "10000000000.01", "007", "٣"],
        Kind::Phone => &[
            "+61 2 9999 1234;ext=5",
            "0421652973",
            "+",
            "00000000",
            "+999999999999999",
            "1x",
            "(02) 9999-1234",
        ],
        Kind::Url => &[
            "http://",
            "https://a",
            "HTTPS://EXAMPLE.ORG",
            "http://[::1]:1/",
            "javascript:alert(1)",
            "http://a b",
        ],
        Kind::Email => &["a@b", "a@b.co", "\"a b\"@c.de", "a@[127.0.0.1]", "@", "Jane <a@b.co>", "ü@ü.de"],
        Kind::Html { .. } => &[
            "<",
            "&",
            "&amp;",
            "<b>",
            "</p>",
            "<!--",
            "<p><script>",
            "<a href='javascript:x'>y</a>",
            "&nbsp;",
        ],
        Kind::TimeZone => &["utc", "Etc/UTC", "GMT+1", "../etc/passwd", "posix/UTC", "Australia/NSW", "EST"],
        _ => return any_json().boxed(),
    };
    select(texts).prop_map(Json::from).boxed()
}

#[test]
fn any_json_at_any_field_gives_a_record_or_violations() {
    for resource in REGISTRY.iter() {
        let bodies = fixed(&bodies(resource), 20);
        let fields: Vec<_> = resource.fields.iter().collect();
        let change = select(fields).prop_flat_map(|field| {
            (
                prop_oneof![30 => Just(field.name), 1 => Just("noSuchField")],
                prop_oneof![any_json().boxed(), edges(field.kind)],
            )
        });
        let case = (select(bodies), proptest::collection::vec(change, 1..4));
        hold(400, &case, |(mut body, changes)| {
            let old = stored(resource, &body);
            let changes: Object = changes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            check(resource, apply(resource, Some(&old), &changes, Mode::Patch, &context()), &changes)?;
            body.extend(changes.clone());
            check(resource, apply(resource, None, &body, Mode::Create, &context()), &changes)?;
            check(resource, apply(resource, Some(&old), &body, Mode::Replace, &context()), &changes)
        });
    }
}

/// A record that is accepted shows itself in a form that is accepted again; a refusal says what is wrong.
fn check(resource: &'static Resource, result: Result<Record, Problem>, given: &Object) -> Verdict {
    match result {
        Ok(record) => {
            let shown = shown(resource, &record);
            let again = apply(resource, Some(&record), &shown, Mode::Replace, &context());
            prop_assert_eq!(again.as_ref(), Ok(&record), "sent back: {}", Json::Object(shown));
        }
        Err(problem) => {
            let slug = problem.kind.entry().slug;
            let explained = slug == "rule-violation" && problem.hint.is_some()
                || slug == "validation-error" && !problem.violations.is_empty();
            prop_assert!(explained, "{:?} for {}", problem, Json::Object(given.clone()));
            for violation in &problem.violations {
                let name = violation.property_path.split(['[', '.']).next().unwrap_or_default();
                let known = resource.field(name).is_some() || given.contains_key(&violation.property_path);
                prop_assert!(
                    known && !violation.message.is_empty() && !violation.code.is_empty(),
                    "{:?}",
                    violation
                );
            }
        }
    }
    Ok(())
}

on_both_engines! {
    /// What passes all checks can also be stored, whatever text it holds.
    async fn accepted_text_is_stored_and_shown_as_it_is(app: TestApp) {
        let members = app.resource("members");
        let text = any::<String>()
            .prop_filter("controls", |it| !it.chars().any(char::is_control) && !it.trim().is_empty());
        for (index, text) in fixed(&text, 40).into_iter().enumerate() {
            let text = text.trim();
            let body = json!({
                "firstName": "Jane", "lastName": "Doe", "email": format!("j{index}@example.org"), "company": text,
                "interests": [text], "customFields": {"note": text},
            });
            let stored =
                match app.app.create(&app.tenant, &Actor::system(), members, body.as_object().unwrap()).await
                {
                    Ok(stored) => stored.record,
                    Err(Failure::Problem(problem)) => {
                        let long = problem.violations.iter().all(|it| it.code == "too_long");
                        assert!(long, "{text:?}: {problem:?}");
                        continue;
                    }
                    Err(failure) => panic!("{text:?}: {failure:?}"),
                };
            let read = |row: &app::RecordRow<'_, '_>| row.record();
            let found = app.app.get(&app.tenant, members, stored.id().unwrap(), read).await.unwrap();
            assert_eq!(found, stored);
            assert_eq!(found.text(members, "company"), Some(text));
        }
    }
}
