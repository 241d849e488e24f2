//! Taking a file in: part by part into the database, then one look through all of it, so that what is
//! wrong with the file as a whole is said before anything is stored.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use db::Param;
use domain::{ImportId, Problem, ProblemKind, Resource, Violation};
use serde_json::json;

use super::parts::{FILE, Parts};
use super::{ImportJob, MAX_IMPORT_FILE, MAX_IMPORT_FILES, PART};
use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::import::{Rows, Unreadable};
use crate::store::system::{
    COUNT_IMPORT_FILES, INSERT_IMPORT, INSERT_IMPORT_PART, READ_IMPORT_FILE, TOUCH_IMPORT,
};
use crate::tenant::Tenant;

/// Most characters of a file's name that are kept.
const LONGEST_NAME: usize = 200;

/// A file on its way in. One that is dropped before its end is forgotten by the clockwork.
pub struct ImportUpload {
    app: App,
    tenant: Tenant,
    resource: &'static Resource,
    id: ImportId,
    part: Vec<u8>,
    number: i64,
    size: u64,
}

impl App {
    /// Begins to take in a file of records of a resource.
    pub async fn begin_import(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        resource: &'static Resource,
        file_name: &str,
    ) -> Result<ImportUpload, Failure> {
        self.prune_imports(tenant).await?;
        let files = tenant.optional(self.db(), &COUNT_IMPORT_FILES, Vec::new(), |row| row.integer(0));
        if files.await?.unwrap_or(0) >= MAX_IMPORT_FILES {
            let detail = format!("{MAX_IMPORT_FILES} files wait to be imported, or are being imported");
            let hint = "Start or discard one of them, or wait until one is done; then send this file again.";
            return Err(Problem::rule(detail, hint).into());
        }
        let now = self.now();
        let id = ImportId::new(now, self.random_bytes()?);
        let name: String = file_name.chars().filter(|it| !it.is_control()).take(LONGEST_NAME).collect();
        let name = if name.trim().is_empty() { format!("{}.csv", resource.plural) } else { name };
        let params = vec![
            Param::Uuid(id.uuid()),
            resource.plural.into(),
            name.into(),
            actor.id().map_or(Param::Null, Param::Text),
            Param::Integer(now.as_micros()),
            Param::Integer(now.as_micros()),
        ];
        self.run_scoped(tenant, &INSERT_IMPORT, params).await?;
        let (app, tenant) = (self.clone(), tenant.clone());
        Ok(ImportUpload { app, tenant, resource, id, part: Vec::with_capacity(PART), number: 0, size: 0 })
    }
}

impl ImportUpload {
    /// Takes the next bytes of the file.
    pub async fn write(&mut self, mut bytes: &[u8]) -> Result<(), Failure> {
        self.size += bytes.len() as u64;
        if self.size > MAX_IMPORT_FILE {
            self.app.forget_import(&self.tenant, self.id).await?;
            return Err(too_large().into());
        }
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(PART - self.part.len()));
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == PART {
                self.store().await?;
            }
        }
        Ok(())
    }

    async fn store(&mut self) -> Result<(), Failure> {
        let data = std::mem::replace(&mut self.part, Vec::with_capacity(PART));
        let params =
            vec![Param::Uuid(self.id.uuid()), FILE.into(), Param::Integer(self.number), Param::Bytes(data)];
        self.app.run_scoped(&self.tenant, &INSERT_IMPORT_PART, params).await?;
        let now = Param::Integer(self.app.now().as_micros());
        self.app.run_scoped(&self.tenant, &TOUCH_IMPORT, vec![now, Param::Uuid(self.id.uuid())]).await?;
        self.number += 1;
        Ok(())
    }

    /// The file is whole: looks through it. What cannot be imported is forgotten at once.
    pub async fn finish(mut self) -> Result<ImportJob, Failure> {
        if !self.part.is_empty() {
            self.store().await?;
        }
        let file = Parts::of(&self.app, &self.tenant, self.id, FILE);
        let looked = tokio::task::spawn_blocking(move || look_through(file)).await;
        match looked.map_err(|_| Failure::internal("looking through a file ended early"))? {
            Ok((header, rows)) => {
                let params = vec![
                    Param::Integer(i64::try_from(self.size).unwrap_or(i64::MAX)),
                    json!(header).to_string().into(),
                    Param::Integer(rows),
                    Param::Integer(self.app.now().as_micros()),
                    Param::Uuid(self.id.uuid()),
                ];
                self.app.run_scoped(&self.tenant, &READ_IMPORT_FILE, params).await?;
                self.app.import_job(&self.tenant, self.resource, self.id).await
            }
            Err(unreadable) => {
                self.app.forget_import(&self.tenant, self.id).await?;
                Err(refused("invalid_file", unreadable.to_string()).into())
            }
        }
    }
}

/// A file that is too large.
pub(crate) fn too_large() -> Problem {
    let most = MAX_IMPORT_FILE / 1024 / 1024;
    let detail = format!("The file is larger than {most} MiB");
    let hint = "Split it into several files; what is imported already is found again, so order does not matter. \
                An operator can import files of any size with `memberpulse import`.";
    Problem::new(ProblemKind::PayloadTooLarge, detail).hint(hint)
}

fn refused(code: &'static str, message: String) -> Problem {
    Problem::validation(vec![Violation::new("file", code, message)])
}

/// The header and the number of rows, or why the file is none that can be imported.
fn look_through(file: Parts) -> Result<(Vec<String>, i64), Unreadable> {
    let mut file = Rows::open(file, Arc::new(AtomicU64::new(0)))?;
    let header = file.header().to_vec();
    if let [only] = header.as_slice()
        && let Some(separator) = [(";", "semicolons"), ("\t", "tabs")].iter().find(|it| only.contains(it.0))
    {
        return Err(Unreadable::new(format!(
            "The columns seem to be separated by {}; save the file as CSV with commas.",
            separator.1
        )));
    }
    let mut rows = 0;
    while let Some(row) = file.next_row()? {
        rows += 1;
        if row.cells.iter().any(|cell| std::str::from_utf8(cell).is_err()) {
            return Err(Unreadable::new(format!(
                "Line {} is not UTF-8. Save the file as \"CSV UTF-8\" and send it again.",
                row.line
            )));
        }
    }
    if rows == 0 {
        return Err(Unreadable::new("The file has a header and no rows.".to_owned()));
    }
    Ok((header, rows))
}
