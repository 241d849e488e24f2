//! Staff who sign in (domain §1). They are no members: members are records.

use super::{CREATED_AT, ID, form, password};
use crate::definition::{Default, Field, Kind, Resource};

const ROLES: Kind = Kind::Choice(&["ROLE_CLIENT_ADMIN", "ROLE_CLIENT_USER"]);

/// A member of staff, as shown and as changed.
pub static USER: Resource = form(
    "user",
    "A member of the organisation's staff, who signs in to the portal.",
    &[
        ID,
        EMAIL,
        FIRST_NAME,
        LAST_NAME,
        ROLE,
        Field::new("status", Kind::Choice(&["active", "suspended"])).doc(
            "Whether the user may sign in. Whoever is suspended is signed out everywhere at once.",
            r#""active""#,
        ),
        Field::new("lastLoginAt", Kind::Timestamp)
            .nullable()
            .read_only()
            .doc("When the user last signed in, in UTC.", r#""2026-11-24T03:15:27.482Z""#),
        CREATED_AT,
    ],
);

/// What adding a member of staff takes.
pub static NEW_USER: Resource = form(
    "newUser",
    "A new member of staff.",
    &[
        EMAIL,
        FIRST_NAME,
        LAST_NAME,
        ROLE,
        Field {
            required: false,
            nullable: true,
            ..password(
                "password",
                "A first password: at least 8 characters with an upper-case letter and a digit, none of the \
                 most common. Without one the user cannot sign in until one is set.",
            )
        },
    ],
);

/// What setting somebody else's password takes.
pub static NEW_PASSWORD: Resource = form(
    "newPassword",
    "A new password for a user.",
    &[password(
        "password",
        "The new password: at least 8 characters with an upper-case letter and a digit, none of the most \
         common.",
    )],
);

const EMAIL: Field = Field::new("email", Kind::Email)
    .required()
    .unique()
    .doc("The address with which the user signs in, unique on the whole platform.", r#""jane@example.org""#);

const FIRST_NAME: Field = Field::text("firstName", 100).doc("First name.", r#""Jane""#);

const LAST_NAME: Field = Field::text("lastName", 100).doc("Last name.", r#""Doe""#);

const ROLE: Field = Field::new("role", ROLES).default(Default::Text("ROLE_CLIENT_USER")).doc(
    "What the user may do: `ROLE_CLIENT_ADMIN` everything in the organisation, `ROLE_CLIENT_USER` view it.",
    r#""ROLE_CLIENT_USER""#,
);
