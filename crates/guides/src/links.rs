//! Where links lead on the site. In the files they are written as a code host follows them, relative to `docs/`.

use crate::pages::{self, Source};

/// Where files outside `docs/` can be read.
const FILES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/");

/// The address of a page.
pub(crate) fn address(page: &Source) -> String {
    if page.slug.is_empty() { "/docs".to_owned() } else { format!("/docs/{}", page.slug) }
}

/// The address that a link of a file has on the site; nothing when it leads nowhere.
pub(crate) fn target(link: &str) -> Option<String> {
    if link.starts_with("https://") || link.starts_with("http://") || link.starts_with('#') {
        return Some(link.to_owned());
    }
    if let Some(file) = link.strip_prefix("../") {
        return Some(format!("{FILES}{file}"));
    }
    if link == "openapi.json" {
        // The server's own, which knows its address.
        return Some("/api/openapi.json".to_owned());
    }
    let (file, fragment) = link.find('#').map_or((link, ""), |at| link.split_at(at));
    let page = pages::all().find(|page| page.file == file)?;
    Some(format!("{}{fragment}", address(page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_pages_files_and_other_hosts() {
        let of = |link| target(link).unwrap();
        assert_eq!(of("webhooks.md"), "/docs/webhooks");
        assert_eq!(of("deploy.md#one-machine"), "/docs/deploy#one-machine");
        assert_eq!(of("README.md"), "/docs");
        assert_eq!(of("#receive"), "#receive");
        assert_eq!(of("openapi.json"), "/api/openapi.json");
        assert_eq!(of("https://example.org/a"), "https://example.org/a");
        assert!(of("../bench/RESULTS.md").ends_with("/blob/main/bench/RESULTS.md"));
        for nowhere in ["nothing.md", "webhooks", "/docs/webhooks", ""] {
            assert_eq!(target(nowhere), None, "{nowhere}");
        }
    }
}
