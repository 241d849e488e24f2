//! `memberpulse backup`: a copy of the embedded database, made while servers use it.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Output, postgres_tools};
use crate::cli::Place;
use crate::halt::Halt;
use crate::output;
use crate::store::{database_file, require};

pub(crate) const EXAMPLES: &str = "\
Examples:
  memberpulse backup /backups/memberpulse-2026-11-24.db
  memberpulse backup --data-dir /var/lib/memberpulse --force /backups/memberpulse.db";

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// File to write
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Overwrite FILE if it is there already
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    output: Output,
}

pub(crate) async fn run(options: Options, place: &Place) -> Result<(), Halt> {
    let Options { file, force, output } = options;
    let directory = match place {
        Place::Directory(directory) => directory,
        Place::Postgres(url) => return Err(postgres_tools(url, &file)),
    };
    let made = copy(directory, &file, force).await?;
    let document =
        json!({"file": file.display().to_string(), "bytes": made.bytes, "schemaVersion": made.version});
    output.write(&document, || {
        output::pairs(&[
            ("file", file.display().to_string()),
            ("bytes", made.bytes.to_string()),
            ("schema version", made.version.to_string()),
        ])
    })
}

async fn copy(directory: &Path, file: &Path, force: bool) -> Result<db::BackupReport, Halt> {
    let source = database_file(directory);
    require(&source, directory)?;
    Ok(db::backup(&source, file, force).await?)
}
