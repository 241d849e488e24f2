//! The file of a form (RFC 7578), passed on as it comes: it is never held in memory as a whole.

use app::ImportJob;
use domain::Resource;

use super::no_file;
use crate::failure::PageError;
use crate::multipart::{self, MAX_DRAINED, broken};
use crate::visit::Visit;

/// Takes the file of a form in.
pub(super) async fn receive(visit: &Visit, resource: &'static Resource) -> Result<ImportJob, PageError> {
    let mut form = multipart::open(visit, no_file).await?;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let name = field.file_name().unwrap_or_default().to_owned();
        if field.name() != Some("file") || name.is_empty() {
            continue;
        }
        let tenant = visit.tenant()?;
        let mut taken = visit.app.begin_import(tenant, &visit.actor(), resource, &name).await?;
        let (mut refused, mut drained) = (None, 0);
        while let Some(data) = field.chunk().await.map_err(broken)? {
            if refused.is_none() {
                refused = taken.write(&data).await.err();
            } else if drained > MAX_DRAINED {
                break;
            } else {
                drained += data.len();
            }
        }
        return match refused {
            Some(failure) => Err(failure.into()),
            None => Ok(taken.finish().await?),
        };
    }
    Err(no_file().into())
}
