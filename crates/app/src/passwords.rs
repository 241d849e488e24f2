//! Passwords of staff: rules, and argon2id hashes in PHC form.

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use domain::{Problem, Violation};

use crate::app::App;
use crate::failure::Failure;

/// The most common passwords that the other rules let through (in lower case).
const COMMON: &[&str] = &[
    "password1",
    "password12",
    "password123",
    "password1234",
    "passw0rd",
    "passw0rd1",
    "p@ssw0rd",
    "p@ssword1",
    "qwerty12",
    "qwerty123",
    "qwerty1234",
    "qwertyuiop1",
    "abc12345",
    "abcd1234",
    "abc123456",
    "a1234567",
    "welcome1",
    "welcome12",
    "welcome123",
    "letmein1",
    "letmein123",
    "iloveyou1",
    "iloveyou2",
    "monkey123",
    "dragon123",
    "football1",
    "baseball1",
    "sunshine1",
    "princess1",
    "superman1",
    "michael1",
    "charlie1",
    "trustno1",
    "changeme1",
    "changeme123",
    "admin123",
    "admin1234",
    "administrator1",
    "1q2w3e4r",
    "1qaz2wsx",
    "q1w2e3r4",
    "zaq12wsx",
    "summer2024",
    "summer2025",
    "summer2026",
    "winter2024",
    "winter2025",
    "winter2026",
    "spring2025",
    "spring2026",
    "autumn2025",
    "autumn2026",
    "company1",
    "company123",
    "secret123",
    "test1234",
    "temp1234",
    "master123",
    "shadow123",
    "hello123",
    "freedom1",
    "whatever1",
    "starwars1",
    "computer1",
];

const LONGEST: usize = 1_000;

/// No password's hash: checked where there is none, so that an address nobody has takes as long as one
/// that somebody has.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl App {
    /// Checks a new password against the rules and hashes it. Slow on purpose, so few run at once.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, Failure> {
        check(password)?;
        let password = password.to_owned();
        let salt: [u8; 16] = self.random_bytes()?;
        let _turn = self.hashing().acquire().await.map_err(|_| Failure::internal("hashing is closed"))?;
        let hashed = tokio::task::spawn_blocking(move || {
            Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        });
        let hashed = hashed.await.map_err(|error| Failure::internal(format!("hashing failed: {error}")))?;
        hashed.map_err(|error| Failure::internal(format!("hashing failed: {error}")))
    }

    /// Whether a password is the one of a stored hash; takes the same time where there is none.
    pub(crate) async fn is_password(&self, password: &str, hash: Option<&str>) -> Result<bool, Failure> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let (password, stored) = (password.to_owned(), hash.unwrap_or(NOBODYS).to_owned());
        let _turn = self.hashing().acquire().await.map_err(|_| Failure::internal("hashing is closed"))?;
        let checked = tokio::task::spawn_blocking(move || {
            match Argon2::default().verify_password(password.as_bytes(), stored.as_str()) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(Failure::internal(format!("a password cannot be checked: {error}"))),
            }
        });
        let checked =
            checked.await.map_err(|error| Failure::internal(format!("checking failed: {error}")))?;
        Ok(checked? && hash.is_some())
    }
}

impl App {
    /// A password for somebody to begin with: 80 random bits, easy to read out, within the rules.
    pub fn temporary_password(&self) -> Result<String, Failure> {
        // Without letters and digits that look alike.
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let random: [u8; 16] = self.random_bytes()?;
        let mut password = "Mp7".to_owned();
        for (index, byte) in random.into_iter().enumerate() {
            if index % 4 == 0 {
                password.push('-');
            }
            password.push(char::from(LETTERS[usize::from(byte % 32)]));
        }
        Ok(password)
    }
}

/// At least 8 characters with an upper-case letter and a digit, not among the most common (quality,
/// Security).
fn check(password: &str) -> Result<(), Failure> {
    let violations = violations_of(password);
    if violations.is_empty() { Ok(()) } else { Err(Problem::validation(violations).into()) }
}

/// What is wrong with a new password.
pub(crate) fn violations_of(password: &str) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut wrong = |code, message: &str| violations.push(Violation::new("password", code, message));
    if password.chars().count() < 8 {
        wrong("too_short", "The password must have at least 8 characters.");
    }
    if password.len() > LONGEST {
        wrong("too_long", "The password must have at most 1,000 bytes.");
    }
    if !password.chars().any(char::is_uppercase) {
        wrong("needs_upper_case", "The password must contain an upper-case letter.");
    }
    if !password.chars().any(|c| c.is_ascii_digit()) {
        wrong("needs_digit", "The password must contain a digit.");
    }
    if COMMON.contains(&password.to_lowercase().as_str()) {
        wrong("too_common", "The password is one of the most common; choose another.");
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(password: &str) -> Vec<&'static str> {
        match check(password) {
            Ok(()) => Vec::new(),
            Err(failure) => failure.problem().violations.iter().map(|it| it.code).collect(),
        }
    }

    #[test]
    fn where_there_is_no_hash_the_work_is_the_same() {
        let checked = Argon2::default().verify_password(b"Correct-Horse-9", NOBODYS);
        assert_eq!(checked, Err(argon2::password_hash::Error::PasswordInvalid));
        let real =
            Argon2::default().hash_password_with_salt(b"Correct-Horse-9", &[0; 16]).unwrap().to_string();
        let parameters = |hash: &str| hash.split('$').take(5).collect::<Vec<_>>().join("$");
        assert_eq!(parameters(NOBODYS), parameters(&real));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        assert_eq!(codes("Correct-Horse-9"), Vec::<&str>::new());
        assert_eq!(codes("short"), ["too_short", "needs_upper_case", "needs_digit"]);
        assert_eq!(codes("Password1"), ["too_common"]);
        assert_eq!(codes(&"Aa1".repeat(400)), ["too_long"]);
    }
}
