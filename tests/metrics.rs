//! What operators see of the work (API §10), and that it tells nothing of whom it was for.

use serde_json::json;
use testkit::{Behaviour, Receiver, TestApp, on_both_engines};

/// The figures as they are now.
async fn figures(app: &TestApp) -> Vec<String> {
    let answer = app.client().await.anonymous().get("/metrics").await.status(200);
    assert_eq!(
        answer.header("content-type").unwrap(),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let text = answer.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    text.lines().map(str::to_owned).collect()
}

/// The value of a figure, given with its labels.
fn value(figures: &[String], name: &str) -> f64 {
    let line = figures.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is missing: {figures:#?}")).parse().unwrap()
}

on_both_engines! {
    async fn requests_are_counted_by_route_and_status(app: TestApp) {
        let client = app.client().await;
        for _ in 0..3 {
            let _ = client.get("/api/members").await.status(200);
        }
        let _ = client.get("/api/members/none").await.status(404);
        let _ = client.get("/nowhere").await.status(404);
        let _ = client.with_key("mp_live_wrong").get("/api/me").await.status(401);
        let figures = figures(&app).await;
        let answered = |operation: &str, status: u16| {
            let name = format!(
                "memberpulse_http_requests_total{{surface=\"api\",operation=\"{operation}\",status=\"{status}\"}}"
            );
            value(&figures, &name)
        };
        let is = |value: f64, expected: u32| (value - f64::from(expected)).abs() < f64::EPSILON;
        assert!(is(answered("listMembers", 200), 3));
        assert!(is(answered("getMember", 404), 1));
        assert!(is(answered("other", 404), 1));
        assert!(is(answered("getMe", 401), 1));
        let timed = "memberpulse_http_request_duration_seconds_count{surface=\"api\",operation=\"listMembers\"}";
        assert!(is(value(&figures, timed), 3));
        assert!(is(value(&figures, "memberpulse_failed_authentications_total{by=\"key\"}"), 1));
        assert!(is(value(&figures, "memberpulse_database_up"), 1));
        assert!(value(&figures, "memberpulse_database_commits_total") > 0.0);
    }

    async fn the_queue_of_webhooks_can_be_seen_to_grow_and_to_empty(app: TestApp) {
        let client = app.client().await;
        let receiver = Receiver::start().await;
        receiver.behave(Behaviour::status(500));
        let body = json!({"url": receiver.url(), "events": ["member.*"]});
        let _ = client.post("/api/webhooks", body).await.status(201);
        let body = json!({"firstName": "Jo", "lastName": "Lim", "email": "lim@example.org"});
        let _ = client.post("/api/members", body).await.status(201);
        let now = figures(&app).await;
        assert!(value(&now, "memberpulse_changes_to_queue") > 0.0);
        let running = app.dispatching();
        let _ = receiver.wait_for(1).await;
        let until = async |name: &str, least: f64| {
            for _ in 0..400 {
                if value(&figures(&app).await, name) >= least {
                    return;
                }
                tokio::time::sleep(std::time::Duration::from_millis(25)).await;
            }
            panic!("{name} never became {least}: {:#?}", figures(&app).await);
        };
        until("memberpulse_webhook_attempts_total{outcome=\"refused\"}", 1.0).await;
        until("memberpulse_webhooks_failing", 1.0).await;
        until("memberpulse_webhook_deliveries_waiting", 1.0).await;
        running.stop().await;
        app.advance(60);
        // Due since about 55 seconds, and nobody sends it.
        until("memberpulse_webhook_queue_age_seconds", 50.0).await;
        receiver.behave(Behaviour::status(204));
        let _running = app.dispatching();
        until("memberpulse_webhook_attempts_total{outcome=\"delivered\"}", 1.0).await;
        for _ in 0..400 {
            if value(&figures(&app).await, "memberpulse_webhook_deliveries_waiting") < 0.5 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        let now = figures(&app).await;
        for empty in ["webhook_deliveries_waiting", "webhook_queue_age_seconds", "changes_to_queue"] {
            assert!(value(&now, &format!("memberpulse_{empty}")) < 0.5, "{empty}: {now:#?}");
        }
        let told = now.join("\n");
        for secret in [receiver.url(), "lim@example.org", &app.acme.id.to_string(), &app.acme.slug] {
            assert!(!told.contains(secret), "{secret}");
        }
    }
}

on_both_engines! {
    async fn every_figure_is_described_for_operators(app: TestApp) {
        let told = include_str!("../docs/metrics.md");
        let mut described: Vec<&str> =
            told.lines().filter_map(|line| line.strip_prefix("| `memberpulse_")?.split('`').next()).collect();
        // The first asking is counted, and so seen by the second.
        let _ = figures(&app).await;
        let figures = figures(&app).await;
        let kinds = figures.iter().filter_map(|line| line.strip_prefix("# TYPE memberpulse_")?.split_once(' '));
        let mut shown: Vec<String> = kinds
            .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
            .collect();
        described.sort_unstable();
        shown.sort_unstable();
        assert_eq!(described, shown);
    }
}
