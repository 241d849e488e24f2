//! What an operator can set about the API.

use std::time::Duration;

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
    /// How long a request may take, body included.
    pub request_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            production_host: None,
            sandbox_host: None,
            problem_base: "https://api.memberpulse.com/errors".to_owned(),
            request_timeout: Duration::from_secs(30),
        }
    }
}

impl Config {
    /// The path under which the pages of problem types are served: that of `problem_base`.
    pub(crate) fn problem_path(&self) -> &str {
        let after_scheme =
            self.problem_base.split_once("://").map_or(self.problem_base.as_str(), |(_, rest)| rest);
        after_scheme.find('/').map_or("/errors", |slash| &after_scheme[slash..]).trim_end_matches('/')
    }
}
