//! Whatever bytes come, each reader answers: nothing panics, nothing hangs, what is refused is explained.
//!
//! A short run is part of the tests. `MEMBERPULSE_FUZZ=1000 cargo nextest run hostile` tries a thousand times as much.

use std::io::Cursor;

use app::{Actor, ImportError, ImportOptions};
use domain::address::{TargetRules, check_target};
use domain::input::{Context, Mode, apply};
use domain::json::parse;
use domain::listing::{self, Lenience};
use domain::mapping::Mapping;
use domain::resources::{MEMBER, REGISTRY};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use testkit::{Engine, TestApp};

use super::{hold, wait};

/// How often each is tried.
fn cases(short: u32) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test run, not of the program")]
    let times = std::env::var("MEMBERPULSE_FUZZ").ok().and_then(|times| times.parse().ok());
    short.saturating_mul(times.unwrap_or(1))
}

/// Text of what means something to the reader, and of what does not.
fn text(meaningful: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(meaningful).prop_map(str::to_owned),
        2 => "[ -~]{0,6}",
        1 => any::<String>(),
    ];
    vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

const NAMES: &[&str] = &[
    "status",
    "createdAt",
    "email",
    "order",
    "search",
    "page",
    "itemsPerPage",
    "cursor",
    "fields",
    "count",
    "exists",
    "customFields",
    "interests",
    "memberNumber",
    "[",
    "]",
    "[]",
    "after",
    "strictly_before",
    "lt",
    "between",
    "gte",
];
const VALUES: &[&str] = &[
    "active",
    "2024-01-01",
    "T00:00:00Z",
    "+10:00",
    "..",
    ",",
    "-",
    "0",
    "99999999999999999999",
    "1e9",
    "true",
    "null",
    "%00",
    "\u{0}",
    "\u{202e}",
    "id",
    "asc",
    "desc",
    "NaN",
];

#[test]
fn queries() {
    let pairs = vec((text(NAMES), text(VALUES)), 0..6);
    hold(cases(150), &pairs, |pairs| {
        for resource in REGISTRY.iter() {
            for lenience in [Lenience::Strict, Lenience::Lenient] {
                let given = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                if let Err(problem) = listing::parse(resource, given, lenience) {
                    prop_assert!(!problem.violations.is_empty() || !problem.detail.is_empty());
                }
            }
        }
        Ok(())
    });
}

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "\\u0000",
    "\\ud800",
    "\\",
    "null",
    "true",
    "-0",
    "1e400",
    "0.1",
    "\"email\"",
    "\"firstName\"",
    "\"customFields\"",
    "\"eventStart\"",
    "\"interests\"",
    "\"a@b.c\"",
    "\"2024-02-30\"",
    "\"<b>\"",
    "{\"firstName\":\"A B\",\"lastName\":\"Doe\",\"email\":\"a@b.co\"",
    "{\"name\":\"x\"",
];

#[test]
fn bodies() {
    hold(cases(400), &text(JSON), |body| {
        let Ok(value) = parse(body.as_bytes()) else { return Ok(()) };
        let Some(object) = value.as_object() else { return Ok(()) };
        let context = Context::new(testkit::start(), "Australia/Sydney", "AU");
        for resource in REGISTRY.iter() {
            if let Err(problem) = apply(resource, None, object, Mode::Create, &context) {
                prop_assert!(!problem.violations.is_empty(), "{body}");
            }
        }
        Ok(())
    });
}

const RULES: &[&str] = &[
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"external\"",
    "\"field\"",
    "\"direction\"",
    "\"inbound\"",
    "\"transforms\"",
    "{\"trim\":true}",
    "{\"dateFormat\":\"%d/%m/%Y %Q\"}",
    "{\"split\":\"\"}",
    "{\"map\":{\"M\":\"male\"}}",
    "\"email\"",
    "\"customFields.x\"",
    "{\"external\":\"A\",\"field\":\"email\",\"transforms\":[",
    "]}",
];

#[test]
fn mapping_rules() {
    hold(cases(400), &text(RULES), |rules| {
        let Ok(rules) = parse(rules.as_bytes()) else { return Ok(()) };
        for resource in REGISTRY.iter() {
            match Mapping::parse(resource, &rules) {
                Ok(mapping) => drop(mapping.to_json()),
                Err(violations) => prop_assert!(!violations.is_empty()),
            }
        }
        Ok(())
    });
}

const URLS: &[&str] = &[
    "https://",
    "http://",
    "//",
    "@",
    ":",
    "/",
    "?",
    "#",
    "\\",
    "%2e",
    "example.org",
    "localhost",
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "[::1]",
    "[::ffff:10.0.0.1]",
    "[64:ff9b::a00:1]",
    "169.254.169.254",
    "\u{ff11}\u{ff12}\u{ff17}.1",
    ".local",
    "metadata.google.internal",
    ":0",
    ":443",
    "\t",
    "10.0.0.1",
    "xn--",
];

/// What may be reached from outside only, whatever the text looked like.
#[test]
fn addresses_of_webhooks() {
    let rules = TargetRules { https_only: true, private_allowed: false };
    hold(cases(2_000), &text(URLS), |given| {
        match check_target(&given, rules) {
            Err(refusal) => prop_assert!(!refusal.message.is_empty()),
            Ok(url) => {
                prop_assert_eq!(url.scheme(), "https");
                let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                if let Ok(address) = host.parse::<std::net::IpAddr>() {
                    let inner = match address {
                        std::net::IpAddr::V4(it) => {
                            it.is_private() || it.is_loopback() || it.is_link_local() || it.is_unspecified()
                        }
                        std::net::IpAddr::V6(it) => it.is_loopback() || it.to_ipv4_mapped().is_some(),
                    };
                    prop_assert!(!inner, "{}", url);
                }
                let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
                prop_assert!(!["localhost", "local"].contains(&last), "{}", url);
            }
        }
        Ok(())
    });
}

const KEYS: &[&str] =
    &["mp_live_", "mp_test_", "mp_", "_", "0", "z", "aB3", "\u{e9}", "k0Jw7fXq2LmN8pRsT4vYz1Ac"];

const CSV: &[&str] = &[
    "firstName,lastName,email\n",
    "externalId",
    "email,email\n",
    ",",
    "\n",
    "\r\n",
    "\r",
    "\"",
    "\"\"",
    "\u{feff}",
    "Jane,Doe,jane@example.org\n",
    ";",
    "\t",
    "=1+1",
    "\u{0}",
    "memberNumber",
    "id\n",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_files() {
    let app = TestApp::new(Engine::Sqlite).await;
    hold(cases(300), &text(KEYS), |key| {
        prop_assert!(wait(app.app.authenticate(&key, None)).unwrap().is_err());
        Ok(())
    });
    let damage = vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4);
    hold(cases(150), &(text(CSV), damage), |(text, damage)| {
        let mut file = text.into_bytes();
        for (place, byte) in damage.into_iter().filter(|_| !file.is_empty()).collect::<Vec<_>>() {
            let place = place.index(file.len());
            file[place] = byte;
        }
        let options = ImportOptions { resource: &MEMBER, mapping: None, match_by: None, dry_run: true };
        let (actor, mut failed) = (Actor::system(), Vec::new());
        match wait(app.app.import(&app.tenant, &actor, options, Cursor::new(file), &mut failed, &|_| {})) {
            Ok(_) | Err(ImportError::File(_)) => {}
            Err(error) => prop_assert!(false, "{error:?}"),
        }
        Ok(())
    });
}
