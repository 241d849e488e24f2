//! When and from where keys were last used: noted in memory, stored now and then in one transaction.

use std::collections::HashMap;
use std::net::IpAddr;

use db::Param;
use domain::{KeyId, Timestamp};
use parking_lot::Mutex;

use crate::app::App;
use crate::failure::Failure;
use crate::store::ScopedTx;
use crate::store::system::TOUCH_KEY;
use crate::tenant::Tenant;

/// Uses of keys that are not yet stored.
#[derive(Default)]
pub(crate) struct KeyUsage(Mutex<HashMap<KeyId, Use>>);

#[derive(Clone)]
struct Use {
    tenant: Tenant,
    at: Timestamp,
    from: Option<IpAddr>,
}

impl KeyUsage {
    pub(crate) fn note(&self, key: KeyId, tenant: &Tenant, at: Timestamp, from: Option<IpAddr>) {
        let mut uses = self.0.lock();
        match uses.get_mut(&key) {
            Some(known) => (known.at, known.from) = (at, from),
            None => {
                uses.insert(key, Use { tenant: tenant.clone(), at, from });
            }
        }
    }
}

impl App {
    /// Stores what was noted of keys and requests. What cannot be stored now is kept for the next time.
    pub async fn flush_usage(&self) -> Result<(), Failure> {
        self.flush_key_uses().await?;
        self.flush_traffic().await
    }

    async fn flush_key_uses(&self) -> Result<(), Failure> {
        let uses: Vec<(KeyId, Use)> = self.usage().0.lock().drain().collect();
        if uses.is_empty() {
            return Ok(());
        }
        let rows = uses.clone();
        let stored = self.db().write(move |tx| {
            let rows = rows.clone();
            Box::pin(async move {
                for (key, last) in rows {
                    let from = last.from.map_or(Param::Null, |from| Param::Text(from.to_string()));
                    let params = vec![Param::Integer(last.at.as_micros()), from, Param::Uuid(key.uuid())];
                    ScopedTx::new(tx, &last.tenant).execute(&TOUCH_KEY, params).await?;
                }
                Ok::<(), Failure>(())
            })
        });
        if let Err(failure) = stored.await {
            let mut noted = self.usage().0.lock();
            for (key, last) in uses {
                noted.entry(key).or_insert(last);
            }
            return Err(failure);
        }
        Ok(())
    }
}
