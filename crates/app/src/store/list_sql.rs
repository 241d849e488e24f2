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

/// The rows of one page and, so that the end is known, one more.
pub(crate) fn render_list(schema: &Schema, query: &ListQuery, now: Timestamp) -> ListSql {
    let mut rendering = Rendering::new(schema, now);
    rendering.source(query);
    rendering.conditions(query);
    let mut offset = 0;
    match &query.page {
        Page::Number(page) => offset = (page - 1).saturating_mul(u64::from(query.items_per_page)),
        Page::After(cursor) => rendering.after(cursor, &query.order),
    }
    rendering.order(&query.order);
    rendering.text.push_str(" LIMIT ?");
    rendering.params.push(Param::Integer(i64::from(query.items_per_page) + 1));
    if offset > 0 {
        rendering.text.push_str(" OFFSET ?");
        rendering.params.push(Param::Integer(i64::try_from(offset).unwrap_or(i64::MAX)));
    }
    let columns = if query.include_deleted { ", deleted_at, merged_into" } else { "" };
    rendering.finish(&format!("SELECT {}{columns}", schema.select_list))
}

/// How many records the filters of a question match.
pub(crate) fn render_count(schema: &Schema, query: &ListQuery, now: Timestamp) -> ListSql {
    let mut rendering = Rendering::new(schema, now);
    rendering.source(query);
    rendering.conditions(query);
    rendering.finish("SELECT COUNT(*)")
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

struct Rendering<'a> {
    schema: &'a Schema,
    now: Timestamp,
    text: String,
    params: Vec<Param>,
}

impl<'a> Rendering<'a> {
    fn new(schema: &'a Schema, now: Timestamp) -> Self {
        Self { schema, now, text: String::with_capacity(512), params: Vec::new() }
    }

    fn finish(self, head: &str) -> ListSql {
        ListSql { sql: TenantSql::render(&format!("{head}{}", self.text)), params: self.params }
    }

    /// The records; with deleted ones, together with the tombstones in the same columns.
    fn source(&mut self, query: &ListQuery) {
        let resource = self.schema.resource;
        if !query.include_deleted {
            self.text.push_str(&format!(" FROM {} WHERE tenant = {{tenant}}", resource.plural));
            return;
        }
        let mut live = Vec::new();
        let mut gone = Vec::new();
        for (field, column) in resource.fields.iter().zip(&self.schema.columns) {
            live.push(column.name.as_str());
            let kept = matches!(field.name, "id" | "version" | "createdAt" | "updatedAt");
            gone.push(if kept { column.name.as_str() } else { "NULL" });
            if let Some(folded) = &column.folded {
                live.push(folded);
                gone.push("NULL");
            }
        }
        let (live, gone, table) = (live.join(", "), gone.join(", "), resource.plural);
        self.text.push_str(&format!(
            " FROM (SELECT {live}, CAST(NULL AS BIGINT) AS deleted_at, CAST(NULL AS UUID) AS merged_into \
             FROM {table} WHERE tenant = {{tenant}} UNION ALL SELECT {gone}, updated_at, merged_into \
             FROM tombstones WHERE tenant = {{tenant}} AND resource = '{name}') AS listed WHERE TRUE",
            name = resource.name,
        ));
    }

    fn conditions(&mut self, query: &ListQuery) {
        for filter in &query.filters {
            self.text.push_str(" AND ");
            self.condition(filter);
        }
        let terms = terms_table(self.schema.resource);
        for word in &query.search {
            let (from, to) = prefix_range(word);
            self.text.push_str(&format!(
                " AND id IN (SELECT id FROM {terms} WHERE tenant = {{tenant}} AND term >= ? AND term < ?)"
            ));
            self.params.extend([Param::Text(from), Param::Text(to)]);
        }
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

    /// What comes after a place in the order.
    fn after(&mut self, cursor: &Cursor, order: &[Order]) {
        let fields = self.schema.resource.fields;
        let same_direction = order.iter().all(|term| term.descending == order[0].descending);
        let simple = same_direction
            && order.iter().zip(&cursor.values).all(|(term, value)| {
                let field = &fields[term.position];
                !value.is_null() && !field.nullable
            });
        if simple && !self.has_deleted() {
            let columns: Vec<&str> =
                order.iter().map(|term| self.schema.column(term.position).compared()).collect();
            let comparison = if order[0].descending { "<" } else { ">" };
            let marks = vec!["?"; columns.len()].join(", ");
            self.text.push_str(&format!(" AND ({}) {comparison} ({marks})", columns.join(", ")));
            self.params.extend(cursor.values.iter().map(param));
            return;
        }
        let mut alternatives = Vec::new();
        let mut params = Vec::new();
        for last in 0..order.len() {
            // Null comes first in ascending and last in descending order: nothing comes after it there.
            if order[last].descending && cursor.values[last].is_null() {
                continue;
            }
            let mut parts = Vec::new();
            for (term, value) in order.iter().zip(&cursor.values).take(last) {
                let column = self.schema.column(term.position).compared();
                if value.is_null() {
                    parts.push(format!("{column} IS NULL"));
                } else {
                    parts.push(format!("{column} = ?"));
                    params.push(param(value));
                }
            }
            let column = self.schema.column(order[last].position).compared();
            let value = &cursor.values[last];
            match (order[last].descending, value.is_null()) {
                (_, true) => parts.push(format!("{column} IS NOT NULL")),
                (true, false) => parts.push(format!("({column} < ? OR {column} IS NULL)")),
                (false, false) => parts.push(format!("{column} > ?")),
            }
            if !value.is_null() {
                params.push(param(value));
            }
            alternatives.push(format!("({})", parts.join(" AND ")));
        }
        let text = if alternatives.is_empty() { "FALSE".to_owned() } else { alternatives.join(" OR ") };
        self.text.push_str(&format!(" AND ({text})"));
        self.params.extend(params);
    }

    fn has_deleted(&self) -> bool {
        self.text.contains("AS listed")
    }

    fn order(&mut self, order: &[Order]) {
        let with_deleted = self.has_deleted();
        let terms: Vec<String> = order
            .iter()
            .map(|term| {
                let field = &self.schema.resource.fields[term.position];
                let column = self.schema.column(term.position).compared();
                let kept = matches!(field.name, "id" | "version" | "createdAt" | "updatedAt");
                // Saying where nulls go keeps an index from being used; only columns with nulls need it.
                let nulls = field.nullable || (with_deleted && !kept);
                match (term.descending, nulls) {
                    (false, false) => column.to_owned(),
                    (true, false) => format!("{column} DESC"),
                    (false, true) => format!("{column} ASC NULLS FIRST"),
                    (true, true) => format!("{column} DESC NULLS LAST"),
                }
            })
            .collect();
        self.text.push_str(&format!(" ORDER BY {}", terms.join(", ")));
    }
}

fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
