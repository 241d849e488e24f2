//! Members: the people who belong to an organisation (domain §3).
//!
//! Members are records, not users: nobody signs in as one. This module never knows how they are stored.

mod rules;

use super::common::{
    BIOGRAPHY, CREATED_AT, CUSTOM_FIELDS, EXTERNAL_ID, ID, SHORT, UPDATED_AT, VERSION, tags, url,
};
use crate::definition::{Action, DateBound, Default, Effect, Field, Kind, Resource};

/// A member of the organisation.
pub static MEMBER: Resource = Resource {
    name: "member",
    plural: "members",
    scope: "members",
    doc: "A person who belongs, belonged or asks to belong to the organisation. Members are records that \
          staff keep; they do not sign in to the portal.",
    personal: true,
    fields: FIELDS,
    search: &["firstName", "lastName", "email", "company", "memberNumber"],
    actions: &[Action {
        name: "merge",
        effect: Effect::Merge,
        doc: "Merges the member into another one, `into`, which survives: by `rule` it fills its empty \
              fields (`fill`, the default), keeps all of its own (`keep`), or takes every value that the \
              merged member has (`take`); fields named in `take` are taken in any case. The merged id \
              answers 410 from then on and names the survivor.",
    }],
    rules: &rules::MemberRules,
    ..Resource::BARE
};

const FIELDS: &[Field] = &[
    ID,
    Field::new("memberNumber", Kind::Serial).read_only().filter().sort().doc(
        "The member's number, counted upwards in each environment of the organisation and never given twice.",
        "1042",
    ),
    Field::new("firstName", Kind::PersonName).required().folded().filter().sort().doc(
        "Given name: 2 to 100 characters; one is enough outside the Latin script. Compared without regard to \
         case.",
        r#""Jane""#,
    ),
    Field::new("lastName", Kind::PersonName).required().folded().filter().sort().doc(
        "Family name: 2 to 100 characters; one is enough outside the Latin script. Compared without regard \
         to case.",
        r#""Doe""#,
    ),
    Field::new("email", Kind::Email).required().unique().folded().filter().sort().doc(
        "E-mail address of at most 254 characters, kept as given. No two members share one, upper and lower \
         case being the same.",
        r#""jane.doe@example.org""#,
    ),
    Field::new("status", Kind::Choice(&["active", "inactive", "suspended", "pending"]))
        .filter()
        .sort()
        .default(Default::Text("active"))
        .doc(
            "Where the member stands with the organisation. It says nothing about the membership's expiry.",
            r#""active""#,
        ),
    Field::text("membershipType", SHORT).filter().sort().doc(
        "The name of the membership plan. Together with membershipExpiresAt it says whether the membership \
         is active.",
        r#""Professional""#,
    ),
    Field::new("membershipExpiresAt", Kind::Date(DateBound::Any)).nullable().filter().sort().doc(
        "The last day of the membership, in the organisation's time zone. Null with a membershipType is a \
         membership without an end.",
        r#""2027-06-30""#,
    ),
    Field::new("joinedAt", Kind::Date(DateBound::NotInFuture)).filter().sort().default(Default::Today).doc(
        "The day on which the member joined; not in the future. Today in the organisation's time zone \
             when none is given.",
        r#""2026-11-24""#,
    ),
    Field::new("dateOfBirth", Kind::Date(DateBound::Birth))
        .nullable()
        .filter()
        .sort()
        .doc("Date of birth: in the past and after 1900-01-01.", r#""1985-03-09""#),
    Field::new("gender", Kind::Choice(&["male", "female", "other", "not_specified"]))
        .nullable()
        .filter()
        .sort()
        .doc("The member's gender, as far as the member has said.", r#""female""#),
    phone("contactNumber").doc(
        "The number to call first. Kept in E.164 form when it is a valid number of the member's country or \
         else the organisation's; kept as given when it merely looks like a phone number (at most \
         50 characters).",
        r#""+61291234567""#,
    ),
    phone("mobile").doc("Mobile number, kept in the same way as contactNumber.", r#""+61412345678""#),
    Field::text("company", SHORT)
        .filter()
        .sort()
        .doc("Where the member works.", r#""Southern Cross Engineering Pty Ltd""#),
    Field::text("position", SHORT).doc("The member's job title.", r#""Structural Engineer""#),
    phone("companyContactNumber")
        .doc("The company's number, kept in the same way as contactNumber.", r#""+61298765432""#),
    Field::text("companyAddress", SHORT)
        .doc("The company's address on one line.", r#""Level 8, 100 Market Street, Sydney NSW 2000""#),
    Field::text("address", SHORT).doc("Street address.", r#""12 Rose Street""#),
    Field::text("city", SHORT).doc("City, town or suburb.", r#""Chippendale""#),
    Field::text("state", SHORT)
        .filter()
        .sort()
        .doc("State, territory, province or region, as the organisation writes it.", r#""NSW""#),
    Field::text("postcode", SHORT).doc("Postcode. It is text, so leading zeros are kept.", r#""0800""#),
    Field::new("country", Kind::Country).nullable().filter().sort().doc(
        "Country as an ISO 3166-1 alpha-2 code. Phone numbers without a country code are read as numbers of \
         this country.",
        r#""AU""#,
    ),
    Field::new("bio", Kind::Html { max: BIOGRAPHY }).nullable().doc(
        "A short biography of at most 10,000 characters. HTML is allowed and is sanitised.",
        r#""<p>Jane designs bridges and mentors graduates.</p>""#,
    ),
    url("linkedinUrl").doc("The member's LinkedIn page.", r#""https://www.linkedin.com/in/jane-doe""#),
    url("websiteUrl").doc("The member's own website.", r#""https://jane.example.org""#),
    tags("interests").doc(
        "What the member is interested in: at most 50 distinct texts of at most 100 characters.",
        r#"["Bridges","Sustainability"]"#,
    ),
    tags("eventInterests").doc(
        "The kinds of event that the member wants to hear about: at most 50 distinct texts of at most 100 \
         characters.",
        r#"["Site visits","Webinars"]"#,
    ),
    Field::new("profilePublic", Kind::Boolean)
        .default(Default::Boolean(false))
        .doc("Whether other people may see the member's profile.", "true"),
    Field::new("directoryDisplay", Kind::Choice(&["personal", "company"]))
        .nullable()
        .doc("Which details the member directory shows. Only when profilePublic is true.", r#""company""#),
    EXTERNAL_ID,
    Field::text("crmId", SHORT).integration_only().doc(
        "The member's id in the CRM. Written only by the integration that owns it.",
        r#""0035g00000XyZabAAF""#,
    ),
    Field::text("accountingId", SHORT).integration_only().doc(
        "The member's id in the accounting system. Written only by the integration that owns it.",
        r#""CUST-1042""#,
    ),
    CUSTOM_FIELDS,
    VERSION,
    CREATED_AT,
    UPDATED_AT,
];

const fn phone(name: &'static str) -> Field {
    Field::new(name, Kind::Phone).nullable()
}
