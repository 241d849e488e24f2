//! Running an invariant: one statement, each row of which is something at fault.

use db::{DbError, Param, Row};

use super::{Checking, Faults, Finding, Verdict, finding};
use crate::failure::Failure;

/// Something that must hold, with the statement that finds where it does not.
pub(super) struct Invariant {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) sql: String,
    /// For each parameter, how many seconds ago the moment is that it stands for.
    pub(super) ago: Vec<i64>,
    pub(super) columns: &'static [Column],
}

/// What a column of a found row is.
#[derive(Clone, Copy)]
pub(super) enum Column {
    /// The tenant's number.
    Tenant,
    /// A UUID.
    Id(&'static str),
    /// A number.
    Number(&'static str),
    /// A text.
    Text(&'static str),
}

impl Checking {
    pub(super) async fn statement(&mut self, invariant: &Invariant) -> Result<Finding, Failure> {
        let verdict = if let Some(why) = self.skip {
            Verdict::Skipped(why.to_owned())
        } else {
            let read = self.faults_of(invariant).await;
            self.judged(read).await?
        };
        Ok(finding(&invariant.name, &invariant.about, verdict))
    }

    async fn faults_of(&mut self, invariant: &Invariant) -> Result<Faults, DbError> {
        let params: Vec<Param> = invariant.ago.iter().map(|&seconds| self.ago(seconds)).collect();
        let mut faults = Faults::default();
        let each = |row: &Row<'_>| {
            let (tenant, text) = describe(row, invariant.columns)?;
            faults.add(tenant, || text);
            Ok(())
        };
        self.snapshot.each(&invariant.sql, &params, each).await?;
        Ok(faults)
    }
}

fn describe(row: &Row<'_>, columns: &[Column]) -> Result<(Option<i64>, String), DbError> {
    let mut tenant = None;
    let mut words = Vec::new();
    for (position, column) in columns.iter().enumerate() {
        let word = match column {
            Column::Tenant => {
                tenant = row.optional_integer(position)?;
                None
            }
            Column::Id(name) => row.optional_uuid(position)?.map(|id| format!("{name} {}", id.hyphenated())),
            Column::Number(name) => row.optional_integer(position)?.map(|number| format!("{name} {number}")),
            Column::Text(name) => row.optional_text(position)?.map(|text| format!("{name} {text}")),
        };
        words.extend(word);
    }
    Ok((tenant, words.join(", ")))
}
