//! Webhooks in the portal.

use serde_json::{Value as Json, json};
use testkit::{Behaviour, Browser, Client, Receiver, TestApp, on_both_engines};

use super::super::{ADMIN, admin, inputs, made, says, says_not, target, with};
use super::secret_of;

const NEW: &str = "/settings/webhooks/new";

/// Waits until the API shows a webhook so.
pub(super) async fn becomes(client: &Client, path: &str, is: impl Fn(&Json) -> bool) {
    for _ in 0..400 {
        if is(&client.get(path).await.status(200).json()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("{path} never became so: {}", client.get(path).await.text());
}

/// Makes a webhook and a failed delivery of it; answers with the address of its page.
async fn failing(app: &TestApp, client: &Client, receiver: &Receiver) -> String {
    receiver.behave(Behaviour::status(500));
    let webhook = made(app, "webhooks", json!({"url": receiver.url(), "events": ["member.created"]})).await;
    let running = app.dispatching();
    made(app, "members", super::super::jane()).await;
    let _ = receiver.wait_for(1).await;
    let path = format!("/api/webhooks/{webhook}/deliveries");
    becomes(client, &path, |list| list["data"][0]["attemptCount"] == 1).await;
    becomes(client, &format!("/api/webhooks/{webhook}"), |it| !it["failingSince"].is_null()).await;
    running.stop().await;
    format!("/settings/webhooks/{webhook}")
}

pub(super) async fn first_link(browser: &Browser, page: &str, start: &str) -> String {
    let html = browser.open(page).await.status(200).text();
    let (_, rest) =
        html.split_once(&format!("href=\"{start}")).unwrap_or_else(|| panic!("no {start} in {html}"));
    format!("{start}{}", rest.split_once('"').unwrap().0)
}

on_both_engines! {
    async fn a_webhook_is_made_with_a_secret_that_is_shown_once(app: TestApp) {
        let browser = admin(&app).await;
        says(&browser.open("/settings/webhooks").await.status(200), "No webhook yet");
        let fields = with(inputs(&browser.open(NEW).await.status(200)), "url", "http://10.0.0.1/hook");
        let fields = with(fields, "headers[0].key", "Webhook-Id");
        let refused = browser.submit(NEW, with(fields, "headers[0].value", "x")).await.status(400);
        says(&refused, "Events is required.");
        let fields = inputs(&refused);
        assert!(fields.contains(&("headers[0].key".to_owned(), "Webhook-Id".to_owned())), "{fields:?}");
        let fields = with(with(fields, "url", "https://crm.example.org/hook"), "headers[0].key", "X-Token");
        let mut fields = with(fields, "events", "member.*");
        fields.push(("events".to_owned(), "event.published".to_owned()));
        let page = browser.submit(NEW, fields).await.status(201);
        assert!(secret_of(&page).starts_with("whsec_"), "{}", page.text());
        let list = browser.open("/settings/webhooks").await.status(200);
        says(&list, "https://crm.example.org/hook Quiet Nothing sent Everything about a member, Event published");
        let path = first_link(&browser, "/settings/webhooks", "/settings/webhooks/0").await;
        assert!(!browser.open(&path).await.text().contains("whsec_"));
        says(&browser.open(&path).await, "X-Token");
    }

    async fn a_form_that_nobody_touched_changes_nothing(app: TestApp) {
        let browser = admin(&app).await;
        let body = json!({
            "url": "https://crm.example.org/hook", "events": ["member.updated", "event.*", "member.created"],
            "headers": {"X-B": "2", "X-A": "1"}, "skipOwnChanges": true,
            "fieldMapping": {"members": [{"external": "Email", "field": "email"}]},
        });
        let id = made(&app, "webhooks", body).await;
        let (edit, api) = (format!("/settings/webhooks/{id}/edit"), format!("/api/webhooks/{id}"));
        let client = app.client().await;
        let before = client.get(&api).await.json();
        let fields = inputs(&browser.open(&edit).await.status(200));
        let done = browser.submit(&edit, fields.clone()).await.status(303);
        assert_eq!(target(&done), format!("/settings/webhooks/{id}"));
        assert_eq!(client.get(&api).await.json(), before);
        // What is taken away is gone, the rest as it was.
        let fields = with(with(fields, "headers[0].key", ""), "headers[0].value", "");
        let fields = with(with(fields, "events", "*"), "fieldMapping", "");
        let _ = browser.submit(&edit, fields).await.status(303);
        let after = client.get(&api).await.json();
        assert_eq!((&after["events"], &after["fieldMapping"]), (&json!(["*"]), &json!({})));
        assert_eq!(after["headers"].as_object().unwrap().len(), 1);
        assert_eq!(after["skipOwnChanges"], true);
        let wrong = with(inputs(&browser.open(&edit).await), "fieldMapping", "{\"members\": oops");
        let refused = browser.submit(&edit, wrong).await.status(400);
        assert!(inputs(&refused).contains(&("fieldMapping".to_owned(), "{\"members\": oops".to_owned())));
    }

    async fn a_failing_webhook_says_so_everywhere(app: TestApp) {
        let (mut browser, client, receiver) = (admin(&app).await, app.client().await, Receiver::start().await);
        let page = failing(&app, &client, &receiver).await;
        says(&browser.open(&page).await.status(200), "Failing. Since 24 Nov 2026, 11:00 am AEDT.");
        says(&browser.open(&page).await, "0 % arrived 1 attempts");
        says(&browser.open("/").await, "Nothing has arrived at http://127.0.0.1");
        for (days, words) in [(1, "Failing for a day"), (1, "Failing for two days"), (2, "Failing for four days")] {
            app.advance(days * 86_400);
            let _ = app.app.warn_of_webhooks().await.unwrap();
            // Sessions do not last that long.
            browser = app.browser(ADMIN).await;
            says(&browser.open("/settings/webhooks").await.status(200), words);
            says(&browser.open(&page).await, "after five days of failing the webhook is switched off");
        }
        receiver.behave(Behaviour::status(410));
        let running = app.dispatching();
        let api = page.trim_start_matches("/settings");
        becomes(&client, &format!("/api{api}"), |it| it["enabled"] == false).await;
        running.stop().await;
        says(&browser.open(&page).await, "Switched off by the server. The receiver answered 410");
        says_not(&browser.open(&page).await, "Send a test");
        says(&browser.open("/").await, "was switched off by the server");
        let told = browser.submit(&format!("{page}/test"), [("", ""); 0]).await.status(409);
        says(&told, "The webhook is switched off");
        let _ = browser.submit(&format!("{page}/switch"), [("enabled", "true")]).await.status(303);
        says_not(&browser.open(&page).await, "Switched off");
    }

    async fn deliveries_are_found_looked_at_and_sent_again(app: TestApp) {
        let (browser, client, receiver) = (admin(&app).await, app.client().await, Receiver::start().await);
        let page = failing(&app, &client, &receiver).await;
        let log = format!("{page}/deliveries");
        says(&browser.open(&log).await.status(200), "Member created Pending 24 Nov 2026, 11:00 am AEDT 1 500");
        says(&browser.open(&format!("{log}?status[]=succeeded")).await.status(200), "Nothing matches");
        says(&browser.open(&format!("{log}?eventType=member.created")).await.status(200), "Type: Member created Clear all");
        let delivery = first_link(&browser, &log, &format!("{log}/")).await;
        let shown = browser.open(&delivery).await.status(200);
        for words in ["Attempt 1 Answer 500", "The receiver has a fault of its own.", "jane@example.org", "webhook-signature"] {
            says(&shown, words);
        }
        receiver.behave(Behaviour::status(204));
        let _running = app.dispatching();
        let done = browser.submit(&format!("{delivery}/retry"), [("", ""); 0]).await.status(303);
        assert_eq!(target(&done), delivery);
        let _ = receiver.wait_for(2).await;
        let path = format!("/api{}", log.trim_start_matches("/settings"));
        becomes(&client, &path, |list| list["data"][0]["status"] == "succeeded").await;
        says(&browser.open(&delivery).await, "Attempt 2 Answer 204");
        let test = browser.submit(&format!("{page}/test"), [("", ""); 0]).await.status(303);
        assert!(target(&test).starts_with(&log));
        says(&browser.open(&target(&test)).await.status(200), "Webhook test");
        let other = made(&app, "webhooks", json!({"url": "https://crm.example.org/hook", "events": ["*"]})).await;
        let foreign = delivery.replace(page.rsplit('/').next().unwrap(), &other);
        let _ = browser.open(&foreign).await.status(404);
    }

    async fn missed_events_are_sent_since_a_moment_of_the_past(app: TestApp) {
        let browser = admin(&app).await;
        let id = made(&app, "webhooks", json!({"url": "https://crm.example.org/hook", "events": ["member.*"]})).await;
        let recover = format!("/settings/webhooks/{id}/recover");
        assert!(browser.open(&recover).await.status(200).text().contains("value=\"2026-11-23T11:00\""));
        let early = browser.submit(&recover, [("since", "2026-11-25T11:00")]).await.status(400);
        says(&early, "Choose a moment that has passed");
        assert!(early.text().contains("value=\"2026-11-25T11:00\""), "what was typed is kept");
        says(&browser.submit(&recover, [("since", "soon")]).await.status(400), "Choose a date and time");
        let done = browser.submit(&recover, [("since", "2026-11-23T11:00")]).await.status(303);
        assert_eq!(target(&done), format!("/settings/webhooks/{id}/deliveries"));
        let _ = browser.submit(&format!("/settings/webhooks/{id}/switch"), [("enabled", "false")]).await.status(303);
        let off = browser.submit(&recover, [("since", "2026-11-23T11:00")]).await.status(409);
        says(&off, "Switch it on first.");
        let rotate = format!("/settings/webhooks/{id}/rotate-secret");
        says(&browser.open(&rotate).await.status(200), "signatures of both secrets for 24 hours");
        let new = browser.submit(&rotate, [("", ""); 0]).await.status(201);
        assert!(secret_of(&new).starts_with("whsec_"));
        says(&new, "The secret before signs too until 25 Nov 2026, 11:00 am AEDT.");
    }
}
