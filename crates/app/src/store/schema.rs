//! What a definition means in SQL: columns, and the statements that are the same each time.

use domain::definition::{Field, Kind, Resource};
use domain::json::Layout;

use super::scope::TenantSql;

/// A resource's columns and ready statements.
#[derive(Debug)]
pub(crate) struct Schema {
    /// The definition.
    pub(crate) resource: &'static Resource,
    /// Its table.
    pub(crate) table: String,
    /// Where a row has its version; nowhere in a log.
    pub(crate) version: Option<usize>,
    /// For each field, its column.
    pub(crate) columns: Vec<Column>,
    /// All columns in the order of the fields, for SELECT.
    pub(crate) select_list: String,
    /// The layout of JSON with all fields.
    pub(crate) layout: Layout,
    /// One record by id.
    pub(crate) get: TenantSql,
    /// For each unique field that clients give, its position and one record by its value.
    pub(crate) get_by: Vec<(usize, TenantSql)>,
    /// A new record; parameters as [`super::row::insert_params`] gives them.
    pub(crate) insert: TenantSql,
    /// The ids of some records, the oldest.
    pub(crate) some: TenantSql,
    /// Takes a record away.
    pub(crate) delete: TenantSql,
    /// A new term of a record.
    pub(crate) insert_term: TenantSql,
    /// Takes one term of a record away.
    pub(crate) delete_term: TenantSql,
    /// The statement that looks for other records with the same unique values.
    pub(crate) find_same: Option<TenantSql>,
}

/// A field's column.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// The name of its folded twin, for case-insensitive fields.
    pub(crate) folded: Option<String>,
}

impl Column {
    fn new(field: &Field) -> Self {
        let name = field.column();
        let folded = field.folded.then(|| format!("{name}_folded"));
        Self { name, folded }
    }

    /// The column that is compared and ordered by.
    pub(crate) fn compared(&self) -> &str {
        self.folded.as_deref().unwrap_or(&self.name)
    }
}

impl Schema {
    pub(crate) fn new(resource: &'static Resource) -> Self {
        let columns: Vec<Column> = resource.fields.iter().map(Column::new).collect();
        let select_list = columns.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
        let inserted: Vec<&str> = columns
            .iter()
            .flat_map(|column| std::iter::once(column.name.as_str()).chain(column.folded.as_deref()))
            .collect();
        let name = resource.table();
        let table = name.as_str();
        let terms = terms_table(resource);
        Self {
            resource,
            version: resource.position("version"),
            get: TenantSql::select(&select_list, table, "AND id = ?"),
            get_by: unique_positions(resource)
                .map(|position| {
                    let rest = format!("AND {} = ?", columns[position].compared());
                    (position, TenantSql::select(&select_list, table, &rest))
                })
                .collect(),
            insert: TenantSql::insert(table, &inserted),
            some: TenantSql::select("id", table, "ORDER BY id LIMIT 100"),
            delete: TenantSql::delete(table, "AND id = ?"),
            insert_term: TenantSql::insert(&terms, &["term", "id"]),
            delete_term: TenantSql::delete(&terms, "AND term = ? AND id = ?"),
            find_same: find_same(resource, &columns),
            layout: Layout::new(resource, None),
            table: name,
            columns,
            select_list,
        }
    }

    /// The inverted index of a resource.
    pub(crate) fn terms_table(resource: &Resource) -> String {
        terms_table(resource)
    }

    /// The column of the field at a position.
    pub(crate) fn column(&self, position: usize) -> &Column {
        // Positions come from the same definition as the columns.
        &self.columns[position]
    }

    /// Positions of the fields that clients give and that must be unique.
    pub(crate) fn unique_positions(&self) -> impl Iterator<Item = usize> {
        unique_positions(self.resource)
    }
}

/// The inverted index of a resource: search words, list elements, custom field values.
pub(crate) fn terms_table(resource: &Resource) -> String {
    format!("{}_terms", resource.noun().replace(' ', "_"))
}

fn unique_positions(resource: &'static Resource) -> impl Iterator<Item = usize> {
    let given = |field: &Field| field.unique && !matches!(field.kind, Kind::Id | Kind::Serial);
    resource.fields.iter().enumerate().filter(move |(_, field)| given(field)).map(|(position, _)| position)
}

/// `SELECT id, unique columns … WHERE tenant = ? AND (a = ? OR b = ?)`.
fn find_same(resource: &'static Resource, columns: &[Column]) -> Option<TenantSql> {
    let compared: Vec<&str> =
        unique_positions(resource).map(|position| columns[position].compared()).collect();
    if compared.is_empty() {
        return None;
    }
    let tests: Vec<String> = compared.iter().map(|column| format!("{column} = ?")).collect();
    let rest = format!("AND ({})", tests.join(" OR "));
    Some(TenantSql::select(&format!("id, {}", compared.join(", ")), &resource.table(), &rest))
}
