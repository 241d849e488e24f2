//! The key that secrets are encrypted with: given as a setting, or kept in a file for its owner only,
//! which is made at the first start.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use app::{App, Random as _, SystemRandom, Vault};

use crate::cli::{DEFAULT_DIRECTORY, Place, SecretKey, ServerSettings, secret_key};
use crate::halt::Halt;
use crate::store::make_directory;

/// The vault of a server on this place.
pub(crate) fn vault(place: &Place, settings: &ServerSettings) -> Result<Vault, Halt> {
    if let Some(key) = &settings.secret_key {
        return Ok(Vault::new(key.0));
    }
    let directory = match place {
        Place::Directory(directory) => directory.as_path(),
        Place::Postgres(_) => Path::new(DEFAULT_DIRECTORY),
    };
    let file = if let Some(file) = &settings.secret_key_file {
        file.clone()
    } else {
        make_directory(directory)?;
        directory.join("secret.key")
    };
    let SecretKey(key) = read(&file)?.map_or_else(|| make(&file), Ok)?;
    Ok(Vault::new(key))
}

/// Makes sure that the key is the one of the other servers and of earlier starts.
pub(crate) async fn check(app: &App, settings: &ServerSettings) -> Result<(), Halt> {
    if app.check_secret_key().await? {
        return Ok(app.seal_plain_headers().await?);
    }
    if settings.forget_secrets {
        tracing::warn!(
            "signing secrets were forgotten, and webhooks are switched off until they have new ones"
        );
        return Ok(app.forget_secrets().await?);
    }
    Err(Halt::failed(
        "the secrets in the database were encrypted with another secret key: use the file secret.key of the server that \
         made them with --secret-key-file, or its content as MEMBERPULSE_SECRET_KEY; if it is lost, start once with \
         --forget-secrets",
    ))
}

fn read(file: &Path) -> Result<Option<SecretKey>, Halt> {
    match fs::read_to_string(file) {
        Ok(text) => match secret_key(&text) {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(Halt::failed(format!(
                "{} holds no secret key: restore it from where you keep a copy, or remove it to have a new one made, \
                 with which old secrets cannot be read",
                file.display()
            ))),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Halt::failed(format!("cannot read the secret key in {}: {error}", file.display()))),
    }
}

/// Makes a key. Of two servers that start at once, both use that of the first.
fn make(file: &Path) -> Result<SecretKey, Halt> {
    let failed = |error: std::io::Error| {
        Halt::failed(format!("cannot write the secret key {}: {error}", file.display()))
    };
    let (mut bytes, mut name) = ([0; 32], [0; 4]);
    SystemRandom.fill(&mut bytes)?;
    SystemRandom.fill(&mut name)?;
    let text = hex(&bytes);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Written whole under a name of its own first: nobody reads half a key.
    let new = file.with_extension(format!("key.{}", hex(&name)));
    let mut written = options.open(&new).map_err(failed)?;
    writeln!(written, "{text}").and_then(|()| written.sync_all()).map_err(failed)?;
    let linked = fs::hard_link(&new, file);
    fs::remove_file(&new).map_err(failed)?;
    match linked {
        Ok(()) => Ok(SecretKey(bytes)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            read(file)?.ok_or_else(|| Halt::failed(format!("{} went away again", file.display())))
        }
        Err(error) => Err(failed(error)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret.key");
        assert!(read(&file).unwrap().is_none());
        let made = make(&file).unwrap();
        assert_eq!(read(&file).unwrap().unwrap().0, made.0);
        // Who comes second uses the first one's.
        assert_eq!(make(&file).unwrap().0, made.0);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(&file, "nonsense").unwrap();
        assert!(read(&file).is_err());
    }
}
