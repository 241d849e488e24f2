//! Options of the commands that serve.

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::parsers::{HostAndPort, LogLevel, host, network, url};

/// How to serve.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServerSettings {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", help_heading = "Server")]
    pub(crate) listen: HostAndPort,

    /// Address under which clients reach the server, for links and the API's description; where it listens, when it
    /// is not given
    #[arg(long, value_name = "URL", value_parser = url, help_heading = "Server")]
    pub(crate) public_url: Option<String>,

    /// Host name that serves production only: sandbox keys are refused there
    #[arg(long, value_name = "HOST", value_parser = host, help_heading = "Server")]
    pub(crate) production_host: Option<String>,

    /// Host name that serves the sandbox only: production keys are refused there
    #[arg(long, value_name = "HOST", value_parser = host, help_heading = "Server")]
    pub(crate) sandbox_host: Option<String>,

    /// Networks of proxies whose X-Forwarded-For tells the client's address, with commas between them [default: none]
    #[arg(long, value_name = "CIDR,…", value_delimiter = ',', value_parser = network, help_heading = "Server")]
    pub(crate) trusted_proxies: Vec<IpNet>,

    /// What the type of every problem document begins with
    #[arg(
        long,
        value_name = "URL",
        value_parser = url,
        default_value = "https://api.memberpulse.com/errors",
        help_heading = "Server"
    )]
    pub(crate) problem_base: String,

    /// Form of the log on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, help_heading = "Log")]
    pub(crate) log_format: LogFormat,

    /// Least level that is logged: off, error, warn, info, debug, trace; or by module: warn,db=debug [default: info;
    /// for demo: warn]
    #[arg(long, value_name = "LEVEL", help_heading = "Log")]
    pub(crate) log_level: Option<LogLevel>,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}
