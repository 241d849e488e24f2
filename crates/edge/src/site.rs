//! Under which addresses a server is reached.

use ipnet::IpNet;

/// The addresses of a server, as its operator has set them.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The address under which clients reach it, without a slash at the end.
    pub public_url: &'a str,
    /// Host names of its own beside that.
    pub hosts: [Option<&'a str>; 2],
    /// The networks of proxies whose `X-Forwarded-…` headers are believed.
    pub trusted_proxies: &'a [IpNet],
}

impl Site<'_> {
    /// Whether the public address is one of TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }
}

/// Compares host names without regard to case, and to the port where the setting has none.
#[must_use]
pub fn same_host(given: &str, set: &str) -> bool {
    let without_port = given.rsplit_once(':').map_or(given, |(name, _)| name);
    given.eq_ignore_ascii_case(set) || without_port.eq_ignore_ascii_case(set)
}
