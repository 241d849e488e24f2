//! What staff manage beside records: sessions, users, the organisation, API keys, and for operators the
//! platform. Each is defined like a resource, so that bodies, violations and documentation follow.
//!
//! How they are stored is not known here: none of them is a tenant's record.

mod key;
mod organisation;
mod session;
mod user;

pub use key::{API_KEY, NEW_KEY, ROTATION};
pub use organisation::{NEW_ORGANISATION, ORGANISATION, PLAN_CHANGE, PLANS, SUPPORT};
pub use session::{PASSWORD_CHANGE, SIGN_IN, SWITCH};
pub use user::{NEW_PASSWORD, NEW_USER, USER};

use crate::definition::{Field, Kind, Registry, Resource};

/// What is sent and shown, for the document: each has a schema of its own.
pub const FORMS: Registry = Registry::new(FORM_LIST);

const FORM_LIST: &[&Resource] = &[
    &SIGN_IN,
    &SWITCH,
    &PASSWORD_CHANGE,
    &USER,
    &NEW_USER,
    &NEW_PASSWORD,
    &ORGANISATION,
    &NEW_ORGANISATION,
    &PLAN_CHANGE,
    &SUPPORT,
    &API_KEY,
    &NEW_KEY,
    &ROTATION,
];

const ID: Field = Field::new("id", Kind::Id)
    .read_only()
    .doc("Identifies it for good. A UUID of version 7.", r#""01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e""#);

const CREATED_AT: Field = Field::new("createdAt", Kind::Timestamp)
    .read_only()
    .doc("When it was made, in UTC.", r#""2026-11-24T03:15:27.482Z""#);

/// A password, as it is typed; its rules are told by the server.
const fn password(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, Kind::Text { min: 1, max: 1_000 }).required().doc(doc, r#""Correct-Horse-9""#)
}

const fn form(name: &'static str, doc: &'static str, fields: &'static [Field]) -> Resource {
    Resource { name, plural: name, doc, fields, ..Resource::BARE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Context, Mode, apply};
    use crate::json::{Object, parse};
    use crate::time::Timestamp;

    #[test]
    fn the_examples_are_accepted() {
        let context = Context::new(Timestamp::from_micros(1_700_000_000_000_000), "UTC", "AU");
        for form in FORMS.iter() {
            let written = form.fields.iter().filter(|field| !field.read_only);
            let body: Object = written
                .map(|field| (field.name.to_owned(), parse(field.example.as_bytes()).unwrap()))
                .collect();
            assert!(apply(form, None, &body, Mode::Create, &context).is_ok(), "{}", form.name);
            assert!(form.fields.iter().all(|field| !field.doc.is_empty()), "{}", form.name);
        }
    }
}
