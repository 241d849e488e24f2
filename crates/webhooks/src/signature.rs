//! Signing as Standard Webhooks says: who sent a delivery, when, and that nobody changed it on the way.
//!
//! Secrets are shown once, when they are made; here they are only used. It must never read the clock or make
//! randomness.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};

use domain::Timestamp;

const PREFIX: &str = "whsec_";
/// The standard's bounds for the length of a secret, in bytes.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// What sender and receiver share: `whsec_` and Base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Text that is not such a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotASecret;

/// A delivery that cannot be signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unsignable {
    /// A webhook has at least one secret.
    NoSecret,
    /// The signing crate gave its reason; with a body that is text, as JSON is, there is none.
    Refused,
}

impl Secret {
    /// Reads a secret as it was kept.
    pub fn parse(text: &str) -> Result<Self, NotASecret> {
        let encoded = text.strip_prefix(PREFIX).ok_or(NotASecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NotASecret)?;
        if BYTES.contains(&bytes.len()) { Ok(Self(text.to_owned())) } else { Err(NotASecret) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(whsec_…)")
    }
}

impl fmt::Display for NotASecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a webhook's secret is whsec_ and 24 to 64 bytes in Base64")
    }
}

impl std::error::Error for NotASecret {}

impl fmt::Display for Unsignable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoSecret => "the webhook has no secret to sign with",
            Self::Refused => "the delivery cannot be signed",
        })
    }
}

impl std::error::Error for Unsignable {}

/// The three headers of a signed delivery: one signature for each secret, so that a receiver can change over
/// while two are valid.
///
/// `id` is the same for each attempt; `sent` is the moment of this one, since receivers refuse old signatures.
pub fn headers(
    secrets: &[Secret],
    id: &str,
    sent: Timestamp,
    body: &str,
) -> Result<[(&'static str, String); 3], Unsignable> {
    if secrets.is_empty() {
        return Err(Unsignable::NoSecret);
    }
    let seconds = sent.as_seconds();
    let signatures: Vec<String> = secrets
        .iter()
        .map(|secret| Webhook::new(&secret.0)?.sign(id, seconds, body.as_bytes()))
        .collect::<Result<_, _>>()
        .map_err(|_| Unsignable::Refused)?;
    Ok([
        (HEADER_WEBHOOK_ID, id.to_owned()),
        (HEADER_WEBHOOK_TIMESTAMP, seconds.to_string()),
        (HEADER_WEBHOOK_SIGNATURE, signatures.join(" ")),
    ])
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the standard's own verification compares with the clock")]
    fn now() -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap())
    }

    /// A secret as the server makes and keeps it.
    fn text(bytes: [u8; 32]) -> String {
        format!("{PREFIX}{}", STANDARD.encode(bytes))
    }

    fn map(headers: &[(&'static str, String); 3]) -> HeaderMap {
        headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn signs_the_example_of_the_standard() {
        let secret = Secret::parse("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let sent = Timestamp::from_micros(1_649_367_553_999_999);
        let signed = headers(&[secret], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", sent, body).unwrap();
        let expected = [
            ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk"),
            ("webhook-timestamp", "1649367553"),
            ("webhook-signature", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="),
        ];
        assert_eq!(signed, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn while_rotating_either_secret_verifies_and_no_other() {
        let [old, new, other] = [1, 2, 3].map(|byte| Secret::parse(&text([byte; 32])).unwrap());
        let body = r#"{"name":"Zoë"}"#;
        let signed = headers(&[new.clone(), old.clone()], "evt_1", now(), body).unwrap();
        assert_eq!(signed[2].1.split(' ').count(), 2);
        let verify = |secret: &Secret, body: &str| {
            Webhook::new(&secret.0).unwrap().verify(body.as_bytes(), &map(&signed)).is_ok()
        };
        assert!(verify(&old, body) && verify(&new, body));
        assert!(!verify(&other, body));
        assert!(!verify(&new, r#"{"name":"Zoe"}"#));
    }

    #[test]
    fn secrets_have_the_form_and_length_of_the_standard() {
        assert_eq!(text([0xfb; 32]), "whsec_+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/v7+/s=");
        let secret = Secret::parse(&text([0xfb; 32])).unwrap();
        assert_eq!(Secret::parse(&secret.0), Ok(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(whsec_…)");
        for length in [24, 64] {
            assert!(Secret::parse(&format!("whsec_{}", STANDARD.encode(vec![7; length]))).is_ok());
        }
        for length in [0, 23, 65] {
            assert!(Secret::parse(&format!("whsec_{}", STANDARD.encode(vec![7; length]))).is_err());
        }
        for text in ["", "whsec_", "whsec_?", &STANDARD.encode([7; 32])] {
            assert_eq!(Secret::parse(text), Err(NotASecret), "{text}");
        }
    }

    #[test]
    fn nothing_is_sent_unsigned() {
        assert_eq!(headers(&[], "evt_1", now(), "{}"), Err(Unsignable::NoSecret));
    }
}
