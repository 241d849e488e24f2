//! A file that lies in the database in parts, read as one. Blocks its thread while it waits for the
//! database, and is therefore only for threads that may.

use std::io::{self, Read};

use db::Param;
use domain::ImportId;
use tokio::runtime::Handle;

use crate::app::App;
use crate::store::system::FIND_IMPORT_PART;
use crate::tenant::Tenant;

/// What a part belongs to.
pub(super) const FILE: &str = "file";
pub(super) const FAILED: &str = "failed";

/// Reads the parts of a file, or of a report, in order.
pub(super) struct Parts {
    app: App,
    tenant: Tenant,
    id: ImportId,
    kind: &'static str,
    runtime: Handle,
    next: i64,
    part: io::Cursor<Vec<u8>>,
}

impl Parts {
    pub(super) fn of(app: &App, tenant: &Tenant, id: ImportId, kind: &'static str) -> Self {
        let (app, tenant) = (app.clone(), tenant.clone());
        let part = io::Cursor::new(Vec::new());
        Self { app, tenant, id, kind, runtime: Handle::current(), next: 0, part }
    }
}

impl Read for Parts {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.part.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let params = vec![Param::Uuid(self.id.uuid()), self.kind.into(), Param::Integer(self.next)];
            let read = self.tenant.optional(self.app.db(), &FIND_IMPORT_PART, params, |row| {
                Ok((row.integer(0)?, row.bytes(1)?.to_vec()))
            });
            match self.runtime.block_on(read).map_err(io::Error::other)? {
                Some((number, data)) => {
                    self.next = number.saturating_add(1);
                    self.part = io::Cursor::new(data);
                }
                None => return Ok(0),
            }
        }
    }
}
