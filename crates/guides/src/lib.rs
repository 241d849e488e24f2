//! The guides: the Markdown files of `docs/`, embedded, and served as a small site at `/docs`.
//!
//! The files stay what a code host shows; here they get a layout, a navigation and links to each other. Nothing
//! here knows a tenant, a record or a key: what the guides say of those is held true by `scripts/guides`.

mod links;
mod markdown;
mod pages;
mod router;
mod site;

pub use router::router;
