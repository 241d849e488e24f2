//! The counters of the database engine.

use db::{Db, Stats};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Reads the counters whenever figures are asked for.
#[derive(Debug)]
pub(super) struct DatabaseCollector(Db);

impl DatabaseCollector {
    pub(super) const fn new(db: Db) -> Self {
        Self(db)
    }
}

impl Collector for DatabaseCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let Stats { jobs_done, jobs_failed, commits, retries, queued, checkpoints, .. } = self.0.stats();
        let counters = [
            ("database_writes", "Changes that were stored", jobs_done),
            ("database_failed_writes", "Changes that the database refused", jobs_failed),
            ("database_commits", "Transactions; less than writes where these were grouped", commits),
            ("database_retries", "Transactions repeated after a collision or a lost connection", retries),
            ("database_checkpoints", "Checkpoints of the embedded database's log", checkpoints),
        ];
        for (name, help, value) in counters {
            let counter = ConstCounter::new(value);
            let encoder = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            counter.encode(encoder)?;
        }
        let waiting = ConstGauge::new(i64::try_from(queued).unwrap_or(i64::MAX));
        let help = "Changes that wait for the embedded database's writer";
        let encoder =
            encoder.encode_descriptor("database_waiting_writes", help, None, waiting.metric_type())?;
        waiting.encode(encoder)
    }
}
