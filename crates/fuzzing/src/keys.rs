//! The form of API keys: nothing is taken for a key but what ends in its own checksum.

use app::{Environment, key_environment};

const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET: usize = 43;
const CHECKSUM: usize = 6;

/// The data is what stands behind `Bearer`.
pub(crate) fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert_eq!(key_environment(text), expected(text), "{text:?}");

    // The same with a checksum that is right for whatever it is.
    let whole = format!("{text}{}", checksum(text));
    assert_eq!(key_environment(&whole), expected(&whole), "{whole:?}");
    if key_environment(&whole).is_none() {
        return;
    }
    // No single mistake is let by. Where it is made comes from the data too.
    let place = data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % whole.len();
    for letter in ALPHABET.iter().chain(b"_-. ") {
        let mut typo = whole.clone().into_bytes();
        if typo[place] == *letter {
            continue;
        }
        typo[place] = *letter;
        let typo = String::from_utf8(typo).unwrap();
        assert_eq!(key_environment(&typo), None, "{typo:?} for {whole:?}");
    }
    assert_eq!(key_environment(&format!("{whole}0")), None);
    assert_eq!(key_environment(&format!(" {whole}")), None);
}

/// What the API's contract (§2) says of the text, worked out from its words.
fn expected(text: &str) -> Option<Environment> {
    let (environment, body) = if let Some(body) = text.strip_prefix("mp_live_") {
        (Environment::Production, body)
    } else {
        (Environment::Sandbox, text.strip_prefix("mp_test_")?)
    };
    let in_base62 = body.bytes().all(|byte| ALPHABET.contains(&byte));
    if !in_base62 || body.len() != SECRET + CHECKSUM {
        return None;
    }
    let (before, given) = text.split_at(text.len() - CHECKSUM);
    (checksum(before) == given).then_some(environment)
}

/// CRC-32 (IEEE 802.3), bit by bit, as six digits of base 62.
fn checksum(text: &str) -> String {
    let mut crc = u32::MAX;
    for byte in text.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    let mut rest = !crc;
    let mut digits = Vec::new();
    for _ in 0..CHECKSUM {
        digits.push(char::from(ALPHABET[usize::try_from(rest % 62).unwrap()]));
        rest /= 62;
    }
    digits.into_iter().rev().collect()
}
