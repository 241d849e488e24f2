//! Countries by the names that people use, as ISO 3166-1 alpha-2 codes and back.
//!
//! ISO's own English names come from its list; here stand only the everyday ones beside them.

use std::collections::HashMap;
use std::sync::LazyLock;

use rust_iso3166::{ALL, from_alpha2, from_alpha3};
use serde_json::Value as Json;

use super::text::of_scalar;
use super::{Outcome, Wrong};
use crate::input::shorten;
use crate::text::{nearest, words};

/// Everyday names that are written outbound instead of ISO's, and read inbound.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("BN", "Brunei"),
    ("BO", "Bolivia"),
    ("CD", "Democratic Republic of the Congo"),
    ("FK", "Falkland Islands"),
    ("FM", "Micronesia"),
    ("GB", "United Kingdom"),
    ("IR", "Iran"),
    ("KP", "North Korea"),
    ("KR", "South Korea"),
    ("LA", "Laos"),
    ("MD", "Moldova"),
    ("MF", "Saint Martin"),
    ("NL", "Netherlands"),
    ("PS", "Palestine"),
    ("RU", "Russia"),
    ("SX", "Sint Maarten"),
    ("SY", "Syria"),
    ("TW", "Taiwan"),
    ("TZ", "Tanzania"),
    ("US", "United States"),
    ("VA", "Vatican City"),
    ("VE", "Venezuela"),
    ("VG", "British Virgin Islands"),
    ("VI", "US Virgin Islands"),
];

/// Further names that are read inbound.
const ALIASES: &[(&str, &str)] = &[
    ("AE", "UAE"),
    ("CG", "Republic of the Congo"),
    ("CG", "Congo-Brazzaville"),
    ("CD", "Congo-Kinshasa"),
    ("CD", "DR Congo"),
    ("CI", "Ivory Coast"),
    ("CN", "People's Republic of China"),
    ("CV", "Cape Verde"),
    ("CZ", "Czech Republic"),
    ("FK", "Falklands"),
    ("GB", "Britain"),
    ("GB", "England"),
    ("GB", "Great Britain"),
    ("GB", "Northern Ireland"),
    ("GB", "Scotland"),
    ("GB", "U.K."),
    ("GB", "UK"),
    ("GB", "Wales"),
    ("HK", "Hong Kong SAR"),
    ("IE", "Republic of Ireland"),
    ("MK", "Macedonia"),
    ("MM", "Burma"),
    ("MO", "Macau"),
    ("NL", "Holland"),
    ("NZ", "Aotearoa"),
    ("SZ", "Swaziland"),
    ("TL", "East Timor"),
    ("TR", "Turkey"),
    ("US", "America"),
    ("US", "U.S."),
    ("US", "U.S.A."),
    ("VA", "Vatican"),
    ("VN", "Vietnam"),
];

/// Alpha-2 codes by the key of each known name.
static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let iso = ALL.iter().map(|country| (country.alpha2, country.name));
    let named = iso.chain(SHORT_NAMES.iter().copied()).chain(ALIASES.iter().copied());
    named.map(|(code, name)| (key(name), code)).collect()
});

/// What is the same in all ways to write a name: `Korea, Republic of the` and `Republic of Korea`.
fn key(name: &str) -> String {
    let mut words = words(name);
    words.retain(|word| !matches!(word.as_str(), "the" | "of" | "and"));
    for word in &mut words {
        if word == "st" {
            "saint".clone_into(word);
        }
    }
    words.sort_unstable();
    words.join(" ")
}

/// The code of a country by name, alpha-2 or alpha-3 code.
pub(super) fn code(item: &Json) -> Outcome {
    let given = of_scalar(item).unwrap_or_default();
    let given = given.trim();
    let upper = given.to_ascii_uppercase();
    let by_code = || from_alpha2(&upper).or_else(|| from_alpha3(&upper)).map(|country| country.alpha2);
    let found = by_code().or_else(|| BY_NAME.get(&key(given)).copied());
    found.map(|code| Json::String(code.to_owned())).ok_or_else(|| {
        let near = match nearest(given, names()).as_slice() {
            [] => String::new(),
            near => format!(" Did you mean {}?", near.join(" or ")),
        };
        let message =
            format!("{} must be the name or the ISO 3166-1 code of a country.{near}", shorten(given));
        Wrong::new("invalid_country", message)
    })
}

/// The everyday English name of a country's code.
pub(super) fn name(item: Json) -> Json {
    let Some(country) = item.as_str().and_then(from_alpha2) else { return item };
    let short = SHORT_NAMES.iter().find(|(code, _)| *code == country.alpha2);
    Json::String(short.map_or(country.name, |(_, name)| name).to_owned())
}

fn names() -> impl Iterator<Item = &'static str> {
    SHORT_NAMES.iter().map(|(_, name)| *name).chain(ALL.iter().map(|country| country.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_countries_share_a_name() {
        let iso = ALL.iter().map(|country| (country.alpha2, country.name));
        for (code, name) in iso.chain(SHORT_NAMES.iter().copied()).chain(ALIASES.iter().copied()) {
            assert_eq!(BY_NAME.get(&key(name)), Some(&code), "{name}");
        }
    }

    #[test]
    fn every_name_that_is_written_is_read_again() {
        for country in ALL {
            let written = name(Json::from(country.alpha2));
            assert_eq!(code(&written), Ok(Json::from(country.alpha2)));
        }
    }
}
