//! Screens: each makes a view model of a visit and has its template show it.

pub(crate) mod account;
pub(crate) mod bulk;
pub(crate) mod edit;
pub(crate) mod error;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod platform;
pub(crate) mod record;
pub(crate) mod reference;
pub(crate) mod sandbox;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod settings;
