//! `memberpulse restore`: a backup put in the place of an embedded database.

use std::path::{Path, PathBuf};

use clap::Args;
use db::{RestoreReport, ServerLock};
use serde_json::json;

use super::{Output, postgres_tools};
use crate::cli::Place;
use crate::halt::Halt;
use crate::output;
use crate::store::{self, Missing, database_file, make_directory};

pub(crate) const EXAMPLES: &str = "\
Example:
  memberpulse restore --data-dir /var/lib/memberpulse /backups/memberpulse-2026-11-24.db";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Backup to read
    #[arg(value_name = "FILE")]
    file: PathBuf,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(options: Options, place: &Place) -> Result<(), Halt> {
    let Options { file, output } = options;
    let directory = match place {
        Place::Directory(directory) => directory,
        Place::Postgres(url) => return Err(postgres_tools(url, &file)),
    };
    let restored = put_back(&file, directory, place).await?;
    let document = json!({
        "file": file.display().to_string(),
        "dataDir": directory.display().to_string(),
        "bytes": restored.bytes,
        "schemaVersion": restored.version,
        "migrated": restored.pending,
    });
    output.write(&document, || {
        let migrated: Vec<String> = restored.pending.iter().map(ToString::to_string).collect();
        output::pairs(&[
            ("data directory", directory.display().to_string()),
            ("bytes", restored.bytes.to_string()),
            ("schema version", restored.version.to_string()),
            ("brought up to date with", migrated.join(", ")),
        ])
    })
}

async fn put_back(file: &Path, directory: &Path, place: &Place) -> Result<RestoreReport, Halt> {
    // Before anything is made: a mistyped name must not leave a directory behind.
    if let Err(error) = std::fs::metadata(file) {
        return Err(Halt::failed(format!("cannot read {}: {error}", file.display())));
    }
    make_directory(directory)?;
    // Held until the schema is up to date, so that no server starts in between.
    let lock = ServerLock::acquire(directory)?;
    let restored = db::restore(&lock, file, &database_file(directory), &app::migrations()).await?;
    // Opening applies the migrations that an older backup lacks.
    let app = store::open(place, Missing::Refuse, app::Options::default()).await?;
    app.close().await;
    Ok(restored)
}
