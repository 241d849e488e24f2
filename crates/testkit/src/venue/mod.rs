//! Venues: a fourth resource that exists only in tests. It is made of this definition, a file of rules
//! and a migration; that it passes the generic suite proves that a resource needs nothing else.
//!
//! It has a field of every kind, in lists of objects too, and everything else that a definition can
//! say. It must never be known by name to the machinery, nor to the product.

mod layout;
mod rules;

pub use layout::VENUE_LAYOUT;

use app::db::{Migration, MigrationSql};
use domain::definition::{Action, DateBound, Default, Derived, Effect, Field, Kind, Resource, Schedule};

/// A place where events are held.
pub static VENUE: Resource = Resource {
    name: "venue",
    plural: "venues",
    scope: "venues",
    doc: "A place where events are held. It exists to try the machinery with every kind of field.",
    fields: FIELDS,
    search: &["name", "code", "manager", "features", "venueNumber"],
    milestones: &[OPEN, CLOSED],
    derived: Some(Derived { field: "status", stored: OPEN, shown: "expired", ended_by: "leaseEndsAt" }),
    schedule: Some(Schedule { at: "opensAt", from: PLANNED, to: OPEN }),
    actions: &[
        Action { name: "open", effect: Effect::SetStatus(OPEN), doc: "Opens the venue at once." },
        Action { name: "close", effect: Effect::SetStatus(CLOSED), doc: "Closes an open venue for good." },
        Action { name: "clone", effect: Effect::Clone, doc: "Makes a draft of a venue like this one." },
    ],
    rules: &rules::VenueRules,
    ..Resource::BARE
};

/// The table of venues, after the product's own migrations.
#[must_use]
pub fn venue_migration() -> Migration {
    Migration {
        version: 1001,
        name: "1001_venues",
        sql: MigrationSql::Both(include_str!("../../migrations/1001_venues.sql")),
    }
}

/// The status that waits for `opensAt`.
const PLANNED: &str = "planned";
/// The status of a venue that can be used.
const OPEN: &str = "open";
/// The final status.
const CLOSED: &str = "closed";

const FIELDS: &[Field] = &[
    Field::new("id", Kind::Id).read_only().sort().doc("Identifies the venue.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#),
    Field::new("venueNumber", Kind::Serial).read_only().filter().sort().doc("Counts the venues.", "7"),
    Field::new("name", Kind::Text { min: 3, max: 120 })
        .required()
        .folded()
        .filter()
        .sort()
        .doc("The venue's name, 3 to 120 characters.", r#""Town Hall""#),
    Field::text("code", 20).unique().folded().filter().sort().doc("A short code; no two are alike.", r#""SYD-Hall""#),
    Field::new("status", Kind::Choice(&["draft", PLANNED, OPEN, CLOSED]))
        .filter()
        .sort()
        .default(Default::Text("draft"))
        .doc("Where the venue stands. An open venue whose lease has ended is shown as expired.", r#""open""#),
    Field::new("style", Kind::Choice(&["theatre", "hall", "outdoor"]))
        .nullable()
        .filter()
        .sort()
        .doc("What kind of place it is.", r#""hall""#),
    Field::new("manager", Kind::PersonName).nullable().folded().filter().sort().doc("Who runs it.", r#""Mai Nguyen""#),
    Field::new("email", Kind::Email).nullable().folded().filter().sort().doc("Where to write to.", r#""hall@example.org""#),
    Field::new("phone", Kind::Phone).nullable().doc("Where to call.", r#""+61291234567""#),
    Field::new("country", Kind::Country).nullable().filter().sort().doc("Where it is.", r#""AU""#),
    Field::new("timezone", Kind::TimeZone)
        .filter()
        .default(Default::OrganisationZone)
        .doc("Its time zone; the organisation's when none is given.", r#""Australia/Sydney""#),
    Field::new("website", Kind::Url).nullable().doc("Its website.", r#""https://hall.example.org""#),
    Field::new("description", Kind::Html { max: 5_000 }).nullable().doc("What it is like.", r#""<p>Bright.</p>""#),
    Field::new("builtOn", Kind::Date(DateBound::Any)).nullable().filter().sort().doc("When it was built.", r#""1889-11-27""#),
    Field::new("inspectedOn", Kind::Date(DateBound::NotInFuture))
        .filter()
        .sort()
        .default(Default::Today)
        .doc("When it was last inspected; not in the future, today when none is given.", r#""2026-11-01""#),
    Field::new("managerBornOn", Kind::Date(DateBound::Birth))
        .nullable()
        .filter()
        .doc("The manager's date of birth.", r#""1970-05-17""#),
    Field::new("opensAt", Kind::Timestamp)
        .nullable()
        .filter()
        .sort()
        .doc("When the server opens it by itself. Needed for, and only with, planned.", "null"),
    Field::new("leaseEndsAt", Kind::Timestamp)
        .nullable()
        .filter()
        .sort()
        .doc("When the lease ends; after opensAt.", r#""2030-06-30T13:59:59.500Z""#),
    Field::new("leaseDays", Kind::Integer { min: 0, max: 10_000_000 })
        .nullable()
        .read_only()
        .doc("Whole days from opensAt to leaseEndsAt.", "null"),
    Field::new("seats", Kind::Integer { min: 0, max: 100_000 }).nullable().filter().sort().doc("Seats in all.", "450"),
    Field::new("rating", Kind::Decimal { min: 0, max: 500, step: 25 })
        .filter()
        .sort()
        .default(Default::Integer(0))
        .doc("Stars, 0 to 5 in steps of 0.25.", "4.25"),
    Field::new("dayRate", Kind::Money).nullable().filter().sort().doc("What a day costs.", r#""1250.50""#),
    Field::new("accessible", Kind::Boolean)
        .filter()
        .sort()
        .default(Default::Boolean(false))
        .doc("Whether it has no steps.", "true"),
    Field::new("features", Kind::Tags { max_items: 5, max_length: 30 })
        .filter()
        .doc("What it offers: at most 5 texts.", r#"["Stage","Wi-Fi"]"#),
    Field::new("rooms", Kind::Objects { fields: ROOM, max_items: 10 }).doc(
        "Its rooms.",
        concat!(
            r#"[{"name":"Foyer","use":"open","seats":40,"height":3.5,"rate":"90.00","email":null,"phone":null,"#,
            r#""host":null,"builtOn":null,"freeFrom":null,"country":"AU","timezone":"Australia/Sydney","#,
            r#""photoUrl":null,"notes":"<b>Quiet</b>","lit":true}]"#,
        ),
    ),
    Field::text("externalId", 255).unique().filter().sort().doc("Your own id of it.", r#""V-1""#),
    Field::text("leaseId", 255).integration_only().doc("Its id in the leasing system.", r#""L-1""#),
    Field::new("customFields", Kind::CustomFields).doc("Your own fields.", r#"{"floor":2,"keyHolder":"Ana"}"#),
    Field::new("version", Kind::Version).read_only().doc("Counts the changes.", "1"),
    Field::new("createdAt", Kind::Timestamp)
        .read_only()
        .filter()
        .sort()
        .doc("When it was created.", r#""2026-11-24T03:15:27.482Z""#),
    Field::new("updatedAt", Kind::Timestamp)
        .read_only()
        .filter()
        .sort()
        .doc("When it was last changed.", r#""2026-11-24T03:15:27.482Z""#),
];

const ROOM: &[Field] = &[
    Field::new("name", Kind::Text { min: 1, max: 60 }).required().doc("The room's name.", r#""Foyer""#),
    Field::new("use", Kind::Choice(&["open", "staff"]))
        .default(Default::Text("open"))
        .doc("Who may use it.", r#""open""#),
    Field::new("seats", Kind::Integer { min: 0, max: 10_000 }).nullable().doc("Seats in it.", "40"),
    Field::new("height", Kind::Decimal { min: 0, max: 5_000, step: 1 })
        .nullable()
        .doc("Metres to the ceiling.", "3.5"),
    Field::new("rate", Kind::Money).nullable().doc("What a day costs.", r#""90.00""#),
    Field::new("email", Kind::Email).nullable().doc("Who books it.", r#""foyer@example.org""#),
    Field::new("phone", Kind::Phone).nullable().doc("The phone in it.", r#""+61291234567""#),
    Field::new("host", Kind::PersonName).nullable().doc("Who looks after it.", r#""Ana Lim""#),
    Field::new("builtOn", Kind::Date(DateBound::Any)).nullable().doc("When it was built.", r#""1999-01-01""#),
    Field::new("freeFrom", Kind::Timestamp)
        .nullable()
        .doc("From when it is free.", r#""2027-01-01T00:00:00Z""#),
    Field::new("country", Kind::Country).nullable().doc("Where it is.", r#""AU""#),
    Field::new("timezone", Kind::TimeZone)
        .default(Default::OrganisationZone)
        .doc("Its time zone.", r#""Australia/Sydney""#),
    Field::new("photoUrl", Kind::Url).nullable().doc("A picture.", r#""https://cdn.example.org/foyer.jpg""#),
    Field::new("notes", Kind::Html { max: 500 }).nullable().doc("Notes.", r#""<b>Quiet</b>""#),
    Field::new("lit", Kind::Boolean).default(Default::Boolean(false)).doc("Whether it has daylight.", "true"),
];
