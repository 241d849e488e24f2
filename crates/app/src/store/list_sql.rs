//! From a checked question to SQL: the same text for the same shape, so that both engines keep it
//! prepared.

use db::Param;
use domain::definition::{Kind, Resource};
use domain::listing::{Comparison, Cursor, Filter, ListQuery, Order, Page, Test};
use domain::record::Value;
use domain::text::fold;
use domain::time::Timestamp;

use super::row::{folded_param, param};
use super::schema::{Schema, terms_table};
use super::scope::TenantSql;
use super::terms::{custom_field_term, prefix_range, tag_term};

/// A rendered question.
#[derive(Debug)]
pub(crate) struct ListSql {
    /// The statement. Its columns are the schema's, then with deleted records `deleted_at` and
    /// `merged_into`.
    pub(crate) sql: TenantSql,
    /// Its parameters without the tenant's.
    pub(crate) params: Vec<Param>,
}

impl ListSql {
    fn new(template: &str, params: Vec<Param>) -> Self {
        Self { sql: TenantSql::render(template), params }
    }
}

/// The rows of one page and, so that the end is known, one more.
pub(crate) fn render_list(schema: &Schema, query: &ListQuery, now: Timestamp) -> ListSql {
    let offset = match &query.page {
        Page::Number(page) => (page - 1).saturating_mul(u64::from(query.items_per_page)),
        Page::After(_) => 0,
    };
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let most = i64::from(query.items_per_page) + 1;
    let (mut text, mut params) = if query.include_deleted {
        with_deleted(schema, query, now, offset.saturating_add(most))
    } else {
        let mut records = Rendering::new(schema, Source::Records, now);
        let source = records.rows(query).unwrap_or_default();
        (format!("SELECT {} {source}", schema.select_list), records.params)
    };
    text.push_str(" LIMIT ?");
    params.push(Param::Integer(most));
    if offset > 0 {
        text.push_str(" OFFSET ?");
        params.push(Param::Integer(offset));
    }
    ListSql::new(&text, params)
}

/// How many records the filters of a question match.
pub(crate) fn render_count(schema: &Schema, query: &ListQuery, now: Timestamp) -> ListSql {
    let mut records = Rendering::new(schema, Source::Records, now);
    let live = records.matching(query).unwrap_or_default();
    let mut tombstones = Rendering::new(schema, Source::Tombstones, now);
    let gone = if query.include_deleted { tombstones.matching(query) } else { None };
    match gone {
        None => ListSql::new(&format!("SELECT COUNT(*) {live}"), records.params),
        Some(gone) => {
            let text = format!("SELECT (SELECT COUNT(*) {live}) + (SELECT COUNT(*) {gone})");
            ListSql::new(&text, [records.params, tombstones.params].concat())
        }
    }
}

/// Records and what is left of deleted ones, in one order. Each of the two is read in that order by its
/// own index, and no further than the page reaches; so that only a few rows are left to be merged.
fn with_deleted(schema: &Schema, query: &ListQuery, now: Timestamp, most: i64) -> (String, Vec<Param>) {
    let mut records = Rendering::new(schema, Source::Records, now);
    let live = records.rows(query).unwrap_or_default();
    let columns = &schema.select_list;
    let mut tombstones = Rendering::new(schema, Source::Tombstones, now);
    let Some(gone) = tombstones.rows(query) else {
        let none = "CAST(NULL AS BIGINT) AS deleted_at, CAST(NULL AS UUID) AS merged_into";
        return (format!("SELECT {columns}, {none} {live}"), records.params);
    };
    let mut live_columns = Vec::new();
    let mut gone_columns = Vec::new();
    for (position, column) in schema.columns.iter().enumerate() {
        live_columns.push(column.name.as_str());
        gone_columns.push(if is_kept(schema.resource, position) { column.name.as_str() } else { "NULL" });
        if let Some(folded) = &column.folded {
            live_columns.push(folded);
            gone_columns.push("NULL");
        }
    }
    let (live_columns, gone_columns) = (live_columns.join(", "), gone_columns.join(", "));
    let order = order_by(schema, &query.order, |position| {
        schema.resource.fields[position].nullable || !is_kept(schema.resource, position)
    });
    let text = format!(
        "SELECT {columns}, deleted_at, merged_into FROM (\
         SELECT {live_columns}, CAST(NULL AS BIGINT) AS deleted_at, CAST(NULL AS UUID) AS merged_into \
         FROM (SELECT {live_columns} {live} LIMIT ?) AS live UNION ALL \
         SELECT {gone_columns}, updated_at, merged_into \
         FROM (SELECT id, version, created_at, updated_at, merged_into {gone} LIMIT ?) AS gone) AS listed{order}",
    );
    let mut params = records.params;
    params.push(Param::Integer(most));
    params.append(&mut tombstones.params);
    params.push(Param::Integer(most));
    (text, params)
}

/// Whether a tombstone keeps the value of the field at a position; of all others it knows nothing.
fn is_kept(resource: &Resource, position: usize) -> bool {
    resource
        .fields
        .get(position)
        .is_some_and(|it| matches!(it.name, "id" | "version" | "createdAt" | "updatedAt"))
}

/// The cursor behind a row: its values in the order's fields.
pub(crate) fn cursor_after(resource: &Resource, order: &[Order], values: Vec<Value>) -> Cursor {
    let folded =
        order.iter().zip(values).map(|(term, value)| match (resource.fields[term.position].folded, value) {
            (true, Value::Text(text)) => Value::Text(fold(&text)),
            (_, value) => value,
        });
    Cursor { values: folded.collect() }
}

/// What is listed: one table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Records,
    Tombstones,
}

struct Rendering<'a> {
    schema: &'a Schema,
    source: Source,
    now: Timestamp,
    text: String,
    params: Vec<Param>,
}

impl<'a> Rendering<'a> {
    fn new(schema: &'a Schema, source: Source, now: Timestamp) -> Self {
        Self { schema, source, now, text: String::with_capacity(512), params: Vec::new() }
    }

    /// `FROM … WHERE … ORDER BY …`; none when no row of the source can match.
    fn rows(&mut self, query: &ListQuery) -> Option<String> {
        let mut text = self.matching(query)?;
        if let Page::After(cursor) = &query.page {
            self.after(cursor, query)?;
            text.push_str(&std::mem::take(&mut self.text));
        }
        let order: Vec<Order> =
            query.order.iter().copied().filter(|term| self.knows(term.position)).collect();
        text.push_str(&order_by(self.schema, &order, |position| {
            self.schema.resource.fields[position].nullable
        }));
        Some(text)
    }

    /// `FROM … WHERE …`; none when no row of the source can match.
    fn matching(&mut self, query: &ListQuery) -> Option<String> {
        let resource = self.schema.resource;
        self.text.push_str(&match self.source {
            Source::Records => format!("FROM {} WHERE tenant = {{tenant}}", resource.table()),
            Source::Tombstones => {
                format!("FROM tombstones WHERE tenant = {{tenant}} AND resource = '{}'", resource.name)
            }
        });
        for filter in &query.filters {
            if self.knows(filter.position) {
                self.text.push_str(" AND ");
                self.condition(filter);
            } else if filter.test != Test::Exists(false) {
                return None;
            }
        }
        if self.source == Source::Tombstones && !query.search.is_empty() {
            return None;
        }
        let terms = terms_table(resource);
        for word in &query.search {
            let (from, to) = prefix_range(word);
            self.text.push_str(&format!(
                " AND id IN (SELECT id FROM {terms} WHERE tenant = {{tenant}} AND term >= ? AND term < ?)"
            ));
            self.params.extend([Param::Text(from), Param::Text(to)]);
        }
        Some(std::mem::take(&mut self.text))
    }

    /// Whether the source has values of the field at a position; else they are null.
    fn knows(&self, position: usize) -> bool {
        self.source == Source::Records || is_kept(self.schema.resource, position)
    }

    fn condition(&mut self, filter: &Filter) {
        let field = &self.schema.resource.fields[filter.position];
        let column = self.schema.column(filter.position);
        match &filter.test {
            Test::AnyOf(values) if matches!(field.kind, Kind::Tags { .. }) => {
                let terms = values.iter().filter_map(Value::as_text).map(|item| tag_term(field.name, item));
                self.has_term(terms.collect());
            }
            Test::AnyOf(values) if self.is_derived(filter.position) => self.derived(values),
            Test::AnyOf(values) => {
                let folds = column.folded.is_some();
                let name = column.compared();
                self.any_of(name, values.iter().map(|it| if folds { folded_param(it) } else { param(it) }));
            }
            Test::Compare(comparison, value) => {
                self.text.push_str(&format!("{} {} ?", column.name, operator(*comparison)));
                self.params.push(param(value));
            }
            Test::Exists(true) => self.text.push_str(&format!("{} IS NOT NULL", column.name)),
            Test::Exists(false) => self.text.push_str(&format!("{} IS NULL", column.name)),
            Test::CustomField { key, value } => self.has_term(vec![custom_field_term(key, value)]),
        }
    }

    fn any_of(&mut self, column: &str, params: impl Iterator<Item = Param>) {
        let before = self.params.len();
        self.params.extend(params);
        match self.params.len() - before {
            1 => self.text.push_str(&format!("{column} = ?")),
            many => self.text.push_str(&format!("{column} IN (?{})", ", ?".repeat(many.saturating_sub(1)))),
        }
    }

    fn has_term(&mut self, terms: Vec<String>) {
        let table = terms_table(self.schema.resource);
        self.text.push_str(&format!("id IN (SELECT id FROM {table} WHERE tenant = {{tenant}} AND "));
        self.any_of("term", terms.into_iter().map(Param::Text));
        self.text.push(')');
    }

    fn is_derived(&self, position: usize) -> bool {
        let resource = self.schema.resource;
        resource.derived.is_some_and(|rule| resource.fields[position].name == rule.field)
    }

    /// Any of some statuses, one of which may be the derived one, as records show them now.
    fn derived(&mut self, values: &[Value]) {
        let Some(rule) = self.schema.resource.derived else { return };
        let position = |name| self.schema.resource.position(name).unwrap_or(0);
        let status = self.schema.column(position(rule.field)).name.clone();
        let end = self.schema.column(position(rule.ended_by)).name.clone();
        let has = |wanted: &str| values.iter().any(|value| value.as_text() == Some(wanted));
        let mut tests = Vec::new();
        let mut params = Vec::new();
        for value in values.iter().filter_map(Value::as_text) {
            let now = Param::Integer(self.now.as_micros());
            if value == rule.shown && !has(rule.stored) {
                tests.push(format!("({status} = ? AND {end} <= ?)"));
                params.extend([Param::Text(rule.stored.to_owned()), now]);
            } else if value == rule.stored && !has(rule.shown) {
                tests.push(format!("({status} = ? AND ({end} > ? OR {end} IS NULL))"));
                params.extend([Param::Text(rule.stored.to_owned()), now]);
            } else if value != rule.shown {
                tests.push(format!("{status} = ?"));
                params.push(Param::Text(value.to_owned()));
            }
        }
        self.text.push_str(&format!("({})", tests.join(" OR ")));
        self.params.extend(params);
    }

    /// What comes after a place in the order. None when nothing can.
    fn after(&mut self, cursor: &Cursor, query: &ListQuery) -> Option<()> {
        if self.is_one_comparison(cursor, query) {
            let columns: Vec<&str> = query.order.iter().map(|term| self.compared(term)).collect();
            let comparison = if query.order[0].descending { "<" } else { ">" };
            let marks = vec!["?"; columns.len()].join(", ");
            self.text.push_str(&format!(" AND ({}) {comparison} ({marks})", columns.join(", ")));
            self.params.extend(cursor.values.iter().map(param));
            return Some(());
        }
        // Equal in the terms before, and later in one.
        let mut alternatives = Vec::new();
        let mut params = Vec::new();
        let mut same = Vec::new();
        let mut same_params = Vec::new();
        for (term, value) in query.order.iter().zip(&cursor.values) {
            let column = self.compared(term);
            // Null comes first in ascending and last in descending order.
            let later = match (term.descending, value.is_null(), self.knows(term.position)) {
                (true, true, _) | (false, _, false) => None,
                (true, false, false) => Some("TRUE".to_owned()),
                (false, true, true) => Some(format!("{column} IS NOT NULL")),
                (true, false, true) if !self.may_be_null(term, query) => Some(format!("{column} < ?")),
                (true, false, true) => Some(format!("({column} < ? OR {column} IS NULL)")),
                (false, false, true) => Some(format!("{column} > ?")),
            };
            if let Some(later) = later {
                params.extend_from_slice(&same_params);
                if later.contains('?') {
                    params.push(param(value));
                }
                let parts: Vec<&str> = same.iter().map(String::as_str).chain([later.as_str()]).collect();
                alternatives.push(format!("({})", parts.join(" AND ")));
            }
            match (value.is_null(), self.knows(term.position)) {
                (true, true) => same.push(format!("{column} IS NULL")),
                (false, true) => {
                    same.push(format!("{column} = ?"));
                    same_params.push(param(value));
                }
                (true, false) => {}
                // The source's value is null and this one is not: nothing is equal in this term.
                (false, false) => break,
            }
        }
        if alternatives.is_empty() {
            // No record has such a place, but a client can make one up.
            alternatives.push("FALSE".to_owned());
            if self.source == Source::Tombstones {
                return None;
            }
        }
        self.text.push_str(&format!(" AND ({})", alternatives.join(" OR ")));
        self.params.extend(params);
        Some(())
    }

    /// Whether `(a, b) > (?, ?)` says the same: one direction, and no null that would come after. In
    /// ascending order nulls come first; the comparison is not true for them, which is right.
    fn is_one_comparison(&self, cursor: &Cursor, query: &ListQuery) -> bool {
        let order = &query.order;
        order.iter().zip(&cursor.values).all(|(term, value)| {
            !value.is_null()
                && self.knows(term.position)
                && term.descending == order[0].descending
                && !(term.descending && self.may_be_null(term, query))
        })
    }

    /// Whether rows that match can have no value in a term of the order.
    fn may_be_null(&self, term: &Order, query: &ListQuery) -> bool {
        let excludes_null = |filter: &Filter| {
            filter.position == term.position
                && !matches!(filter.test, Test::Exists(false) | Test::CustomField { .. })
        };
        self.schema.resource.fields[term.position].nullable && !query.filters.iter().any(excludes_null)
    }

    fn compared(&self, term: &Order) -> &'a str {
        self.schema.column(term.position).compared()
    }
}

/// `ORDER BY …`, saying where nulls go in the columns that have some: an index on others serves only
/// when it is not said.
fn order_by(schema: &Schema, order: &[Order], has_nulls: impl Fn(usize) -> bool) -> String {
    let terms: Vec<String> = order
        .iter()
        .map(|term| {
            let column = schema.column(term.position).compared();
            match (term.descending, has_nulls(term.position)) {
                (false, false) => column.to_owned(),
                (true, false) => format!("{column} DESC"),
                (false, true) => format!("{column} ASC NULLS FIRST"),
                (true, true) => format!("{column} DESC NULLS LAST"),
            }
        })
        .collect();
    format!(" ORDER BY {}", terms.join(", "))
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
