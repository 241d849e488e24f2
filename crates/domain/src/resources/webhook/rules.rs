//! What no single field of a webhook can say.

use crate::address::check_target;
use crate::event_types;
use crate::input::{Change, Rules};
use crate::json::Object;
use crate::problem::Violation;
use crate::record::Value;
use crate::webhook_headers;

#[derive(Debug)]
pub(super) struct WebhookRules;

impl Rules for WebhookRules {
    /// Whoever switches a webhook on says that its trouble is over.
    fn derive(&self, change: &mut Change<'_>) {
        let enabled = change.new.get(change.resource, "enabled") == &Value::Boolean(true);
        if enabled && change.changes("enabled") {
            change.set("failingSince", Value::Null);
            change.set("warningLevel", Value::Integer(0));
            change.set("disabledReason", Value::Null);
        }
    }

    fn check(&self, change: &Change<'_>, found: &mut Vec<Violation>) {
        if let Some(url) = change.text("url").filter(|_| change.changes("url"))
            && let Err(refusal) = check_target(url, change.context.targets)
        {
            found.push(Violation::new("url", refusal.code, refusal.message));
        }
        let headers = change.text("headers").and_then(|text| serde_json::from_str::<Object>(text).ok());
        let headers = headers.unwrap_or_default();
        found.extend(webhook_headers::check_stored(&headers).err().unwrap_or_default());
        let events: Vec<String> =
            change.text("events").and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default();
        for (index, event) in events.iter().enumerate() {
            if let Some(message) = event_types::fault(change.context.registry, event) {
                found.push(Violation::new(format!("events[{index}]"), "unknown_event_type", message));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::WEBHOOK;
    use crate::record::Value;
    use crate::resources::testing::{context, create, moment, record, text, update};

    const URL: (&str, Value) = ("enabled", Value::Boolean(true));

    #[test]
    fn only_known_events_can_be_subscribed_to() {
        let events = |list: &str| ("events", Value::Json(list.to_owned()));
        let fine = create(&WEBHOOK, &context(), &[URL, events(r#"["member.*","event.published","*"]"#)]);
        assert_eq!(fine.violations, Vec::<String>::new());
        let wrong = create(&WEBHOOK, &context(), &[URL, events(r#"["member.created","member.create"]"#)]);
        assert_eq!(wrong.violations, ["events[1]: unknown_event_type"]);
        assert!(wrong.messages[0].contains("member.created"), "{}", wrong.messages[0]);
    }

    #[test]
    fn only_addresses_that_the_internet_reaches_can_be_told() {
        let url = |url: &str| create(&WEBHOOK, &context(), &[URL, ("url", text(url))]).violations;
        assert_eq!(url("https://crm.example.org/hooks"), Vec::<String>::new());
        assert_eq!(url("http://crm.example.org/hooks").len(), 1);
        assert_eq!(url("https://10.0.0.1/hooks"), ["url: address_not_allowed"]);
        assert_eq!(url("https://0x7f000001/hooks"), ["url: address_not_allowed"]);
        let headers = ("headers", Value::Json(r#"{"Webhook-Id":"x","X-Fine":"y"}"#.to_owned()));
        let wrong = create(&WEBHOOK, &context(), &[URL, headers]).violations;
        assert_eq!(wrong, ["headers.Webhook-Id: reserved"]);
    }

    #[test]
    fn switching_on_clears_the_trouble() {
        let off = record(
            &WEBHOOK,
            &[
                ("enabled", Value::Boolean(false)),
                ("failingSince", moment("2026-11-20T00:00:00Z")),
                ("disabledReason", text("five days of failures")),
            ],
        );
        let on = update(&WEBHOOK, &context(), &off, &[("enabled", Value::Boolean(true))]).record;
        assert!(on.get(&WEBHOOK, "failingSince").is_null() && on.get(&WEBHOOK, "disabledReason").is_null());
        let still = update(&WEBHOOK, &context(), &off, &[("description", text("CRM"))]).record;
        assert!(!still.get(&WEBHOOK, "failingSince").is_null());
    }
}
