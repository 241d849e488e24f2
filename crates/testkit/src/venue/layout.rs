//! How venues are laid out in the portal: all that their pages need beside the definition.

use portal::{Layout, Section};

/// The layout of venues. Fields that no section names are shown all the same.
pub const VENUE_LAYOUT: Layout = Layout {
    plural: "venues",
    under: "",
    icon: "table",
    title: &["name"],
    subtitle: &["code"],
    columns: &["name", "status", "seats", "opensAt"],
    sections: &[Section { title: "Venue", fields: &["name", "code", "style"] }],
    by_action: &["status", "opensAt"],
    zone: Some("timezone"),
    pages: &[("Profile", "")],
    links: &[],
    preview: false,
    help: &[],
    empty: "Add the first venue.",
};
