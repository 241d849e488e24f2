//! Records as CSV (RFC 4180, UTF-8): what stands in a cell, and tables of whole lists.
//!
//! What [`write_cell`] writes, [`read_cell`] reads back exactly, so that an export can be imported
//! again. Nothing here knows where a table goes to or comes from.

mod cell;
mod head;
mod table;
mod tail;

pub use cell::{read_cell, write_cell};
pub use head::first_rows;
pub use table::Table;
pub use tail::last_cells;
