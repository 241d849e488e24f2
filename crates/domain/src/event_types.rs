//! The types of the events that the change feed and webhooks carry (API §8): for each resource what
//! happens to every record, and the milestones of its own. Who listens is not known here.

use crate::definition::{Registry, Resource};
use crate::text::did_you_mean;

/// The event that a webhook is tried out with. It is sent to one webhook only and is in no feed.
pub const TEST: &str = "webhook.test";

/// A type of event.
#[derive(Clone, Debug)]
pub struct EventType {
    /// Its name: `member.created`, `event.published`.
    pub name: String,
    /// The resource whose record is in the event; none for [`TEST`].
    pub resource: Option<&'static Resource>,
    /// When it is sent.
    pub doc: String,
}

/// What happens to the records of every resource.
const CHANGES: [(&str, &str); 3] = [
    ("created", "was created, by whatever way"),
    ("updated", "was changed"),
    ("deleted", "was deleted for good; `data` is what it was, with `mergedInto` where it was merged"),
];

/// Every type of event of a server with these resources.
#[must_use]
pub fn event_types(registry: Registry) -> Vec<EventType> {
    let of_resources = registry.iter().flat_map(|resource| {
        let noun = resource.noun();
        let changes = CHANGES.iter().map(move |(word, what)| (*word, (*what).to_owned()));
        let milestones = resource.milestones.iter().map(|word| (*word, format!("became {word}")));
        changes.chain(milestones).map(move |(word, what)| EventType {
            name: format!("{}.{word}", resource.name),
            resource: Some(resource),
            doc: format!("The {noun} {what}."),
        })
    });
    let test = EventType {
        name: TEST.to_owned(),
        resource: None,
        doc: "Somebody tries the webhook out. It is sent to that webhook only, once.".to_owned(),
    };
    of_resources.chain([test]).collect()
}

/// Whether a subscription (`member.created`, `member.*` or `*`) covers a type of event.
#[must_use]
pub fn covers(subscription: &str, event_type: &str) -> bool {
    match subscription.strip_suffix('*') {
        Some("") => true,
        Some(group) => event_type.strip_prefix(group).is_some_and(|rest| !rest.is_empty()),
        None => subscription == event_type,
    }
}

/// What is wrong with a subscription, if anything is.
#[must_use]
pub fn fault(registry: Registry, subscription: &str) -> Option<String> {
    let mut known: Vec<String> = registry.iter().map(|resource| format!("{}.*", resource.name)).collect();
    known.extend(event_types(registry).into_iter().map(|it| it.name));
    known.push("*".to_owned());
    if known.iter().any(|name| name == subscription) {
        return None;
    }
    let near = did_you_mean(subscription, known.iter().map(String::as_str));
    Some(format!(
        "There is no event type {}.{near} GET /api/webhook-event-types lists them; `member.*` and `*` stand for groups.",
        crate::input::shorten(subscription)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::REGISTRY;

    #[test]
    fn the_types_are_those_of_the_contract() {
        let names: Vec<String> = event_types(REGISTRY).into_iter().map(|it| it.name).collect();
        let expected = [
            "member.created",
            "member.updated",
            "member.deleted",
            "event.created",
            "event.updated",
            "event.deleted",
            "event.published",
            "event.cancelled",
            "course.created",
            "course.updated",
            "course.deleted",
            "course.published",
            "course.archived",
            "webhook.test",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn groups_cover_what_they_name() {
        assert!(covers("*", "member.created") && covers("member.*", "member.created"));
        assert!(covers("event.published", "event.published"));
        assert!(!covers("member.*", "memberships.created") && !covers("member.*", "event.created"));
        assert!(!covers("event.published", "event.updated"));
    }

    #[test]
    fn what_is_not_known_is_told_with_what_is_near() {
        assert_eq!(fault(REGISTRY, "member.*"), None);
        assert_eq!(fault(REGISTRY, "*"), None);
        let message = fault(REGISTRY, "member.create").unwrap();
        assert!(message.contains("member.created"), "{message}");
        assert!(fault(REGISTRY, "me*").is_some());
    }
}
