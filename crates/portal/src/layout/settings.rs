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
    preview: false,
    help: &[],
    empty: "",
};

/// A new API key.
pub(crate) const NEW_KEY: Layout = Layout {
    plural: "newApiKey",
    sections: &[
        Section { title: "Key", fields: &["name", "expiresAt"] },
        Section { title: "What it may do", fields: &["scopes"] },
        Section { title: "From where", fields: &["allowedIps"] },
    ],
    help: &[
        ("name", "Which system it is for. You will recognise the key by it."),
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

/// The resources of the settings that have pages.
pub(crate) const ALL: &[Layout] = &[];

#[cfg(test)]
mod tests {
    use super::*;
    use domain::staff::FORMS;

    #[test]
    fn forms_name_fields_that_there_are() {
        for layout in [NEW_KEY, ROTATION] {
            let form = FORMS.iter().find(|form| form.plural == layout.plural).unwrap();
            let sections = layout.sections.iter().flat_map(|section| section.fields);
            for name in sections.chain(layout.help.iter().map(|(name, _)| name)) {
                assert!(form.field(name).is_some(), "{}: {name}", layout.plural);
            }
        }
    }
}
