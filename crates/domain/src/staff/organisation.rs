//! Organisations, as their administrators and the platform's see and change them (domain §1).

use super::{CREATED_AT, ID, form};
use crate::definition::{Default, Field, Kind, Resource};

/// The plans (API §7).
pub const PLANS: &[&str] = &["standard", "professional", "enterprise"];

/// An organisation, as shown and as its administrators change it.
pub static ORGANISATION: Resource = form(
    "organisation",
    "An organisation: the tenant, with its plan and settings.",
    &[
        ID,
        Field::new("slug", Kind::Text { min: 1, max: 63 })
            .read_only()
            .doc("Its short name in addresses and commands.", r#""bridge-builders""#),
        NAME,
        PLAN.read_only(),
        TIMEZONE,
        CURRENCY,
        COUNTRY,
        REQUIRED,
        CREATED_AT,
        Field::new("closedAt", Kind::Timestamp).nullable().read_only().doc(
            "When it was closed: its keys and sessions are refused since. Null while it is open.",
            "null",
        ),
    ],
);

/// What making an organisation takes.
pub static NEW_ORGANISATION: Resource = form(
    "newOrganisation",
    "A new organisation.",
    &[
        NAME,
        Field::text("slug", 63).doc(
            "Its short name in addresses and commands: lower-case letters, digits and hyphens. Made from the \
             name when none is given.",
            r#""bridge-builders""#,
        ),
        PLAN.default(Default::Text("standard")),
        TIMEZONE.default(Default::Text("Australia/Sydney")),
        CURRENCY.default(Default::Text("AUD")),
        COUNTRY.default(Default::Text("AU")),
    ],
);

/// What an operator can change of an organisation.
pub static PLAN_CHANGE: Resource =
    form("planChange", "What operators can change of an organisation.", &[PLAN.required()]);

/// What entering an organisation as support takes.
pub static SUPPORT: Resource = form(
    "supportAccess",
    "Which organisation an operator enters, and why.",
    &[
        Field::new("organisation", Kind::Text { min: 1, max: 63 })
            .required()
            .doc("The organisation's slug or id.", r#""bridge-builders""#),
        Field::new("reason", Kind::Text { min: 5, max: 500 }).required().doc(
            "Why, such as the number of the customer's request. It is in the organisation's audit log.",
            r#""Ticket 4711: the import fails""#,
        ),
    ],
);

const NAME: Field = Field::new("name", Kind::Text { min: 1, max: 255 })
    .required()
    .doc("Its name.", r#""Bridge Builders Association""#);

const PLAN: Field = Field::new("plan", Kind::Choice(PLANS))
    .doc("Its plan, which sets its limit of requests.", r#""standard""#);

const TIMEZONE: Field = Field::new("timezone", Kind::TimeZone)
    .doc("Its IANA time zone: what `today` means, and in which events are shown.", r#""Australia/Sydney""#);

const CURRENCY: Field = Field::new("currency", Kind::Text { min: 3, max: 3 })
    .doc("Its ISO 4217 currency: what amounts are in.", r#""AUD""#);

const COUNTRY: Field = Field::new("country", Kind::Country).doc(
    "Its country (ISO 3166-1 alpha-2): phone numbers without one of their own are read as numbers of it.",
    r#""AU""#,
);

const REQUIRED: Field = Field::new("requiredMemberFields", Kind::Tags { max_items: 50, max_length: 64 }).doc(
    "Optional fields of a member that this organisation requires. Members that lack one are kept as they \
         are until they are changed.",
    r#"["membershipType","joinedAt"]"#,
);
