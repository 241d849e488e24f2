//! A file on its way: written beside its place under another name, and put there only when it is
//! complete. A process that is killed in between leaves the place as it was.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::DbError;

/// The unfinished file; removed again unless it is published.
pub(super) struct Partial {
    path: PathBuf,
    target: PathBuf,
    /// Locked, so that no other process writes to the same file.
    file: File,
    published: bool,
}

impl Partial {
    /// An empty file `TARGET.partial`, readable by its owner only. One that a killed process left is
    /// used again.
    pub(super) fn create(target: &Path) -> Result<Self, DbError> {
        let path = with_suffix(target, ".partial");
        let failed = |error: io::Error| {
            let file = path.display();
            DbError::Backup(format!(
                "cannot write {file}: {error}; its directory must exist, be writable and have free space"
            ))
        };
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let target = target.display();
                    return Err(DbError::Backup(format!("another process is writing {target} just now")));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
            // Between opening and locking another process may have published this very file.
            if !is_at(&file, &path) {
                continue;
            }
            file.set_len(0).map_err(failed)?;
            #[cfg(unix)]
            file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).map_err(failed)?;
            return Ok(Self { path, target: target.to_owned(), file, published: false });
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Puts the complete file in its place, durably. Without `overwrite` a file that has come there in
    /// the meantime stays.
    pub(super) fn publish(mut self, overwrite: bool) -> Result<(), DbError> {
        let failed = |error: io::Error| {
            let target = self.target.display();
            DbError::Backup(match error.kind() {
                io::ErrorKind::AlreadyExists => format!("{target} is there already: it was left as it is"),
                _ => format!("cannot put {target} in its place: {error}"),
            })
        };
        self.file.sync_all().map_err(failed)?;
        if overwrite {
            std::fs::rename(&self.path, &self.target).map_err(failed)?;
        } else {
            self.put_beside_none().map_err(failed)?;
        }
        sync_directory(&self.target).map_err(failed)?;
        self.published = true;
        Ok(())
    }

    /// A link, unlike a renaming, replaces nothing; some file systems have none.
    fn put_beside_none(&self) -> io::Result<()> {
        match std::fs::hard_link(&self.path, &self.target) {
            Ok(()) => std::fs::remove_file(&self.path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) if self.target.try_exists()? => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => std::fs::rename(&self.path, &self.target),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, path = %self.path.display(), "an unfinished file could not be removed");
        }
    }
}

/// The path with something added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(own), Ok(there)) => own.ino() == there.ino() && own.dev() == there.dev(),
        _ => false,
    }
}

/// Where open files cannot be renamed or replaced there is nothing to find out.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Makes the entry of a file in its directory durable.
fn sync_directory(file: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let directory = match file.parent() {
            Some(directory) if !directory.as_os_str().is_empty() => directory,
            _ => Path::new("."),
        };
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}
