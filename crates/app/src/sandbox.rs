//! Sample data for an organisation's sandbox, and an empty sandbox again. Production is never touched.

use std::time::{Duration, Instant};

use domain::Problem;
use serde_json::json;

use crate::actor::Actor;
use crate::app::App;
use crate::failure::Failure;
use crate::sample::{Amounts, history};
use crate::tenant::{Environment, Tenant};

/// What became of emptying a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Emptied {
    /// Records that were deleted.
    pub deleted: usize,
    /// Whether nothing is left.
    pub complete: bool,
}

impl App {
    /// Fills an empty sandbox with sample data; answers how many records were made.
    pub async fn fill_sandbox(&self, tenant: &Tenant, actor: &Actor) -> Result<usize, Failure> {
        require_sandbox(tenant)?;
        let records = history(self.registry(), self.now(), Amounts::MOST);
        let count = records.len();
        if !self.fill_empty(tenant, actor, records).await? {
            let detail = "There are records in the sandbox";
            return Err(Problem::rule(detail, "Empty the sandbox first, then fill it.").into());
        }
        self.note_sandbox(tenant, actor, "sandbox_filled", count).await?;
        Ok(count)
    }

    /// Deletes every record of a sandbox, whatever rules protect it, for as long as `time` allows. Each
    /// deletion is in the feed like any other.
    pub async fn empty_sandbox(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        time: Duration,
    ) -> Result<Emptied, Failure> {
        require_sandbox(tenant)?;
        let began = Instant::now();
        let (mut deleted, mut complete) = (0, true);
        'all: for resource in self.registry().iter().filter(|resource| resource.is_in_feed()) {
            loop {
                let count = self.remove_some(tenant, actor, resource).await?;
                deleted += count;
                if count == 0 {
                    break;
                }
                if began.elapsed() > time {
                    complete = false;
                    break 'all;
                }
            }
        }
        if deleted > 0 {
            self.note_sandbox(tenant, actor, "sandbox_emptied", deleted).await?;
        }
        Ok(Emptied { deleted, complete })
    }

    async fn note_sandbox(
        &self,
        tenant: &Tenant,
        actor: &Actor,
        action: &'static str,
        records: usize,
    ) -> Result<(), Failure> {
        let details = [("records".to_owned(), json!(records))].into_iter().collect();
        self.note_act(tenant, actor, action, "organisation", &details).await
    }
}

fn require_sandbox(tenant: &Tenant) -> Result<(), Failure> {
    if tenant.environment() == Environment::Sandbox {
        return Ok(());
    }
    let detail = "This is the production environment, where data is real";
    Err(Problem::rule(detail, "Go to the sandbox first.").into())
}
