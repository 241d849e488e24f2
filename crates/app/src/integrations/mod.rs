//! Integrations: what belongs to one, and how records of an outside system are read (API §9).
//!
//! Their settings are changed by the machinery of all resources; this module never knows HTTP.

mod errors;
mod known;
mod leave;
mod mapping;
mod shape;
mod status;
mod sync;
mod todo;

pub(crate) use mapping::mapping_of;
pub use mapping::{MappingPreview, MappingQuestion, SavedMapping};
pub use status::{Health, HealthError, IntegrationStatus, SyncCounts};
pub use sync::{MAX_SYNC_RECORDS, SyncDeletion, SyncOrder, SyncReport, SyncResult, SyncStatus};
