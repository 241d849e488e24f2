//! What a course must satisfy beyond each field's own bounds (domain §5). Pure functions.

use super::super::common::{
    PUBLISHED, SCHEDULED, check_order, check_publish_moment, must_be_complete, require, settle_publish_moment,
};
use super::ARCHIVED;
use crate::definition::Resource;
use crate::input::{Change, Context, Rules, check_transition};
use crate::problem::{Problem, Violation};
use crate::record::Record;

/// The status changes that there are; all others are refused.
const TRANSITIONS: &[(&str, &str)] = &[
    ("draft", SCHEDULED),
    ("draft", PUBLISHED),
    (SCHEDULED, "draft"),
    (SCHEDULED, PUBLISHED),
    (PUBLISHED, ARCHIVED),
    (ARCHIVED, PUBLISHED),
];

/// The rules of courses.
#[derive(Debug)]
pub(super) struct CourseRules;

impl Rules for CourseRules {
    fn derive(&self, change: &mut Change<'_>) {
        settle_publish_moment(change);
    }

    fn check(&self, change: &Change<'_>, found: &mut Vec<Violation>) {
        if must_be_complete(change) {
            require(change, found, "a course", &["description", "author", "startDate"]);
        }
        check_order(change, found, "startDate", "closeDate");
        check_publish_moment(change, found);
    }

    fn transition(&self, change: &Change<'_>) -> Result<(), Problem> {
        check_transition(change, TRANSITIONS)
    }

    fn delete(&self, resource: &Resource, record: &Record, _context: &Context) -> Result<(), Problem> {
        if record.text(resource, "status") != Some(PUBLISHED) {
            return Ok(());
        }
        Err(Problem::rule(
            "A published course cannot be deleted.",
            "Archive the course first: POST to its /archive, or set its status to archived.",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{
        NOW, Values, assert_transitions, context, create, moment, record, text, update,
    };
    use super::super::COURSE;
    use super::*;
    use crate::problem::ProblemKind;
    use crate::record::Value;

    /// A complete course.
    fn complete(status: &str) -> Record {
        record(
            &COURSE,
            &[
                ("name", text("Ethics for Engineers")),
                ("status", text(status)),
                ("description", text("<p>Six cases.</p>")),
                ("author", text("Mai Nguyen")),
                ("startDate", moment("2027-02-01T00:00:00Z")),
            ],
        )
    }

    /// The violations of a change to a stored course.
    fn violations(stored: &Record, body: Values<'_>) -> Vec<String> {
        update(&COURSE, &context(), stored, body).violations
    }

    #[test]
    fn only_known_transitions_are_made() {
        assert_transitions(
            &COURSE,
            &["draft", "scheduled", "published", "archived"],
            &[
                ("draft", "scheduled"),
                ("draft", "published"),
                ("scheduled", "draft"),
                ("scheduled", "published"),
                ("published", "archived"),
                ("archived", "published"),
            ],
        );
    }

    #[test]
    fn what_members_see_is_complete() {
        let needed = ["description: required", "author: required", "startDate: required"];
        let create = |status| create(&COURSE, &context(), &[("status", text(status))]).violations;
        assert_eq!(create("published"), needed);
        assert_eq!(create("scheduled")[..3], needed);
        assert!(create("draft").is_empty());
        assert!(create("archived").is_empty());
        for name in ["description", "author", "startDate"] {
            let refused = [format!("{name}: required")];
            assert_eq!(violations(&complete("published"), &[(name, Value::Null)]), refused);
            assert!(violations(&complete("draft"), &[(name, Value::Null)]).is_empty());
        }
        assert!(violations(&complete("published"), &[("membersPrice", Value::Null)]).is_empty());
    }

    #[test]
    fn it_closes_after_it_starts() {
        let draft = complete("draft");
        for close in ["2027-02-01T00:00:00Z", "2027-01-31T23:59:59Z"] {
            let found = violations(&draft, &[("closeDate", moment(close))]);
            assert_eq!(found, ["closeDate: end_before_start"]);
        }
        let close = [("closeDate", moment("2027-02-01T00:00:00.000001Z"))];
        assert!(violations(&draft, &close).is_empty());
        assert!(create(&COURSE, &context(), &close).violations.is_empty());
    }

    #[test]
    fn publication_is_set_for_the_future_and_with_scheduled_only() {
        let draft = complete("draft");
        let at = |text: &str| ("publishDateTime", moment(text));
        let scheduled = ("status", text("scheduled"));
        let later = "2026-12-01T00:00:00Z";
        let body = std::slice::from_ref(&scheduled);
        assert_eq!(violations(&draft, body), ["publishDateTime: required"]);
        assert!(violations(&draft, &[scheduled.clone(), at(later)]).is_empty());
        assert_eq!(violations(&draft, &[scheduled, at(NOW)]), ["publishDateTime: not_in_future"]);
        assert_eq!(violations(&draft, &[at(later)]), ["publishDateTime: not_scheduled"]);
    }

    #[test]
    fn publication_is_cleared_when_nothing_waits_for_it() {
        let mut stored = complete("scheduled");
        stored.set(&COURSE, "publishDateTime", moment(NOW));
        for status in ["draft", "published"] {
            let outcome = update(&COURSE, &context(), &stored, &[("status", text(status))]);
            assert!(outcome.violations.is_empty(), "{status}: {:?}", outcome.violations);
            assert!(outcome.record.get(&COURSE, "publishDateTime").is_null(), "{status}");
        }
    }

    #[test]
    fn a_published_course_is_archived_before_it_is_deleted() {
        let delete = |status| CourseRules.delete(&COURSE, &complete(status), &context());
        let problem = delete("published").unwrap_err();
        assert_eq!(problem.kind, ProblemKind::RuleViolation);
        assert!(problem.hint.unwrap().contains("/archive"));
        for status in ["draft", "scheduled", "archived"] {
            assert_eq!(delete(status), Ok(()), "{status}");
        }
    }
}
