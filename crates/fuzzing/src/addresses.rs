//! Targets of webhooks: what the guard lets through, told by other means than its own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::address::{TargetRules, check_target};

/// The data is a URL as a customer gives it.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for (https_only, private_allowed) in [(true, false), (true, true), (false, false), (false, true)] {
        let rules = TargetRules { https_only, private_allowed };
        let url = match check_target(text, rules) {
            Ok(url) => url,
            Err(refusal) => {
                assert!(!refusal.message.is_empty() && !refusal.code.is_empty());
                continue;
            }
        };
        let normal = url.as_str();
        match check_target(normal, rules) {
            // What is kept, and bounded, is the text as it was given; its normal form may be longer.
            Err(refusal) if refusal.code == "too_long" => {
                assert!(normal.chars().count() > text.chars().count(), "{normal}");
            }
            again => assert_eq!(again.as_ref(), Ok(&url), "the normal form is judged otherwise"),
        }
        assert!(url.username().is_empty() && url.password().is_none(), "{normal}");
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let own_machine = match literal {
            Some(address) => address.to_canonical().is_loopback(),
            None => is_below(host, "localhost"),
        };
        assert!(
            url.scheme() == "https" || (url.scheme() == "http" && (!https_only || own_machine)),
            "{normal}"
        );
        match literal {
            Some(address) => check_address(address, private_allowed),
            None => check_name(host, private_allowed),
        }
    }
}

/// What the standard library says of an address, and of the IPv4 address inside an IPv6 one.
fn check_address(address: IpAddr, private_allowed: bool) {
    match address {
        IpAddr::V4(inner) => check_v4(inner, private_allowed),
        IpAddr::V6(outer) => {
            let [a, b, .., y, z] = outer.segments();
            let pair = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
            if let Some(inner) = outer.to_ipv4_mapped() {
                check_v4(inner, private_allowed);
            } else if outer.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
                check_v4(pair(y, z), private_allowed);
            } else if a == 0x2002 {
                check_v4(pair(b, outer.segments()[2]), private_allowed);
            } else {
                check_v6(outer, private_allowed);
            }
        }
    }
}

fn check_v4(address: Ipv4Addr, private_allowed: bool) {
    let [a, b, ..] = address.octets();
    let never = address.is_unspecified()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 224;
    assert!(!never, "{address}");
    let own = address.is_private() || address.is_loopback() || (a == 100 && b & 0xc0 == 64);
    assert!(private_allowed || !own, "{address}");
}

fn check_v6(address: Ipv6Addr, private_allowed: bool) {
    let never = address.is_unspecified() || address.is_multicast() || address.is_unicast_link_local();
    assert!(!never, "{address}");
    let own = address.is_loopback() || address.is_unique_local() || address.segments()[0] & 0xffc0 == 0xfec0;
    let outside = address.segments()[0] & 0xe000 == 0x2000;
    assert!(if own { private_allowed } else { outside }, "{address}");
}

fn check_name(host: &str, private_allowed: bool) {
    let name = host.strip_suffix('.').unwrap_or(host);
    assert!(!name.is_empty() && name.len() <= 253, "{host}");
    assert!(name != "metadata.google.internal" && name != "metadata", "{host}");
    // A last label that is a number makes an address of the whole: `127.1`, `0x7f000001`.
    let last = name.rsplit('.').next().unwrap_or_default();
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let is_number = last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert!(!is_number, "{host}");
    if !private_allowed {
        assert!(name.contains('.'), "{host}");
        for inner in ["localhost", "local", "internal", "lan", "home.arpa"] {
            assert!(!is_below(name, inner), "{host}");
        }
    }
}

fn is_below(name: &str, suffix: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
}
