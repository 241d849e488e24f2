//! Signing in, changing the environment, changing one's own password.

use super::{form, password};
use crate::definition::{Field, Kind, Resource};

/// What signing in takes.
pub static SIGN_IN: Resource = form(
    "signIn",
    "Who signs in.",
    &[
        Field::new("email", Kind::Text { min: 1, max: 254 })
            .required()
            .doc("The user's e-mail address; upper and lower case are the same.", r#""jane@example.org""#),
        password("password", "The user's password."),
    ],
);

/// What changing the session takes.
pub static SWITCH: Resource = form(
    "sessionChange",
    "What is to be different in the session.",
    &[Field::new("environment", Kind::Choice(&["production", "sandbox"]))
        .required()
        .doc("The environment to work in from now on.", r#""sandbox""#)],
);

/// What changing one's own password takes.
pub static PASSWORD_CHANGE: Resource = form(
    "passwordChange",
    "A new password, and the present one to show that it is really its owner who asks.",
    &[
        password("currentPassword", "The password until now."),
        password(
            "password",
            "The new password: at least 8 characters with an upper-case letter and a digit, none of the most \
             common.",
        ),
    ],
);
