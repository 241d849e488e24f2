//! Invented members: bodies for POST, the same for the same number on every machine. Values are
//! shaped like those of an Australian association; no name or address is meant to be a real one.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Map, Value as Json, json};

const FIRST: &[&str] = &[
    "Olivia",
    "Amelia",
    "Isla",
    "Mia",
    "Ava",
    "Charlotte",
    "Grace",
    "Matilda",
    "Chloe",
    "Ruby",
    "Zoë",
    "Siobhan",
    "Priya",
    "Mei",
    "Aisha",
    "Ngaire",
    "Hana",
    "Fatima",
    "Renée",
    "Ingrid",
    "Noah",
    "Oliver",
    "Jack",
    "William",
    "Leo",
    "Henry",
    "Lucas",
    "Thomas",
    "Hamish",
    "Angus",
    "Arjun",
    "Wei",
    "Mohammed",
    "José",
    "Søren",
    "Tane",
    "Dmitri",
    "Kofi",
    "Luca",
    "Björn",
];
const LAST: &[&str] = &[
    "Smith",
    "Jones",
    "Williams",
    "Brown",
    "Wilson",
    "Taylor",
    "Johnson",
    "White",
    "Martin",
    "Anderson",
    "Thompson",
    "Nguyen",
    "Tran",
    "Le",
    "Chen",
    "Wang",
    "Li",
    "Zhang",
    "Singh",
    "Kaur",
    "Patel",
    "Sharma",
    "Khan",
    "Ali",
    "Papadopoulos",
    "Rossi",
    "Müller",
    "O'Brien",
    "O'Connor",
    "Murphy",
    "Kelly",
    "Ryan",
    "Campbell",
    "MacDonald",
    "Stewart",
    "Walker",
    "Harris",
    "Clarke",
    "Robinson",
    "Young",
    "King",
    "Wright",
    "Hill",
    "Green",
    "Baker",
    "Nakamura",
    "Kim",
    "Park",
    "García",
    "Fernández",
];
const COMPANY: &[&str] = &[
    "Southern Cross Engineering",
    "Harbour Consulting",
    "Bluegum Partners",
    "Redback Analytics",
    "Wattle & Co",
    "Murray Valley Health",
    "Coral Coast Logistics",
    "Snowy Infrastructure",
    "Banksia Legal",
    "Outback Surveying",
    "Tasman Digital",
    "Kookaburra Media",
    "Eucalypt Energy",
    "Pacific Rim Traders",
    "Gold Range Mining",
];
const COMPANY_FORM: &[&str] = &["Pty Ltd", "Limited", "Group", "Australia"];
const POSITION: &[&str] = &[
    "Structural Engineer",
    "Project Manager",
    "Senior Consultant",
    "Accountant",
    "Chief Executive Officer",
    "Practice Manager",
    "Research Fellow",
    "Student",
    "Policy Adviser",
    "Software Developer",
    "Director",
];
const STREET: &[&str] =
    &["Rose", "George", "Victoria", "Station", "Church", "Park", "Railway", "High", "Bridge"];
const PLACE: &[(&str, &str, &str, &str)] = &[
    ("Sydney", "NSW", "2000", "2"),
    ("Newcastle", "NSW", "2300", "2"),
    ("Melbourne", "VIC", "3000", "3"),
    ("Geelong", "VIC", "3220", "3"),
    ("Brisbane", "QLD", "4000", "7"),
    ("Cairns", "QLD", "4870", "7"),
    ("Perth", "WA", "6000", "8"),
    ("Adelaide", "SA", "5000", "8"),
    ("Hobart", "TAS", "7000", "3"),
    ("Darwin", "NT", "0800", "8"),
    ("Canberra", "ACT", "2600", "2"),
];
const MEMBERSHIP: &[&str] =
    &["Professional", "Associate", "Fellow", "Student", "Graduate", "Retired", "Corporate"];
const INTEREST: &[&str] = &[
    "Bridges",
    "Sustainability",
    "Ethics",
    "Leadership",
    "Data",
    "Safety",
    "Water",
    "Energy",
    "Transport",
    "Policy",
    "Mentoring",
    "Governance",
];
const EVENT_INTEREST: &[&str] = &["Site visits", "Webinars", "Conferences", "Networking", "Workshops"];
const SENTENCE: &[&str] = &[
    "Has worked in the field for more than a decade.",
    "Mentors graduates & students.",
    "Led the team that won the regional award.",
    "Speaks at conferences across the country.",
    "Interested in how small teams deliver large projects.",
    "Volunteers on the state committee.",
];

/// The e-mail address of the member with this number.
pub(crate) fn email(number: u32, first: &str, last: &str) -> String {
    let plain = |name: &str| name.chars().filter(char::is_ascii_alphabetic).collect::<String>();
    format!("{}.{}{number}@example.com", plain(first), plain(last))
}

/// The body that makes the member with this number. `year` is the one in which the member is made.
pub(crate) fn body(number: u32, year: i32) -> Map<String, Json> {
    // The number alone decides, so that the data does not depend on the order of making.
    let mut random = StdRng::seed_from_u64(0x6d70_0000_0000 | u64::from(number));
    let random = &mut random;
    let first = pick(random, FIRST);
    let last = pick(random, LAST);
    let (city, state, postcode, area) = *PLACE.choose(random).unwrap_or(&PLACE[0]);
    let mut body = Map::new();
    let mut set = |name: &str, value: Json| drop(body.insert(name.to_owned(), value));
    set("firstName", json!(first));
    set("lastName", json!(last));
    set("email", json!(email(number, first, last)));
    set("status", json!(status(random)));
    set("membershipType", json!(pick(random, MEMBERSHIP)));
    if random.random_bool(0.9) {
        set("membershipExpiresAt", json!(date(random, year + 1, year + 2)));
    }
    set("joinedAt", json!(date(random, year - 20, year - 1)));
    if random.random_bool(0.8) {
        set("dateOfBirth", json!(date(random, 1945, 2005)));
        set("gender", json!(pick(random, &["female", "male", "other", "not_specified"])));
    }
    set("mobile", json!(format!("+614{:08}", random.random_range(10_000_000..99_999_999_u32))));
    if random.random_bool(0.4) {
        set(
            "contactNumber",
            json!(format!("+61{area}9{:07}", random.random_range(2_000_000..9_999_999_u32))),
        );
    }
    if random.random_bool(0.7) {
        let company = format!("{} {}", pick(random, COMPANY), pick(random, COMPANY_FORM));
        set("company", json!(company));
        set("position", json!(pick(random, POSITION)));
        let street = pick(random, STREET);
        let line = format!(
            "Level {}, {} {street} Street, {city} {state} {postcode}",
            number % 30 + 1,
            number % 400 + 1
        );
        set("companyAddress", json!(line));
    }
    set("address", json!(format!("{} {} Street", random.random_range(1..300), pick(random, STREET))));
    set("city", json!(city));
    set("state", json!(state));
    set("postcode", json!(postcode));
    set("country", json!("AU"));
    if random.random_bool(0.3) {
        let text: Vec<&str> = (0..random.random_range(1..4)).map(|_| pick(random, SENTENCE)).collect();
        set("bio", json!(format!("<p>{}</p>", text.join(" ").replace('&', "&amp;"))));
        let name = format!("{}-{}", first.to_lowercase(), last.to_lowercase());
        let plain: String = name.chars().filter(|c| c.is_ascii_lowercase() || *c == '-').collect();
        set("linkedinUrl", json!(format!("https://www.linkedin.com/in/{plain}-{number}")));
    }
    set("interests", json!(some_of(random, INTEREST, 4)));
    set("eventInterests", json!(some_of(random, EVENT_INTEREST, 2)));
    let public = random.random_bool(0.5);
    set("profilePublic", json!(public));
    if public {
        set("directoryDisplay", json!(pick(random, &["personal", "company"])));
    }
    set("externalId", json!(format!("CRM-{number:07}")));
    let badge = first.to_uppercase();
    set(
        "customFields",
        json!({"badgeName": badge, "tableNumber": number % 60 + 1, "firstTimer": number.is_multiple_of(9)}),
    );
    body
}

/// Four in five members are active.
fn status(random: &mut StdRng) -> &'static str {
    match random.random_range(0..100_u32) {
        0..80 => "active",
        80..90 => "inactive",
        90..96 => "pending",
        _ => "suspended",
    }
}

fn pick<'t>(random: &mut StdRng, from: &[&'t str]) -> &'t str {
    from.choose(random).copied().unwrap_or_default()
}

fn some_of<'t>(random: &mut StdRng, from: &[&'t str], most: usize) -> Vec<&'t str> {
    let wanted = random.random_range(0..=most);
    let start = random.random_range(0..from.len());
    from.iter().cycle().skip(start).take(wanted.min(from.len())).copied().collect()
}

/// A day in one of these years, both included.
fn date(random: &mut StdRng, first: i32, last: i32) -> String {
    let year = random.random_range(first..=last);
    let month = random.random_range(1..=12_u32);
    let day = random.random_range(1..=28_u32);
    format!("{year}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_always_makes_the_same_member() {
        assert_eq!(body(42, 2025), body(42, 2025));
        assert_ne!(body(42, 2025)["email"], body(43, 2025)["email"]);
    }
}
