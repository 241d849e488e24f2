//! The Client Portal: pages for an organisation's staff, rendered from the definitions and through the same
//! use cases as the API.
//!
//! A page is a function of a view model, which handlers make. No SQL and no rule of the business is known
//! here; what the portal can do, the API can do.

mod acts;
mod assets;
mod components;
mod config;
mod cookies;
mod display;
mod failure;
mod form;
mod icons;
mod layout;
mod multipart;
mod outermost;
mod pages;
mod router;
mod screens;
mod shell;
mod visit;
mod words;

pub use config::Config;
pub use layout::{LAYOUTS, Layout, Section};
pub use pages::settings::SettingsScreen;
pub use router::router;
pub use screens::{Screen, ScreenInfo, screens};
