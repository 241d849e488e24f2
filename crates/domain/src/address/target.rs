//! Whether a URL may be the target of webhooks, judged by its text alone: scheme, port, and the host
//! where it is an address or a name that cannot be public.
//!
//! The URL standard's parser has the last word on what the host is, so that decimal, octal, hexadecimal,
//! short and full-width forms of an address are seen as that address. What a name resolves to is judged
//! when a connection is made, each time.

use std::net::IpAddr;

use url::{Host, Url};

use super::Reach;

const MAX_URL: usize = 2_000;
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;
const FOR_OPERATORS: &str =
    " An operator who wants receivers in the own network starts the server with --allow-private-webhooks.";

/// Names of metadata services that the rules for private names would let by.
const METADATA_NAMES: [&str; 8] = [
    "metadata",
    "instance-data",
    "instance-data.ec2.internal",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
    "metadata.platformequinix.com",
    "metadata.tencentyun.com",
];

/// Top levels that only mean something inside a network (RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`,
/// and those that networks use without asking).
const PRIVATE_SUFFIXES: [&str; 9] =
    ["local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];

/// What the operator and the environment allow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TargetRules {
    /// Unencrypted http is refused, except to the machine itself: the production environment.
    pub https_only: bool,
    /// Receivers on the machine itself and in private networks are wanted: `--allow-private-webhooks`.
    pub private_allowed: bool,
}

/// Why a URL may not be a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong and what to do, for people.
    pub message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn address(message: impl Into<String>) -> Self {
        Self::new("address_not_allowed", message)
    }
}

/// Checks the URL of a webhook and gives it in the standard's normal form.
pub fn check_target(text: &str, rules: TargetRules) -> Result<Url, Refusal> {
    let malformed = |wrong: &str| {
        Refusal::new("invalid_url", format!("{wrong} Give a full address such as https://example.org/hook."))
    };
    let length = text.chars().count();
    if length > MAX_URL {
        let message = format!("The URL has {length} characters; at most {MAX_URL} are possible.");
        return Err(Refusal::new("too_long", message));
    }
    // The standard's parser silently removes some of these.
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(malformed("The URL contains spaces, line breaks or control characters."));
    }
    let url = Url::parse(text).map_err(|error| malformed(&format!("This is not a URL: {error}.")))?;
    if !matches!(url.scheme(), "http" | "https") {
        let message = format!("The URL begins with {}:, but webhooks are sent by https.", url.scheme());
        return Err(malformed(&message));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let message = "The URL contains a user name or password. Remove it, and give the webhook a header of its own, \
                       such as Authorization, instead.";
        return Err(Refusal::new("credentials_in_url", message));
    }
    if url.port() == Some(0) {
        return Err(Refusal::new(
            "invalid_port",
            "Port 0 cannot be connected to. Remove it or give another.",
        ));
    }
    let own_machine = match url.host() {
        None => return Err(malformed("The URL names no host.")),
        Some(Host::Ipv4(address)) => check_literal(address.into(), rules.private_allowed)?,
        Some(Host::Ipv6(address)) => check_literal(address.into(), rules.private_allowed)?,
        Some(Host::Domain(name)) => {
            check_name(name, rules.private_allowed)?;
            is_localhost(name)
        }
    };
    if url.scheme() == "http" && rules.https_only && !own_machine {
        let message =
            "Webhooks of the production environment are sent encrypted. Begin the URL with https://.";
        return Err(Refusal::new("https_required", message));
    }
    Ok(url)
}

/// Whether the name means the machine itself (RFC 6761 §6.3).
#[must_use]
pub fn is_localhost(name: &str) -> bool {
    ends_in(&normal(name), "localhost")
}

/// Checks a host name, before anything is asked about it.
pub fn check_name(name: &str, private_allowed: bool) -> Result<(), Refusal> {
    let normal = normal(name);
    let shaped = normal.len() <= MAX_NAME
        && normal.split('.').all(|label| {
            (1..=MAX_LABEL).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        });
    if !shaped {
        let message =
            "The URL's host is not a host name. Check it for missing or doubled dots and odd characters.";
        return Err(Refusal::new("invalid_url", message));
    }
    if METADATA_NAMES.contains(&normal.as_str()) {
        let message = format!(
            "Webhooks are not sent to {normal}: it is the name of a cloud's metadata service. Give the public \
             name of your receiver."
        );
        return Err(Refusal::address(message));
    }
    let private = !normal.contains('.')
        || is_localhost(&normal)
        || PRIVATE_SUFFIXES.iter().any(|suffix| ends_in(&normal, suffix));
    if private && !private_allowed {
        let message = format!(
            "Webhooks are not sent to {normal}: the name has a meaning only inside a private network. Give a name \
             that can be reached from the internet.{FOR_OPERATORS}"
        );
        return Err(Refusal::address(message));
    }
    Ok(())
}

/// Whether the address is the machine itself, if it may be a target.
fn check_literal(address: IpAddr, private_allowed: bool) -> Result<bool, Refusal> {
    let reach = Reach::of(address);
    if reach.is_allowed(private_allowed) {
        // Behind a translator (NAT64, 6to4) it is the translator's, not this one.
        return Ok(address.to_canonical().is_loopback());
    }
    Err(Refusal::address(explain(&address.to_string(), reach)))
}

/// Why nothing is sent to a host that is, or leads to, an address of this class.
#[must_use]
pub fn explain(host: &str, reach: Reach) -> String {
    let way_out = if reach.is_private() { FOR_OPERATORS } else { "" };
    format!(
        "Webhooks are not sent to {host}: it is {}. Give an address that can be reached from the \
         internet.{way_out}",
        reach.words()
    )
}

fn normal(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    lower.strip_suffix('.').map_or_else(|| lower.clone(), str::to_owned)
}

fn ends_in(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTION: TargetRules = TargetRules { https_only: true, private_allowed: false };
    const SANDBOX: TargetRules = TargetRules { https_only: false, private_allowed: false };
    const OWN_NETWORK: TargetRules = TargetRules { https_only: true, private_allowed: true };

    fn code(text: &str, rules: TargetRules) -> &'static str {
        check_target(text, rules).map_or_else(|refusal| refusal.code, |_| "ok")
    }

    #[test]
    fn a_public_https_url_is_kept_in_its_normal_form() {
        let url = check_target("https://Hooks.Example.org:443/a/../in?x=1", PRODUCTION).unwrap();
        assert_eq!(url.as_str(), "https://hooks.example.org/in?x=1");
        for text in [
            "https://example.org",
            "https://example.org.:8443/in",
            "https://8.8.8.8/in",
            "https://[2606:4700::1111]/in",
            "https://my_host.example.org/",
            "https://bücher.example.org/",
            "https://internal.example.org/",
            "https://example.notlocal/",
        ] {
            assert_eq!(code(text, PRODUCTION), "ok", "{text}");
        }
    }

    #[test]
    fn http_is_for_the_sandbox_and_for_the_machine_itself() {
        for (text, production, sandbox, own) in [
            ("http://example.org/", "https_required", "ok", "https_required"),
            ("http://8.8.8.8/", "https_required", "ok", "https_required"),
            ("http://127.0.0.1:9000/", "address_not_allowed", "address_not_allowed", "ok"),
            ("http://[::1]/", "address_not_allowed", "address_not_allowed", "ok"),
            ("http://localhost:9000/", "address_not_allowed", "address_not_allowed", "ok"),
            ("http://hook.localhost./", "address_not_allowed", "address_not_allowed", "ok"),
            ("http://10.0.0.1/", "address_not_allowed", "address_not_allowed", "https_required"),
            ("https://10.0.0.1/", "address_not_allowed", "address_not_allowed", "ok"),
            ("https://receiver.internal/", "address_not_allowed", "address_not_allowed", "ok"),
            ("https://169.254.169.254/", "address_not_allowed", "address_not_allowed", "address_not_allowed"),
            ("https://[fe80::1]/", "address_not_allowed", "address_not_allowed", "address_not_allowed"),
        ] {
            assert_eq!(code(text, PRODUCTION), production, "{text}");
            assert_eq!(code(text, SANDBOX), sandbox, "{text}");
            assert_eq!(code(text, OWN_NETWORK), own, "{text}");
        }
    }

    #[test]
    fn every_way_to_write_an_address_is_seen_through() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0X7F.1",
            "0x7f.0.0.0x1",
            "017700000001",
            "0177.0.0.01",
            "%31%32%37.0.0.1",
            "１２７.０.０.１",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "0",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::7f00:1]",
            "[2002:7f00:1::]",
            "10.1",
            "0xa9fea9fe",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "168.63.129.16",
        ] {
            for scheme in ["http", "https"] {
                let text = format!("{scheme}://{host}/x");
                assert_eq!(code(&text, SANDBOX), "address_not_allowed", "{text}");
            }
        }
        // The parser reads these as the same host, too.
        for text in ["https:127.0.0.1", r"https:\\127.0.0.1\x", "https:///127.0.0.1"] {
            assert_eq!(code(text, SANDBOX), "address_not_allowed", "{text}");
        }
    }

    #[test]
    fn names_with_a_meaning_inside_a_network_are_refused() {
        for name in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "printer.local",
            "db.internal",
            "intranet",
            "wiki.intranet",
            "nas.lan",
            "nas.home",
            "nas.home.arpa",
            "ad.corp",
            "x.private",
            "x.localdomain",
            "kubernetes",
        ] {
            assert_eq!(code(&format!("https://{name}/"), PRODUCTION), "address_not_allowed", "{name}");
            assert_eq!(code(&format!("https://{name}/"), OWN_NETWORK), "ok", "{name}");
        }
    }

    #[test]
    fn metadata_names_are_refused_always() {
        for name in METADATA_NAMES {
            for rules in [PRODUCTION, SANDBOX, OWN_NETWORK] {
                assert_eq!(code(&format!("https://{name}/latest"), rules), "address_not_allowed", "{name}");
                assert_eq!(
                    code(&format!("https://{}./latest", name.to_uppercase()), rules),
                    "address_not_allowed"
                );
            }
        }
    }

    #[test]
    fn what_is_not_a_target_is_refused() {
        for (text, expected) in [
            ("", "invalid_url"),
            ("example.org/hook", "invalid_url"),
            ("ftp://example.org/", "invalid_url"),
            ("file:///etc/passwd", "invalid_url"),
            ("https://", "invalid_url"),
            ("https://exa mple.org/", "invalid_url"),
            ("https://example.org/\n", "invalid_url"),
            ("ht\ttps://example.org/", "invalid_url"),
            ("https://a..b/", "invalid_url"),
            ("https://.example.org/", "invalid_url"),
            ("https://1.2.3.4.5/", "invalid_url"),
            ("https://[fe80::1%25eth0]/", "invalid_url"),
            ("https://me@example.org/", "credentials_in_url"),
            ("https://:secret@example.org/", "credentials_in_url"),
            ("https://example.org:0/", "invalid_port"),
            ("https://example.org:99999/", "invalid_url"),
        ] {
            assert_eq!(code(text, PRODUCTION), expected, "{text}");
        }
        let long = format!("https://example.org/{}", "a".repeat(2_000));
        assert_eq!(code(&long, PRODUCTION), "too_long");
        let long = format!("https://{}.org/", "a".repeat(64));
        assert_eq!(code(&long, PRODUCTION), "invalid_url");
    }

    #[test]
    fn messages_say_what_to_do() {
        let message = |text| check_target(text, PRODUCTION).unwrap_err().message;
        assert_eq!(
            message("https://2130706433/"),
            "Webhooks are not sent to 127.0.0.1: it is the address of the server itself. Give an address that can be \
             reached from the internet. An operator who wants receivers in the own network starts the server with \
             --allow-private-webhooks."
        );
        assert!(!message("https://169.254.169.254/").contains("--allow"));
        assert!(message("example.org").contains("https://example.org/hook"));
        assert!(message("http://example.org").contains("https://"));
    }
}
