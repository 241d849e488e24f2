//! What an operator, or a test, can set about the portal.

use std::time::Duration;

use ipnet::IpNet;

use crate::layout::{LAYOUTS, Layout};

/// Settings of the portal.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address under which people and programs reach this server, without a slash at the end.
    pub public_url: String,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take, body included.
    pub request_timeout: Duration,
    /// The resources that have pages, in the order of the navigation.
    pub layouts: &'static [Layout],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_secs(30),
            layouts: LAYOUTS,
        }
    }
}

impl Config {
    /// Whether people reach the server by TLS, so that cookies can be kept to it.
    pub(crate) fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}
