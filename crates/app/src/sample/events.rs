//! Events: some over, some to come, some not yet shown, one of each kind and status at least.

use serde_json::{Value as Json, json};

use super::dice::Dice;
use super::occupations::{COMPANIES, POSITIONS};
use super::people::NAMES;
use super::{Sample, Today, object};

/// What is written of an event by hand; the rest follows from it or is left to chance.
struct Plan {
    name: &'static str,
    about: &'static str,
    kind: &'static str,
    status: &'static str,
    /// Days from today to the start, or none when no day is set yet.
    days: Option<i64>,
    time: (i8, i8),
    minutes: i64,
    venue: Option<&'static Venue>,
    topic: &'static str,
    series: Option<&'static str>,
    categories: &'static [&'static str],
    branches: &'static [&'static str],
    /// Halves of a point.
    cpd: i64,
    capacity: Option<i64>,
    speakers: i64,
    members_only: bool,
}

struct Venue {
    location: &'static str,
    address: &'static str,
    city: &'static str,
    state: &'static str,
    country: &'static str,
    zone: &'static str,
}

const SYDNEY: &Venue = &Venue {
    location: "Harbour Convention Centre, Wharf Theatre",
    address: "14 Example Drive",
    city: "Sydney",
    state: "NSW",
    country: "AU",
    zone: "Australia/Sydney",
};
const MELBOURNE: &Venue = &Venue {
    location: "Old Treasury Hall",
    address: "20 Sample Street",
    city: "Melbourne",
    state: "VIC",
    country: "AU",
    zone: "Australia/Melbourne",
};
const BRISBANE: &Venue = &Venue {
    location: "Riverside Depot, Gate 3",
    address: "1 Quay Road",
    city: "Brisbane",
    state: "QLD",
    country: "AU",
    zone: "Australia/Brisbane",
};
const PERTH: &Venue = &Venue {
    location: "Café Swan & Terrace",
    address: "88 Specimen Terrace",
    city: "Perth",
    state: "WA",
    country: "AU",
    zone: "Australia/Perth",
};
const HOBART: &Venue = &Venue {
    location: "Salamanca Arts Loft",
    address: "5 Instance Place",
    city: "Hobart",
    state: "TAS",
    country: "AU",
    zone: "Australia/Hobart",
};
const AUCKLAND: &Venue = &Venue {
    location: "Te Whare Hapori",
    address: "7 Model Lane",
    city: "Auckland",
    state: "Tāmaki Makaurau",
    country: "NZ",
    zone: "Pacific/Auckland",
};

/// The zone of events that take place nowhere.
const ONLINE: &str = "Australia/Sydney";

/// What an event is unless it says otherwise.
const PLAIN: Plan = Plan {
    name: "",
    about: "",
    kind: "live",
    status: "published",
    days: None,
    time: (18, 0),
    minutes: 120,
    venue: None,
    topic: "Professional practice",
    series: None,
    categories: &[],
    branches: &[],
    cpd: 0,
    capacity: None,
    speakers: 0,
    members_only: false,
};

#[rustfmt::skip]
const PLANS: &[Plan] = &[
    // The first four are what the sandbox has: to come, not yet shown, being written, over.
    Plan { name: "Annual Conference: Building for a Hotter Century", about: "Two days on heat, water and the people who design for both.", kind: "hybrid", days: Some(118), time: (9, 0), minutes: 1_920, venue: Some(SYDNEY), topic: "Climate", series: Some("Annual Conference"), categories: &["Conference", "Networking"], cpd: 24, capacity: Some(400), speakers: 4, ..PLAIN },
    Plan { name: "Webinar: Reading a Geotechnical Report", about: "What the borehole logs say, and what they leave out.", kind: "webinar", status: "scheduled", days: Some(33), time: (12, 0), minutes: 60, topic: "Geotechnics", series: Some("Lunch and Learn"), categories: &["Webinar"], cpd: 2, capacity: Some(500), speakers: 1, ..PLAIN },
    Plan { name: "Mentoring breakfast (date to be set)", status: "draft", topic: "Leadership", categories: &["Networking"], ..PLAIN },
    Plan { name: "Site Visit: Second River Crossing", about: "Walk the new deck before the traffic does. Boots and hi-vis needed.", days: Some(-41), time: (14, 0), minutes: 150, venue: Some(BRISBANE), topic: "Bridges", series: Some("Site Visits"), categories: &["Site visit"], branches: &["Queensland"], cpd: 4, capacity: Some(25), speakers: 1, members_only: true, ..PLAIN },

    Plan { name: "Young Professionals' Night: Trivia for Good", about: "Teams of six, prizes for the best worst answer.", days: Some(9), time: (18, 30), minutes: 180, venue: Some(MELBOURNE), topic: "Networking", series: Some("Young Professionals"), categories: &["Networking", "Young professionals"], branches: &["Victoria"], capacity: Some(90), ..PLAIN },
    Plan { name: "Ethics in Practice: Six Hard Cases", about: "Small groups, real cases, no slides.", days: Some(16), time: (9, 30), minutes: 210, venue: Some(MELBOURNE), topic: "Ethics", categories: &["Workshop"], branches: &["Victoria"], cpd: 7, capacity: Some(24), speakers: 2, members_only: true, ..PLAIN },
    Plan { name: "Digital Twins: Beyond the Dashboard", about: "Three owners show what their twin changed, and what it cost.", kind: "online", days: Some(22), time: (16, 0), minutes: 90, topic: "Digital engineering", categories: &["Panel"], cpd: 3, speakers: 3, ..PLAIN },
    Plan { name: "Perth Branch Evening: Timber Towers", about: "How tall can wood go? Drinks from 5.30 pm.", days: Some(27), time: (17, 30), minutes: 150, venue: Some(PERTH), topic: "Timber", series: Some("Branch Evenings"), categories: &["Branch evening"], branches: &["Western Australia"], cpd: 2, capacity: Some(60), speakers: 1, ..PLAIN },
    Plan { name: "He Hui Whakaaro: Co-design with Iwi", about: "A day on partnership, place and process.", days: Some(46), time: (9, 0), minutes: 420, venue: Some(AUCKLAND), topic: "Urban design", categories: &["Workshop", "Conference"], branches: &["Aotearoa New Zealand"], cpd: 13, capacity: Some(80), speakers: 3, ..PLAIN },
    Plan { name: "Safety in Design Refresher", about: "The duties, the documents, the common mistakes.", kind: "online", days: Some(54), time: (10, 0), minutes: 180, topic: "Safety", categories: &["Workshop"], cpd: 6, capacity: Some(150), speakers: 1, ..PLAIN },
    Plan { name: "Gala Dinner and Awards", about: "Black tie or cultural dress. Tables of ten.", days: Some(119), time: (19, 0), minutes: 300, venue: Some(SYDNEY), topic: "Awards", series: Some("Annual Conference"), categories: &["Networking", "Awards"], capacity: Some(300), ..PLAIN },
    Plan { name: "Acoustics for Non-Acousticians", about: "Why the open office fails, with the graphs turned into sounds.", kind: "webinar", days: Some(61), time: (12, 0), minutes: 60, topic: "Acoustics", series: Some("Lunch and Learn"), categories: &["Webinar"], cpd: 2, speakers: 1, ..PLAIN },
    Plan { name: "Leadership Programme, Module 1: From Expert to Manager", about: "The first of four Fridays.", days: Some(75), time: (9, 0), minutes: 480, venue: Some(SYDNEY), topic: "Leadership", series: Some("Leadership Programme"), categories: &["Course day"], branches: &["New South Wales"], cpd: 14, capacity: Some(18), speakers: 2, members_only: true, ..PLAIN },
    Plan { name: "Heritage Walk: Sandstone and Steel", about: "Two kilometres, twelve buildings, one umbrella.", status: "scheduled", days: Some(68), time: (10, 0), minutes: 180, venue: Some(HOBART), topic: "Heritage", series: Some("Site Visits"), categories: &["Site visit"], branches: &["Tasmania"], cpd: 3, capacity: Some(20), speakers: 1, ..PLAIN },
    Plan { name: "Procurement Reform: What the New Rules Mean", about: "A barrister and a buyer compare notes.", kind: "hybrid", status: "scheduled", days: Some(82), time: (8, 0), minutes: 90, venue: Some(PERTH), topic: "Procurement", categories: &["Panel"], cpd: 3, capacity: Some(70), speakers: 2, ..PLAIN },
    Plan { name: "Graduate Welcome", about: "Meet the committee, find a mentor, eat a sausage.", status: "draft", days: Some(96), time: (17, 0), minutes: 120, venue: Some(BRISBANE), topic: "Networking", series: Some("Young Professionals"), categories: &["Networking"], branches: &["Queensland"], capacity: Some(120), ..PLAIN },
    Plan { name: "Water Forum (working title)", about: "Programme in preparation.", kind: "hybrid", status: "draft", days: Some(160), time: (9, 0), minutes: 480, venue: Some(MELBOURNE), topic: "Water", categories: &["Conference"], speakers: 1, ..PLAIN },
    Plan { name: "Branch Evening: Underground in Granite", about: "Cancelled because the speaker is ill; a new date will follow.", status: "cancelled", days: Some(12), time: (18, 0), minutes: 90, venue: Some(SYDNEY), topic: "Tunnels", series: Some("Branch Evenings"), categories: &["Branch evening"], branches: &["New South Wales"], cpd: 2, capacity: Some(60), speakers: 1, ..PLAIN },

    Plan { name: "Annual Conference: Rebuilding Trust", about: "Last year's conference, in person again.", days: Some(-248), time: (9, 0), minutes: 1_920, venue: Some(MELBOURNE), topic: "Leadership", series: Some("Annual Conference"), categories: &["Conference", "Networking"], cpd: 24, capacity: Some(380), speakers: 5, ..PLAIN },
    Plan { name: "Annual General Meeting", about: "Reports, accounts, and the election of the council.", kind: "hybrid", days: Some(-203), time: (17, 30), minutes: 90, venue: Some(SYDNEY), topic: "Governance", categories: &["Meeting"], members_only: true, ..PLAIN },
    Plan { name: "Webinar: Embodied Carbon, Step by Step", about: "From bill of quantities to a number you can defend.", kind: "webinar", days: Some(-152), time: (12, 0), minutes: 60, topic: "Climate", series: Some("Lunch and Learn"), categories: &["Webinar"], cpd: 2, speakers: 1, ..PLAIN },
    Plan { name: "Workshop: Writing Reports That Get Read", about: "Bring one of your own.", days: Some(-97), time: (13, 0), minutes: 240, venue: Some(BRISBANE), topic: "Communication", categories: &["Workshop"], branches: &["Queensland"], cpd: 8, capacity: Some(20), speakers: 1, ..PLAIN },
    Plan { name: "Site Visit: Wind Farm at Bald Hills", about: "Cancelled because of, of all things, the wind.", status: "cancelled", days: Some(-66), time: (9, 0), minutes: 360, venue: Some(MELBOURNE), topic: "Renewable energy", series: Some("Site Visits"), categories: &["Site visit"], branches: &["Victoria"], cpd: 6, capacity: Some(40), ..PLAIN },
    Plan { name: "Online Q&A: Chartered Status – “How long does it take?”", about: "Assessors answer everything but that.", kind: "online", days: Some(-19), time: (19, 0), minutes: 75, topic: "Membership", categories: &["Q&A"], cpd: 1, speakers: 2, ..PLAIN },
];

pub(super) fn all(dice: &mut Dice, today: Today, count: usize) -> Vec<Sample> {
    PLANS.iter().take(count).zip(1..).map(|(plan, position)| event(dice, today, plan, position)).collect()
}

fn event(dice: &mut Dice, today: Today, plan: &'static Plan, position: i64) -> Sample {
    let zone = plan.venue.map_or(ONLINE, |venue| venue.zone);
    let start = plan.days.map(|days| today.at(days, plan.time, zone));
    let text = |of: fn(&Venue) -> &'static str| json!(plan.venue.map(of));
    let meeting = plan.kind != "live";
    let slug = format!("event-{position:02}");
    // Announced some weeks before it takes place, and never before it was thought of.
    let lead = plan.days.unwrap_or(0).min(0).saturating_sub(dice.between(6, 75)).saturating_neg();
    let publish = (plan.status == "scheduled").then(|| today.at(dice.between(4, 20), (9, 0), zone));
    let points = f64::from(i32::try_from(plan.cpd).unwrap_or(0)) / 2.0;
    let visibility = if plan.members_only { "members_only" } else { "public" };
    let speakers: Vec<Json> =
        (0..plan.speakers).map(|at| speaker(dice, at == 0 && plan.speakers > 1)).collect();
    let about = if plan.about.is_empty() { None } else { Some(plan.about) };
    let description = about.map(|about| {
        let name = plan.name;
        format!("<p><strong>{name}</strong></p><p>{about}</p><ul><li>Topic: {}</li></ul>", plan.topic)
    });
    let deadline =
        start.filter(|_| plan.capacity.is_some()).map(|start| start.plus_seconds(-7 * 24 * 60 * 60));
    let image = dice.chance(60).then(|| format!("https://cdn.example.org/images/{slug}.jpg"));
    let kinds = if plan.cpd == 0 { &[][..] } else { &["Technical"][..] };
    let body = object(vec![
        ("name", json!(plan.name)),
        ("shortDescription", json!(about)),
        ("description", json!(description)),
        ("eventType", json!(plan.kind)),
        ("status", json!(plan.status)),
        ("eventStart", json!(start.map(|it| it.to_string()))),
        ("eventEnd", json!(start.map(|it| it.plus_seconds(plan.minutes * 60).to_string()))),
        ("timezone", json!(zone)),
        ("location", text(|it| it.location)),
        ("address", text(|it| it.address)),
        ("city", text(|it| it.city)),
        ("state", text(|it| it.state)),
        ("country", text(|it| it.country)),
        ("meetingUrl", json!(meeting.then(|| format!("https://meet.example.org/{slug}")))),
        ("topic", json!(plan.topic)),
        ("series", json!(plan.series)),
        ("categories", json!(plan.categories)),
        ("branches", json!(plan.branches)),
        ("cpdCategories", json!(kinds)),
        ("publishDateTime", json!(publish.map(|it| it.to_string()))),
        ("visibility", json!(visibility)),
        ("capacity", json!(plan.capacity)),
        ("registrationDeadline", json!(deadline.map(|it| it.to_string()))),
        ("cpdPoints", json!(points)),
        ("featuredImageUrl", json!(image)),
        ("speakers", Json::Array(speakers)),
        ("externalId", json!(format!("demo-{slug}"))),
        (
            "customFields",
            json!({"catering": dice.chance(50), "costCentre": format!("EV-{}", 4_000 + position)}),
        ),
    ]);
    Sample { at: today.ago(lead, dice.between(1, 600)), body }
}

fn speaker(dice: &mut Dice, main: bool) -> Json {
    let names = dice.weighted(NAMES);
    let (first, first_ascii, _) = dice.pick(names.given);
    let (last, last_ascii) = dice.pick(names.family);
    let photo = format!("https://cdn.example.org/speakers/{first_ascii}-{last_ascii}.jpg");
    json!({
        "name": format!("{first} {last}"),
        "jobTitle": dice.pick(POSITIONS),
        "company": dice.pick(COMPANIES),
        "photoUrl": dice.chance(50).then_some(photo),
        "mainSpeaker": main,
    })
}
