//! Events: what an organisation invites its members and the public to (domain §4).
//!
//! This module never knows how events are stored, nor when the server looks for those to publish.

mod rules;

use super::common::{
    BIOGRAPHY, BRANCHES, CPD_CATEGORIES, CPD_POINTS, CREATED_AT, CUSTOM_FIELDS, DESCRIPTION, EXTERNAL_ID,
    FEATURED_IMAGE_URL, ID, PARAGRAPH, PUBLISH_DATE_TIME, PUBLISHED, SCHEDULED, SHORT, UPDATED_AT, VERSION,
    count, moment, tags, url,
};
use crate::definition::{Action, Default, Derived, Effect, Field, Kind, Resource, Schedule};

/// An event of the organisation.
pub static EVENT: Resource = Resource {
    name: "event",
    plural: "events",
    scope: "events",
    doc: "A conference, course evening, webinar or other gathering at a certain time. A draft needs only a \
          name; to be scheduled or published it must say when it is and how to take part.",
    fields: FIELDS,
    search: &["name", "shortDescription", "topic", "categories"],
    milestones: &[PUBLISHED, CANCELLED],
    derived: Some(Derived { field: "status", stored: PUBLISHED, shown: "completed", ended_by: "eventEnd" }),
    schedule: Some(Schedule { at: "publishDateTime", from: SCHEDULED, to: PUBLISHED }),
    actions: &[
        Action {
            name: "publish",
            effect: Effect::SetStatus(PUBLISHED),
            doc: "Publishes the event at once. It must be complete: start, end, and where or how to take \
                  part.",
        },
        Action {
            name: "cancel",
            effect: Effect::SetStatus(CANCELLED),
            doc: "Cancels a scheduled or published event. A cancelled event stays cancelled.",
        },
        Action {
            name: "clone",
            effect: Effect::Clone,
            doc: "Makes a draft with the same content, without externalId and publishDateTime, and without \
                  eventStart, eventEnd and registrationDeadline when the start is not in the future.",
        },
    ],
    rules: &rules::EventRules,
    ..Resource::BARE
};

/// The final status.
const CANCELLED: &str = "cancelled";

/// More minutes than there are in the years 1 to 9999.
const MOST_MINUTES: i64 = 10_000 * 366 * 24 * 60;

const FIELDS: &[Field] = &[
    ID,
    Field::new("name", Kind::Text { min: 1, max: SHORT }).required().folded().filter().sort().doc(
        "The event's name, 1 to 255 characters. Compared without regard to case.",
        r#""Annual Conference 2027""#,
    ),
    Field::text("shortDescription", PARAGRAPH).doc(
        "A summary for tiles and lists, at most 500 characters of plain text.",
        r#""Two days on bridges, tunnels and the people who build them.""#,
    ),
    Field::new("description", Kind::Html { max: DESCRIPTION }).nullable().doc(
        "The full description, at most 100,000 characters. HTML is allowed and is sanitised.",
        r#""<p>Join <strong>400 engineers</strong> in Sydney.</p>""#,
    ),
    Field::new("eventType", Kind::Choice(&["live", "online", "webinar", "hybrid"]))
        .filter()
        .sort()
        .default(Default::Text("live"))
        .doc(
            "How people take part. To be scheduled or published, `live` and `hybrid` need a location; \
             `online`, `webinar` and `hybrid` need a meetingUrl.",
            r#""hybrid""#,
        ),
    Field::new("status", Kind::Choice(&["draft", SCHEDULED, PUBLISHED, CANCELLED]))
        .filter()
        .sort()
        .default(Default::Text("draft"))
        .doc(
            "Where the event stands. `draft` can become `scheduled` or `published`; `scheduled` can become \
             `draft`, `published` or `cancelled`; `published` can become `cancelled`, which is final. A \
             published event that has ended is shown as `completed`, which cannot be written but can be \
             filtered on.",
            r#""published""#,
        ),
    moment("eventStart").filter().sort().doc(
        "When the event begins. In the future when the event is created, except in a batch or import that \
         says `allowPast`.",
        r#""2027-03-18T22:00:00Z""#,
    ),
    moment("eventEnd")
        .filter()
        .sort()
        .doc("When the event ends; after eventStart.", r#""2027-03-20T06:00:00Z""#),
    Field::new("timezone", Kind::TimeZone).default(Default::OrganisationZone).doc(
        "The time zone in which the event takes place, by its IANA name. The organisation's when none is \
         given.",
        r#""Australia/Sydney""#,
    ),
    Field::new("duration", Kind::Integer { min: 0, max: MOST_MINUTES })
        .nullable()
        .read_only()
        .doc("Whole minutes from eventStart to eventEnd; null when either is missing.", "1920"),
    Field::text("location", SHORT).doc("The venue.", r#""International Convention Centre, Pyrmont Theatre""#),
    Field::text("address", SHORT).doc("The venue's street address.", r#""14 Darling Drive""#),
    Field::text("city", SHORT).doc("The venue's city, town or suburb.", r#""Sydney""#),
    Field::text("state", SHORT).doc("The venue's state, territory, province or region.", r#""NSW""#),
    Field::new("country", Kind::Country)
        .nullable()
        .filter()
        .sort()
        .doc("The venue's country as an ISO 3166-1 alpha-2 code.", r#""AU""#),
    url("meetingUrl").doc(
        "Where people join who take part online.",
        r#""https://meet.example.org/annual-conference-2027""#,
    ),
    Field::text("topic", SHORT)
        .filter()
        .sort()
        .doc("What the event is about, in a word or two.", r#""Structural engineering""#),
    Field::text("series", SHORT)
        .filter()
        .sort()
        .doc("The series that the event belongs to.", r#""Annual Conference""#),
    tags("categories").filter().doc(
        "Categories: at most 50 distinct texts of at most 100 characters.",
        r#"["Conference","Networking"]"#,
    ),
    BRANCHES,
    CPD_CATEGORIES,
    PUBLISH_DATE_TIME,
    Field::new("visibility", Kind::Choice(&["public", "members_only"]))
        .filter()
        .sort()
        .default(Default::Text("public"))
        .doc("Who may see the event once it is published.", r#""members_only""#),
    count("capacity").doc("The number of places, 1 to 1,000,000; null when there is no limit.", "400"),
    moment("registrationDeadline")
        .doc("Until when people can register; not after eventStart.", r#""2027-03-11T12:59:00Z""#),
    CPD_POINTS,
    FEATURED_IMAGE_URL,
    Field::new("speakers", Kind::Objects { fields: SPEAKER, max_items: 100 }).doc(
        "Who speaks, in the order to show them: at most 100. At most one is the main speaker.",
        concat!(
            r#"[{"name":"Dr Mai Nguyen","jobTitle":"Chief Engineer","company":"Harbour Works","bio":null,"#,
            r#""photoUrl":null,"linkedinUrl":null,"websiteUrl":null,"mainSpeaker":true}]"#,
        ),
    ),
    EXTERNAL_ID,
    CUSTOM_FIELDS,
    VERSION,
    CREATED_AT,
    UPDATED_AT,
];

const SPEAKER: &[Field] = &[
    Field::new("name", Kind::Text { min: 1, max: SHORT })
        .required()
        .doc("The speaker's full name, 1 to 255 characters.", r#""Dr Mai Nguyen""#),
    Field::text("jobTitle", SHORT).doc("The speaker's job title.", r#""Chief Engineer""#),
    Field::text("company", SHORT).doc("Where the speaker works.", r#""Harbour Works""#),
    Field::new("bio", Kind::Html { max: BIOGRAPHY }).nullable().doc(
        "A short biography of at most 10,000 characters. HTML is allowed and is sanitised.",
        r#""<p>Mai led the design of three harbour crossings.</p>""#,
    ),
    url("photoUrl").doc("A portrait.", r#""https://cdn.example.org/speakers/mai-nguyen.jpg""#),
    url("linkedinUrl").doc("The speaker's LinkedIn page.", r#""https://www.linkedin.com/in/mai-nguyen""#),
    url("websiteUrl").doc("The speaker's own website.", r#""https://mai.example.org""#),
    Field::new("mainSpeaker", Kind::Boolean)
        .default(Default::Boolean(false))
        .doc("Whether this is the main speaker; at most one of an event is.", "true"),
];
