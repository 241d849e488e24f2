//! What is wrong with an integration, in words that somebody who does not program can act on.

use domain::Timestamp;

use super::known::{Hook, OpenEntry};
use super::status::HealthError;
use crate::keys::KeyDetails;
use crate::traffic::RequestCounts;

/// Days before its end in which a credential is something to see to.
const WARNED: i64 = 7;

/// What is known of an integration.
pub(super) struct Facts<'a> {
    pub(super) now: Timestamp,
    pub(super) keys: &'a [KeyDetails],
    pub(super) hooks: &'a [Hook],
    /// Of the last 24 hours.
    pub(super) requests: RequestCounts,
    pub(super) last_request_at: Option<Timestamp>,
    /// The newest records of syncs that are not settled.
    pub(super) open: Vec<OpenEntry>,
    /// How many of them need somebody.
    pub(super) failed: i64,
}

/// Everything that is wrong, newest first.
pub(super) fn errors(facts: &Facts<'_>) -> Vec<HealthError> {
    let mut found = Vec::new();
    credentials(facts, &mut found);
    requests(facts, &mut found);
    webhooks(facts, &mut found);
    syncs(facts, &mut found);
    found.sort_by_key(|error| std::cmp::Reverse(error.at));
    found
}

fn error(kind: &'static str, at: Timestamp, message: String, action: &str) -> HealthError {
    HealthError { kind, message, action: action.to_owned(), at, entry: None }
}

fn credentials(facts: &Facts<'_>, found: &mut Vec<HealthError>) {
    const NEW_KEY: &str = "Make a new API key for this integration (Settings, API keys) and enter it in the outside system \
                           in place of the old one.";
    let now = facts.now;
    let valid: Vec<&KeyDetails> = facts.keys.iter().filter(|key| key.is_valid(now)).collect();
    let Some(newest) = facts.keys.iter().max_by_key(|key| key.created_at) else {
        if facts.hooks.is_empty() {
            let message = "Nothing connects it yet: it has neither an API key nor a webhook.".to_owned();
            let action = "Make an API key for this integration (Settings, API keys) and enter it in the outside system.";
            found.push(error("no_credential", now, message, action));
        }
        return;
    };
    let called = |key: &KeyDetails| format!("The API key \"{}\" (…{})", key.name, key.last_four);
    if valid.is_empty() {
        let (kind, at, what) = match newest.revoked_at {
            Some(at) => ("credential_revoked", at, "was revoked"),
            None => ("credential_expired", newest.expires_at.unwrap_or(now), "has expired"),
        };
        let message =
            format!("{} {what}, and there is no other: the outside system cannot get in.", called(newest));
        found.push(error(kind, at, message, NEW_KEY));
        return;
    }
    let soon = now.plus_seconds(WARNED * 24 * 3_600);
    let ends = valid.iter().all(|key| key.expires_at.is_some_and(|end| end <= soon));
    let last = valid.iter().max_by_key(|key| key.expires_at);
    if let (true, Some(key)) = (ends, last)
        && let Some(end) = key.expires_at
    {
        let message = format!("{} expires at {end}.", called(key));
        let action = "Rotate the key before then (Settings, API keys, Rotate) and enter the new one in the outside system; \
                      the old one can go on for up to 7 days.";
        found.push(error("credential_expires", now, message, action));
    }
    if facts.last_request_at.is_none() {
        let message = format!("{} has not been used yet.", called(newest));
        let action = "Enter the key in the outside system and start its first sync.";
        found.push(error("never_used", newest.created_at, message, action));
    }
}

fn requests(facts: &Facts<'_>, found: &mut Vec<HealthError>) {
    let at = facts.last_request_at.unwrap_or(facts.now);
    let of = |count: i64| if count == 1 { "1 request".to_owned() } else { format!("{count} requests") };
    let mut say = |count: i64, kind: &'static str, what: &str, action: &str| {
        if count > 0 {
            found.push(error(kind, at, format!("{} in the last 24 hours {what}.", of(count)), action));
        }
    };
    let counts = facts.requests;
    say(
        counts.unauthorised,
        "authentication_failed",
        "came with a key that is no longer valid, or for the other environment",
        "Look which key the outside system uses: it must be one of this integration that is neither expired nor revoked, \
         with the address of its own environment. Enter a valid one there.",
    );
    say(
        counts.forbidden,
        "permission_denied",
        "asked for something that the key may not do, or came from an address that it does not allow",
        "Make a key with the scopes that the outside system needs, or add the address it sends from (Settings, API keys), \
         and enter it there.",
    );
    say(
        counts.rate_limited,
        "rate_limited",
        "were over the hourly limit of your plan",
        "Let the outside system sync less often or send up to 1,000 records in one sync; or choose a larger plan. It works \
         again by itself in the next hour.",
    );
    say(
        counts.server_errors,
        "server_error",
        "could not be answered by the server",
        "Nothing needs to be done if it stops by itself. If not, send the X-Request-Id of one of them to support.",
    );
}

fn webhooks(facts: &Facts<'_>, found: &mut Vec<HealthError>) {
    for hook in facts.hooks {
        if let Some(reason) = &hook.disabled_reason {
            let message = format!("The webhook to {} was switched off: {reason}", hook.url);
            let action = "Mend what the outside system answers, switch the webhook on again (Settings, Webhooks) and let it \
                          send what was missed (Recover).";
            found.push(error("webhook_disabled", hook.updated_at, message, action));
        } else if let Some(since) = hook.failing_since.filter(|_| hook.enabled) {
            let message = format!("The webhook to {} has failed since {since}.", hook.url);
            let action = "Look at its last delivery (Settings, Webhooks) for what the outside system answered, and mend it \
                          there. Deliveries are tried again by themselves for three days.";
            found.push(error("webhook_failing", since, message, action));
        }
    }
}

fn syncs(facts: &Facts<'_>, found: &mut Vec<HealthError>) {
    for entry in &facts.open {
        let what = entry.external_id.as_deref().unwrap_or("a record without an id");
        found.push(HealthError {
            kind: "sync_failed",
            message: format!("{} could not be synced ({}): {}", what, entry.resource, entry.reason),
            action: entry.action.clone(),
            at: entry.at,
            entry: Some(entry.id),
        });
    }
    let shown = i64::try_from(facts.open.len()).unwrap_or(i64::MAX);
    if facts.failed > shown {
        let message = format!("{} more records could not be synced.", facts.failed - shown);
        let action = "Open the sync log of this integration: each of them says what to do.";
        let at = facts.open.last().map_or(facts.now, |entry| entry.at);
        found.push(error("sync_failed", at, message, action));
    }
}
