//! The change feed: the events of a tenant in the order of their numbers, without gaps (API §8).
//!
//! A change holds its tenant's row until it is committed, so nobody can see a number before all
//! smaller ones: a reader who has seen 7 has seen 6.

use std::sync::Arc;

use db::{DbError, Param, Row, Weight};
use domain::json::{Object, write_integer, write_string};
use domain::mapping::Mapping;
use domain::{Problem, ProblemKind, RecordId, Timestamp, Violation};
use uuid::Uuid;

use crate::app::App;
use crate::failure::Failure;
use crate::integrations::mapping_of;
use crate::store::system::{CHANGES_AFTER, OLDEST_CHANGE};
use crate::tenant::Tenant;

/// Seconds for which changes are kept: 30 days.
pub(crate) const CHANGES_KEPT: i64 = 30 * 24 * 3_600;

/// How many changes are looked at, at most, to find those of the wanted types.
const WINDOW: usize = 2_000;

/// A row of the feed.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) sequence: i64,
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) resource: String,
    pub(crate) origin_type: String,
    pub(crate) origin_id: Option<String>,
    pub(crate) integration: Option<Uuid>,
    /// The resource as JSON.
    pub(crate) data: String,
    /// The changed fields' old values as JSON.
    pub(crate) previous: String,
    pub(crate) at: Timestamp,
}

/// The columns that [`Change::read`] reads.
pub(crate) const COLUMNS: &str =
    "sequence, id, type, resource, origin_type, origin_id, data, previous, created_at, integration_id";

impl Change {
    pub(crate) fn read(row: &Row<'_>) -> Result<Self, DbError> {
        Ok(Self {
            sequence: row.integer(0)?,
            id: row.uuid(1)?,
            event_type: row.text(2)?.to_owned(),
            resource: row.text(3)?.to_owned(),
            origin_type: row.text(4)?.to_owned(),
            origin_id: row.optional_text(5)?.map(str::to_owned),
            data: row.text(6)?.to_owned(),
            previous: row.text(7)?.to_owned(),
            at: Timestamp::from_micros(row.integer(8)?),
            integration: row.optional_uuid(9)?,
        })
    }

    /// The id of the event: the same in the feed and in every webhook.
    pub(crate) fn event_id(&self) -> String {
        event_id(self.id)
    }

    /// Appends the event as JSON, with its record in the shape of a mapping if there is one.
    pub(crate) fn write(
        &self,
        out: &mut Vec<u8>,
        tenant: &Tenant,
        mapping: Option<&Mapping>,
    ) -> Result<(), Failure> {
        out.reserve(self.data.len() + self.previous.len() + 512);
        let head = Head {
            id: &self.event_id(),
            event_type: &self.event_type,
            at: self.at,
            sequence: Some(self.sequence),
        };
        head.write(out, tenant);
        out.extend_from_slice(b",\"origin\":{\"type\":");
        write_string(out, &self.origin_type);
        out.extend_from_slice(b",\"id\":");
        match &self.origin_id {
            Some(id) => write_string(out, id),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b",\"integrationId\":");
        match self.integration {
            Some(id) => write_string(out, &id.hyphenated().to_string()),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b"},\"data\":");
        self.write_fields(out, &self.data, mapping)?;
        out.extend_from_slice(b",\"previous\":");
        self.write_fields(out, &self.previous, mapping)?;
        out.push(b'}');
        Ok(())
    }

    fn write_fields(&self, out: &mut Vec<u8>, json: &str, mapping: Option<&Mapping>) -> Result<(), Failure> {
        let Some(mapping) = mapping else {
            out.extend_from_slice(json.as_bytes());
            return Ok(());
        };
        let fields: Object = serde_json::from_str(json)
            .map_err(|_| Failure::internal(format!("change {} holds no object", self.sequence)))?;
        let mut shown = mapping.outbound(&fields);
        if fields.contains_key("erased") {
            // Of somebody who was erased nothing is left but the id and this, which no rule is about.
            shown.extend(fields);
        }
        let mapped = serde_json::to_vec(&shown);
        out.extend(mapped.map_err(|_| Failure::internal("a mapped record is no JSON"))?);
        Ok(())
    }
}

/// What every event begins with.
pub(crate) struct Head<'a> {
    pub(crate) id: &'a str,
    pub(crate) event_type: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) sequence: Option<i64>,
}

impl Head<'_> {
    /// Appends it, without closing the object.
    pub(crate) fn write(&self, out: &mut Vec<u8>, tenant: &Tenant) {
        let texts = [
            ("{\"id\":", self.id),
            (",\"type\":", self.event_type),
            (",\"timestamp\":", &self.at.to_string()),
            (",\"environment\":", tenant.environment().name()),
            (",\"organizationId\":", &tenant.organisation().id.to_string()),
        ];
        for (key, text) in texts {
            out.extend_from_slice(key.as_bytes());
            write_string(out, text);
        }
        out.extend_from_slice(b",\"sequence\":");
        match self.sequence {
            Some(sequence) => write_integer(out, sequence),
            None => out.extend_from_slice(b"null"),
        }
    }
}

/// JSON that was written as bytes, as the text that the store keeps.
pub(crate) fn json_text(json: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(json).map_err(|_| Failure::internal("JSON that is not UTF-8"))
}

/// The id of an event as it is shown.
pub(crate) fn event_id(id: Uuid) -> String {
    format!("evt_{}", id.simple())
}

/// What is asked of the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedQuery {
    /// The number after which to read; the oldest that is kept when there is none.
    pub after: Option<i64>,
    /// Types or groups of types; all when there are none.
    pub types: Vec<String>,
    /// The most events to show.
    pub limit: usize,
}

/// A part of the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedPage {
    /// The number after which to go on.
    pub next: i64,
    /// Whether there is more already.
    pub more: bool,
}

impl App {
    /// Appends events to a JSON list, with commas between them.
    pub async fn changes(
        &self,
        tenant: &Tenant,
        query: &FeedQuery,
        out: &mut Vec<u8>,
    ) -> Result<FeedPage, Failure> {
        self.mapped_changes(tenant, query, &[], out).await
    }

    /// The same in the shape of an integration's outside system.
    pub async fn integration_changes(
        &self,
        tenant: &Tenant,
        integration: RecordId,
        query: &FeedQuery,
        out: &mut Vec<u8>,
    ) -> Result<FeedPage, Failure> {
        let integration = self.integration(tenant, integration).await?;
        let mappings: Vec<Mapping> = self
            .registry()
            .iter()
            .filter_map(|resource| mapping_of(tenant, &integration, resource))
            .collect();
        self.mapped_changes(tenant, query, &mappings, out).await
    }

    async fn mapped_changes(
        &self,
        tenant: &Tenant,
        query: &FeedQuery,
        mappings: &[Mapping],
        out: &mut Vec<u8>,
    ) -> Result<FeedPage, Failure> {
        let after = query.after.unwrap_or(0);
        // Before the page, so that what is committed in between cannot look like a gap.
        let last = self.sequence(tenant).await?;
        let window = if query.types.is_empty() { query.limit } else { WINDOW.max(query.limit) };
        let wanted = |event_type: &str| {
            query.types.is_empty() || query.types.iter().any(|it| domain::event_types::covers(it, event_type))
        };
        let (mut first, mut next, mut seen, mut changes) = (None, after, 0, Vec::new());
        let each = |row: &Row<'_>| {
            let sequence = row.integer(0)?;
            first.get_or_insert(sequence);
            if changes.len() < query.limit && seen < window {
                if wanted(row.text(2)?) {
                    changes.push(Change::read(row)?);
                }
                next = sequence;
                seen += 1;
            } else {
                seen = window + 1;
            }
            Ok(())
        };
        let most = i64::try_from(window + 1).unwrap_or(i64::MAX);
        let params = vec![Param::Integer(after), Param::Integer(most)];
        tenant.each(self.db(), Weight::Long, &CHANGES_AFTER, params, each).await?;
        if after > 0 {
            self.check_kept(tenant, after, first, last).await?;
        }
        for (index, change) in changes.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let mapping = mappings.iter().find(|mapping| mapping.resource().name == change.resource);
            change.write(out, tenant, mapping)?;
        }
        Ok(FeedPage { next, more: seen > window })
    }

    /// A reader who was away for longer than changes are kept must not believe to have missed nothing.
    async fn check_kept(
        &self,
        tenant: &Tenant,
        after: i64,
        first: Option<i64>,
        last: i64,
    ) -> Result<(), Failure> {
        let missing = first.map_or(after < last, |first| first > after + 1);
        if missing {
            let oldest =
                tenant.optional(self.db(), &OLDEST_CHANGE, Vec::new(), |row| row.optional_integer(0));
            let before = oldest.await?.flatten().map_or(last, |oldest| oldest - 1);
            let detail = format!(
                "The changes from {} to {before} are older than 30 days and no longer kept",
                after + 1
            );
            let hint = format!(
                "Read the lists with updatedAt[after] and includeDeleted=true once, then go on with cursor={before}."
            );
            return Err(Problem::new(ProblemKind::Gone, detail).hint(hint).into());
        }
        if after > last && after > self.sequence(tenant).await? {
            let detail =
                format!("The cursor {after} lies beyond the last change, which has the number {last}");
            let message = "Use the nextCursor of an answer of this tenant's feed.";
            let violation = Violation::new("cursor", "invalid_value", message);
            let problem = Problem::new(ProblemKind::InvalidQueryParameter, detail);
            return Err(problem.violations(vec![violation]).into());
        }
        Ok(())
    }
}

/// An event's body, shared by all who are sent it.
pub(crate) type Body = Arc<[u8]>;
