//! All that is kept of a person, in one document: for a person who asks for it (GDPR, article 15), and for another
//! system that takes it over (article 20).

use db::{DbError, Param, Row, Weight};
use domain::definition::Resource;
use domain::{RecordId, Timestamp};
use serde_json::{Value as Json, json};

use crate::app::App;
use crate::failure::Failure;
use crate::store::system::{HISTORY, RECIPIENTS};
use crate::tenant::Tenant;

impl App {
    /// The record, what was done with it and by whom, and where changes of it were sent; as JSON.
    pub async fn personal_data(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        id: RecordId,
    ) -> Result<Vec<u8>, Failure> {
        let now = self.now();
        let mut record = Vec::new();
        self.get(tenant, resource, id, |row| row.write_json(&mut record, None, now)).await?;
        let of_record = || vec![Param::Text(resource.name.to_owned()), Param::Text(id.to_string())];
        let mut history = Vec::new();
        tenant
            .each(self.db(), Weight::Long, &HISTORY, of_record(), |row| {
                history.push(entry(row)?);
                Ok(())
            })
            .await?;
        let mut recipients = Vec::new();
        tenant
            .each(self.db(), Weight::Long, &RECIPIENTS, of_record(), |row| {
                recipients.push(recipient(row)?);
                Ok(())
            })
            .await?;
        let mut out = format!("{{\"exportedAt\":\"{now}\",\"record\":").into_bytes();
        out.append(&mut record);
        let rest =
            format!(",\"history\":{},\"recipients\":{}}}", Json::from(history), Json::from(recipients));
        out.extend_from_slice(rest.as_bytes());
        Ok(out)
    }
}

fn moment(row: &Row<'_>, column: usize) -> Result<String, DbError> {
    Ok(Timestamp::from_micros(row.integer(column)?).to_string())
}

fn entry(row: &Row<'_>) -> Result<Json, DbError> {
    let changes: Json = serde_json::from_str(row.text(3)?)
        .map_err(|_| DbError::Corrupt("an audit row has unreadable changes".to_owned()))?;
    Ok(json!({
        "at": moment(row, 4)?,
        "action": row.text(0)?,
        "actor": {"type": row.text(1)?, "id": row.optional_text(2)?},
        "changes": changes,
    }))
}

fn recipient(row: &Row<'_>) -> Result<Json, DbError> {
    Ok(json!({
        "url": row.text(0)?,
        "attempts": row.integer(1)?,
        "first": moment(row, 2)?,
        "last": moment(row, 3)?,
    }))
}
