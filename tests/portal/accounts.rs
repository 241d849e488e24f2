//! The own account, the limit of requests, and what a viewer is offered.

use testkit::{PASSWORD, on_both_engines};

use super::{ADMIN, admin, jane, made, says, says_not, staff, target};

on_both_engines! {
    async fn the_own_password_is_changed(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        says(&viewer.open("/account").await.status(200), "Staff");
        let form = |present: &str, new: &str, again: &str| {
            [("currentPassword", present.to_owned()), ("newPassword", new.to_owned()), ("again", again.to_owned())]
        };
        let new = "Another-Horse-7";
        for (present, new, again, told) in [
            (PASSWORD, new, "Another-Horse-8", "not the same as the new password"),
            ("Wrong-password-1", new, new, "This is not your present password."),
            (PASSWORD, "short", "short", "at least 8 characters"),
        ] {
            let refused = browser.submit("/account/password", form(present, new, again)).await.status(400);
            says(&refused, told);
            assert!(!refused.text().contains(new), "a password is never shown");
        }
        let done = browser.submit("/account/password", form(PASSWORD, new, new)).await.status(303);
        assert_eq!(target(&done), "/login");
        let _ = browser.open("/members").await.status(303);
        let signed_in = app.app.sign_in(&app::Client::default(), ADMIN, new).await.unwrap();
        assert!(signed_in.is_ok());
        let _ = viewer.open("/").await.status(200);
    }

    async fn signing_out_everywhere_ends_every_session(app: TestApp) {
        let phone = admin(&app).await;
        let desk = app.browser(ADMIN).await;
        assert!(desk.open("/").await.text().contains("Sign out everywhere"));
        let out = desk.submit("/logout/everywhere", [("", ""); 0]).await.status(303);
        assert_eq!(target(&out), "/login");
        let cookies = out.headers().get_all("set-cookie").iter();
        assert!(cookies.filter_map(|it| it.to_str().ok()).any(|it| it.contains("every+device")));
        assert!(target(&phone.open("/members").await.status(303)).starts_with("/login"));
    }

    async fn requests_are_limited_by_user(app: TestApp) {
        staff(&app).await;
        let few = || portal::Config { session_limit: 3, ..portal::Config::default() };
        let browser = app.browser_with(ADMIN, few()).await;
        for _ in 0..3 {
            let _ = browser.open("/members").await.status(200);
        }
        let over = browser.open("/members").await.status(429);
        says(&over, "Too many requests");
        assert_eq!(over.header("retry-after"), Some("3600"));
        let _ = browser.open("/assets/portal.css").await.status(404);
        let style = over.text();
        let (_, style) = style.split_once("href=\"/assets/portal").unwrap();
        let (style, _) = style.split_once('"').unwrap();
        let _ = browser.open(&format!("/assets/portal{style}")).await.status(200);
        app.advance(3_600);
        let _ = browser.open("/members").await.status(200);
    }

    async fn a_viewer_is_offered_nothing_that_is_refused(app: TestApp) {
        let (_, viewer) = staff(&app).await;
        let id = made(&app, "members", jane()).await;
        for page in ["/", "/members", "/events", "/courses", "/search?q=jane", "/account", &format!("/members/{id}")] {
            let shown = viewer.open(page).await.status(200);
            for words in ["Import CSV", "New member", "Delete", "Edit", "Merge", "Activity", "Change status"] {
                says_not(&shown, words);
            }
            // Whatever the page links to can be opened.
            let html = shown.text();
            let links = html.split(" href=\"/").skip(1).filter_map(|rest| rest.split_once('"'));
            for (link, _) in links.filter(|(link, _)| !link.starts_with("assets") && !link.starts_with("api")) {
                let link = link.replace("&#38;", "&");
                let answer = viewer.open(&format!("/{link}")).await;
                assert!(answer.code() < 400, "{page} leads to {}: {}", answer.request(), answer.code());
            }
            for action in html.split(" action=\"/").skip(1).filter_map(|rest| rest.split_once('"')) {
                let known = ["environment", "theme", "logout", "account/password", "search", "members", "events", "courses"];
                assert!(known.iter().any(|it| action.0.starts_with(it)), "{page} offers {}", action.0);
            }
        }
    }
}
