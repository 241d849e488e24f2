//! The one table of pages: their order is that of the navigation. A file in `docs/` that is not in it fails a test.

/// A page as it is written.
#[derive(Debug)]
pub(crate) struct Source {
    /// The last segment of its address; nothing for the first page.
    pub(crate) slug: &'static str,
    /// Its file in `docs/`.
    pub(crate) file: &'static str,
    pub(crate) markdown: &'static str,
}

/// Pages that belong together.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) title: &'static str,
    pub(crate) pages: &'static [Source],
}

macro_rules! page {
    ($slug:literal) => {
        page!($slug, $slug)
    };
    ($slug:literal, $name:literal) => {
        Source {
            slug: $slug,
            file: concat!($name, ".md"),
            markdown: include_str!(concat!("../../../docs/", $name, ".md")),
        }
    };
}

pub(crate) const GROUPS: &[Group] = &[
    Group {
        title: "Begin",
        pages: &[page!("", "README"), page!("quick-start"), page!("authentication"), page!("sandbox")],
    },
    Group {
        title: "Work with records",
        pages: &[
            page!("lists"),
            page!("safe-writes"),
            page!("errors"),
            page!("personal-data"),
            page!("limits"),
        ],
    },
    Group { title: "Keep in step", pages: &[page!("webhooks"), page!("sync"), page!("integrations")] },
    Group { title: "Bring data in", pages: &[page!("import"), page!("spreadsheets")] },
    Group {
        title: "Run a server",
        pages: &[page!("deploy"), page!("metrics"), page!("traces"), page!("reliability"), page!("security")],
    },
];

/// All pages in their order.
pub(crate) fn all() -> impl Iterator<Item = &'static Source> {
    GROUPS.iter().flat_map(|group| group.pages)
}
