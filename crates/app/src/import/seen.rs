//! Unique values that a dry run has met, since nothing is stored that a later row could collide with.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use domain::text::fold;
use domain::{Problem, ProblemKind, Resource, Violation};
use serde_json::Value as Json;

use crate::records::{BatchItem, BatchReport, Outcome};

/// Hashes of the unique values of rows that would be made: 8 bytes each, however long they are.
pub(super) struct Seen {
    resource: &'static Resource,
    hashes: HashSet<u64>,
}

impl Seen {
    pub(super) fn new(resource: &'static Resource) -> Self {
        Self { resource, hashes: HashSet::new() }
    }

    /// Turns rows that would be made into failures where an earlier chunk had the same value.
    pub(super) fn check<'i>(&mut self, items: impl Iterator<Item = &'i BatchItem>, report: &mut BatchReport) {
        for (item, result) in items.zip(&mut report.results) {
            let (Ok(body), Ok((Outcome::Created, _))) = (&item.body, &*result) else { continue };
            let unique = self.resource.fields.iter().filter(|field| field.unique && !field.read_only);
            let values: Vec<(&str, u64)> = unique
                .filter_map(|field| {
                    let text = body.get(field.name).and_then(Json::as_str)?.trim();
                    let text = if field.folded { fold(text) } else { text.to_owned() };
                    Some((field.name, hash(field.name, &text)))
                })
                .collect();
            let known = |(name, hash): &(&str, u64)| {
                let message = format!("An earlier row has this {name}.");
                self.hashes.contains(hash).then(|| Violation::new(*name, "duplicate", message))
            };
            let violations: Vec<Violation> = values.iter().filter_map(known).collect();
            if violations.is_empty() {
                self.hashes.extend(values.into_iter().map(|(_, hash)| hash));
            } else {
                let detail = "An earlier row has the same value in a field that must be unique";
                *result = Err(Problem::new(ProblemKind::Conflict, detail).violations(violations));
            }
        }
    }
}

fn hash(name: &str, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, text).hash(&mut hasher);
    hasher.finish()
}
