//! How the forms of the settings are laid out.

use super::{Layout, Section};

/// What none of the forms has.
const BARE: Layout = Layout {
    plural: "",
    under: "/settings",
    icon: "settings",
    title: &["name"],
    subtitle: &[],
    columns: &[],
    sections: &[],
    by_action: &[],
    zone: None,
    pages: &[],
    links: &[],
    preview: false,
    help: &[],
    empty: "",
};

/// A new API key.
pub(crate) const NEW_KEY: Layout = Layout {
    plural: "newApiKey",
    sections: &[
        Section { title: "Key", fields: &["name", "integrationId", "expiresAt"] },
        Section { title: "What it may do", fields: &["scopes"] },
        Section { title: "From where", fields: &["allowedIps"] },
    ],
    help: &[
        ("name", "Which system it is for. You will recognise the key by it."),
        ("integrationId", "What is done with the key counts for its health. It goes when that is deleted."),
        ("expiresAt", "Leave it empty for a key without an end."),
        ("scopes", "Give it what the system needs, no more."),
        (
            "allowedIps",
            "Networks such as 203.0.113.0/24, or single addresses. From anywhere when left empty.",
        ),
    ],
    ..BARE
};

/// Rotating a key.
pub(crate) const ROTATION: Layout = Layout {
    plural: "rotation",
    help: &[
        ("overlapDays", "For so many days both keys work. With 0 the old one is refused from now on."),
        ("expiresAt", "Left empty, the new key lives as long as the old one was made for."),
    ],
    ..BARE
};

/// A new member of staff.
pub(crate) const NEW_USER: Layout = Layout {
    plural: "newUser",
    sections: &[
        Section { title: "Person", fields: &["firstName", "lastName", "email"] },
        Section { title: "Account", fields: &["role", "password"] },
    ],
    help: &[
        ("email", "They sign in with it. No two people share one."),
        ("firstName", ""),
        ("lastName", ""),
        (
            "role",
            "Administrators do everything in the organisation; staff look at members, events and courses.",
        ),
        (
            "password",
            "At least 8 characters with an upper-case letter and a digit. One is made and shown to you when left \
             empty.",
        ),
    ],
    ..BARE
};

/// A member of staff.
pub(crate) const USER: Layout = Layout {
    plural: "user",
    sections: &[
        Section { title: "Person", fields: &["firstName", "lastName", "email"] },
        Section { title: "Account", fields: &["role"] },
    ],
    by_action: &["status"],
    help: NEW_USER.help.split_at(4).0,
    ..BARE
};

/// The organisation.
pub(crate) const ORGANISATION: Layout = Layout {
    plural: "organisation",
    sections: &[
        Section { title: "Organisation", fields: &["name", "country", "timezone", "currency"] },
        Section { title: "Members", fields: &["requiredMemberFields"] },
    ],
    help: &[
        ("name", ""),
        ("country", "Phone numbers without a country code are read as numbers of it."),
        ("timezone", "In which dates and times are shown, and what today is."),
        ("currency", "The code of the currency of prices, such as AUD, NZD or USD."),
        (
            "requiredMemberFields",
            "What must be given of each member beside names and email. Members that lack it stay as they are until \
             they are changed.",
        ),
    ],
    ..BARE
};

/// Webhooks.
pub(crate) const WEBHOOKS: Layout = Layout {
    plural: "webhooks",
    icon: "send",
    title: &["url"],
    subtitle: &["description"],
    sections: &[
        Section { title: "Where to", fields: &["url", "description", "integrationId", "enabled"] },
        Section { title: "What is sent", fields: &["events", "skipOwnChanges"] },
        Section { title: "In which form", fields: &["headers", "fieldMapping"] },
    ],
    pages: &[("Health", ""), ("Deliveries", "/deliveries")],
    links: &[("Rotate secret", "/rotate-secret"), ("Send missed events", "/recover")],
    help: &[
        ("url", "An https address that the whole internet can reach. Redirects are not followed."),
        ("description", "What it is for, in your own words."),
        ("integrationId", "Its field mapping is used where the webhook has none of its own."),
        ("enabled", "What happens while it is off can be sent later."),
        (
            "events",
            "Each of them is sent within a second, signed, and tried again for three days when that fails.",
        ),
        ("skipOwnChanges", "For a system that also writes through the API: it does not hear its own echo."),
        ("headers", "Sent along with each delivery, such as a token of the receiver."),
        (
            "fieldMapping",
            "As JSON, for a receiver that needs other names. Records are sent as the API shows them when left empty.",
        ),
    ],
    empty: "Add the address of a system that is to be told of changes.",
    ..BARE
};

/// Deliveries of a webhook.
pub(crate) const DELIVERIES: Layout = Layout {
    plural: "deliveries",
    icon: "send",
    title: &["eventType"],
    columns: &["eventType", "status", "createdAt", "attemptCount", "responseStatus", "durationMs", "error"],
    empty: "Once something happens that the webhook is for, it is told here. A test shows at once whether it works.",
    ..BARE
};

/// The audit log.
pub(crate) const AUDIT_LOG: Layout = Layout {
    plural: "auditLog",
    icon: "history",
    title: &["action"],
    columns: &["createdAt"],
    empty: "Every change and each act that matters for security is told here.",
    ..BARE
};

/// Integrations.
pub(crate) const INTEGRATIONS: Layout = Layout {
    plural: "integrations",
    icon: "plug",
    sections: &[
        Section { title: "Outside system", fields: &["name", "kind", "enabled"] },
        Section { title: "When both sides have changed", fields: &["sourceOfTruth"] },
    ],
    by_action: &["fieldMapping"],
    pages: &[("Health", ""), ("Field mapping", "/mapping"), ("Sync log", "/sync-log")],
    help: &[
        ("name", "What your staff call it, such as Salesforce or Website."),
        ("kind", "What is connected."),
        ("enabled", "While it is off, syncs are refused and failed records wait."),
        (
            "sourceOfTruth",
            "MemberPulse: records here stay as they are. The outside system: they are overwritten. Whoever changed it \
             last: the later change is taken.",
        ),
    ],
    empty: "Connect a system that has records of its own.",
    ..BARE
};

/// What became of syncs.
pub(crate) const SYNC_LOG: Layout = Layout {
    plural: "syncLog",
    icon: "history",
    title: &["externalId"],
    columns: &["createdAt", "resource", "status", "reason", "attempts", "nextRetryAt"],
    empty: "Each sync of the outside system is told here, and each record that could not be stored.",
    ..BARE
};

/// The resources of the settings that have pages.
pub(crate) const ALL: &[Layout] = &[WEBHOOKS, DELIVERIES, INTEGRATIONS, SYNC_LOG, AUDIT_LOG];

#[cfg(test)]
mod tests {
    use super::*;
    use domain::resources::OWN;
    use domain::staff::FORMS;

    #[test]
    fn forms_name_fields_that_there_are() {
        let own = ALL.iter().copied();
        for layout in [NEW_KEY, ROTATION, NEW_USER, USER, ORGANISATION].into_iter().chain(own) {
            let form = FORMS.iter().chain(OWN.iter()).find(|form| form.plural == layout.plural).unwrap();
            let sections = layout.sections.iter().flat_map(|section| section.fields);
            for name in sections.chain(layout.columns).chain(layout.help.iter().map(|(name, _)| name)) {
                assert!(form.field(name).is_some(), "{}: {name}", layout.plural);
            }
        }
    }
}
