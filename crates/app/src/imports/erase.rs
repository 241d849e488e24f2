//! Files, and reports of failed rows, that tell of a person who is erased: found by what the person is known by, and
//! taken away whole. What stays of such an import says why its file is gone. Knows no records: whoever erases one says
//! by what it is known.

use std::collections::BTreeSet;
use std::io::{self, BufReader};
use std::sync::Arc;

use db::Param;
use domain::json::Object;
use domain::mapping::Mapping;
use domain::text::fold;
use domain::{ImportId, Problem, Resource, Timestamp};
use serde_json::{Value as Json, json};

use super::manage::BROKEN_OFF;
use super::parts::{FAILED, FILE, Parts};
use super::{ImportStatus, MAX_FAILED};
use crate::app::App;
use crate::failure::Failure;
use crate::import::failed_header;
use crate::store::system::{BUSY_IMPORT, DISCARD_FILE, KEPT_IMPORTS};
use crate::tenant::Tenant;

/// What the owner of an import is told.
const WHY: &str = "The file, or the report of its failed rows, told of a person who was erased, and was discarded. \
                   Take the person out of your own file before you send it again.";
/// Seconds after which trying again may help.
const SOON: u32 = 10;

/// By what a person is known in a file, folded.
pub(crate) struct KnownBy {
    /// Of which resource the record is: an outside id says nothing in a file of another one.
    pub(crate) resource: &'static Resource,
    /// E-mail addresses, the present one and former ones.
    pub(crate) emails: BTreeSet<String>,
    /// Ids in other systems.
    pub(crate) external_ids: BTreeSet<String>,
}

impl KnownBy {
    /// Whether an address of the person stands in this text, alone or among other words.
    fn is_written_to(&self, text: &str) -> bool {
        if !text.contains('@') {
            return false;
        }
        let text = fold(text);
        self.emails.iter().any(|email| holds_address(&text, email))
    }
}

/// Whether an address stands in a text, and not as a part of a longer one.
fn holds_address(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(start, found)| {
        let before = text.get(..start).and_then(|text| text.chars().next_back());
        let mut after = text.get(start + found.len()..).unwrap_or_default().chars();
        let goes_on = match after.next() {
            Some('.') => after.next().is_some_and(char::is_alphanumeric),
            Some(next) => next.is_alphanumeric() || next == '-',
            None => false,
        };
        !before.is_some_and(|it| it.is_alphanumeric() || "._+-".contains(it)) && !goes_on
    })
}

/// An import of which a file or report may be kept.
struct Kept {
    id: ImportId,
    resource: String,
    header: Vec<String>,
    mapping: Option<Json>,
}

/// The parameters of [`BUSY_IMPORT`].
pub(crate) fn busy_params(now: Timestamp) -> Vec<Param> {
    vec![Param::Integer(now.as_micros()), Param::Integer(now.plus_seconds(-BROKEN_OFF).as_micros())]
}

/// Why nobody can be erased now: what is imported meanwhile could bring the person back, and a file of which only a
/// part is there cannot be searched.
pub(crate) fn busy(status: &str) -> Failure {
    let (detail, hint) = if status == ImportStatus::Running.name() {
        let hint = "Nobody was erased. Try again when the import is over, or stop it (`GET /api/members/imports` lists \
                    the imports, and so it is for events and courses).";
        ("A file is being imported, and the person may be in it", hint)
    } else {
        let hint = "Nobody was erased. Try again when the file is there; one that broke off is forgotten after 15 \
                    minutes.";
        ("A file is being sent for import, and the person may be in it", hint)
    };
    Problem::rule(detail, hint).retry_after(SOON).into()
}

impl App {
    /// Takes away every file and report of the tenant that tells of a person; answers of how many imports. A file that
    /// is sent from now on is not looked at.
    pub(crate) async fn discard_files_of(&self, tenant: &Tenant, person: KnownBy) -> Result<u64, Failure> {
        if person.emails.is_empty() && person.external_ids.is_empty() {
            return Ok(0);
        }
        let mut kept = Vec::new();
        let each = |row: &db::Row<'_>| {
            kept.push(Kept {
                id: ImportId::from(row.uuid(0)?),
                resource: row.text(1)?.to_owned(),
                // Where they are unreadable the file's cells are searched all the same.
                header: serde_json::from_str(row.text(2)?).unwrap_or_default(),
                mapping: row.optional_text(3)?.and_then(|rules| serde_json::from_str(rules).ok()),
            });
            Ok(())
        };
        tenant.each(self.db(), db::Weight::Short, &KEPT_IMPORTS, Vec::new(), each).await?;
        let person = Arc::new(person);
        let mut discarded = 0;
        for import in kept {
            if self.tells_of(tenant, &import, &person).await? && self.discard_file(tenant, import.id).await? {
                discarded += 1;
            }
        }
        Ok(discarded)
    }

    async fn tells_of(&self, tenant: &Tenant, import: &Kept, person: &Arc<KnownBy>) -> Result<bool, Failure> {
        let report: Vec<String> = failed_header(&import.header)
            .iter()
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        for (kind, names) in [(FILE, &import.header), (FAILED, &report)] {
            let parts = Parts::of(self, tenant, import.id, kind);
            let search = Search::of(import, names, person.clone());
            let found = tokio::task::spawn_blocking(move || search.through(parts)).await;
            let found = found.map_err(|_| Failure::internal("searching a file ended early"))?;
            if found.map_err(|error| Failure::internal(format!("a file could not be searched: {error}")))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes an import's file and report away and notes why. It cannot be started from then on, which is noted first;
    /// one that was started meanwhile is left, and refused.
    async fn discard_file(&self, tenant: &Tenant, id: ImportId) -> Result<bool, Failure> {
        let now = self.now();
        let params = vec![
            WHY.into(),
            // As of a report that is full: there are failed rows that are not kept.
            Param::Integer(i64::try_from(MAX_FAILED).unwrap_or(i64::MAX)),
            Param::Integer(now.as_micros()),
            Param::Uuid(id.uuid()),
            Param::Integer(now.as_micros()),
        ];
        if self.run_scoped(tenant, &DISCARD_FILE, params).await? == 0 {
            let read = |row: &db::Row<'_>| Ok(row.text(0)?.to_owned());
            return match tenant.optional(self.db(), &BUSY_IMPORT, busy_params(now), read).await? {
                Some(status) => Err(busy(&status)),
                // Somebody else has discarded it.
                None => Ok(false),
            };
        }
        self.forget_files(tenant, id).await?;
        Ok(true)
    }
}

/// Looks through one file for a person.
struct Search {
    person: Arc<KnownBy>,
    /// The positions and names of the columns in which an outside id may stand.
    id_columns: Vec<(usize, String)>,
    /// How the import was started.
    mapping: Option<Mapping>,
}

impl Search {
    fn of(import: &Kept, names: &[String], person: Arc<KnownBy>) -> Self {
        let resource = person.resource;
        if import.resource != resource.plural || person.external_ids.is_empty() {
            return Self { person, id_columns: Vec::new(), mapping: None };
        }
        let mapping = import.mapping.as_ref().and_then(|rules| Mapping::parse(resource, rules).ok());
        let columns: Vec<&str> = names.iter().map(String::as_str).collect();
        let suggested = Mapping::suggest(resource, &columns);
        let known = [
            Some("externalId"),
            suggested.external_id_column(),
            mapping.as_ref().and_then(Mapping::external_id_column),
        ];
        let id_columns = names.iter().enumerate().filter(|(_, name)| known.contains(&Some(name.as_str())));
        let id_columns = id_columns.map(|(position, name)| (position, name.clone())).collect();
        Self { person, id_columns, mapping }
    }

    /// Reads a file, or what is left of it, cell by cell: values may be quoted, and lie across two parts.
    fn through(&self, file: impl io::Read) -> io::Result<bool> {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(BufReader::new(file));
        let mut row = csv::ByteRecord::new();
        while reader.read_byte_record(&mut row).map_err(io::Error::from)? {
            if self.is_of_person(&row) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_of_person(&self, row: &csv::ByteRecord) -> bool {
        let is_id = |text: &str| self.person.external_ids.contains(&fold(text.trim()));
        row.iter().any(|cell| self.person.is_written_to(&String::from_utf8_lossy(cell)))
            || self.id_columns.iter().any(|(position, name)| {
                let cell = String::from_utf8_lossy(row.get(*position).unwrap_or_default());
                let mapped = self.mapping.as_ref().is_some_and(|mapping| {
                    let cell = Object::from_iter([(name.clone(), json!(cell))]);
                    mapping.readable(&cell).get("externalId").and_then(Json::as_str).is_some_and(is_id)
                });
                mapped || is_id(&cell)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_among_other_words_and_not_inside_of_another() {
        for text in ["ann@example.org", "Ann <ann@example.org>", "to ann@example.org.", "x;ann@example.org,y"]
        {
            assert!(holds_address(text, "ann@example.org"), "{text}");
        }
        for text in
            ["joann@example.org", "jo.ann@example.org", "ann@example.org.au", "ann@example.org-x.au", "ann"]
        {
            assert!(!holds_address(text, "ann@example.org"), "{text}");
        }
        assert!(holds_address("joann@example.org ann@example.org", "ann@example.org"));
    }
}
