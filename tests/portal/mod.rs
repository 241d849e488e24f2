//! The Client Portal. Pages are looked at as a browser without script sees them; `browser` drives a real one.

mod accounts;
mod browser;
mod forms;
mod guides;
mod imports;
mod lists;
mod merging;
mod platform;
mod policy;
mod records;
mod sandbox;
mod screens;
mod sessions;
mod settings;
mod snapshots;
mod webdriver;

use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Browser, Response, TestApp};

const ADMIN: &str = "admin@acme.example";
const VIEWER: &str = "viewer@acme.example";

/// A browser of an administrator, and one of somebody who may only look.
async fn staff(app: &TestApp) -> (Browser, Browser) {
    app.user(Some(&app.acme), ADMIN, Role::ClientAdmin).await;
    app.user(Some(&app.acme), VIEWER, Role::ClientUser).await;
    (app.browser(ADMIN).await, app.browser(VIEWER).await)
}

async fn admin(app: &TestApp) -> Browser {
    app.user(Some(&app.acme), ADMIN, Role::ClientAdmin).await;
    app.browser(ADMIN).await
}

/// Makes a record through the API and answers with its id.
async fn made(app: &TestApp, plural: &str, body: impl Into<Json>) -> String {
    let answer = app.client().await.post(&format!("/api/{plural}"), body).await.status(201);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn jane() -> Json {
    json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "city": "Perth"})
}

/// Where an answer leads.
fn target(answer: &Response) -> String {
    answer.header("location").unwrap_or_else(|| panic!("{}: leads nowhere", answer.request())).to_owned()
}

/// The text of a page without its tags, and without what is hidden in its head.
fn text_of(page: &Response) -> String {
    let html = page.text();
    let (_, main) = html.split_once("<main").unwrap_or(("", &html));
    let mut text = String::new();
    for part in main.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        text.push(' ');
    }
    let text = text.replace("&#38;", "&").replace("&#39;", "'").replace("&#34;", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Asserts that a page says this.
#[track_caller]
fn says(page: &Response, words: &str) {
    let text = text_of(page);
    assert!(text.contains(words), "{}: no “{words}” in: {text}", page.request());
}

/// Asserts that a page does not say this.
#[track_caller]
fn says_not(page: &Response, words: &str) {
    let text = text_of(page);
    assert!(!text.contains(words), "{}: “{words}” in: {text}", page.request());
}

/// Everything that stands in the inputs of a page's record form, as a browser would send it.
fn inputs(page: &Response) -> Vec<(String, String)> {
    inputs_of(page, "class=\"record-form\"")
}

/// The same of the form with this mark.
fn inputs_of(page: &Response, mark: &str) -> Vec<(String, String)> {
    let html = page.text();
    let (_, form) = html.split_once(mark).unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let decode = |text: &str| {
        text.replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#38;", "&")
    };
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        rest.split_once('"').map(|(value, _)| decode(value))
    };
    let mut found = Vec::new();
    for part in form.split('<').skip(1) {
        let (tag, after) = part.split_once('>').unwrap_or((part, ""));
        let Some(name) = attribute(tag, "name") else {
            if tag.starts_with("option") && tag.ends_with(" selected") {
                let value = attribute(tag, "value").unwrap_or_default();
                if let Some((_, chosen)) = found.last_mut() {
                    *chosen = value;
                }
            }
            continue;
        };
        if tag.starts_with("textarea") {
            found.push((name, decode(after.strip_prefix('\n').unwrap_or(after))));
        } else if tag.starts_with("select") {
            found.push((name, String::new()));
        } else if tag.starts_with("input") && name != "_token" {
            let ticks = tag.contains("type=\"checkbox\"") || tag.contains("type=\"radio\"");
            if !ticks || tag.contains(" checked") {
                found.push((name, attribute(tag, "value").unwrap_or_default()));
            }
        }
    }
    found
}

/// The inputs with another value for a name.
fn with(mut inputs: Vec<(String, String)>, name: &str, value: &str) -> Vec<(String, String)> {
    inputs.retain(|(own, _)| own != name);
    inputs.push((name.to_owned(), value.to_owned()));
    inputs
}
