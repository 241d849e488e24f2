//! Reading one record.

use db::{DbError, Param};
use domain::definition::Resource;
use domain::{Problem, RecordId};

use super::row::RecordRow;
use crate::app::App;
use crate::failure::Failure;
use crate::store::system::FIND_TOMBSTONE;
use crate::tenant::Tenant;

impl App {
    /// Shows one record of the tenant to `view`. What another tenant has does not exist here.
    pub async fn get<T: Send>(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: RecordId,
        mut view: impl FnMut(&RecordRow<'_, '_>) -> Result<T, DbError> + Send,
    ) -> Result<T, Failure> {
        let schema = self.schema(resource)?;
        let params = vec![Param::Uuid(id.uuid())];
        let found = tenant.optional(self.db(), &schema.get, params, |row| {
            view(&RecordRow { schema: &schema, row, with_deleted: false })
        });
        match found.await? {
            Some(shown) => Ok(shown),
            None => Err(self.missing(tenant, resource, id).await?.into()),
        }
    }

    /// Why there is no record with this id: it was merged into another one, or it is not known here.
    async fn missing(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: RecordId,
    ) -> Result<Problem, Failure> {
        let params = tombstone_params(resource, id);
        let left = tenant.optional(self.db(), &FIND_TOMBSTONE, params, |row| row.optional_uuid(0)).await?;
        Ok(missing_problem(left.flatten()))
    }
}

/// The parameters of [`FIND_TOMBSTONE`].
pub(super) fn tombstone_params(resource: &Resource, id: RecordId) -> Vec<Param> {
    vec![Param::Text(resource.name.to_owned()), Param::Uuid(id.uuid())]
}

/// The problem of a record that is not there, by what is left of it.
pub(super) fn missing_problem(merged_into: Option<uuid::Uuid>) -> Problem {
    merged_into.map_or_else(Problem::not_found, |survivor| Problem::merged(survivor.into()))
}
