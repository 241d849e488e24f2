//! How courses are laid out.

use super::{Layout, Section};

/// Courses.
pub(crate) const COURSES: Layout = Layout {
    plural: "courses",
    under: "",
    icon: "book",
    title: &["name"],
    subtitle: &["author"],
    columns: &["name", "status", "courseType", "author", "startDate", "closeDate", "membersPrice"],
    sections: &[
        Section {
            title: "Course",
            fields: &[
                "name",
                "courseType",
                "author",
                "estimatedCompletionTime",
                "categories",
                "series",
                "shortDescription",
                "description",
                "featuredImageUrl",
            ],
        },
        Section { title: "When", fields: &["startDate", "closeDate", "publishDateTime"] },
        Section {
            title: "Price and places",
            fields: &["membersPrice", "nonMembersPrice", "membersLimit", "nonMembersLimit"],
        },
        Section { title: "Professional development", fields: &["cpdPoints", "cpdCategories", "branches"] },
        Section { title: "Other systems", fields: &["externalId", "customFields"] },
    ],
    by_action: &["status", "publishDateTime"],
    zone: None,
    pages: &[("Profile", "")],
    links: &[],
    preview: false,
    help: &[
        ("name", ""),
        ("courseType", ""),
        ("author", "Needed to publish."),
        ("estimatedCompletionTime", "As a guide."),
        ("categories", ""),
        ("series", ""),
        ("shortDescription", "At most 500 characters; tiles show the first 135."),
        ("description", "Needed to publish. Basic HTML such as <p>, <strong> and <a> is kept."),
        ("startDate", "Needed to publish; it may be in the past."),
        ("closeDate", "Leave it empty when the course stays open."),
        ("membersPrice", "Leave it empty when it is free."),
        ("nonMembersPrice", "Leave it empty when it is free."),
        ("membersLimit", "Leave it empty when there is no limit."),
        ("nonMembersLimit", "Leave it empty when there is no limit."),
        ("cpdPoints", "In steps of 0.5."),
        ("cpdCategories", ""),
        ("branches", "Branches or chapters it is meant for."),
        ("featuredImageUrl", "The address of an image for tiles and the top of the course's page."),
        ("externalId", "The course's id in your own system."),
        (
            "customFields",
            "Your own fields. A name has letters, digits and underscores, and begins with a letter.",
        ),
    ],
    empty: "Create the first course: a draft needs only a name.",
};
