//! How events are laid out.

use super::{Layout, Section};

/// Events.
pub(crate) const EVENTS: Layout = Layout {
    plural: "events",
    icon: "calendar",
    title: &["name"],
    subtitle: &["eventStart", "location"],
    columns: &["name", "status", "eventType", "eventStart", "location", "visibility", "capacity"],
    sections: &[
        Section {
            title: "Event",
            fields: &[
                "name",
                "eventType",
                "visibility",
                "topic",
                "series",
                "categories",
                "shortDescription",
                "description",
                "featuredImageUrl",
            ],
        },
        Section {
            title: "When",
            fields: &[
                "eventStart",
                "eventEnd",
                "timezone",
                "registrationDeadline",
                "duration",
                "publishDateTime",
            ],
        },
        Section {
            title: "Where",
            fields: &["location", "address", "city", "state", "country", "meetingUrl", "capacity"],
        },
        Section { title: "Speakers", fields: &["speakers"] },
        Section { title: "Professional development", fields: &["cpdPoints", "cpdCategories", "branches"] },
        Section { title: "Other systems", fields: &["externalId", "customFields"] },
    ],
    by_action: &["status", "publishDateTime"],
    zone: Some("timezone"),
    preview: true,
    help: &[
        ("name", ""),
        (
            "eventType",
            "Live and hybrid events need a location to be published; all but live ones a meeting link.",
        ),
        ("visibility", "Who may see the event once it is published."),
        ("topic", ""),
        ("series", ""),
        ("categories", ""),
        ("shortDescription", "For tiles and lists, at most 500 characters."),
        ("description", "Basic HTML such as <p>, <strong> and <a> is kept."),
        ("eventStart", "In the event's time zone."),
        ("eventEnd", "In the event's time zone."),
        ("timezone", "Where the event takes place."),
        ("registrationDeadline", "In the event's time zone; not after the start."),
        ("location", "The venue."),
        ("address", ""),
        ("city", ""),
        ("state", ""),
        ("country", ""),
        ("meetingUrl", "Where people join who take part online."),
        ("capacity", "Leave it empty when there is no limit."),
        ("branches", "Branches or chapters it is meant for."),
        ("cpdPoints", "In steps of 0.5."),
        ("cpdCategories", ""),
        ("featuredImageUrl", "The address of an image for tiles and the top of the event's page."),
        ("speakers", "In the order to show them. At most one is the main speaker."),
        ("externalId", "The event's id in your own system."),
        (
            "customFields",
            "Your own fields. A name has letters, digits and underscores, and begins with a letter.",
        ),
    ],
    empty: "Create the first event: a draft needs only a name.",
};
