//! Courses: what members and others learn from at their own pace (domain §5).
//!
//! This module never knows how courses are stored, nor when the server looks for those to publish.

mod rules;

use super::common::{
    BRANCHES, CPD_CATEGORIES, CPD_POINTS, CREATED_AT, CUSTOM_FIELDS, DESCRIPTION, EXTERNAL_ID,
    FEATURED_IMAGE_URL, ID, PARAGRAPH, PUBLISH_DATE_TIME, PUBLISHED, SCHEDULED, SHORT, UPDATED_AT, VERSION,
    count, moment, tags,
};
use crate::definition::{Action, Default, Effect, Field, Kind, Resource, Schedule};

/// A course of the organisation.
pub static COURSE: Resource = Resource {
    name: "course",
    plural: "courses",
    scope: "courses",
    doc: "Learning material that is open for a time or for good. A draft needs only a name; to be scheduled \
          or published it needs description, author and startDate.",
    fields: FIELDS,
    search: &["name", "shortDescription", "categories", "author"],
    milestones: &[PUBLISHED, ARCHIVED],
    schedule: Some(Schedule { at: "publishDateTime", from: SCHEDULED, to: PUBLISHED }),
    actions: &[
        Action {
            name: "publish",
            effect: Effect::SetStatus(PUBLISHED),
            doc: "Publishes the course at once, or again when it was archived. It must be complete: \
                  description, author and startDate.",
        },
        Action {
            name: "archive",
            effect: Effect::SetStatus(ARCHIVED),
            doc: "Takes a published course out of sight. It can be published again.",
        },
    ],
    rules: &rules::CourseRules,
    ..Resource::BARE
};

/// The status of a course that was published and is no longer offered.
const ARCHIVED: &str = "archived";

const FIELDS: &[Field] = &[
    ID,
    Field::new("name", Kind::Text { min: 1, max: SHORT }).required().folded().filter().sort().doc(
        "The course's name, 1 to 255 characters. Compared without regard to case.",
        r#""Ethics for Engineers""#,
    ),
    Field::text("shortDescription", PARAGRAPH).doc(
        "A summary of at most 500 characters of plain text. Tiles show the first 135.",
        r#""What the code of conduct asks of you, in six short cases.""#,
    ),
    Field::new("description", Kind::Html { max: DESCRIPTION }).nullable().doc(
        "The full description, at most 100,000 characters. HTML is allowed and is sanitised. Needed to \
         schedule or publish.",
        r#""<p>Six cases from practice, each with a <em>short</em> quiz.</p>""#,
    ),
    Field::new("status", Kind::Choice(&["draft", SCHEDULED, PUBLISHED, ARCHIVED]))
        .filter()
        .sort()
        .default(Default::Text("draft"))
        .doc(
            "Where the course stands. `draft` can become `scheduled` or `published`; `scheduled` can become \
             `draft` or `published`; `published` can become `archived`; `archived` can become `published` \
             again.",
            r#""published""#,
        ),
    Field::new("courseType", Kind::Choice(&["video", "pdf", "text", "quiz", "blended"]))
        .filter()
        .sort()
        .default(Default::Text("blended"))
        .doc("What the course mainly consists of.", r#""video""#),
    tags("categories").filter().doc(
        "Categories: at most 50 distinct texts of at most 100 characters.",
        r#"["Professional practice"]"#,
    ),
    tags("series").doc(
        "The series that the course belongs to: at most 50 distinct texts of at most 100 characters.",
        r#"["Graduate programme"]"#,
    ),
    BRANCHES,
    CPD_CATEGORIES,
    Field::text("author", SHORT)
        .filter()
        .sort()
        .doc("Who made the course. Needed to schedule or publish.", r#""Dr Mai Nguyen""#),
    PUBLISH_DATE_TIME,
    count("estimatedCompletionTime").doc("Minutes that the course takes, as a guide: 1 to 1,000,000.", "90"),
    moment("startDate").filter().sort().doc(
        "From when the course can be taken. Needed to schedule or publish; it may be in the past.",
        r#""2027-02-01T00:00:00Z""#,
    ),
    moment("closeDate").filter().sort().doc(
        "Until when the course can be taken; after startDate. Null when it stays open.",
        r#""2027-12-01T00:00:00Z""#,
    ),
    CPD_POINTS,
    price("membersPrice").doc(
        "What members pay, in the organisation's currency: a string with at most two decimals. Null is free.",
        r#""49.00""#,
    ),
    price("nonMembersPrice").doc(
        "What others pay, in the organisation's currency: a string with at most two decimals. Null is free.",
        r#""89.00""#,
    ),
    count("membersLimit")
        .doc("The number of places for members, 1 to 1,000,000; null when there is no limit.", "200"),
    count("nonMembersLimit")
        .doc("The number of places for others, 1 to 1,000,000; null when there is no limit.", "50"),
    FEATURED_IMAGE_URL,
    EXTERNAL_ID,
    CUSTOM_FIELDS,
    VERSION,
    CREATED_AT,
    UPDATED_AT,
];

const fn price(name: &'static str) -> Field {
    Field::new(name, Kind::Money).nullable()
}
