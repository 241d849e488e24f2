//! What every page for a browser must have, so that text which came in as data can do nothing there (Content Security
//! Policy, level 3): a policy without loopholes, and a page that asks for nothing its own policy refuses.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What is wrong with a page under its policy, in words.
pub(crate) fn faults(policy: &str, page: &str) -> Vec<String> {
    let policy = Policy::read(policy);
    let mut faults = policy.faults();
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let (name, attributes, after) = read_tag(tag);
        rest = after;
        let text = after.split_once("</").map_or(after, |(text, _)| text);
        match name.as_str() {
            "script" if !text.trim().is_empty() => faults.push(format!("a script in the page: {text}")),
            "style" if !policy.allows_style(text) => faults.push(format!("a style in the page: {text}")),
            "base" | "iframe" | "object" | "embed" | "frame" => faults.push(format!("the element {name}")),
            _ => {}
        }
        for (attribute, value) in attributes {
            let script = attribute.starts_with("on")
                || attribute.starts_with("hx-on")
                || value.trim_start().to_lowercase().starts_with("javascript:")
                || attribute.starts_with("hx-") && value.starts_with("js:");
            let elsewhere = matches!(name.as_str(), "script" | "link")
                && matches!(attribute.as_str(), "src" | "href")
                && !(value.starts_with('/') && !value.starts_with("//") || value.starts_with("data:,"));
            if script || elsewhere || attribute == "style" {
                faults.push(format!("<{name} {attribute}=\"{value}\">"));
            }
        }
    }
    faults
}

/// The directives of a policy, each with its sources.
struct Policy<'p>(BTreeMap<&'p str, Vec<&'p str>>);

impl<'p> Policy<'p> {
    fn read(policy: &'p str) -> Self {
        let mut directives = BTreeMap::new();
        for directive in policy.split(';') {
            let mut words = directive.split_ascii_whitespace();
            if let Some(name) = words.next() {
                // As a browser reads it, the first of a name counts.
                directives.entry(name).or_insert_with(|| words.collect());
            }
        }
        Self(directives)
    }

    fn sources(&self, name: &str) -> Option<&[&'p str]> {
        self.0.get(name).map(Vec::as_slice)
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut expect = |name: &str, allowed: &[&str]| {
            let sources = self.sources(name);
            if !sources.is_some_and(|sources| matches!(sources, [one] if allowed.contains(one))) {
                faults.push(format!("{name} is {sources:?}, not one of {allowed:?}"));
            }
        };
        // What is not named falls back to it: objects, frames, media, fonts, workers.
        expect("default-src", &["'none'"]);
        expect("frame-ancestors", &["'none'"]);
        expect("base-uri", &["'none'"]);
        expect("form-action", &["'none'", "'self'"]);
        for (name, sources) in &self.0 {
            let allowed = |source: &&str| match *name {
                "img-src" => matches!(*source, "'self'" | "data:" | "https:"),
                "style-src" => *source == "'self'" || source.starts_with("'sha256-"),
                _ => matches!(*source, "'self'" | "'none'"),
            };
            for source in sources.iter().filter(|source| !allowed(source)) {
                faults.push(format!("{name} allows {source}"));
            }
        }
        faults
    }

    fn allows_style(&self, text: &str) -> bool {
        let hash = format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        self.sources("style-src").is_some_and(|sources| sources.contains(&hash.as_str()))
    }
}

/// The name of a tag, its attributes, and what follows it.
fn read_tag(tag: &str) -> (String, Vec<(String, String)>, &str) {
    let end = tag.find(|it: char| it.is_whitespace() || it == '>').unwrap_or(tag.len());
    let (name, mut rest) = tag.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with('>') {
            break;
        }
        let end = rest.find(|it: char| it.is_whitespace() || matches!(it, '=' | '>')).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end.max(1));
        let after = after.trim_start();
        let Some(value) = after.strip_prefix('=') else {
            attributes.push((attribute.to_lowercase(), String::new()));
            rest = after;
            continue;
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value.get(1..).and_then(|value| value.split_once(quote)).unwrap_or((value, "")),
            None => {
                value.split_at(value.find(|it: char| it.is_whitespace() || it == '>').unwrap_or(value.len()))
            }
        };
        attributes.push((attribute.to_lowercase(), value.to_owned()));
        rest = after;
    }
    (name.to_lowercase(), attributes, rest.strip_prefix('>').unwrap_or(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; \
        form-action 'self'; frame-ancestors 'none'";

    #[test]
    fn a_page_is_judged_by_its_policy() {
        let sound = "<!doctype html><script src=\"/a.js\" defer></script><!-- <script>1</script> --><p title='a > onclick=x'>\
                     on=1</p><input disabled><link rel=icon href=\"data:,\">";
        assert_eq!(faults(STRICT, sound), Vec::<String>::new());
        for page in [
            "<script>alert(1)</script>",
            "<script src=\"https://example.org/a.js\"></script>",
            "<script src='//example.org/a.js'></script>",
            "<style>p{}</style>",
            "<p style=\"color:red\">",
            "<p\nONCLICK=x>",
            "<img src=x onerror='x'>",
            "<a href=\" JavaScript:x\">",
            "<b hx-on:click=\"x\">",
            "<b hx-vals=\"js:{a: 1}\">",
            "<base href=\"/\">",
            "<iframe src=\"/\">",
        ] {
            assert_eq!(faults(STRICT, page).len(), 1, "{page}");
        }
    }

    #[test]
    fn a_policy_has_no_loopholes() {
        let hash = "'sha256-8uysGgBTj6QNL2nJYE2JiPf5gUxLMfYeJDy9MNIYHgk='";
        assert!(faults(&STRICT.replace("style-src 'self'", &format!("style-src {hash}")), "").is_empty());
        for (from, to) in [
            ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
            ("script-src 'self'", "script-src 'unsafe-eval'"),
            ("script-src 'self'", "script-src https:"),
            ("style-src 'self'", "style-src 'unsafe-inline'"),
            ("default-src 'none'", "default-src *"),
            ("default-src 'none';", ""),
            ("base-uri 'none';", ""),
            ("form-action 'self'", "form-action *"),
            ("frame-ancestors 'none'", "frame-ancestors 'self'"),
        ] {
            assert!(!faults(&STRICT.replace(from, to), "").is_empty(), "{to}");
        }
        let style = "<style>p{}</style>";
        let hash = STANDARD.encode(Sha256::digest("p{}"));
        let policy = STRICT.replace("style-src 'self'", &format!("style-src 'sha256-{hash}'"));
        assert!(faults(&policy, style).is_empty());
    }
}
