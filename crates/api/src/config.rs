//! What an operator can set about the API.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use edge::{Site, same_host};
use ipnet::IpNet;

/// Settings of the API.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address under which clients reach this server, without a slash at the end.
    pub public_url: String,
    /// The host name of the production base URL, where it is served under one of its own.
    pub production_host: Option<String>,
    /// The host name of the sandbox base URL, where it is served under one of its own.
    pub sandbox_host: Option<String>,
    /// What problem types begin with, without a slash at the end.
    pub problem_base: String,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take, body included.
    pub request_timeout: Duration,
    /// Requests an hour of each user who is signed in.
    pub session_limit: u32,
    /// Whether figures for operators are shown at `/metrics`; else they have a listener of their own.
    pub metrics: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            production_host: None,
            sandbox_host: None,
            problem_base: "https://api.memberpulse.com/errors".to_owned(),
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_secs(30),
            session_limit: 10_000,
            metrics: true,
        }
    }
}

impl Config {
    /// The settings of the hosted product: those of the document that is published without a server.
    #[must_use]
    pub fn published() -> Self {
        Self {
            public_url: "https://api.memberpulse.com".to_owned(),
            production_host: Some("api.memberpulse.com".to_owned()),
            sandbox_host: Some("sandbox.memberpulse.com".to_owned()),
            ..Self::default()
        }
    }

    /// Under which addresses the server is reached.
    pub(crate) fn site(&self) -> Site<'_> {
        Site {
            public_url: &self.public_url,
            hosts: [self.production_host.as_deref(), self.sandbox_host.as_deref()],
            trusted_proxies: &self.trusted_proxies,
        }
    }

    /// The path under which the pages of problem types are served: that of `problem_base`.
    pub(crate) fn problem_path(&self) -> &str {
        let after_scheme =
            self.problem_base.split_once("://").map_or(self.problem_base.as_str(), |(_, rest)| rest);
        after_scheme.find('/').map_or("/errors", |slash| &after_scheme[slash..]).trim_end_matches('/')
    }

    /// The address under which the client of a request reaches this server, for places that need a
    /// whole one. `host` is the host that the request names.
    ///
    /// A host that is set counts, and any where `public_url` names only this machine: then nobody has
    /// set it, and what the client called is the better answer. Else it is `public_url`, since proxies
    /// may have changed the host.
    pub(crate) fn base_url(&self, host: Option<&str>) -> Cow<'_, str> {
        let Some(host) = host.filter(|host| is_host(host)) else { return Cow::Borrowed(&self.public_url) };
        let own = [&self.production_host, &self.sandbox_host];
        if own.into_iter().flatten().any(|own| same_host(host, own)) {
            return Cow::Owned(format!("https://{host}"));
        }
        let (scheme, rest) = self.public_url.split_once("://").unwrap_or(("http", &self.public_url));
        let public = rest.split('/').next().unwrap_or(rest);
        if public.eq_ignore_ascii_case(host) || !is_this_machine(public) {
            return Cow::Borrowed(&self.public_url);
        }
        Cow::Owned(format!("{scheme}://{host}"))
    }
}

/// Whether a host is one that can stand in an address as it is.
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
}

fn is_this_machine(authority: &str) -> bool {
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    };
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback() || it.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_public_url_unless_the_client_knows_better() {
        let public = Config { public_url: "https://api.example.org".to_owned(), ..Config::default() };
        assert_eq!(public.base_url(None), "https://api.example.org");
        assert_eq!(public.base_url(Some("10.0.0.1:8080")), "https://api.example.org");
        let local = Config::default();
        assert_eq!(local.base_url(Some("127.0.0.1:8080")), "http://127.0.0.1:8080");
        assert_eq!(local.base_url(Some("localhost:9000")), "http://localhost:9000");
        assert_eq!(local.base_url(Some("evil>; rel=\"x\"")), "http://127.0.0.1:8080");
        let two = Config { sandbox_host: Some("sandbox.example.org".to_owned()), ..public };
        assert_eq!(two.base_url(Some("sandbox.example.org")), "https://sandbox.example.org");
        assert_eq!(two.base_url(Some("other.example.org")), "https://api.example.org");
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for name in ["localhost", "localhost:80", "127.0.0.1:8080", "0.0.0.0", "[::1]:8080"] {
            assert!(is_this_machine(name), "{name}");
        }
        for name in ["example.org", "10.0.0.1", "[2001:db8::1]:80", "localhost.example.org"] {
            assert!(!is_this_machine(name), "{name}");
        }
    }
}
