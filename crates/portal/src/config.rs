//! What an operator, or a test, can set about the portal.

use std::time::Duration;

use edge::Site;
use ipnet::IpNet;

use crate::layout::{LAYOUTS, Layout};

/// Settings of the portal.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address under which people and programs reach this server, without a slash at the end.
    pub public_url: String,
    /// Host names of its own beside that.
    pub hosts: [Option<String>; 2],
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// How long a request may take, body included.
    pub request_timeout: Duration,
    /// Requests an hour of each user, files of the pages not counted.
    pub session_limit: u32,
    /// The resources that have pages, in the order of the navigation.
    pub layouts: &'static [Layout],
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            hosts: [None, None],
            trusted_proxies: Vec::new(),
            request_timeout: Duration::from_secs(30),
            session_limit: 10_000,
            layouts: LAYOUTS,
        }
    }
}

impl Config {
    /// Under which addresses the server is reached.
    pub(crate) fn site(&self) -> Site<'_> {
        Site {
            public_url: &self.public_url,
            hosts: [self.hosts[0].as_deref(), self.hosts[1].as_deref()],
            trusted_proxies: &self.trusted_proxies,
        }
    }
}
