//! What members, events and courses are: definitions, rules, problems, list grammar.
//!
//! Everything here is pure: values in, values out. This crate never knows HTTP, SQL, files, the
//! network, or a clock of its own (the present moment is always an argument).

pub mod access;
pub mod address;
pub mod definition;
pub mod event_types;
pub mod id;
pub mod input;
pub mod json;
pub mod listing;
pub mod mapping;
pub mod problem;
pub mod record;
pub mod resources;
pub mod staff;
pub mod text;
pub mod time;
pub mod webhook_headers;

pub use definition::{Field, Kind, Resource};
pub use id::{ImportId, KeyId, OrganisationId, RecordId, SessionId, UserId};
pub use problem::{Problem, ProblemKind, Violation};
pub use record::{Record, Value};
pub use time::{Date, Timestamp};
