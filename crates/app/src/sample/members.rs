//! Members: who they are, where they live and work, and where they stand with the association.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::occupations::{COMPANIES, EVENT_INTERESTS, INTERESTS, POSITIONS};
use super::people::{Gender, NAMES};
use super::places::{HOME, Place, abroad};
use super::{Sample, Today, object};

/// When the association began to use the system, in days before today.
const BEGAN: i64 = 3 * 365;

/// Membership plans by how common they are.
const PLANS: &[(i64, &str)] = &[
    (12, "Student"),
    (16, "Graduate"),
    (20, "Associate"),
    (34, "Professional"),
    (10, "Fellow"),
    (8, "Corporate"),
];

const STATUSES: &[(i64, &str)] = &[(78, "active"), (10, "inactive"), (7, "pending"), (5, "suspended")];

const STREETS: &[&str] = &[
    "Rose Street",
    "Banksia Road",
    "Wharf Lane",
    "Station Parade",
    "Kookaburra Crescent",
    "King William Street",
    "Old Mill Drive",
    "Jacaranda Avenue",
    "Café Lane",
    "The Esplanade",
];

const DOMAINS: &[&str] = &["example.org", "example.com", "example.net"];

pub(super) fn all(dice: &mut Dice, today: Today, count: usize) -> Vec<Sample> {
    let mut addresses = Addresses::default();
    // The days on which they joined come first, so that numbers count in the order of joining.
    let mut joined: Vec<i64> = (0..count).map(|_| days_since_joining(dice)).collect();
    joined.sort_unstable_by(|one, other| other.cmp(one));
    let mut position = 0;
    joined
        .into_iter()
        .map(|days| {
            position += 1;
            member(dice, today, &mut addresses, position, days)
        })
        .collect()
}

/// More joined lately than long ago.
fn days_since_joining(dice: &mut Dice) -> i64 {
    let years = dice.between(0, 11).min(dice.between(0, 14));
    years * 365 + dice.between(1, 365)
}

fn member(dice: &mut Dice, today: Today, addresses: &mut Addresses, position: i64, joined: i64) -> Sample {
    let names = dice.weighted(NAMES);
    let &(first, first_ascii, gender) = dice.pick(names.given);
    let &(last, last_ascii) = dice.pick(names.family);
    let place = if dice.chance(82) { dice.weighted(HOME) } else { abroad(dice, names.countries) };
    let status = *dice.weighted(STATUSES);
    let plan = if status == "pending" { None } else { Some(*dice.weighted(PLANS)) };
    let expires = plan.and_then(|plan| expiry(dice, plan, status, joined));
    let works = plan != Some("Student") && dice.chance(85);
    let public = dice.chance(45);
    let mobile = if dice.chance(85) { place.mobile(dice) } else { None };
    let home = if dice.chance(40) { place.landline(dice) } else { None };
    let address = format!("{} {}", dice.between(1, 240), dice.pick(STREETS));
    let born = dice.between(20 * 365, 78 * 365).max(joined + 17 * 365);
    let mut pairs = vec![
        ("firstName", json!(first)),
        ("lastName", json!(last)),
        ("email", json!(addresses.of(dice, first_ascii, last_ascii))),
        ("status", json!(status)),
        ("membershipType", json!(plan)),
        ("membershipExpiresAt", json!(expires.map(|days| today.plus_days(days).to_string()))),
        ("joinedAt", json!(today.plus_days(-joined).to_string())),
        ("dateOfBirth", json!(dice.chance(75).then(|| today.plus_days(-born).to_string()))),
        ("gender", json!(gender_said(dice, gender))),
        ("contactNumber", json!(home)),
        ("mobile", json!(mobile)),
        ("address", json!(dice.chance(70).then_some(address))),
        ("city", json!(place.city)),
        ("state", json!(place.state)),
        ("postcode", json!(place.postcode)),
        ("country", json!(place.country)),
        ("profilePublic", json!(public)),
        ("directoryDisplay", json!((public && dice.chance(80)).then(|| display(works)))),
        ("interests", json!(dice.some(INTERESTS, 0, 5))),
        ("eventInterests", json!(dice.some(EVENT_INTERESTS, 0, 3))),
        ("externalId", json!(format!("demo-member-{position:04}"))),
        ("customFields", custom_fields(dice, first, joined)),
    ];
    if works {
        pairs.extend(work(dice, place));
    }
    if public {
        pairs.extend(profile(dice, first, first_ascii, last_ascii));
    }
    // Who joined before the system was there was entered on its first days.
    let minutes = dice.between(1, 20 * 60);
    let at = if joined > BEGAN {
        today.ago(BEGAN, 20 * 60 - position)
    } else {
        today.ago(joined.max(1), -minutes)
    };
    Sample { at: at.min(today.ago(0, 1)), body: object(pairs) }
}

/// The last day of a membership, in days from today.
fn expiry(dice: &mut Dice, plan: &str, status: &str, joined: i64) -> Option<i64> {
    match (plan, status) {
        // Fellows are so for life.
        ("Fellow", "active") if dice.chance(60) => None,
        (_, "active") if dice.chance(93) => Some(dice.between(0, 364)),
        // In arrears, but not yet struck off.
        (_, "active") => Some(-dice.between(1, 45)),
        (_, "suspended") => Some(dice.between(-90, 200)),
        _ => Some(-dice.between(30, 900).min(joined.max(1))),
    }
}

fn gender_said(dice: &mut Dice, gender: Gender) -> Option<&'static str> {
    match dice.between(1, 100) {
        1..=14 => None,
        15..=18 => Some("not_specified"),
        19..=21 => Some("other"),
        _ if gender == Gender::Female => Some("female"),
        _ => Some("male"),
    }
}

fn display(works: bool) -> &'static str {
    if works { "company" } else { "personal" }
}

fn work(dice: &mut Dice, place: &Place) -> Vec<(&'static str, Json)> {
    let street = format!("Level {}, {} {}", dice.between(1, 30), dice.between(1, 400), dice.pick(STREETS));
    let line = [Some(street.as_str()), Some(place.city), place.state, place.postcode];
    let line: Vec<&str> = line.into_iter().flatten().collect();
    vec![
        ("company", json!(dice.pick(COMPANIES))),
        ("position", json!(dice.pick(POSITIONS))),
        ("companyAddress", json!(dice.chance(60).then(|| line.join(", ")))),
        ("companyContactNumber", json!(if dice.chance(60) { place.landline(dice) } else { None })),
    ]
}

fn profile(dice: &mut Dice, name: &str, first: &str, last: &str) -> Vec<(&'static str, Json)> {
    let interest = dice.pick(INTERESTS).to_lowercase();
    let bio = format!(
        "<p>{name} has worked in <strong>{interest}</strong> for {} years and mentors graduates.</p>",
        dice.between(2, 35)
    );
    let handle = format!("{first}-{last}");
    vec![
        ("bio", json!(bio)),
        (
            "linkedinUrl",
            json!(dice.chance(60).then(|| format!("https://www.linkedin.com/in/example-{handle}"))),
        ),
        ("websiteUrl", json!(dice.chance(20).then(|| format!("https://{handle}.example.org")))),
    ]
}

fn custom_fields(dice: &mut Dice, first: &str, joined: i64) -> Json {
    let mut fields = object(vec![("newsletter", json!(dice.chance(70)))]);
    if dice.chance(30) {
        fields.insert("badgeName".to_owned(), json!(first));
    }
    if dice.chance(25) {
        let diet = *dice.pick(&["vegetarian", "vegan", "halal", "gluten-free", "no nuts"]);
        fields.insert("dietaryNeeds".to_owned(), json!(diet));
    }
    if dice.chance(40) {
        fields.insert("yearsInField".to_owned(), json!(joined / 365 + dice.between(0, 20)));
    }
    Json::Object(fields)
}

/// Gives addresses so that no two are the same.
#[derive(Default)]
struct Addresses(HashMap<String, u32>);

impl Addresses {
    fn of(&mut self, dice: &mut Dice, first: &str, last: &str) -> String {
        let local = format!("{first}.{last}");
        let times = self.0.entry(local.clone()).or_insert(0);
        *times += 1;
        let number = if *times > 1 { times.to_string() } else { String::new() };
        // Some people write their address in capitals; it is kept as given.
        let local = if dice.chance(2) { local.to_uppercase() } else { local };
        format!("{local}{number}@{}", dice.pick(DOMAINS))
    }
}
