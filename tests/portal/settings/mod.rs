//! The settings, screen by screen.

mod audit;
mod browser;
mod integrations;
mod keys;
mod snapshots;
mod staff;
mod webhooks;

use testkit::Response;

/// What a page shows as a secret, this once.
fn secret_of(page: &Response) -> String {
    let html = page.text();
    let (_, rest) = html.split_once("id=\"secret\"").unwrap_or_else(|| panic!("no secret in {html}"));
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once('<').unwrap().0.replace("&#43;", "+").replace("&#61;", "=")
}
