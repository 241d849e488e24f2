//! Integrations: what belongs to one, and how records of an outside system are read (API §9).
//!
//! Their settings are changed by the machinery of all resources; this module never knows HTTP.

mod leave;
mod mapping;
mod shape;
mod sync;

pub(crate) use mapping::mapping_of;
pub use mapping::{MappingPreview, MappingQuestion, SavedMapping};
pub use sync::{MAX_SYNC_RECORDS, SyncDeletion, SyncOrder, SyncReport, SyncResult, SyncStatus};
