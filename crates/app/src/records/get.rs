//! Reading one record.

use db::{DbError, Param};
use domain::definition::Resource;
use domain::{Problem, RecordId};

use super::row::RecordRow;
use crate::app::App;
use crate::failure::Failure;
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
        Ok(found.await?.ok_or_else(Problem::not_found)?)
    }
}
