//! The site as a browser sees it: every page is reached, every link leads somewhere, and pages are well made.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path as FilePath, PathBuf};

use axum::body::Body;
use axum::http::Method;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::*;
use crate::{links, pages};

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(method: Method, address: &str, headers: &[(&str, &str)]) -> Answer {
    let request = headers
        .iter()
        .fold(Request::builder().method(method).uri(address), |it, (name, value)| it.header(*name, *value));
    let response = router([7; 8]).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status, headers: head.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn get(address: &str) -> Answer {
    ask(Method::GET, address, &[]).await
}

/// What stands in the attributes with this name.
fn attributes(page: &str, name: &str) -> Vec<String> {
    let start = format!(" {name}=\"");
    let values = page.split(&start).skip(1).filter_map(|rest| rest.split('"').next());
    values.map(|value| value.replace("&amp;", "&")).collect()
}

fn root() -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_file_of_the_folder_is_in_the_navigation() {
    let table: BTreeSet<String> = pages::all().map(|page| page.file.to_owned()).collect();
    let names = std::fs::read_dir(root().join("docs")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> =
        names.filter(|name| FilePath::new(name).extension().is_some_and(|it| it == "md")).collect();
    assert_eq!(table, files, "add the file to crates/guides/src/pages.rs, and a link to docs/README.md");
    let first = pages::all().next().unwrap();
    for page in pages::all().skip(1) {
        assert!(
            first.markdown.contains(&format!("({})", page.file)),
            "docs/README.md has no link to {}",
            page.file
        );
    }
}

#[tokio::test]
async fn every_link_leads_somewhere() {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut links = Vec::new();
    for source in pages::all() {
        let address = links::address(source);
        let page = get(&address).await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        links.extend(attributes(&page.text, "href").into_iter().map(|href| (address.clone(), href)));
        found.insert(address, page.text);
    }
    assert!(links.len() > 50, "{links:?}");
    let files = links::target("../").unwrap();
    for (page, href) in links {
        let whole = if href.starts_with('#') { format!("{page}{href}") } else { href.clone() };
        let (address, fragment) = whole.split_once('#').unwrap_or((&whole, ""));
        if let Some(file) = address.strip_prefix(&files) {
            assert!(root().join(file).exists(), "{page} leads to a file that there is not: {file}");
        } else if address.starts_with("https://")
            || ["/api/docs", "/api/openapi.json", "data:,"].contains(&address)
        {
            // Not ours to ask.
        } else if let Some(text) = found.get(address) {
            let exists = fragment.is_empty() || attributes(text, "id").contains(&fragment.to_owned());
            assert!(exists, "{page} leads to a section that there is not: {href}");
        } else {
            assert!(address.starts_with("/docs/style.css"), "{page} leads nowhere: {href}");
            assert_eq!(get(address).await.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn pages_are_well_made() {
    let mut titles = BTreeSet::new();
    for source in pages::all() {
        let address = links::address(source);
        let text = get(&address).await.text;
        assert!(text.starts_with("<!doctype html>\n<html lang=\"en\">"), "{address}");
        let title = text.split("<title>").nth(1).and_then(|it| it.split("</title>").next()).unwrap();
        assert!(
            title.ends_with(" · MemberPulse guides") && titles.insert(title.to_owned()),
            "{address}: {title}"
        );
        let levels: Vec<char> = text
            .split("<h")
            .skip(1)
            .filter_map(|it| it.chars().next())
            .filter(char::is_ascii_digit)
            .collect();
        assert_eq!(levels.iter().filter(|level| **level == '1').count(), 1, "{address}: one h1");
        assert_eq!(levels.first(), Some(&'1'), "{address}: the h1 comes first");
        let steps = levels.windows(2).all(|it| it[1].to_digit(10) <= it[0].to_digit(10).map(|it| it + 1));
        assert!(steps, "{address}: a level of headings is left out");
        let ids = attributes(&text, "id");
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{address}: ids are used once");
        assert!(
            !text.contains("<script") && !text.contains("<style") && !text.contains(" style="),
            "{address}"
        );
        assert_eq!(text.matches(" aria-current=\"page\"").count(), 1, "{address}");
        assert!(text.contains("<main id=\"content\">"), "{address}");
    }
}

#[tokio::test]
async fn a_page_is_as_it_was() {
    let page = get("/docs/sandbox").await.text;
    // The navigation grows with each page; other tests look at it.
    let (page, _) = page.split_once("<nav id=\"contents\"").unwrap();
    insta::assert_snapshot!("sandbox", page.replace(&site().style.version, "HASH"));
}

#[tokio::test]
async fn pages_lead_from_one_to_the_next() {
    let addresses: Vec<String> = pages::all().map(links::address).collect();
    let mut at = addresses[0].clone();
    for expected in &addresses[1..] {
        let text = get(&at).await.text;
        let next = text.split("rel=\"next\" href=\"").nth(1).and_then(|it| it.split('"').next()).unwrap();
        assert_eq!(next, expected);
        let back = format!("<a rel=\"prev\" href=\"{at}\">");
        assert!(get(next).await.text.contains(&back), "{next}");
        at = next.to_owned();
    }
    assert!(!get(&at).await.text.contains("rel=\"next\""));
}

#[tokio::test]
async fn answers_have_their_headers_and_are_not_sent_twice() {
    for address in ["/docs", "/docs/webhooks", "/docs/style.css"] {
        let page = ask(Method::GET, address, &[("x-request-id", "mine-1")]).await;
        assert_eq!(page.header("x-request-id"), "mine-1");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("content-security-policy"), POLICY);
        assert_eq!(page.header("cache-control"), "no-cache");
        let tag = page.header("etag").to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}")] {
            let again = ask(Method::GET, address, &[("if-none-match", &known)]).await;
            assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""), "{address}");
            assert_eq!(again.header("etag"), tag);
        }
        let other = ask(Method::GET, address, &[("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, StatusCode::OK);
    }
    let style =
        attributes(&get("/docs").await.text, "href").into_iter().find(|it| it.contains("style.css")).unwrap();
    assert!(get(&style).await.header("cache-control").contains("immutable"));
    let zipped = ask(Method::GET, "/docs/style.css", &[("accept-encoding", "identity")]).await;
    assert_eq!(zipped.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn what_there_is_not_is_said_on_a_page() {
    for address in
        ["/docs/nothing", "/docs/nothing.md", "/docs/webhooks/deep", "/docs/README", "/docs/%2e%2e"]
    {
        let page = get(address).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{address}");
        assert!(page.text.contains("<h1>No such page</h1>"), "{address}");
        assert_eq!(page.header("cache-control"), "no-store");
    }
    let posted = ask(Method::POST, "/docs/webhooks", &[]).await;
    assert_eq!((posted.status, posted.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
    let head = ask(Method::HEAD, "/docs/webhooks", &[]).await;
    assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
    assert_eq!(get("/docs/").await.header("location"), "/docs");
}

#[tokio::test]
async fn a_page_can_be_had_as_it_is_written() {
    for source in pages::all() {
        let page = get(&format!("/docs/{}", source.file)).await;
        assert_eq!(page.header("content-type"), "text/markdown; charset=utf-8");
        assert_eq!(page.text, source.markdown);
    }
}
