//! Whether a request that a browser sends with its cookies comes from a page of this server (API §2). A page
//! of another site can make the browser send one, but cannot make it lie about where it comes from.

use axum::http::{HeaderMap, Uri, header};

use crate::site::{Site, same_host};

/// Whether `Sec-Fetch-Site` (W3C Fetch Metadata), or where the browser sends none `Origin` (RFC 6454 §7),
/// names this server. A request with neither is not from a page of ours.
#[must_use]
pub fn is_same_origin(site: &Site<'_>, secure: bool, uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some((scheme, authority)) = text("origin").and_then(|origin| origin.split_once("://")) else {
        return false;
    };
    if scheme != if secure { "https" } else { "http" } {
        return false;
    }
    let host = uri.host().or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()));
    let public = site.public_url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or(rest));
    let own = site.hosts.into_iter().flatten();
    host.is_some_and(|host| authority.eq_ignore_ascii_case(host))
        || public.is_some_and(|public| authority.eq_ignore_ascii_case(public))
        || own.into_iter().any(|own| same_host(authority, own))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn judged(secure: bool, headers: &[(&'static str, &'static str)]) -> bool {
        let site = Site {
            public_url: "https://members.example.org",
            hosts: [None, Some("sandbox.example.org")],
            trusted_proxies: &[],
        };
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_same_origin(&site, secure, &Uri::from_static("/api/session"), &pairs.collect())
    }

    #[test]
    fn only_pages_of_this_server_are_believed() {
        assert!(judged(true, &[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        for site in ["same-site", "cross-site", "none", ""] {
            assert!(!judged(true, &[("sec-fetch-site", site), ("origin", "https://members.example.org")]));
        }
        assert!(judged(true, &[("origin", "https://members.example.org")]));
        assert!(judged(true, &[("origin", "https://sandbox.example.org")]));
        assert!(judged(false, &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")]));
        assert!(!judged(true, &[("origin", "http://members.example.org")]), "not over TLS");
        assert!(!judged(false, &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:9090")]));
        assert!(!judged(true, &[("origin", "https://members.example.org.evil.example")]));
        assert!(!judged(true, &[("origin", "null")]));
        assert!(!judged(true, &[]));
    }
}
