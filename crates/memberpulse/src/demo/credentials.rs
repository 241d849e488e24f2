//! How to get into the demo: shown at each start, and therefore kept in a file for its owner only. The
//! database itself keeps hashes, as it does of every key and password.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use app::{Random as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::halt::Halt;
use crate::output;

/// Keys and sign-ins of the demo.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credentials {
    pub(super) organisation: String,
    pub(super) production_key: String,
    pub(super) sandbox_key: String,
    pub(super) admin: SignIn,
    pub(super) viewer: SignIn,
}

#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct SignIn {
    pub(super) email: String,
    pub(super) password: String,
}

/// Where they are kept.
pub(super) fn file(directory: &Path) -> PathBuf {
    directory.join("demo.json")
}

impl Credentials {
    /// What was kept, if it can be read: without it new ones are made.
    pub(super) fn read(file: &Path) -> Result<Option<Self>, Halt> {
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Halt::failed(format!("cannot read {}: {error}", file.display()))),
        };
        let kept = serde_json::from_slice(&bytes).ok();
        if kept.is_none() {
            output::note(&format!(
                "{} cannot be understood: new keys and passwords are made",
                file.display()
            ));
        }
        Ok(kept)
    }

    /// Keeps them; what was there before stays whole until they are.
    pub(super) fn write(&self, file: &Path) -> Result<(), Halt> {
        let failed =
            |error: std::io::Error| Halt::failed(format!("cannot write {}: {error}", file.display()));
        let new = file.with_extension("json.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let text = serde_json::to_string_pretty(self).map_err(|error| failed(error.into()))?;
        let mut written = options.open(&new).map_err(failed)?;
        writeln!(written, "{text}").and_then(|()| written.sync_all()).map_err(failed)?;
        fs::rename(&new, file).map_err(failed)
    }

    /// What to do with them, for a server at this address.
    pub(super) fn instructions(&self, base_url: &str, directory: &Path) -> String {
        let Self { production_key, sandbox_key, admin, viewer, .. } = self;
        let portal = if cfg!(feature = "portal") { base_url } else { "not in this build" };
        let addresses = output::pairs(&[
            ("Client Portal", portal.to_owned()),
            ("API", format!("{base_url}/api")),
            ("API reference", format!("{base_url}/api/docs")),
            ("Production key", production_key.clone()),
            ("Sandbox key", sandbox_key.clone()),
            ("Administrator", format!("{}  password {}", admin.email, admin.password)),
            ("Viewer", format!("{}  password {}", viewer.email, viewer.password)),
        ]);
        format!(
            "MemberPulse serves the Demo Association (professional plan).\n\n{addresses}\n\
             Try it:\n\n  \
             curl -H 'Authorization: Bearer {production_key}' '{base_url}/api/members?itemsPerPage=3'\n\n\
             The administrator and the viewer sign in to the Client Portal.\n\
             The data is in {}; remove it to begin anew. Ctrl+C stops the server.\n",
            directory.display()
        )
    }
}

/// A password that meets the rules and can be typed: 4 groups of 4 from 31 characters, 79 random bits.
pub(super) fn new_password() -> Result<String, Halt> {
    // Without those that look alike: 0 and o, 1 and l, and i.
    const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    const LENGTH: usize = 16;
    let mut characters = Vec::with_capacity(LENGTH);
    while characters.len() < LENGTH {
        let mut byte = [0];
        SystemRandom.fill(&mut byte)?;
        // 248 is 8 times 31: bytes from there on would favour some characters.
        let index = usize::from(byte[0]);
        if index < 248 {
            characters.push(char::from(ALPHABET[index % 31]));
        }
    }
    let groups: Vec<String> = characters.chunks(4).map(|group| group.iter().collect()).collect();
    // An upper-case letter and a digit are asked for; these two add nothing to guess.
    Ok(format!("Demo1-{}", groups.join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_meet_the_rules_and_differ() {
        let (one, other) = (new_password().unwrap(), new_password().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), "Demo1-".len() + 16 + 3);
        assert!(one.chars().any(char::is_uppercase) && one.chars().any(|c| c.is_ascii_digit()));
    }
}
