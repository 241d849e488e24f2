//! All pages in the layout, made once, at the first request for one of them.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::OnceLock;

use askama::Template;

use crate::links;
use crate::markdown::{self, Document};
use crate::pages::{self, GROUPS, Source};

const STYLE: &str = include_str!("../assets/guides.css");

/// The site as it is sent.
#[derive(Debug)]
pub(crate) struct Site {
    pages: Vec<Page>,
    pub(crate) style: File,
    pub(crate) not_found: String,
    pub(crate) method_not_allowed: String,
}

/// A page as it is sent.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) source: &'static Source,
    pub(crate) file: File,
}

/// A text and its entity tag.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) text: String,
    /// The hash of the text.
    pub(crate) version: String,
}

impl File {
    fn new(text: String) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(text.as_bytes());
        Self { version: format!("{:016x}", hasher.finish()), text }
    }
}

/// The site.
pub(crate) fn site() -> &'static Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    SITE.get_or_init(Site::new)
}

impl Site {
    /// The page with this last segment of its address.
    pub(crate) fn page(&self, slug: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.source.slug == slug)
    }

    fn new() -> Self {
        let style = File::new(STYLE.to_owned());
        let address = format!("/docs/style.css?v={}", style.version);
        let shown: Vec<(&Source, Document)> =
            pages::all().map(|page| (page, markdown::render(page.markdown))).collect();
        let layout = |title: &str, content: &str, at: Option<usize>| {
            let beside = |at: Option<usize>| {
                let (page, document) = shown.get(at?)?;
                Some(Link { address: links::address(page), title: document.title.clone() })
            };
            let layout = Layout {
                title,
                style: &address,
                content,
                groups: groups(&shown, at),
                previous: beside(at.and_then(|at| at.checked_sub(1))),
                next: beside(at.map(|at| at + 1)),
            };
            // Writing to a string cannot fail.
            layout.render().unwrap_or_default()
        };
        let message =
            |title: &str, text: &str| layout(title, &format!("<h1>{title}</h1>\n<p>{text}</p>\n"), None);
        let not_found = message(
            "No such page",
            "There is no guide at this address. All that there are stand in the list of contents.",
        );
        let method_not_allowed =
            message("Pages can only be read", "This address takes <code>GET</code> and <code>HEAD</code>.");
        let pages = shown.iter().enumerate().map(|(at, (source, document))| Page {
            source,
            file: File::new(layout(&document.title, &document.html, Some(at))),
        });
        Self { pages: pages.collect(), style, not_found, method_not_allowed }
    }
}

/// The navigation; the page that is shown lists its sections.
fn groups<'s>(shown: &'s [(&'static Source, Document)], at: Option<usize>) -> Vec<NavigationGroup<'s>> {
    let mut pages = shown.iter().enumerate();
    let group = |group: &pages::Group| NavigationGroup {
        title: group.title,
        entries: pages
            .by_ref()
            .take(group.pages.len())
            .map(|(index, (page, document))| {
                let link = Link { address: links::address(page), title: document.title.clone() };
                Entry { link, document, current: at == Some(index) }
            })
            .collect(),
    };
    GROUPS.iter().map(group).collect()
}

#[derive(Template)]
#[template(path = "page.html")]
struct Layout<'s> {
    title: &'s str,
    style: &'s str,
    content: &'s str,
    groups: Vec<NavigationGroup<'s>>,
    previous: Option<Link>,
    next: Option<Link>,
}

struct NavigationGroup<'s> {
    title: &'static str,
    entries: Vec<Entry<'s>>,
}

struct Entry<'s> {
    link: Link,
    document: &'s Document,
    current: bool,
}

struct Link {
    address: String,
    title: String,
}
