//! The guard between webhooks and the operator's own network.
//!
//! It judges the URL before anything is asked and every address before anything is connected to, so that what
//! a name meant yesterday, or means to somebody else, never counts. It must never ask the network itself.

use std::error::Error;
use std::fmt;
use std::net::IpAddr;

use domain::address::{self, Reach, Refusal, TargetRules};
use url::Url;

/// What may be connected to.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    private_allowed: bool,
}

/// A target that is not connected to, and why, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused(pub String);

impl Guard {
    /// A guard; `private_allowed` is the operator's option `--allow-private-webhooks`.
    #[must_use]
    pub const fn new(private_allowed: bool) -> Self {
        Self { private_allowed }
    }

    /// Judges a URL once more, as it was judged when the webhook was made: the operator may have changed the
    /// option since. Which environment may use http is settled then, and not asked again.
    pub(crate) fn check_url(self, text: &str) -> Result<Url, Refused> {
        let rules = TargetRules { https_only: false, private_allowed: self.private_allowed };
        address::check_target(text, rules).map_err(|Refusal { message, .. }| Refused(message))
    }

    /// Of the addresses a name leads to, those that may be connected to; refused when there are none.
    pub(crate) fn check_addresses(self, name: &str, addresses: &[IpAddr]) -> Result<Vec<IpAddr>, Refused> {
        let allowed: Vec<IpAddr> = addresses.iter().copied().filter(|it| self.allows(name, *it)).collect();
        match addresses.first() {
            Some(first) if allowed.is_empty() => {
                Err(Refused(address::explain(&format!("{name} ({first})"), Reach::of(*first))))
            }
            _ => Ok(allowed),
        }
    }

    fn allows(self, name: &str, address: IpAddr) -> bool {
        let reach = Reach::of(address);
        // Only because localhost is the machine itself may it be sent to without encryption: hold it to that.
        reach.is_allowed(self.private_allowed) && (reach == Reach::Loopback || !address::is_localhost(name))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn only_addresses_that_are_allowed_are_left() {
        let mixed =
            addresses(&["10.0.0.5", "8.8.8.8", "127.0.0.1", "2606:4700::1", "169.254.169.254", "fd00::1"]);
        let left = |private| Guard::new(private).check_addresses("hooks.example.org", &mixed).unwrap();
        assert_eq!(left(false), addresses(&["8.8.8.8", "2606:4700::1"]));
        assert_eq!(left(true), addresses(&["10.0.0.5", "8.8.8.8", "127.0.0.1", "2606:4700::1", "fd00::1"]));
    }

    #[test]
    fn a_name_that_leads_nowhere_else_is_refused_with_its_address() {
        let refused =
            Guard::new(false).check_addresses("hooks.example.org", &addresses(&["10.0.0.5"])).unwrap_err();
        assert!(
            refused.0.starts_with(
                "Webhooks are not sent to hooks.example.org (10.0.0.5): it is an address of a private network."
            ),
            "{refused}"
        );
        assert_eq!(Guard::new(false).check_addresses("hooks.example.org", &[]), Ok(Vec::new()));
    }

    #[test]
    fn localhost_means_the_machine_itself_only() {
        let guard = Guard::new(true);
        let both = addresses(&["10.0.0.5", "8.8.8.8", "127.0.0.1", "::1"]);
        for name in ["localhost", "hook.localhost", "LOCALHOST."] {
            assert_eq!(guard.check_addresses(name, &both).unwrap(), addresses(&["127.0.0.1", "::1"]));
            assert!(guard.check_addresses(name, &both[..2]).is_err());
        }
    }

    #[test]
    fn urls_are_judged_again() {
        assert!(Guard::new(false).check_url("http://127.0.0.1:9000/").is_err());
        assert!(Guard::new(true).check_url("http://127.0.0.1:9000/").is_ok());
        assert!(Guard::new(false).check_url("http://example.org/").is_ok());
    }
}
