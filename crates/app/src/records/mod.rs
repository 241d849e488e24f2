//! Records of any resource: one, many, and the one path on which all changes go.

mod audit;
mod batch;
mod change;
mod count;
mod erase;
mod feed;
mod get;
mod history;
mod list;
mod page_starts;
mod personal_data;
mod question;
mod row;
mod walk;
mod write;

pub(crate) use audit::{AuditEntry, differing_fields, write_differences};
pub use batch::{BatchItem, BatchKind, BatchMode, BatchReport, ItemResult, MAX_ITEMS, match_fields};
pub(crate) use batch::{CheckedItems, Kept};
pub(crate) use change::{NewRecord, Work};
pub(crate) use count::CountCache;
pub use erase::Erased;
pub use history::Past;
pub use list::{Listing, count_statement, list_statement};
pub(crate) use page_starts::PageStarts;
pub use row::{RecordRow, Tombstone};
pub use walk::Walk;
pub use write::{Outcome, Stored, WriteCondition, WriteRequest};
