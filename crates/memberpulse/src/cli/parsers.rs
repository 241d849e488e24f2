//! Values of options that are more than text: each says what is wrong with it and what would be right.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use domain::Timestamp;
use domain::resources::REGISTRY;
use ipnet::IpNet;
use jiff::tz::TimeZone;

/// One of some named things.
pub(crate) fn choice<T: Clone + Send + Sync + 'static>(
    all: &'static [T],
    name: fn(T) -> &'static str,
    by_name: fn(&str) -> Option<T>,
) -> ValueParser {
    let names = PossibleValuesParser::new(all.iter().map(|it| name(it.clone())));
    names.try_map(move |text| by_name(&text).ok_or("unknown")).into()
}

/// One of the resources, by its plural name.
pub(crate) fn resource() -> ValueParser {
    let names = PossibleValuesParser::new(REGISTRY.iter().map(|resource| resource.plural));
    names.try_map(|text| REGISTRY.by_plural(&text).ok_or("unknown")).into()
}

/// Where to listen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct HostAndPort(pub(crate) String);

impl FromStr for HostAndPort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let port =
            text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
        match port {
            Some(Ok(_)) => Ok(Self(text.to_owned())),
            _ => {
                Err("write an address and a port, such as 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080"
                    .to_owned())
            }
        }
    }
}

/// Which log lines are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LogLevel(pub(crate) String);

impl FromStr for LogLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
        // A filter takes any other word for the name of a module, and would log nothing.
        let known = |part: &str| part.contains('=') || LEVELS.contains(&part.trim().to_lowercase().as_str());
        let filter = tracing_subscriber::EnvFilter::builder().parse(text);
        match filter {
            Ok(_) if text.split(',').all(known) => Ok(Self(text.to_owned())),
            _ => Err(format!("write one of {}, or levels by module: warn,db=debug", LEVELS.join(", "))),
        }
    }
}

/// Scopes of a key; all when there is no list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Scopes(pub(crate) Option<Vec<String>>);

impl FromStr for Scopes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.as_slice() {
            [all] if all == "all" => Ok(Self(None)),
            names if names.iter().any(String::is_empty) => {
                Err("write all, or scopes with commas between them: members:read,events:write".to_owned())
            }
            _ => Ok(Self(Some(names))),
        }
    }
}

/// How long something stays valid.
#[derive(Clone, Debug)]
pub(crate) struct ExpiresIn(jiff::Span);

impl ExpiresIn {
    /// The end of this time after `now`; none when the calendar ends before.
    pub(crate) fn after(&self, now: Timestamp) -> Option<Timestamp> {
        let now = jiff::Timestamp::from_microsecond(now.as_micros()).ok()?.to_zoned_datetime(TimeZone::UTC);
        now.checked_add(self.0).ok().map(|end| Timestamp::from(end.timestamp()))
    }
}

impl FromStr for ExpiresIn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<jiff::Span>() {
            Ok(span) if span.is_positive() => Ok(Self(span)),
            Ok(_) => Err("the time must be longer than nothing".to_owned()),
            Err(_) => Err("write a number and a unit, such as 30m, 12h, 90d or 1y".to_owned()),
        }
    }
}

/// The key that secrets are encrypted with.
#[derive(Clone)]
pub(crate) struct SecretKey(pub(crate) [u8; 32]);

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Reads the key from Base64 or hexadecimal digits.
pub(crate) fn secret_key(text: &str) -> Result<SecretKey, String> {
    let text = text.trim();
    let from_hex = || -> Option<Vec<u8>> {
        let digits = text.as_bytes().chunks_exact(2);
        let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        (text.len() == 64).then(|| bytes.collect())?
    };
    let bytes = from_hex().or_else(|| STANDARD.decode(text).ok());
    let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    key.map(SecretKey).ok_or_else(|| {
        "write 32 random bytes in Base64 or hexadecimal, such as `openssl rand -base64 32` makes".to_owned()
    })
}

/// A time that something waits.
pub(super) fn wait(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and a unit, such as 500ms, 5s, 30m, 12h or 5d".to_owned();
    // A day is 24 hours: no calendar is meant.
    let text = text.trim();
    match text.strip_suffix('d').map(str::parse::<u64>) {
        Some(Ok(days)) => Ok(Duration::from_secs(days.saturating_mul(86_400))),
        Some(Err(_)) => Err(wrong()),
        None => {
            let span: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
            Duration::try_from(span).map_err(|_| wrong())
        }
    }
}

/// A time within which an answer must come; a lease of work lasts a little longer.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    match wait(text)? {
        time if time.is_zero() || time > Duration::from_mins(1) => {
            Err("write a time between nothing and 60s".to_owned())
        }
        time => Ok(time),
    }
}

/// How long a server may wait before it stops.
pub(super) fn delay(text: &str) -> Result<Duration, String> {
    match wait(text)? {
        time if time > Duration::from_mins(5) => Err("write a time of at most 5m".to_owned()),
        time => Ok(time),
    }
}

/// A network in CIDR notation, or one address.
pub(crate) fn network(text: &str) -> Result<IpNet, String> {
    app::network_of(text).ok_or_else(|| {
        "write networks such as 203.0.113.0/24 or 2001:db8::/32, or single addresses".to_owned()
    })
}

/// An address on the web, without a slash at its end.
pub(super) fn url(text: &str) -> Result<String, String> {
    let wrong =
        || "write an address that begins with http:// or https://, without query and fragment".to_owned();
    let uri: hyper::Uri = text.parse().map_err(|_| wrong())?;
    let fine =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    if !fine || uri.query().is_some() || text.contains('#') || text.contains('@') {
        return Err(wrong());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// A host name, with a port where it is not the usual one.
pub(super) fn host(text: &str) -> Result<String, String> {
    match text.parse::<hyper::http::uri::Authority>() {
        Ok(authority) if !authority.host().is_empty() && !text.contains('@') => Ok(text.to_lowercase()),
        _ => Err("write a host name, such as api.example.org, without https://".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = Timestamp::parse("2027-02-28T10:00:00Z").unwrap();
        for (text, end) in [
            ("30m", "2027-02-28T10:30:00Z"),
            ("12h", "2027-02-28T22:00:00Z"),
            ("90d", "2027-05-29T10:00:00Z"),
            ("2w", "2027-03-14T10:00:00Z"),
            ("1y", "2028-02-28T10:00:00Z"),
            ("1y 6mo", "2028-08-28T10:00:00Z"),
            ("1 day", "2027-03-01T10:00:00Z"),
        ] {
            let span: ExpiresIn = text.parse().unwrap();
            assert_eq!(span.after(now).unwrap().to_string(), end, "{text}");
        }
        for text in ["", "90", "soon", "-3d", "0d", "3d ago", "1e3d", "9999999999y"] {
            assert!(text.parse::<ExpiresIn>().is_err(), "{text}");
        }
        assert!("19000y".parse::<ExpiresIn>().unwrap().after(now).is_none());
    }

    #[test]
    fn scopes_are_all_or_a_list() {
        assert_eq!("all".parse(), Ok(Scopes(None)));
        let list = vec!["members:read".to_owned(), "events:write".to_owned()];
        assert_eq!("members:read, events:write".parse(), Ok(Scopes(Some(list))));
        for text in ["", "members:read,", ","] {
            assert!(text.parse::<Scopes>().is_err(), "{text}");
        }
    }

    #[test]
    fn networks_and_single_addresses_are_read() {
        for (text, network_) in [
            ("203.0.113.0/24", "203.0.113.0/24"),
            ("203.0.113.9/24", "203.0.113.0/24"),
            ("203.0.113.9", "203.0.113.9/32"),
            ("2001:db8::1", "2001:db8::1/128"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), network_);
        }
        for text in ["", "203.0.113", "203.0.113.0/33", "example.org"] {
            assert!(network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_have_a_host_and_a_port() {
        for text in ["127.0.0.1:0", "[::]:8080", "localhost:80"] {
            assert!(text.parse::<HostAndPort>().is_ok(), "{text}");
        }
        for text in ["", "8080", ":8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"] {
            assert!(text.parse::<HostAndPort>().is_err(), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_kept_without_the_last_slash() {
        assert_eq!(url("https://api.example.org/"), Ok("https://api.example.org".to_owned()));
        assert_eq!(url("http://localhost:8080/mp"), Ok("http://localhost:8080/mp".to_owned()));
        for text in
            ["", "api.example.org", "ftp://x.org", "https://", "https://a.org/?q=1", "https://a.org/#x", "/x"]
        {
            assert!(url(text).is_err(), "{text}");
        }
        assert_eq!(host("API.example.org"), Ok("api.example.org".to_owned()));
        for text in ["", "https://a.org", "a.org/x", "u@a.org"] {
            assert!(host(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_level_is_a_level() {
        for text in ["info", "WARN", "warn,db=debug", "off", "memberpulse=trace"] {
            assert!(text.parse::<LogLevel>().is_ok(), "{text}");
        }
        for text in ["", "verbose", "info,", "db=loud", "warn,dbdebug"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text}");
        }
    }
}
