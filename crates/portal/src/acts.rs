//! What is done, in the words of people: the actions that the audit log names.

use crate::words;

/// Actions with their words, in the order in which they are offered.
pub(crate) const ACTS: &[(&str, &str)] = &[
    ("create", "Created"),
    ("update", "Changed"),
    ("delete", "Deleted"),
    ("merge", "Merged"),
    ("export", "Exported"),
    ("import", "Imported"),
    ("login", "Signed in"),
    ("login_failed", "Failed to sign in"),
    ("logout", "Signed out"),
    ("password_set", "Set a password"),
    ("user_created", "Added to the staff"),
    ("user_changed", "Changed a member of staff"),
    ("user_suspended", "Suspended"),
    ("user_activated", "Activated"),
    ("user_deleted", "Removed from the staff"),
    ("key_created", "Made an API key"),
    ("key_rotated", "Rotated an API key"),
    ("key_revoked", "Revoked an API key"),
    ("secret_rotated", "Rotated a signing secret"),
    ("webhook_tested", "Sent a test"),
    ("delivery_retried", "Sent a delivery again"),
    ("deliveries_recovered", "Sent missed events"),
    ("settings_changed", "Changed the settings"),
    ("plan_changed", "Changed the plan"),
    ("organisation_created", "Made the organisation"),
    ("organisation_closed", "Closed the organisation"),
    ("impersonate", "Entered as support"),
    ("impersonate_end", "Left as support"),
];

/// An action in words: `key_created` is "Made an API key".
pub(crate) fn act(action: &str) -> String {
    let known = ACTS.iter().find(|(name, _)| *name == action);
    known.map_or_else(|| words::value(action), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_is_not_listed_is_told_all_the_same() {
        assert_eq!(act("key_created"), "Made an API key");
        assert_eq!(act("sandbox_filled"), "Sandbox filled");
    }
}
