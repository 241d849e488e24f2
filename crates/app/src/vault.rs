//! Encryption of what must be used again but not be read in the database: signing secrets, and kept
//! answers that hold one. ChaCha20-Poly1305 (RFC 8439) under one key of the installation.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use db::{Param, Weight};

use crate::app::App;
use crate::failure::Failure;
use crate::store::System;

/// Bytes of a nonce; each sealed text begins with its own.
const NONCE: usize = 12;

/// What a server seals when it is the first one, and opens when it is not.
const CHECK: &[u8] = b"MemberPulse";

/// The key of the installation, ready for use.
#[derive(Clone)]
pub struct Vault(ChaCha20Poly1305);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault with this key.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(ChaCha20Poly1305::new(&Key::from(key)))
    }

    /// Encrypts under a nonce that was never used before. `about` says what it belongs to: it can be
    /// opened only for the same.
    fn seal(&self, nonce: [u8; NONCE], about: &[u8], text: &[u8]) -> Result<Vec<u8>, Failure> {
        let payload = Payload { msg: text, aad: about };
        let sealed = self.0.encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| Failure::internal("nothing could be encrypted"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        self.0.decrypt(&Nonce::from(*nonce), Payload { msg: text, aad: about }).ok()
    }
}

impl App {
    /// Encrypts something that belongs to `about`.
    pub(crate) fn seal(&self, about: &[u8], text: &[u8]) -> Result<Vec<u8>, Failure> {
        self.vault()?.seal(self.random_bytes()?, about, text)
    }

    /// Decrypts what was sealed for the same `about`.
    pub(crate) fn unseal(&self, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        let opened = self.vault()?.open(about, sealed);
        opened.ok_or_else(|| {
            Failure::internal(
                "a secret does not open: it was sealed with another secret key, or for something else",
            )
        })
    }

    /// Makes sure that this server's key is the one with which secrets were sealed before, on this server
    /// or another one. False when it is another and there are secrets; where there are none, as after the
    /// restoring of a backup without its key, this server's key is the one from now on.
    pub async fn check_secret_key(&self) -> Result<bool, Failure> {
        if self.opens_key_check().await? {
            return Ok(true);
        }
        let count = |row: &db::Row<'_>| row.integer(0);
        let secrets = self.db().optional(Weight::Short, System::COUNT_SECRETS, &[], count).await?;
        if secrets != Some(0) {
            return Ok(false);
        }
        self.forget_secrets().await?;
        self.opens_key_check().await
    }

    /// Forgets everything that was sealed with a key that is lost. Webhooks are switched off until each has
    /// a new secret.
    pub async fn forget_secrets(&self) -> Result<(), Failure> {
        let sealed = self.seal(b"key check", CHECK)?;
        let now = self.now().as_micros();
        let forgotten = self.db().write(move |tx| {
            let sealed = sealed.clone();
            Box::pin(async move {
                tx.execute(System::STORE_KEY_CHECK, &[Param::Bytes(sealed)]).await?;
                tx.execute(System::FORGET_ANSWERS, &[]).await?;
                if tx.execute(System::FORGET_SECRETS, &[]).await? > 0 {
                    let reason = "Its secret was lost with the server's secret key: make a new one, give it its headers again, then switch it on.";
                    let params = [Param::Boolean(false), Param::Text(reason.to_owned()), Param::Integer(now)];
                    tx.execute(System::DISABLE_WEBHOOKS, &params).await?;
                }
                Ok::<(), db::DbError>(())
            })
        });
        Ok(forgotten.await?)
    }

    async fn opens_key_check(&self) -> Result<bool, Failure> {
        let sealed = self.seal(b"key check", CHECK)?;
        self.run(System::INSERT_KEY_CHECK, vec![Param::Bytes(sealed)]).await?;
        let read = |row: &db::Row<'_>| row.bytes(0).map(<[u8]>::to_vec);
        let found = self.db().optional(Weight::Short, System::KEY_CHECK, &[], read).await?;
        let vault = self.vault()?;
        Ok(found.is_some_and(|sealed| vault.open(b"key check", &sealed).as_deref() == Some(CHECK)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_for_the_same_thing_and_key_only() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal([1; NONCE], b"webhook 1", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(vault.open(b"webhook 1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(vault.open(b"webhook 2", &sealed), None);
        assert_eq!(Vault::new([8; 32]).open(b"webhook 1", &sealed), None);
        assert_eq!(vault.open(b"webhook 1", &sealed[..10]), None);
    }
}
