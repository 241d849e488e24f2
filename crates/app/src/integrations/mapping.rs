//! The field mapping of an integration: replaced as a whole, tried on a sample, found by name for imports.

use db::{Param, Row, Weight};
use domain::definition::Resource;
use domain::input::Mode;
use domain::json::{self, Object};
use domain::mapping::Mapping;
use domain::resources::INTEGRATION;
use domain::text::fold;
use domain::{Problem, Record, RecordId, Violation};
use serde_json::Value as Json;

use super::shape::Shape;
use crate::app::App;
use crate::failure::Failure;
use crate::records::{Stored, WriteRequest};
use crate::store::integrations::INTEGRATION_NAMES;
use crate::store::read_record;
use crate::tenant::Tenant;

/// What a mapping is tried on.
#[derive(Clone, Debug)]
pub struct MappingQuestion {
    /// What the sample is a record of.
    pub resource: &'static Resource,
    /// Rules that are tried instead of the integration's own.
    pub rules: Option<Json>,
    /// A record as the outside system has it.
    pub sample: Object,
}

/// What a mapping makes of a sample.
#[derive(Clone, Debug)]
pub struct MappingPreview {
    /// The fields of ours that it fills, as they would be stored.
    pub record: Object,
    /// The record that it would change.
    pub matches: Option<RecordId>,
    /// What is wrong with it, by the names of the outside system.
    pub violations: Vec<Violation>,
    /// Names of the outside system that nothing is read from.
    pub unread: Vec<String>,
}

/// The mapping that is kept under a name.
#[derive(Clone, Debug)]
pub enum SavedMapping {
    /// The rules of the integration of that name for the resource.
    Found(Mapping),
    /// The integration has rules for these resources only.
    ForOthers(Vec<String>),
    /// There is no integration of that name, but these.
    Unknown(Vec<String>),
}

impl App {
    /// The rules that the integration of a name has for a resource.
    pub async fn saved_mapping(
        &self,
        tenant: &Tenant,
        name: &str,
        resource: &'static Resource,
    ) -> Result<SavedMapping, Failure> {
        let schema = self.schema(&INTEGRATION)?;
        let by_name = schema.get_by.iter().find(|(position, _)| INTEGRATION.fields[*position].name == "name");
        let Some((_, sql)) = by_name else { return Err(Failure::internal("integrations have no name")) };
        let read = |row: &Row<'_>| read_record(&INTEGRATION, row);
        let found = tenant.optional(self.db(), sql, vec![Param::Text(fold(name.trim()))], read).await?;
        let Some(integration) = found else {
            return Ok(SavedMapping::Unknown(self.integration_names(tenant).await?));
        };
        match mapping_of(tenant, &integration, resource) {
            Some(mapping) => Ok(SavedMapping::Found(mapping)),
            None => Ok(SavedMapping::ForOthers(rules_of(&integration).into_iter().map(|it| it.0).collect())),
        }
    }

    /// Every mapping that is kept for a resource, with its name.
    pub async fn saved_mappings(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
    ) -> Result<Vec<(String, Mapping)>, Failure> {
        let mut all = Vec::new();
        for name in self.integration_names(tenant).await? {
            if let SavedMapping::Found(mapping) = self.saved_mapping(tenant, &name, resource).await? {
                all.push((name, mapping));
            }
        }
        Ok(all)
    }

    async fn integration_names(&self, tenant: &Tenant) -> Result<Vec<String>, Failure> {
        let mut names = Vec::new();
        let each = |row: &Row<'_>| {
            names.push(row.text(0)?.to_owned());
            Ok(())
        };
        tenant.each(self.db(), Weight::Short, &INTEGRATION_NAMES, Vec::new(), each).await?;
        Ok(names)
    }

    /// One integration of the tenant.
    pub(crate) async fn integration(&self, tenant: &Tenant, id: RecordId) -> Result<Record, Failure> {
        let schema = self.schema(&INTEGRATION)?;
        let read = |row: &Row<'_>| read_record(&INTEGRATION, row);
        let found = tenant.optional(self.db(), &schema.get, vec![Param::Uuid(id.uuid())], read).await?;
        Ok(found.ok_or_else(Problem::not_found)?)
    }

    /// Replaces the field mapping of an integration as a whole.
    pub async fn replace_field_mapping(
        &self,
        tenant: &Tenant,
        request: impl Into<WriteRequest>,
        id: RecordId,
        mut mapping: Object,
    ) -> Result<Stored, Failure> {
        for resource in self.registry().iter() {
            // As a patch, null takes away what is not named.
            mapping.entry(resource.plural).or_insert(Json::Null);
        }
        let body = Object::from_iter([(FIELD.to_owned(), Json::Object(mapping))]);
        let stored = self.update(tenant, request, &INTEGRATION, id, Mode::Patch, body).await;
        stored.map_err(|failure| match failure {
            Failure::Problem(mut problem) => {
                for violation in &mut problem.violations {
                    let path =
                        violation.property_path.strip_prefix(FIELD).map(|it| it.trim_start_matches('.'));
                    if let Some(path) = path.map(str::to_owned) {
                        violation.property_path = path;
                    }
                }
                Failure::Problem(problem)
            }
            failure => failure,
        })
    }

    /// Says what a mapping makes of a sample; nothing is stored.
    pub async fn preview_mapping(
        &self,
        tenant: &Tenant,
        id: RecordId,
        question: &MappingQuestion,
    ) -> Result<MappingPreview, Failure> {
        let integration = self.integration(tenant, id).await?;
        let resource = question.resource;
        let shape = match &question.rules {
            None => shape_of(tenant, &integration, resource),
            Some(rules) => Shape::Mapped(parse(tenant, resource, rules)?),
        };
        let sample = &question.sample;
        let readable = shape.readable(sample);
        let external_id = readable.get("externalId").and_then(Json::as_str).unwrap_or_default().trim();
        let old = self.find_by_external_id(tenant, resource, external_id).await?;
        let context = self.context(tenant, resource, self.now());
        let context = domain::input::Context { integration: true, allow_past: true, ..context };
        let (record, violations) = match shape.check(sample, old.as_ref(), &context) {
            Ok(record) => (stored_form(resource, &readable, &record), Vec::new()),
            Err(problem) if problem.violations.is_empty() => {
                (readable.clone(), vec![Violation::new("", "rule_violation", problem.detail)])
            }
            Err(problem) => (readable.clone(), problem.violations),
        };
        Ok(MappingPreview {
            record,
            matches: old.and_then(|old| old.id()),
            violations,
            unread: shape.unread(sample),
        })
    }

    /// The record that an outside id stands for.
    pub(crate) async fn find_by_external_id(
        &self,
        tenant: &Tenant,
        resource: &'static Resource,
        external_id: &str,
    ) -> Result<Option<Record>, Failure> {
        let schema = self.schema(resource)?;
        let named = |(position, _): &&(usize, _)| resource.fields[*position].name == "externalId";
        let Some((_, sql)) = schema.get_by.iter().find(named).filter(|_| !external_id.is_empty()) else {
            return Ok(None);
        };
        let read = |row: &Row<'_>| read_record(resource, row);
        Ok(tenant.optional(self.db(), sql, vec![Param::Text(external_id.to_owned())], read).await?)
    }
}

const FIELD: &str = "fieldMapping";

/// The rules of an integration by resource.
fn rules_of(integration: &Record) -> Object {
    let text = integration.text(&INTEGRATION, FIELD).unwrap_or_default();
    serde_json::from_str(text).unwrap_or_default()
}

/// The mapping that an integration has for a resource.
pub(crate) fn mapping_of(
    tenant: &Tenant,
    integration: &Record,
    resource: &'static Resource,
) -> Option<Mapping> {
    // Rules were checked when they were stored.
    Mapping::parse(resource, rules_of(integration).get(resource.plural)?)
        .ok()
        .map(|it| it.in_zone(zone(tenant)))
}

/// How an integration's records of a resource are read.
pub(crate) fn shape_of(tenant: &Tenant, integration: &Record, resource: &'static Resource) -> Shape {
    mapping_of(tenant, integration, resource).map_or(Shape::Own(resource), Shape::Mapped)
}

fn zone(tenant: &Tenant) -> jiff::tz::TimeZone {
    domain::time::zone(&tenant.organisation().timezone).unwrap_or(jiff::tz::TimeZone::UTC)
}

fn parse(tenant: &Tenant, resource: &'static Resource, rules: &Json) -> Result<Mapping, Problem> {
    let mapping = Mapping::parse(resource, rules).map_err(|violations| {
        let moved = violations.into_iter().map(|violation| Violation {
            property_path: format!("rules{}", violation.property_path),
            ..violation
        });
        Problem::validation(moved.collect())
    })?;
    Ok(mapping.in_zone(zone(tenant)))
}

/// What was read, in the form in which it would be stored.
fn stored_form(resource: &'static Resource, read: &Object, record: &Record) -> Object {
    let shown = read.keys().filter_map(|name| {
        let (position, field) = resource.position(name).zip(resource.field(name))?;
        Some((name.clone(), json::to_json(field.kind, record.at(position))))
    });
    shown.collect()
}
