//! The form of a key: `mp_live_` or `mp_test_`, 43 base62 characters from 256 random bits, and a
//! checksum of 6 (API §2). A typo is found without a look-up, and secret scanners can find a leak.

use sha2::{Digest as _, Sha256};

use crate::tenant::Environment;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET: usize = 43;
const CHECKSUM: usize = 6;

/// The beginning that tells the environment.
pub(super) fn prefix(environment: Environment) -> &'static str {
    match environment {
        Environment::Production => "mp_live_",
        Environment::Sandbox => "mp_test_",
    }
}

/// A key of these random bits.
pub(super) fn render(environment: Environment, random: [u8; 32]) -> String {
    let mut key = prefix(environment).to_owned();
    key.push_str(&base62(&random, SECRET));
    let checksum = checksum(&key);
    key.push_str(&checksum);
    key
}

/// The environment of a well-formed key; `None` when it is mistyped. Whether there is such a key is not asked.
#[must_use]
pub fn environment_of(key: &str) -> Option<Environment> {
    let environment =
        Environment::ALL.into_iter().find(|environment| key.starts_with(prefix(*environment)))?;
    let body = key.strip_prefix(prefix(environment))?;
    let well_formed =
        body.len() == SECRET + CHECKSUM && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !well_formed {
        return None;
    }
    let (text, given) = key.split_at_checked(key.len() - CHECKSUM)?;
    (checksum(text) == given).then_some(environment)
}

/// What is stored of a key.
pub(super) fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// CRC-32 (IEEE) of what stands before, in base62.
fn checksum(text: &str) -> String {
    base62(&crc32fast::hash(text.as_bytes()).to_be_bytes(), CHECKSUM)
}

/// A big-endian number in base62, padded with zeros on the left.
pub(crate) fn base62(number: &[u8], length: usize) -> String {
    let mut digits = vec![0_u8; length];
    for &byte in number {
        let mut carry = u32::from(byte);
        for digit in digits.iter_mut().rev() {
            let value = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 62).unwrap_or(0);
            carry = value / 62;
        }
    }
    digits.into_iter().map(|digit| char::from(ALPHABET[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_environment() {
        for environment in Environment::ALL {
            let key = render(environment, [255; 32]);
            assert_eq!(key.len(), 8 + 43 + 6);
            assert_eq!(environment_of(&key), Some(environment));
        }
    }

    #[test]
    fn every_single_mistyped_character_is_found() {
        let key = render(Environment::Production, std::array::from_fn(|i| u8::try_from(i).unwrap()));
        for position in 0..key.len() {
            let mut typo = key.clone().into_bytes();
            typo[position] = if typo[position] == b'a' { b'b' } else { b'a' };
            let typo = String::from_utf8(typo).unwrap();
            if typo != key {
                assert_eq!(environment_of(&typo), None, "{position}");
            }
        }
        assert_eq!(environment_of(&key[..key.len() - 1]), None);
        assert_eq!(environment_of("mp_live_é"), None);
        assert_eq!(environment_of(""), None);
    }

    #[test]
    fn base62_counts_as_expected() {
        assert_eq!(base62(&[0], 3), "000");
        assert_eq!(base62(&[61], 3), "00z");
        assert_eq!(base62(&[62], 3), "010");
        assert_eq!(base62(&[1, 0], 3), "048");
    }
}
