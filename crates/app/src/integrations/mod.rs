//! Integrations: what belongs to one, and how records of an outside system are read (API §9).
//!
//! Their settings are changed by the machinery of all resources; this module never knows HTTP.

mod leave;
mod mapping;
mod shape;

pub use mapping::{MappingPreview, MappingQuestion, SavedMapping};
