//! Stores what came of attempts, many in one transaction.

use std::time::Duration;

use app::{App, AttemptRecord, Failure, Tenant};
use domain::{RecordId, Timestamp};
use tokio::sync::mpsc;

/// What is to be stored.
pub(super) enum Outcome {
    /// An attempt was made.
    Attempt(Box<AttemptRecord>),
    /// A webhook began to fail, or works again.
    Health { tenant: Tenant, webhook: RecordId, failing_since: Option<Timestamp> },
    /// A webhook must be switched off.
    Disable { tenant: Tenant, webhook: RecordId, reason: String },
}

/// The most outcomes in one transaction.
const MOST: usize = 256;

/// How often and after what time storing is tried again. What then cannot be stored is delivered again
/// when its lease has ended.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

pub(super) struct Recorder {
    app: App,
}

impl Recorder {
    pub(super) fn new(app: App) -> Self {
        Self { app }
    }

    /// Runs until nobody can send anything any more.
    pub(super) async fn run(self, mut received: mpsc::Receiver<Outcome>) {
        let mut outcomes = Vec::with_capacity(MOST);
        while received.recv_many(&mut outcomes, MOST).await > 0 {
            let mut attempts = Vec::with_capacity(outcomes.len());
            let mut others = Vec::new();
            for outcome in outcomes.drain(..) {
                match outcome {
                    Outcome::Attempt(attempt) => attempts.push(*attempt),
                    other => others.push(Work::One(other)),
                }
            }
            if !attempts.is_empty() {
                self.store(Work::Attempts(attempts)).await;
            }
            for other in others {
                self.store(other).await;
            }
        }
    }

    async fn store(&self, work: Work) {
        let mut pause = PAUSE;
        for _ in 0..TRIES {
            match self.work(&work).await {
                Ok(()) => return,
                Err(failure) => {
                    tracing::warn!(
                        error = failure.inside(),
                        "outcomes of deliveries could not be stored yet"
                    );
                }
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        tracing::error!("outcomes of deliveries were not stored: they are delivered again");
    }

    async fn work(&self, work: &Work) -> Result<(), Failure> {
        match work {
            Work::Attempts(attempts) => self.app.record_attempts(attempts.clone()).await,
            Work::One(Outcome::Attempt(attempt)) => {
                self.app.record_attempts(vec![AttemptRecord::clone(attempt)]).await
            }
            Work::One(Outcome::Health { tenant, webhook, failing_since }) => {
                self.app.note_health(tenant, *webhook, *failing_since).await
            }
            Work::One(Outcome::Disable { tenant, webhook, reason }) => {
                self.app.disable_webhook(tenant, *webhook, reason).await
            }
        }
    }
}

/// What is stored in one transaction.
enum Work {
    Attempts(Vec<AttemptRecord>),
    One(Outcome),
}
