//! Text as it is compared, searched and suggested: folding, words, nearest names.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest word kept for search, in characters; longer ones are cut, in records and queries alike.
pub const MAX_WORD: usize = 40;

/// The form in which case-insensitive fields are compared: NFC, Unicode lower case.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.nfc().collect::<String>().to_lowercase()
}

/// The distinct words of a text as search knows them: without case, accents and punctuation.
///
/// `Élise O'Brien-Smith` has the words `elise`, `o`, `brien`, `smith`.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    let mut words: Vec<String> = Vec::new();
    for word in plain.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let word: String = word.chars().take(MAX_WORD).collect();
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Up to three known names that are nearest to a given one, nearest first; empty when none is near.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    if given.len() > 100 {
        return Vec::new();
    }
    let given = given.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&given, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(3);
    scored.into_iter().map(|(_, name)| name).collect()
}

/// A sentence that offers the nearest names, or an empty text when none is near.
#[must_use]
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(given, known).as_slice() {
        [] => String::new(),
        names => format!(" Did you mean {}?", names.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_case_accents_or_punctuation() {
        assert_eq!(words("Élise O'Brien-Smith, élise"), ["elise", "o", "brien", "smith"]);
        assert_eq!(words("jane.doe+x@example.org"), ["jane", "doe", "x", "example", "org"]);
        assert_eq!(words("陽 Đặng"), ["陽", "đang"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn folding_ignores_case_and_composition() {
        assert_eq!(fold("JANE@Example.ORG"), "jane@example.org");
        assert_eq!(fold("E\u{301}LISE"), fold("Élise"));
    }

    #[test]
    fn near_names_are_offered() {
        assert_eq!(nearest("frstName", ["firstName", "lastName", "email"])[0], "firstName");
        assert!(nearest("zzz", ["firstName", "email"]).is_empty());
        assert_eq!(did_you_mean("stauts", ["status"]), " Did you mean status?");
    }
}
