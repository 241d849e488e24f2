//! Totals of lists, counted once per change of the tenant and not once per request (quality.md).

use db::{Param, Weight};
use domain::listing::ListQuery;
use quick_cache::sync::Cache;

use super::question::{Question, is_lasting};
use crate::app::App;
use crate::failure::Failure;
use crate::store::{Schema, System, render_count};
use crate::tenant::Tenant;

/// What was counted, and when it holds.
pub(crate) struct CountCache {
    /// Totals with the sequence number of the tenant at which they were counted.
    totals: Cache<Question, (i64, u64)>,
    /// Sequence numbers of tenants with the database's change mark at which they were read.
    sequences: Cache<i64, (u64, i64)>,
}

impl CountCache {
    pub(crate) fn new() -> Self {
        Self { totals: Cache::new(10_000), sequences: Cache::new(10_000) }
    }
}

impl App {
    /// How many records of the tenant the filters match. `sequence` is the tenant's, read before
    /// counting: a change in between makes the total newer than its number says, which costs one more
    /// count and never shows an old total.
    pub(super) async fn count(
        &self,
        tenant: &Tenant,
        schema: &Schema,
        query: &ListQuery,
        sequence: i64,
    ) -> Result<u64, Failure> {
        let question = Question::of(tenant, schema, query);
        let lasting = is_lasting(schema, query);
        if lasting
            && let Some((counted_at, total)) = self.counts().totals.get(&question)
            && counted_at == sequence
        {
            return Ok(total);
        }
        let (sql, params) = render_count(schema, query, self.now()).into_parts();
        let mut total = 0;
        let each = |row: &db::Row<'_>| {
            total = row.integer(0)?;
            Ok(())
        };
        tenant.each(self.db(), Weight::Long, &sql, params, each).await?;
        let total = u64::try_from(total).unwrap_or(0);
        if lasting {
            self.counts().totals.insert(question, (sequence, total));
        }
        Ok(total)
    }

    /// The number of the tenant's last change, read again only when anything was committed: what another
    /// process does may show a few milliseconds late, as [`db::Db::change_mark`] says.
    pub(super) async fn recent_sequence(&self, tenant: &Tenant) -> Result<i64, Failure> {
        // The mark is read first: what commits in between only costs one more look.
        let Some(mark) = self.db().change_mark()? else { return self.sequence(tenant).await };
        if let Some((seen_at, sequence)) = self.counts().sequences.get(&tenant.key())
            && seen_at == mark
        {
            return Ok(sequence);
        }
        let sequence = self.sequence(tenant).await?;
        self.counts().sequences.insert(tenant.key(), (mark, sequence));
        Ok(sequence)
    }

    /// The number of the tenant's last change.
    pub(crate) async fn sequence(&self, tenant: &Tenant) -> Result<i64, Failure> {
        let params = [Param::Integer(tenant.key())];
        let sequence =
            self.db().optional(Weight::Short, System::SEQUENCE, &params, |row| row.integer(0)).await?;
        sequence.ok_or_else(|| Failure::internal("the tenant's row is missing"))
    }
}
