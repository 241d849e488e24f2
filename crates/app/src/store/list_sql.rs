//! From a checked question to SQL: the same text for the same shape, so that both engines keep it
//! prepared.

use std::ops::Range;

use db::Param;
use domain::definition::{Kind, Resource};
use domain::listing::{Comparison, Cursor, Filter, ListQuery, Order, Page, Test};
use domain::record::Value;
use domain::text::fold;
use domain::time::Timestamp;

use super::row::{folded_param, param};
use super::schema::{Schema, terms_table};
use super::scope::Statement;
use super::terms::{custom_field_term, prefix_range, tag_term};

/// The rows with these numbers, from 0, of those behind the query's cursor if it has one.
pub(crate) fn render_list(
    schema: &Schema,
    query: &ListQuery,
    rows: &Range<u64>,
    now: Timestamp,
) -> Statement {
    let offset = i64::try_from(rows.start).unwrap_or(i64::MAX);
    let most = i64::try_from(rows.end.saturating_sub(rows.start)).unwrap_or(i64::MAX);
    let mut sql = if query.include_deleted {
        with_deleted(schema, query, now, offset.saturating_add(most))
    } else {
        let mut records =
            Rendering::new(schema, Source::Records, now, &["SELECT ", &schema.select_list, " "]);
        let _ = records.rows(query);
        records.sql
    };
    sql.push(" LIMIT ");
    sql.param(Param::Integer(most));
    if offset > 0 {
        sql.push(" OFFSET ");
        sql.param(Param::Integer(offset));
    }
    sql
}

/// How many records the filters of a question match.
pub(crate) fn render_count(schema: &Schema, query: &ListQuery, now: Timestamp) -> Statement {
    let mut tombstones = Rendering::new(schema, Source::Tombstones, now, &["(SELECT COUNT(*) "]);
    let with_gone = query.include_deleted && tombstones.matching(query).is_some();
    let start: &[&str] = if with_gone { &["SELECT (SELECT COUNT(*) "] } else { &["SELECT COUNT(*) "] };
    let mut records = Rendering::new(schema, Source::Records, now, start);
    let _ = records.matching(query);
    let mut sql = records.sql;
    if with_gone {
        sql.push(") + ");
        sql.append(tombstones.sql);
        sql.push(")");
    }
    sql
}

/// Records and what is left of deleted ones, in one order. Each of the two is read in that order by its
/// own index, and no further than the page reaches; so that only a few rows are left to be merged.
fn with_deleted(schema: &Schema, query: &ListQuery, now: Timestamp, most: i64) -> Statement {
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
    let columns = &schema.select_list;
    let gone_start = [
        "SELECT ",
        &gone_columns,
        ", updated_at, merged_into FROM (SELECT id, version, created_at, updated_at, merged_into ",
    ];
    let mut tombstones = Rendering::new(schema, Source::Tombstones, now, &gone_start);
    if tombstones.rows(query).is_none() {
        let none = ", CAST(NULL AS BIGINT) AS deleted_at, CAST(NULL AS UUID) AS merged_into ";
        let mut records = Rendering::new(schema, Source::Records, now, &["SELECT ", columns, none]);
        let _ = records.rows(query);
        return records.sql;
    }
    let live_start = [
        "SELECT ",
        columns,
        ", deleted_at, merged_into FROM (SELECT ",
        &live_columns,
        ", CAST(NULL AS BIGINT) AS deleted_at, CAST(NULL AS UUID) AS merged_into FROM (SELECT ",
        &live_columns,
        " ",
    ];
    let mut records = Rendering::new(schema, Source::Records, now, &live_start);
    let _ = records.rows(query);
    let mut sql = records.sql;
    sql.push(" LIMIT ");
    sql.param(Param::Integer(most));
    sql.push(") AS live UNION ALL ");
    sql.append(tombstones.sql);
    sql.push(" LIMIT ");
    sql.param(Param::Integer(most));
    sql.push(") AS gone) AS listed");
    push_order(&mut sql, schema, &query.order, |position| {
        schema.resource.fields[position].nullable || !is_kept(schema.resource, position)
    });
    sql
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
    sql: Statement,
}

impl<'a> Rendering<'a> {
    /// A statement that begins so.
    fn new(schema: &'a Schema, source: Source, now: Timestamp, start: &[&str]) -> Self {
        let room = start.iter().map(|part| part.len()).sum::<usize>() + 256;
        let mut sql = Statement::with_room(room);
        for part in start {
            sql.push(part);
        }
        Self { schema, source, now, sql }
    }

    /// `FROM … WHERE … ORDER BY …`; none when no row of the source can match.
    fn rows(&mut self, query: &ListQuery) -> Option<()> {
        self.matching(query)?;
        if let Page::After(cursor) = &query.page {
            self.after(cursor, query)?;
        }
        let schema = self.schema;
        let nullable = |position: usize| schema.resource.fields[position].nullable;
        if self.source == Source::Records {
            push_order(&mut self.sql, schema, &query.order, nullable);
        } else {
            let known: Vec<Order> =
                query.order.iter().copied().filter(|term| self.knows(term.position)).collect();
            push_order(&mut self.sql, schema, &known, nullable);
        }
        Some(())
    }

    /// `FROM … WHERE …`; none when no row of the source can match.
    fn matching(&mut self, query: &ListQuery) -> Option<()> {
        let resource = self.schema.resource;
        let (table, of_resource) = match self.source {
            Source::Records => (self.schema.table.as_str(), None),
            Source::Tombstones => ("tombstones", Some(resource.name)),
        };
        self.sql.push("FROM ");
        self.sql.push(table);
        self.sql.push(" WHERE tenant = ");
        self.sql.tenant();
        if let Some(name) = of_resource {
            self.sql.push(" AND resource = '");
            self.sql.push(name);
            self.sql.push("'");
        }
        for filter in &query.filters {
            if self.knows(filter.position) {
                self.sql.push(" AND ");
                self.condition(filter);
            } else if filter.test != Test::Exists(false) {
                return None;
            }
        }
        if self.source == Source::Tombstones && !query.search.is_empty() {
            return None;
        }
        for word in &query.search {
            let (from, to) = prefix_range(word);
            self.sql.push(" AND id IN (SELECT id FROM ");
            self.sql.push(&terms_table(resource));
            self.sql.push(" WHERE tenant = ");
            self.sql.tenant();
            self.sql.push(" AND term >= ");
            self.sql.param(Param::Text(from));
            self.sql.push(" AND term < ");
            self.sql.param(Param::Text(to));
            self.sql.push(")");
        }
        Some(())
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
                self.sql.push(&column.name);
                self.sql.push(operator(*comparison));
                self.sql.param(param(value));
            }
            Test::Exists(true) => self.is_null(&column.name, " IS NOT NULL"),
            Test::Exists(false) => self.is_null(&column.name, " IS NULL"),
            Test::CustomField { key, value } => self.has_term(vec![custom_field_term(key, value)]),
        }
    }

    fn is_null(&mut self, column: &str, test: &str) {
        self.sql.push(column);
        self.sql.push(test);
    }

    fn any_of(&mut self, column: &str, params: impl ExactSizeIterator<Item = Param>) {
        let (open, close) = if params.len() == 1 { (" = ", "") } else { (" IN (", ")") };
        self.sql.push(column);
        self.sql.push(open);
        for (index, param) in params.enumerate() {
            self.sql.push(if index > 0 { ", " } else { "" });
            self.sql.param(param);
        }
        self.sql.push(close);
    }

    fn has_term(&mut self, terms: Vec<String>) {
        self.sql.push("id IN (SELECT id FROM ");
        self.sql.push(&terms_table(self.schema.resource));
        self.sql.push(" WHERE tenant = ");
        self.sql.tenant();
        self.sql.push(" AND ");
        self.any_of("term", terms.into_iter().map(Param::Text));
        self.sql.push(")");
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
        self.sql.with_params(&format!("({})", tests.join(" OR ")), params);
    }

    /// What comes after a place in the order. None when nothing can.
    fn after(&mut self, cursor: &Cursor, query: &ListQuery) -> Option<()> {
        if self.is_one_comparison(cursor, query) {
            let columns: Vec<&str> = query.order.iter().map(|term| self.compared(term)).collect();
            let comparison = if query.order[0].descending { "<" } else { ">" };
            let marks = vec!["?"; columns.len()].join(", ");
            let text = format!(" AND ({}) {comparison} ({marks})", columns.join(", "));
            self.sql.with_params(&text, cursor.values.iter().map(param));
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
        self.sql.with_params(&format!(" AND ({})", alternatives.join(" OR ")), params);
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
fn push_order(sql: &mut Statement, schema: &Schema, order: &[Order], has_nulls: impl Fn(usize) -> bool) {
    for (index, term) in order.iter().enumerate() {
        sql.push(if index == 0 { " ORDER BY " } else { ", " });
        sql.push(schema.column(term.position).compared());
        sql.push(match (term.descending, has_nulls(term.position)) {
            (false, false) => "",
            (true, false) => " DESC",
            (false, true) => " ASC NULLS FIRST",
            (true, true) => " DESC NULLS LAST",
        });
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => " < ",
        Comparison::LessOrEqual => " <= ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEqual => " >= ",
    }
}
