//! From Markdown (CommonMark with tables) to HTML: headings get ids as code hosts make them, links the addresses of
//! the site, and what may be wider than the page scrolls by itself. HTML in a file is shown, not taken.

use std::collections::HashMap;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::links;

/// A page as it is shown.
#[derive(Debug)]
pub(crate) struct Document {
    /// The heading of the page.
    pub(crate) title: String,
    pub(crate) html: String,
    /// The headings of its sections.
    pub(crate) sections: Vec<Section>,
}

/// A part of a page that the navigation names.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) title: String,
}

/// Renders a file.
pub(crate) fn render(markdown: &str) -> Document {
    let events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES).collect();
    let mut document = Document { title: String::new(), html: String::new(), sections: Vec::new() };
    let mut ids = Ids::default();
    let mut shown = Vec::with_capacity(events.len());
    // The id of the heading that the reader is in.
    let mut heading: Option<String> = None;
    for (at, event) in events.iter().enumerate() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let title = text_of(events.get(at + 1..).unwrap_or_default());
                let id = ids.of(&title);
                match level {
                    HeadingLevel::H1 => document.title.clone_from(&title),
                    HeadingLevel::H2 => document.sections.push(Section { id: id.clone(), title }),
                    _ => {}
                }
                let id = CowStr::from(id);
                heading = (*level != HeadingLevel::H1).then(|| id.to_string());
                shown.push(Event::Start(Tag::Heading {
                    level: *level,
                    id: Some(id),
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some(id) = heading.take() {
                    let anchor = format!(
                        " <a class=\"anchor\" href=\"#{id}\" aria-label=\"Link to this section\">#</a>"
                    );
                    shown.push(Event::InlineHtml(anchor.into()));
                }
                shown.push(event.clone());
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let target = links::target(dest_url).map_or_else(|| dest_url.clone(), CowStr::from);
                let (link_type, title, id) = (*link_type, title.clone(), id.clone());
                shown.push(Event::Start(Tag::Link { link_type, dest_url: target, title, id }));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                // Whoever has no mouse scrolls with the keys.
                shown.push(Event::Html(format!("<pre tabindex=\"0\"{}><code>", language(kind)).into()));
            }
            Event::End(TagEnd::CodeBlock) => shown.push(Event::Html("</code></pre>\n".into())),
            Event::Start(Tag::Table(_)) => {
                let around = "<div class=\"table\" role=\"group\" aria-label=\"Table\" tabindex=\"0\">\n";
                shown.push(Event::Html(around.into()));
                shown.push(event.clone());
            }
            Event::End(TagEnd::Table) => {
                shown.push(event.clone());
                shown.push(Event::Html("</div>\n".into()));
            }
            Event::Html(text) | Event::InlineHtml(text) => shown.push(Event::Text(text.clone())),
            _ => shown.push(event.clone()),
        }
    }
    html::push_html(&mut document.html, shown.into_iter());
    document
}

/// The text up to the end of the heading.
fn text_of(events: &[Event<'_>]) -> String {
    let inside = events.iter().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_))));
    inside
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(&**text),
            _ => None,
        })
        .collect()
}

/// The language of a code block, as an attribute. Words after the first are for those who run the sample.
fn language(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else { return String::new() };
    let name: String =
        info.split(' ').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    if name.is_empty() { String::new() } else { format!(" data-language=\"{name}\"") }
}

/// Ids of headings as code hosts make them, so that links to them work there too.
#[derive(Default)]
struct Ids(HashMap<String, usize>);

impl Ids {
    fn of(&mut self, title: &str) -> String {
        let plain: String = title
            .to_lowercase()
            .chars()
            .filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'))
            .map(|it| if it == ' ' { '-' } else { it })
            .collect();
        let seen = self.0.entry(plain.clone()).or_default();
        *seen += 1;
        if *seen == 1 { plain } else { format!("{plain}-{}", *seen - 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_get_ids_and_become_sections() {
        let page = render("# A & B\n\n## The `If-Match` header, twice\n\n## Twice\n\n## Twice\n\n### Deep\n");
        assert_eq!(page.title, "A & B");
        let ids: Vec<&str> = page.sections.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, ["the-if-match-header-twice", "twice", "twice-1"]);
        assert_eq!(page.sections[0].title, "The If-Match header, twice");
        assert!(page.html.contains("<h1 id=\"a--b\">A &amp; B</h1>"), "{}", page.html);
        assert!(
            page.html.contains("<h3 id=\"deep\">Deep <a class=\"anchor\" href=\"#deep\""),
            "{}",
            page.html
        );
    }

    #[test]
    fn links_lead_to_the_site() {
        let page = render("[one](webhooks.md#receive), [two](https://example.org/?a=1&b=2)");
        assert!(page.html.contains("<a href=\"/docs/webhooks#receive\">one</a>"), "{}", page.html);
        assert!(page.html.contains("<a href=\"https://example.org/?a=1&amp;b=2\">two</a>"), "{}", page.html);
    }

    #[test]
    fn code_is_shown_as_it_is_and_html_is_not_taken() {
        let page = render("```sh run\necho \"<b>\"\n```\n\n<script>alert(1)</script>\n\nA <i>b</i>\n");
        let block =
            "<pre tabindex=\"0\" data-language=\"sh\"><code>echo &quot;&lt;b&gt;&quot;\n</code></pre>";
        let quoted = "<pre tabindex=\"0\" data-language=\"sh\"><code>echo \"&lt;b&gt;\"\n</code></pre>";
        assert!(page.html.contains(block) || page.html.contains(quoted), "{}", page.html);
        assert!(!page.html.contains("<script") && !page.html.contains("<i>"), "{}", page.html);
    }

    #[test]
    fn tables_scroll_by_themselves() {
        let page = render("| a | b |\n|---|---|\n| 1 | 2 |\n");
        assert!(page.html.starts_with("<div class=\"table\" role=\"group\""), "{}", page.html);
        assert!(
            page.html.contains("<td>2</td>") && page.html.trim_end().ends_with("</div>"),
            "{}",
            page.html
        );
    }
}
