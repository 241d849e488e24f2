//! Options of the commands that serve.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ipnet::IpNet;

use super::parsers::{
    HostAndPort, LogLevel, SecretKey, delay, host, network, secret_key, timeout, url, wait,
};

/// How to serve.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServerSettings {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080", help_heading = "Server")]
    pub(crate) listen: HostAndPort,

    /// Certificate for https, and those between it and one that clients know, in one PEM file; taken up anew when
    /// the file changes
    #[arg(long, value_name = "FILE", requires = "tls_key", help_heading = "Server")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// Private key of that certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", help_heading = "Server")]
    pub(crate) tls_key: Option<PathBuf>,

    /// How long to go on serving after a signal to stop, while /readyz says 503 and answers close their connections:
    /// longer than the load balancer before it takes to notice
    #[arg(long, value_name = "TIME", value_parser = delay, default_value = "0s", help_heading = "Server")]
    pub(crate) shutdown_delay: Duration,

    /// Show figures for operators (/metrics) on this address, and not beside the API
    #[arg(long, value_name = "HOST:PORT", help_heading = "Server")]
    pub(crate) metrics_listen: Option<HostAndPort>,

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

    /// Key that secrets are encrypted with in the database, 32 bytes in Base64 or hexadecimal; the same for all
    /// servers of a database [default: that of --secret-key-file]
    #[arg(long, value_name = "KEY", value_parser = secret_key, help_heading = "Server")]
    pub(crate) secret_key: Option<SecretKey>,

    /// File with that key; made when it is missing, readable by its owner only. Keep a copy of it with your backups
    /// [default: secret.key in the data directory]
    #[arg(long, value_name = "FILE", conflicts_with = "secret_key", help_heading = "Server")]
    pub(crate) secret_key_file: Option<PathBuf>,

    /// When that key is lost: forget the secrets that were encrypted with it, and switch webhooks off until each has a
    /// new one
    #[arg(long, help_heading = "Server")]
    pub(crate) forget_secrets: bool,

    /// Let webhooks go to this machine (by http too) and into private networks
    #[arg(long, help_heading = "Webhooks")]
    pub(crate) allow_private_webhooks: bool,

    /// Send no webhooks from this server: another one on the same database does
    #[arg(long, help_heading = "Webhooks")]
    pub(crate) no_webhooks: bool,

    /// Waits before a delivery is tried again, with commas between them
    #[arg(
        long,
        value_name = "TIME,…",
        value_delimiter = ',',
        value_parser = wait,
        default_value = "5s,5m,30m,2h,5h,10h,14h,20h,24h",
        help_heading = "Webhooks"
    )]
    pub(crate) webhook_retries: Vec<Duration>,

    /// How long a receiver may take to answer
    #[arg(long, value_name = "TIME", value_parser = timeout, default_value = "15s", help_heading = "Webhooks")]
    pub(crate) webhook_timeout: Duration,

    /// After this time with nothing but failures a webhook is switched off
    #[arg(long, value_name = "TIME", value_parser = wait, default_value = "5d", help_heading = "Webhooks")]
    pub(crate) webhook_disable_after: Duration,

    /// Send traces to the OpenTelemetry collector at this address, over OTLP (protobuf over HTTP): /v1/traces is added to
    /// it. OTEL_EXPORTER_OTLP_ENDPOINT is understood, too
    #[arg(long, value_name = "URL", value_parser = url, help_heading = "Traces")]
    pub(crate) otlp_endpoint: Option<String>,

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
