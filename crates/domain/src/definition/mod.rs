//! The language in which a resource is defined: resources, fields, kinds, bounds, actions.
//!
//! One definition drives validation, columns, list grammar, JSON, OpenAPI, audit and feed. This
//! module never knows a particular resource, nor how any of those is done.

mod field;
mod kind;
mod registry;
mod resource;

pub use field::{Default, Field, Owner};
pub use kind::{DateBound, Kind};
pub use registry::Registry;
pub use resource::{Action, Class, Derived, Effect, Parent, Resource, Schedule};
