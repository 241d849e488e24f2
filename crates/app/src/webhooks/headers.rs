//! Headers of a webhook's own at rest: each text encrypted like a signing secret, since most are one.
//!
//! What they may be, and how they are shown, is for `domain::webhook_headers` to say.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, Param, Row, Weight};
use domain::definition::{Kind, Resource};
use domain::json::Object;
use domain::webhook_headers::{SEALED, sealed};
use domain::{Record, RecordId, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::app::App;
use crate::failure::Failure;
use crate::store::system::SEAL_HEADERS;
use crate::store::{ScopedTx, System};

impl App {
    /// Encrypts the headers of a record that is about to be stored. A text that is the stored one stays as it is
    /// stored, so that nothing changes where nothing was changed.
    pub(crate) fn seal_headers(
        &self,
        resource: &Resource,
        owner: RecordId,
        old: Option<&Record>,
        new: &mut Record,
    ) -> Result<(), Failure> {
        for (position, field) in resource.fields.iter().enumerate() {
            let (Kind::Headers, Some(text)) = (field.kind, new.at(position).as_text()) else { continue };
            let before = old.and_then(|old| old.at(position).as_text()).map(read).transpose()?;
            if let Some(text) = self.seal_texts(owner, &before.unwrap_or_default(), text)? {
                new.set_at(position, Value::Json(text));
            }
        }
        Ok(())
    }

    /// Names and texts of stored headers.
    pub(super) fn open_headers(
        &self,
        owner: RecordId,
        stored: &str,
    ) -> Result<Vec<(String, String)>, Failure> {
        let headers = read(stored)?;
        let open = |(name, stored): (String, Json)| {
            let text = self.open_text(owner, &name, &stored)?;
            Ok((name, text))
        };
        headers.into_iter().map(open).collect()
    }

    /// Encrypts what was stored by a version that did not.
    pub async fn seal_plain_headers(&self) -> Result<(), Failure> {
        let mut found: Vec<(i64, Uuid, String)> = Vec::new();
        let each = |row: &Row<'_>| {
            found.push((row.integer(0)?, row.uuid(1)?, row.text(2)?.to_owned()));
            Ok(())
        };
        self.db().each(Weight::Long, System::PLAIN_HEADERS, &[], each).await?;
        for (tenant, id, plain) in found {
            let (Some(tenant), Some(sealed)) =
                (self.tenant_by_key(tenant).await?, self.seal_texts(id.into(), &Object::new(), &plain)?)
            else {
                continue;
            };
            let params = vec![Param::Text(sealed), Param::Uuid(id), Param::Text(plain)];
            let stored = self.db().write(move |tx| {
                let (tenant, params) = (tenant.clone(), params.clone());
                Box::pin(async move {
                    // One that was changed meanwhile is encrypted already.
                    ScopedTx::new(tx, &tenant).execute(&SEAL_HEADERS, params).await?;
                    Ok::<(), DbError>(())
                })
            });
            stored.await?;
        }
        Ok(())
    }

    /// The headers with every text encrypted; none where nothing is to be done.
    fn seal_texts(&self, owner: RecordId, before: &Object, headers: &str) -> Result<Option<String>, Failure> {
        let mut headers = read(headers)?;
        let mut done = false;
        for (name, value) in &mut headers {
            let Json::String(text) = &*value else { continue };
            let stored = before.get(name).filter(|stored| stored.is_object());
            let same =
                stored.filter(|stored| self.open_text(owner, name, stored).is_ok_and(|it| it == *text));
            *value = match same {
                Some(stored) => stored.clone(),
                None => sealed(&STANDARD.encode(self.seal(&about(owner, name), text.as_bytes())?), text),
            };
            done = true;
        }
        Ok(done.then(|| Json::Object(headers).to_string()))
    }

    fn open_text(&self, owner: RecordId, name: &str, stored: &Json) -> Result<String, Failure> {
        if let Json::String(plain) = stored {
            return Ok(plain.clone());
        }
        let sealed = stored.get(SEALED).and_then(Json::as_str).and_then(|text| STANDARD.decode(text).ok());
        let sealed = sealed.ok_or_else(unreadable)?;
        String::from_utf8(self.unseal(&about(owner, name), &sealed)?).map_err(|_| unreadable())
    }
}

/// What an encrypted text belongs to: it opens for no other webhook and under no other name.
fn about(owner: RecordId, name: &str) -> Vec<u8> {
    [owner.uuid().as_bytes(), name.as_bytes()].concat()
}

fn read(stored: &str) -> Result<Object, Failure> {
    serde_json::from_str(stored).map_err(|_| unreadable())
}

fn unreadable() -> Failure {
    Failure::internal("stored headers cannot be read")
}
