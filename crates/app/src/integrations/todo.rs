//! Integrations that fail, as things that somebody should see to.

use domain::listing::{self, Lenience};
use domain::resources::INTEGRATION;

use super::status::Health;
use crate::app::App;
use crate::failure::Failure;
use crate::staff::Todo;
use crate::tenant::Tenant;

impl App {
    /// The integrations that are switched on and fail; of very many the first.
    pub(crate) async fn failing_integrations(&self, tenant: &Tenant) -> Result<Vec<Todo>, Failure> {
        let pairs = [("enabled", "true"), ("order[name]", "asc"), ("itemsPerPage", "30"), ("count", "false")];
        let query = listing::parse(&INTEGRATION, pairs, Lenience::Strict)?;
        let mut found = Vec::new();
        let each = |row: &crate::records::RecordRow<'_, '_>| {
            found.push(row.record()?);
            Ok(())
        };
        self.list(tenant, &INTEGRATION, &query, each).await?;
        let statuses = self.integration_statuses(tenant, &found).await?;
        let mut todo = Vec::new();
        for (integration, status) in found.iter().zip(statuses) {
            let Some(id) = integration.id() else { continue };
            let name = integration.text(&INTEGRATION, "name").unwrap_or_default().to_owned();
            if status.health != Health::Failing {
                continue;
            }
            let first = status.errors.first();
            let why = first.map_or_else(
                || "look at its syncs and deliveries.".to_owned(),
                |error| format!("{} {}", error.message, error.action),
            );
            todo.push(Todo {
                kind: Todo::INTEGRATION_FAILS,
                title: format!("The integration {name} fails: {why}"),
                path: format!("/api/integrations/{id}"),
                subject: name,
                at: first.map(|error| error.at),
            });
        }
        Ok(todo)
    }
}
