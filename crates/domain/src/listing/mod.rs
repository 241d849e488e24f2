//! The list grammar (API §4): from query parameters to a checked question about a resource.
//!
//! Everything comes from the definition. Nothing here knows SQL or HTTP; errors name the parameter
//! and the nearest known ones.

mod cursor;
mod parameter;
mod parse;
mod value;

pub use cursor::Cursor;
pub use parse::{Lenience, known_parameters, parse};

use crate::record::Value;

/// Records on a page when the client does not say.
pub const DEFAULT_ITEMS_PER_PAGE: u32 = 30;
/// Most records on a page.
pub const MAX_ITEMS_PER_PAGE: u32 = 100;
/// Largest page number that is understood.
pub const MAX_PAGE: u64 = 1_000_000_000;

/// A checked question: which records, in which order, which part of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListQuery {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Each must be the beginning of a word of the record.
    pub search: Vec<String>,
    /// Complete order: ends in a field that no two records share.
    pub order: Vec<Order>,
    /// Which part.
    pub page: Page,
    /// Records on a page.
    pub items_per_page: u32,
    /// Whether the total is wanted.
    pub count: bool,
    /// Names of the fields to show; all when none.
    pub fields: Option<Vec<&'static str>>,
    /// Whether deleted records are listed too.
    pub include_deleted: bool,
}

impl ListQuery {
    /// Records that stand before the part that is asked for; none behind a cursor.
    #[must_use]
    pub fn records_before(&self) -> u64 {
        match self.page {
            Page::Number(page) => page.saturating_sub(1).saturating_mul(u64::from(self.items_per_page)),
            Page::After(_) => 0,
        }
    }
}

/// Which part of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Page {
    /// The page with this number, from 1.
    Number(u64),
    /// What comes after this place.
    After(Cursor),
}

/// One condition on one field, by its position in the definition.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Filter {
    /// The field.
    pub position: usize,
    /// What must hold for it.
    pub test: Test,
}

/// What must hold for a field.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Test {
    /// Equal to one of these; for lists: has one of these.
    AnyOf(Vec<Value>),
    /// In this relation to a value; null never is.
    Compare(Comparison, Value),
    /// Not null (true) or null (false).
    Exists(bool),
    /// The custom field with this key has this value, compared as text.
    CustomField {
        /// The key.
        key: String,
        /// The value as text.
        value: String,
    },
}

/// A relation between a field and a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// One term of the order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Order {
    /// The field.
    pub position: usize,
    /// Largest first; null comes last then, and first otherwise.
    pub descending: bool,
}

#[cfg(test)]
mod tests;
