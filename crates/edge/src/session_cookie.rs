//! The cookie in which a browser holds its session (API §2): its name, its flags, reading and writing it.
//!
//! What the token in it stands for is not known here.

use axum::http::{Extensions, HeaderMap, HeaderValue, header};

use crate::client_address::forwarded_scheme;
use crate::site::Site;

/// The cookie's name under plain HTTP.
const PLAIN: &str = "mp_session";
/// Under TLS. Browsers take a cookie of this name only from this very host, over TLS, for all paths
/// (RFC 6265bis §4.1.3.2), so no neighbour can plant one.
const SECURE: &str = "__Host-mp_session";
/// As long as a session can last at most: the server ends it earlier.
const MAX_AGE: u32 = 7 * 24 * 3_600;

/// The session cookie as it is for one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionCookie {
    secure: bool,
}

impl SessionCookie {
    /// The cookie for a request that arrived with these: a secure one where the server is reached under
    /// TLS, by its own public address or as a trusted proxy says.
    #[must_use]
    pub fn of(site: &Site<'_>, extensions: &Extensions, headers: &HeaderMap) -> Self {
        let forwarded = forwarded_scheme(extensions, headers, site.trusted_proxies);
        Self { secure: site.is_secure() || forwarded.is_some_and(|it| it.eq_ignore_ascii_case("https")) }
    }

    /// The cookie for clients that reach the server by its own public address.
    #[must_use]
    pub fn plain(site: &Site<'_>) -> Self {
        Self { secure: site.is_secure() }
    }

    /// Whether the client reaches the server under TLS.
    #[must_use]
    pub fn is_secure(self) -> bool {
        self.secure
    }

    /// The cookie's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        if self.secure { SECURE } else { PLAIN }
    }

    /// The token that a request brings.
    #[must_use]
    pub fn token(self, headers: &HeaderMap) -> Option<&str> {
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).map(|(_, value)| value).filter(|it| !it.is_empty())
    }

    /// `Set-Cookie` that begins a session.
    #[must_use]
    pub fn set(self, token: &str) -> HeaderValue {
        self.header(token, MAX_AGE)
    }

    /// `Set-Cookie` that ends one.
    #[must_use]
    pub fn clear(self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(self, value: &str, max_age: u32) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name();
        let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        // Tokens are letters and digits.
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("mp_session=; Path=/; Max-Age=0"))
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::extract::ConnectInfo;

    use super::*;

    fn cookie(public_url: &str, peer: &str, scheme: Option<&'static str>) -> SessionCookie {
        let trusted_proxies = &["10.0.0.0/8".parse().unwrap()];
        let site = Site { public_url, hosts: [None, None], trusted_proxies };
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        let mut headers = HeaderMap::new();
        if let Some(scheme) = scheme {
            headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
        }
        SessionCookie::of(&site, &extensions, &headers)
    }

    #[test]
    fn it_is_secure_wherever_tls_is() {
        assert!(!cookie("http://members.example.org", "203.0.113.9", None).is_secure());
        assert!(cookie("https://members.example.org", "203.0.113.9", None).is_secure());
        assert!(cookie("http://127.0.0.1:8080", "10.0.0.1", Some("https")).is_secure());
        assert!(!cookie("http://127.0.0.1:8080", "10.0.0.1", Some("http")).is_secure());
        assert!(!cookie("http://127.0.0.1:8080", "203.0.113.9", Some("https")).is_secure(), "not trusted");
    }

    #[test]
    fn flags_are_as_strict_as_they_can_be() {
        let plain = SessionCookie { secure: false };
        assert_eq!(plain.set("abc"), "mp_session=abc; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax");
        let secure = SessionCookie { secure: true };
        let cleared = "__Host-mp_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(secure.clear(), cleared);
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", HeaderValue::from_static("theme=dark; mp_session=abc"));
        headers.append("cookie", HeaderValue::from_static("__Host-mp_session=def;x"));
        assert_eq!(SessionCookie { secure: false }.token(&headers), Some("abc"));
        assert_eq!(SessionCookie { secure: true }.token(&headers), Some("def"));
        assert_eq!(SessionCookie { secure: true }.token(&HeaderMap::new()), None);
    }
}
