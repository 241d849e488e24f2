//! Random valid bodies of any resource, from its definition.
//!
//! Values come from small pools, so that records share them, with accents, cases, scripts, quotes, line
//! breaks and bounds among them.

use domain::definition::{DateBound, Field, Kind, Resource};
use domain::json::Object;
use domain::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Map, Value as Json, json};

/// Bodies that the rules of their resource accept at the tests' START; clashes of unique values apart.
pub(super) fn bodies(resource: &'static Resource) -> BoxedStrategy<Object> {
    let members = resource.fields.iter().filter(|field| !field.read_only && is_anyones(field)).map(member);
    let members: Vec<_> = members.collect();
    members
        .prop_map(move |members| {
            let mut body: Object = members.into_iter().flatten().collect();
            fit(resource.name, &mut body);
            body
        })
        .boxed()
}

fn is_anyones(field: &Field) -> bool {
    field.owner == domain::definition::Owner::Anyone
}

/// A member of the body, or none.
fn member(field: &'static Field) -> BoxedStrategy<Option<(String, Json)>> {
    let name = field.name.to_owned();
    let given = value(field).prop_map(move |value| Some((name.clone(), value)));
    if field.required { given.boxed() } else { prop_oneof![1 => Just(None), 5 => given].boxed() }
}

/// A value that the field takes, null among them where it may be.
pub(super) fn value(field: &'static Field) -> BoxedStrategy<Json> {
    let some = some_value(field);
    if field.nullable { prop_oneof![2 => Just(Json::Null), 5 => some].boxed() } else { some }
}

fn some_value(field: &'static Field) -> BoxedStrategy<Json> {
    let name = field.name;
    match field.kind {
        Kind::Text { .. } if field.unique => (0..5_000_u32).prop_map(|n| json!(format!("Ref-{n}"))).boxed(),
        Kind::Text { min, max } => text(min, max.min(40)).prop_map(Json::from).boxed(),
        Kind::PersonName => one_of(NAMES),
        Kind::Email => (
            0..5_000_u32,
            select(vec!["a", "Jane.Doe", "o'brien+x", "ZOË"]),
            select(vec!["example.org", "Example.COM"]),
        )
            .prop_map(|(n, local, domain)| json!(format!("{local}{n}@{domain}")))
            .boxed(),
        Kind::Choice(choices) => one_of(choices),
        Kind::Integer { min, max } => {
            prop_oneof![4 => min..=max.min(min + 6), 1 => Just(max)].prop_map(Json::from).boxed()
        }
        Kind::Decimal { min, max, step } => prop_oneof![4 => 0..=8_i64, 1 => Just((max - min) / step)]
            .prop_map(move |steps| serde_json::from_str(&domain::json::money(min + steps * step)).unwrap())
            .boxed(),
        Kind::Money => one_of(&["0.00", "0.05", "49", "49.5", "49.50", "1250.00", "10000000000.00"]),
        Kind::Date(DateBound::Any) => {
            one_of(&["0001-01-01", "1999-12-31", "2024-02-29", "2026-11-24", "2027-06-30", "9999-12-31"])
        }
        Kind::Date(DateBound::NotInFuture) => {
            one_of(&["1970-01-01", "2026-01-01", "2026-11-23", "2026-11-24"])
        }
        Kind::Date(DateBound::Birth) => one_of(&["1900-01-02", "1985-03-09", "2000-02-29", "2026-11-23"]),
        Kind::Timestamp => moment().prop_map(Json::from).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Json::from).boxed(),
        Kind::Url => {
            one_of(&["https://example.org", "http://example.org:8080/a?b=c&d=é#f", "https://例え.jp/"])
        }
        Kind::Phone => {
            one_of(&["0421 652 973", "+64 21 123 4567", "12345", "02 9999 1234 x12", "(02) 9999-1234"])
        }
        Kind::Country => one_of(&["AU", "nz", "GB", "US"]),
        Kind::TimeZone => one_of(&["Australia/Sydney", "europe/london", "UTC", "Asia/Kathmandu"]),
        Kind::Html { .. } => one_of(&[
            "plain",
            "<p>Five &lt; six & <b>seven</b></p>",
            "<script>alert(1)</script>safe",
            "a\n\nb 陽 🎉",
        ]),
        Kind::Tags { max_items, .. } => subsequence(TAGS, 0..=max_items.min(3)).prop_map(Json::from).boxed(),
        Kind::Objects { fields, max_items } => {
            let members: Vec<_> = fields.iter().map(member).collect();
            let object = members.prop_map(|members| Json::Object(members.into_iter().flatten().collect()));
            proptest::collection::vec(object, 0..=max_items.min(2)).prop_map(Json::from).boxed()
        }
        Kind::CustomFields => custom_fields().prop_map(Json::Object).boxed(),
        Kind::Id | Kind::Serial | Kind::Version | Kind::Json => panic!("{name} is set by the server"),
        Kind::Headers | Kind::FieldMapping => panic!("{name} is of settings"),
    }
}

const NAMES: &[&str] = &[
    "Jane",
    "JANE",
    "jane",
    "Élise",
    "e\u{301}lise",
    "陽",
    "O'Brien",
    "Smith-Jones",
    "smith",
    "Straße",
    "İpek",
    "ﬁona",
    "Nguyễn",
];
const TAGS: &[&str] = &[
    "Stage",
    "stage",
    "Wi-Fi",
    "two\twords",
    "line\nbreak",
    "say \"hi\"",
    "back\\slash",
    "日本 語",
    "Ünïcode 🎉",
    "7",
];
const WORDS: &[&str] = &[
    "Town Hall",
    "town hall",
    "TOWN HALL",
    "Émile's café",
    "emile",
    "O'Brien & Sons",
    "100%",
    "a_b",
    "Zürich",
    "zurich",
    "日本橋",
    "ΣΊΣΥΦΟΣ",
    "σίσυφος",
    "say \"hi\"",
    "tab\there",
    "line\nbreak",
    "🎉 party",
    "DROP TABLE; --",
    "x-y_z.1",
];

fn one_of(pool: &'static [&'static str]) -> BoxedStrategy<Json> {
    select(pool).prop_map(Json::from).boxed()
}

fn text(min: usize, max: usize) -> BoxedStrategy<String> {
    let any = proptest::collection::vec(any::<char>().prop_filter("control", |c| !c.is_control()), min..=max)
        .prop_map(|letters| letters.into_iter().collect::<String>())
        .prop_filter("too short when trimmed", move |text| text.trim().chars().count() >= min.max(1));
    let known = select(WORDS)
        .prop_map(str::to_owned)
        .prop_filter("bounds", move |it| (min..=max).contains(&it.chars().count()));
    prop_oneof![5 => known, 1 => any].boxed()
}

/// A moment after START in every zone, within three months, in one of the forms that clients write.
fn moment() -> impl Strategy<Value = String> {
    let start = testkit::start();
    let seconds = prop_oneof![3 => (1..90_i64).prop_map(|day| day * 86_400), 1 => 40_000..7_800_000_i64];
    (seconds, select(vec!["", ".5", ".25", ".000001"]), any::<bool>()).prop_map(
        move |(seconds, fraction, offset)| {
            let text = start.plus_seconds(seconds).to_string();
            let text = text.trim_end_matches('Z');
            if offset { format!("{text}{fraction}+09:30") } else { format!("{text}{fraction}Z") }
        },
    )
}

/// An object of custom fields.
pub(super) fn custom_fields() -> impl Strategy<Value = Map<String, Json>> {
    let key = select(vec!["floor", "badgeName", "first_timer", "Z9"]).prop_map(str::to_owned);
    let scalar = prop_oneof![
        select(vec![
            json!(2),
            json!(-7),
            json!(2.5),
            json!(1e21),
            json!(u64::MAX),
            json!("2"),
            json!("Ana Lim")
        ]),
        select(vec![json!(true), json!(null), json!(""), json!("two\nlines"), json!("é".repeat(400))]),
    ];
    proptest::collection::btree_map(key, scalar, 0..=3).prop_map(|map| map.into_iter().collect())
}

/// Mends what the rules of a resource would refuse (domain §3 to §5).
fn fit(resource: &str, body: &mut Object) {
    let status = body.get("status").and_then(Json::as_str).unwrap_or("draft").to_owned();
    let needs = |body: &mut Object, name: &str, value: Json| {
        if body.get(name).is_none_or(Json::is_null) {
            body.insert(name.to_owned(), value);
        }
    };
    match resource {
        "member" => {
            if body.get("profilePublic") != Some(&json!(true)) {
                body.remove("directoryDisplay");
            }
        }
        "event" => {
            if matches!(status.as_str(), "scheduled" | "published") {
                needs(body, "eventStart", json!("2027-01-02T09:00:00Z"));
                needs(body, "eventEnd", json!("2027-01-02T17:00:00Z"));
                needs(body, "location", json!("Town Hall"));
                needs(body, "meetingUrl", json!("https://meet.example.org/x"));
            }
            in_order(body, "eventStart", "eventEnd");
            body.remove("registrationDeadline");
            let speakers = body.get_mut("speakers").and_then(Json::as_array_mut);
            for speaker in speakers.into_iter().flatten().skip(1) {
                speaker["mainSpeaker"] = json!(false);
            }
            wait_for(body, "publishDateTime", status == "scheduled");
        }
        "course" => {
            if matches!(status.as_str(), "scheduled" | "published") {
                needs(body, "description", json!("<p>Six cases.</p>"));
                needs(body, "author", json!("Dr Mai Nguyen"));
                needs(body, "startDate", json!("2027-01-02T09:00:00Z"));
            }
            in_order(body, "startDate", "closeDate");
            wait_for(body, "publishDateTime", status == "scheduled");
        }
        _ => {
            if matches!(status.as_str(), "planned" | "open") {
                needs(body, "country", json!("AU"));
            }
            wait_for(body, "opensAt", status == "planned");
            in_order(body, "opensAt", "leaseEndsAt");
        }
    }
}

/// What a schedule waits for: there with its status, and only with it.
fn wait_for(body: &mut Object, name: &str, waits: bool) {
    if !waits {
        body.remove(name);
    } else if body.get(name).is_none_or(Json::is_null) {
        body.insert(name.to_owned(), json!("2027-03-01T00:00:00Z"));
    }
}

/// Puts two moments in order; the second is an hour later when they are the same.
fn in_order(body: &mut Object, first: &str, second: &str) {
    let at = |name: &str| body.get(name).and_then(Json::as_str).and_then(Timestamp::parse);
    let (Some(from), Some(to)) = (at(first), at(second)) else { return };
    if from == to {
        body.insert(second.to_owned(), json!(from.plus_seconds(3_600).to_string()));
    } else if from > to {
        let (from, to) = (body[first].clone(), body[second].clone());
        body.insert(first.to_owned(), to);
        body.insert(second.to_owned(), from);
    }
}
