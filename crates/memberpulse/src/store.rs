//! Opening the place where the data is, with words that say what to do when it does not open.

use std::path::{Path, PathBuf};

use app::{App, Options};
use db::{Db, PostgresOptions, SqliteOptions};

use crate::cli::Place;
use crate::halt::Halt;

/// What to do when there is no data yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Missing {
    /// Make it.
    Create,
    /// Say so: a command that only looks at data or changes it has none to work on.
    Refuse,
}

/// The database file of a data directory.
pub(crate) fn database_file(directory: &Path) -> PathBuf {
    directory.join("memberpulse.db")
}

/// Opens the application on the data at this place.
pub(crate) async fn open(place: &Place, missing: Missing, options: Options) -> Result<App, Halt> {
    let db = database(place, missing).await?;
    let (app, report) = App::open(db, options).await?;
    if !report.applied.is_empty() {
        tracing::info!(version = report.version, "the database's schema was brought up to date");
    }
    if report.ahead {
        tracing::warn!(
            version = report.version,
            "a newer version of this program has added to the database's schema; this one goes on with what it knows"
        );
    }
    Ok(app)
}

/// Opens the database at this place, and leaves its schema as it is.
pub(crate) async fn database(place: &Place, missing: Missing) -> Result<Db, Halt> {
    Ok(match place {
        Place::Directory(directory) => {
            let file = database_file(directory);
            match missing {
                Missing::Create => make_directory(directory)?,
                Missing::Refuse => require(&file, directory)?,
            }
            Db::open_sqlite(SqliteOptions::new(file)).await?
        }
        Place::Postgres(url) => Db::open_postgres(PostgresOptions::new(url.as_str())).await?,
    })
}

/// Says what to do when there is no data in a directory.
pub(crate) fn require(file: &Path, directory: &Path) -> Result<(), Halt> {
    match file.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => Err(Halt::failed(format!(
            "there is no data in {}: name the right directory with --data-dir, or begin with `memberpulse organisation \
             create` or `memberpulse demo`",
            directory.display()
        ))),
        Err(error) => {
            Err(Halt::failed(format!("cannot look into the data directory {}: {error}", directory.display())))
        }
    }
}

/// Makes the data directory, for its owner only, when it is missing.
pub(crate) fn make_directory(directory: &Path) -> Result<(), Halt> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|error| {
        Halt::failed(format!(
            "cannot make the data directory {}: {error}; choose another with --data-dir, or make it writable for the \
             user that runs the program",
            directory.display()
        ))
    })
}
