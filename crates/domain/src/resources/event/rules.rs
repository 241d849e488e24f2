//! What an event must satisfy beyond each field's own bounds (domain §4). Pure functions.

use super::super::common::{
    PUBLISHED, SCHEDULED, both, check_order, check_publish_moment, must_be_complete, require,
    settle_publish_moment,
};
use super::CANCELLED;
use crate::definition::Resource;
use crate::input::{Change, Context, Rules, check_transition};
use crate::json::shows_derived;
use crate::problem::{Problem, Violation};
use crate::record::{Record, Value};

/// The status changes that there are; all others are refused.
const TRANSITIONS: &[(&str, &str)] = &[
    ("draft", SCHEDULED),
    ("draft", PUBLISHED),
    (SCHEDULED, "draft"),
    (SCHEDULED, PUBLISHED),
    (SCHEDULED, CANCELLED),
    (PUBLISHED, CANCELLED),
];

/// The rules of events.
#[derive(Debug)]
pub(super) struct EventRules;

impl Rules for EventRules {
    fn derive(&self, change: &mut Change<'_>) {
        settle_publish_moment(change);
        let duration = both(change, "eventStart", "eventEnd")
            .map_or(Value::Null, |(start, end)| Value::Integer(start.minutes_until(end)));
        change.set("duration", duration);
    }

    fn check(&self, change: &Change<'_>, found: &mut Vec<Violation>) {
        check_start(change, found);
        check_order(change, found, "eventStart", "eventEnd");
        check_completeness(change, found);
        check_deadline(change, found);
        check_publish_moment(change, found);
        check_speakers(change, found);
    }

    fn transition(&self, change: &Change<'_>) -> Result<(), Problem> {
        check_transition(change, TRANSITIONS)
    }

    fn delete(&self, resource: &Resource, record: &Record, context: &Context) -> Result<(), Problem> {
        let published = record.text(resource, "status") == Some(PUBLISHED);
        if !published || shows_derived(resource, record, context.now) {
            return Ok(());
        }
        Err(Problem::rule(
            "A published event that has not ended cannot be deleted.",
            "Cancel the event first: POST to its /cancel, or set its status to cancelled.",
        ))
    }

    fn copy(&self, resource: &Resource, record: &mut Record, context: &Context) {
        record.set(resource, "status", Value::Text("draft".to_owned()));
        record.set(resource, "externalId", Value::Null);
        record.set(resource, "publishDateTime", Value::Null);
        let start = record.timestamp(resource, "eventStart");
        if start.is_none_or(|start| start <= context.now) {
            for name in ["eventStart", "eventEnd", "registrationDeadline"] {
                record.set(resource, name, Value::Null);
            }
        }
    }
}

fn check_start(change: &Change<'_>, found: &mut Vec<Violation>) {
    let context = change.context;
    let created_now = change.old.is_none() && !context.allow_past;
    if created_now && change.timestamp("eventStart").is_some_and(|start| start <= context.now) {
        found.push(Violation::new(
            "eventStart",
            "not_in_future",
            "eventStart must be in the future for a new event; past events can be created in a batch or \
             import that says allowPast.",
        ));
    }
}

fn check_completeness(change: &Change<'_>, found: &mut Vec<Violation>) {
    if !must_be_complete(change) {
        return;
    }
    require(change, found, "an event", &["eventStart", "eventEnd"]);
    match change.text("eventType") {
        Some("live") => require(change, found, "a live event", &["location"]),
        Some("hybrid") => require(change, found, "a hybrid event", &["location", "meetingUrl"]),
        Some("online") => require(change, found, "an online event", &["meetingUrl"]),
        Some("webinar") => require(change, found, "a webinar", &["meetingUrl"]),
        _ => {}
    }
}

fn check_deadline(change: &Change<'_>, found: &mut Vec<Violation>) {
    if let Some((start, deadline)) = both(change, "eventStart", "registrationDeadline")
        && deadline > start
    {
        found.push(Violation::new(
            "registrationDeadline",
            "deadline_after_start",
            format!("registrationDeadline must not be after eventStart ({start})."),
        ));
    }
}

fn check_speakers(change: &Change<'_>, found: &mut Vec<Violation>) {
    let speakers: Vec<serde_json::Value> =
        change.text("speakers").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let main = speakers.iter().filter(|speaker| speaker["mainSpeaker"] == true).count();
    if main > 1 {
        found.push(Violation::new(
            "speakers",
            "too_many_main_speakers",
            format!("At most one speaker can have mainSpeaker true; here {main} have."),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{
        NOW, Values, assert_transitions, context, create, moment, record, text, update,
    };
    use super::super::EVENT;
    use super::*;

    const START: &str = "2027-03-18T22:00:00Z";
    const END: &str = "2027-03-19T06:00:00Z";

    /// A complete hybrid event.
    fn complete(status: &str) -> Record {
        record(
            &EVENT,
            &[
                ("name", text("Annual Conference")),
                ("status", text(status)),
                ("eventType", text("hybrid")),
                ("eventStart", moment(START)),
                ("eventEnd", moment(END)),
                ("location", text("Town Hall")),
                ("meetingUrl", text("https://meet.example.org/x")),
            ],
        )
    }

    /// The violations of a change to a stored event.
    fn violations(stored: &Record, body: Values<'_>) -> Vec<String> {
        update(&EVENT, &context(), stored, body).violations
    }

    #[test]
    fn only_known_transitions_are_made() {
        assert_transitions(
            &EVENT,
            &["draft", "scheduled", "published", "cancelled"],
            &[
                ("draft", "scheduled"),
                ("draft", "published"),
                ("scheduled", "draft"),
                ("scheduled", "published"),
                ("scheduled", "cancelled"),
                ("published", "cancelled"),
            ],
        );
    }

    #[test]
    fn a_draft_needs_only_a_name() {
        let outcome = create(&EVENT, &context(), &[("name", text("Idea"))]);
        assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
        assert_eq!(outcome.record.get(&EVENT, "duration"), &Value::Null);
    }

    #[test]
    fn the_duration_follows_from_start_and_end() {
        let draft = complete("draft");
        let duration = |body: Values<'_>| {
            update(&EVENT, &context(), &draft, body).record.get(&EVENT, "duration").clone()
        };
        assert_eq!(duration(&[]), Value::Integer(480));
        assert_eq!(duration(&[("eventEnd", moment("2027-03-18T22:01:59Z"))]), Value::Integer(1));
        assert_eq!(duration(&[("eventEnd", Value::Null)]), Value::Null);
        assert_eq!(duration(&[("eventStart", Value::Null)]), Value::Null);
    }

    #[test]
    fn the_end_is_after_the_start() {
        let draft = complete("draft");
        for end in [START, "2027-03-18T21:59:59Z"] {
            assert_eq!(violations(&draft, &[("eventEnd", moment(end))]), ["eventEnd: end_before_start"]);
        }
        assert!(violations(&draft, &[("eventEnd", moment("2027-03-18T22:00:00.000001Z"))]).is_empty());
    }

    #[test]
    fn a_new_event_starts_in_the_future() {
        let past = context().now.plus_seconds(-1);
        let future = context().now.plus_seconds(1);
        let at = |start: Value| [("eventStart", start)];
        let refused = ["eventStart: not_in_future"];
        assert_eq!(create(&EVENT, &context(), &at(moment(NOW))).violations, refused);
        assert_eq!(create(&EVENT, &context(), &at(Value::Integer(past.as_micros()))).violations, refused);
        let later = create(&EVENT, &context(), &at(Value::Integer(future.as_micros())));
        assert!(later.violations.is_empty());

        let history = Context { allow_past: true, ..context() };
        assert!(create(&EVENT, &history, &at(moment("1999-01-01T00:00:00Z"))).violations.is_empty());
        assert!(violations(&complete("draft"), &at(moment("1999-01-01T00:00:00Z"))).is_empty());
    }

    #[test]
    fn what_members_see_is_complete() {
        let cases: [(&str, &[&str]); 4] = [
            ("live", &["location"]),
            ("online", &["meetingUrl"]),
            ("webinar", &["meetingUrl"]),
            ("hybrid", &["location", "meetingUrl"]),
        ];
        for (kind, by_type) in cases {
            let needed: Vec<String> = ["eventStart", "eventEnd"]
                .iter()
                .chain(by_type)
                .map(|name| format!("{name}: required"))
                .collect();
            let body = |status| [("eventType", text(kind)), ("status", text(status))];
            assert_eq!(create(&EVENT, &context(), &body("published")).violations, needed, "{kind}");
            assert!(create(&EVENT, &context(), &body("draft")).violations.is_empty(), "{kind}");
            assert!(create(&EVENT, &context(), &body("cancelled")).violations.is_empty(), "{kind}");
            let mut needed = needed;
            needed.push("publishDateTime: required".to_owned());
            assert_eq!(create(&EVENT, &context(), &body("scheduled")).violations, needed, "{kind}");

            let mut only = complete("published");
            only.set(&EVENT, "eventType", text(kind));
            for name in ["location", "meetingUrl"] {
                if !by_type.contains(&name) {
                    only.set(&EVENT, name, Value::Null);
                }
            }
            assert!(violations(&only, &[("topic", text("Bridges"))]).is_empty(), "{kind}");
        }
    }

    #[test]
    fn a_published_event_stays_complete() {
        for name in ["eventStart", "eventEnd", "location", "meetingUrl"] {
            let refused = [format!("{name}: required")];
            assert_eq!(violations(&complete("published"), &[(name, Value::Null)]), refused);
            assert!(violations(&complete("draft"), &[(name, Value::Null)]).is_empty());
            assert!(violations(&complete("cancelled"), &[(name, Value::Null)]).is_empty());
        }
        let outcome = update(&EVENT, &context(), &complete("published"), &[("location", Value::Null)]);
        assert_eq!(outcome.messages, ["location is needed while a hybrid event is published."]);
    }

    #[test]
    fn registration_ends_when_the_event_starts_at_the_latest() {
        let draft = complete("draft");
        let deadline = |text: &str| [("registrationDeadline", moment(text))];
        assert!(violations(&draft, &deadline(START)).is_empty());
        assert!(violations(&draft, &deadline("2026-12-01T00:00:00Z")).is_empty());
        let late = deadline("2027-03-18T22:00:00.000001Z");
        assert_eq!(violations(&draft, &late), ["registrationDeadline: deadline_after_start"]);
        assert!(create(&EVENT, &context(), &late).violations.is_empty());
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
        for past in [NOW, "2026-11-23T19:59:59Z"] {
            let found = violations(&draft, &[scheduled.clone(), at(past)]);
            assert_eq!(found, ["publishDateTime: not_in_future"]);
        }
        assert_eq!(violations(&draft, &[at(later)]), ["publishDateTime: not_scheduled"]);
        let published = ("status", text("published"));
        assert_eq!(violations(&draft, &[published, at(later)]), ["publishDateTime: not_scheduled"]);
    }

    /// An event whose moment of publication has passed, but which the server has not yet published.
    fn due() -> Record {
        let mut event = complete("scheduled");
        event.set(&EVENT, "publishDateTime", moment("2026-11-23T19:00:00Z"));
        event
    }

    #[test]
    fn an_event_that_is_due_can_still_be_edited() {
        assert!(violations(&due(), &[("topic", text("Bridges"))]).is_empty());
        let unset = violations(&due(), &[("publishDateTime", Value::Null)]);
        assert_eq!(unset, ["publishDateTime: required"]);
    }

    #[test]
    fn publication_is_cleared_when_nothing_waits_for_it() {
        for status in ["draft", "published", "cancelled"] {
            let outcome = update(&EVENT, &context(), &due(), &[("status", text(status))]);
            assert!(outcome.violations.is_empty(), "{status}: {:?}", outcome.violations);
            assert!(outcome.record.get(&EVENT, "publishDateTime").is_null(), "{status}");
        }
        let outcome = update(&EVENT, &context(), &due(), &[("topic", text("Bridges"))]);
        assert!(!outcome.record.get(&EVENT, "publishDateTime").is_null());
    }

    #[test]
    fn there_is_at_most_one_main_speaker() {
        let speakers = |flags: &[bool]| {
            let list: Vec<_> =
                flags.iter().map(|flag| serde_json::json!({"name": "A", "mainSpeaker": flag})).collect();
            [("speakers", Value::Json(serde_json::Value::from(list).to_string()))]
        };
        for fine in [&[][..], &[false, false], &[false, true]] {
            assert!(violations(&complete("draft"), &speakers(fine)).is_empty(), "{fine:?}");
        }
        let found = violations(&complete("draft"), &speakers(&[true, false, true]));
        assert_eq!(found, ["speakers: too_many_main_speakers"]);
    }

    #[test]
    fn a_published_event_is_deleted_only_when_it_has_ended() {
        let delete = |event: &Record| EventRules.delete(&EVENT, event, &context());
        let problem = delete(&complete("published")).unwrap_err();
        assert!(problem.hint.unwrap().contains("/cancel"));
        for status in ["draft", "scheduled", "cancelled"] {
            assert_eq!(delete(&complete(status)), Ok(()), "{status}");
        }
        for (end, allowed) in
            [("2026-11-23T20:00:00.000001Z", false), (NOW, true), ("2026-11-23T19:59:59Z", true)]
        {
            let mut event = complete("published");
            event.set(&EVENT, "eventEnd", moment(end));
            assert_eq!(delete(&event).is_ok(), allowed, "{end}");
        }
    }

    #[test]
    fn a_copy_is_a_draft_of_its_own() {
        let mut copy = due();
        copy.set(&EVENT, "externalId", text("E-1"));
        copy.set(&EVENT, "registrationDeadline", moment("2027-03-01T00:00:00Z"));
        let before = copy.clone();
        EventRules.copy(&EVENT, &mut copy, &context());
        for (position, field) in EVENT.fields.iter().enumerate() {
            match field.name {
                "status" => assert_eq!(copy.at(position), &text("draft")),
                "externalId" | "publishDateTime" => assert!(copy.at(position).is_null()),
                name => assert_eq!(copy.at(position), before.at(position), "{name}"),
            }
        }
    }

    #[test]
    fn a_copy_of_a_past_event_has_no_dates() {
        for (start, kept) in [(NOW, false), ("2026-11-23T20:00:00.000001Z", true)] {
            let mut copy = complete("published");
            copy.set(&EVENT, "eventStart", moment(start));
            copy.set(&EVENT, "registrationDeadline", moment("2026-11-01T00:00:00Z"));
            EventRules.copy(&EVENT, &mut copy, &context());
            for name in ["eventStart", "eventEnd", "registrationDeadline"] {
                assert_eq!(!copy.get(&EVENT, name).is_null(), kept, "{start} {name}");
            }
            assert_eq!(copy.text(&EVENT, "location"), Some("Town Hall"));
        }
    }
}
