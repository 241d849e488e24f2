//! Answers of the API, each checked for what all answers must have before a test sees it.

use axum::body::Bytes;
use axum::http::response;
use axum::http::{HeaderMap, Method};
use serde_json::Value as Json;

use crate::{page, problem};

/// An answer. Its checks give it back, so that they can follow each other.
#[derive(Clone, Debug)]
pub struct Response {
    request: String,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// Headers without which no answer may go out (API §1).
const ALWAYS: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("cache-control", ""),
    ("x-request-id", ""),
];

impl Response {
    pub(crate) fn new(method: &Method, path: &str, head: response::Parts, body: Bytes) -> Self {
        let request = format!("{method} {path}");
        let response = Self { request, status: head.status.as_u16(), headers: head.headers, body };
        for (name, part) in ALWAYS {
            let value = response.header(name);
            assert!(
                value.is_some_and(|value| value.contains(part)),
                "{}: {name} is {value:?}",
                response.request
            );
        }
        // Pages of the portal say it in their own words.
        let is_page = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            let policy = response.header("content-security-policy").unwrap_or_default();
            let faults = page::faults(policy, &response.text());
            assert!(faults.is_empty(), "{}: {faults:#?} under {policy}", response.request);
        }
        if response.status >= 400 && !is_page {
            let path = path.split('?').next().unwrap_or_default();
            problem::check(&response, path, *method == Method::HEAD);
        }
        if *method == Method::HEAD {
            assert!(response.body.is_empty(), "{}: a body", response.request);
        }
        response
    }

    /// The status as a number.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.status
    }

    /// Asserts the status.
    #[track_caller]
    #[must_use]
    pub fn status(self, expected: u16) -> Self {
        assert_eq!(self.status, expected, "{}: {}", self.request, self.text());
        self
    }

    /// Asserts that it is a problem of this kind, named by the last part of its type.
    #[track_caller]
    #[must_use]
    pub fn problem(self, slug: &str) -> Self {
        assert!(self.status >= 400, "{}: {} {}", self.request, self.status, self.text());
        let kind = self.json()["type"].as_str().unwrap_or_default().rsplit('/').next().map(str::to_owned);
        assert_eq!(kind.as_deref(), Some(slug), "{}: {}", self.request, self.text());
        self
    }

    /// Asserts that a violation of this path with this code is listed.
    #[track_caller]
    #[must_use]
    pub fn violation(self, path: &str, code: &str) -> Self {
        let found = self.violations().iter().any(|(own, its)| own == path && its == code);
        assert!(found, "{}: no {code} at {path} in {}", self.request, self.text());
        self
    }

    /// The paths and codes of all violations.
    #[must_use]
    pub fn violations(&self) -> Vec<(String, String)> {
        let part = |violation: &Json, name: &str| violation[name].as_str().unwrap_or_default().to_owned();
        let listed = self.json()["violations"].as_array().cloned().unwrap_or_default();
        listed.iter().map(|it| (part(it, "propertyPath"), part(it, "code"))).collect()
    }

    /// A header's value; none when there is none or it is no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The entity tag.
    #[track_caller]
    #[must_use]
    pub fn etag(&self) -> String {
        let tag = self.header("etag");
        tag.unwrap_or_else(|| panic!("{}: no ETag", self.request)).to_owned()
    }

    /// The body as JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Json {
        let read = serde_json::from_slice(&self.body);
        read.unwrap_or_else(|error| panic!("{}: {error} in {}", self.request, self.text()))
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as it came.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.body
    }

    /// All headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The request in words.
    #[must_use]
    pub fn request(&self) -> &str {
        &self.request
    }

    /// The ids of a list's records.
    #[track_caller]
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        let listed = self.json()["data"].as_array().cloned();
        let listed = listed.unwrap_or_else(|| panic!("{}: no list: {}", self.request, self.text()));
        listed.iter().map(|record| record["id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
