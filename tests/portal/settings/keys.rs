//! API keys in the portal.

use super::super::{admin, inputs, says, says_not, staff, target, with};
use super::secret_of;
use testkit::{Browser, TestApp, on_both_engines};

const NEW: &str = "/settings/api-keys/new";

/// Makes a key and answers with it and the address of its page.
async fn made(browser: &Browser) -> (String, String) {
    let fields = inputs(&browser.open(NEW).await.status(200));
    let fields = with(with(fields, "name", "Website"), "scopes", "members:read");
    let page = browser.submit(NEW, fields).await.status(201);
    says(&page, "It is shown this once");
    let key = secret_of(&page);
    assert!(page.text().contains(&format!("Authorization: Bearer {key}")), "a curl line that works at once");
    let list = browser.open("/settings/api-keys").await.status(200);
    let html = list.text();
    let (_, rest) = html.split_once("href=\"/settings/api-keys/0").unwrap();
    (key, format!("/settings/api-keys/0{}", rest.split_once('"').unwrap().0))
}

async fn works(app: &TestApp, key: &str) -> u16 {
    app.api(api::Config::default()).with_key(key).get("/api/members").await.code()
}

on_both_engines! {
    async fn a_key_is_made_shown_once_and_works(app: TestApp) {
        let browser = admin(&app).await;
        says(&browser.open("/settings/api-keys").await.status(200), "No API key yet");
        let (key, page) = made(&browser).await;
        assert_eq!(works(&app, &key).await, 200);
        let list = browser.open("/settings/api-keys").await.status(200);
        says(&list, &format!("Website {}…{} Valid Production 1 of", &key[..12], &key[key.len() - 4..]));
        assert!(!list.text().contains(&key) && !browser.open(&page).await.text().contains(&key));
        says(&browser.open(&page).await.status(200), "View and export members");
        says(&browser.open(&page).await.status(200), "by Jo");
    }

    async fn what_is_wrong_is_said_and_what_was_typed_is_kept(app: TestApp) {
        let browser = admin(&app).await;
        let fields = with(inputs(&browser.open(NEW).await), "name", "Website");
        let fields = with(with(fields, "allowedIps", "10.0.0.300"), "expiresAt", "2020-01-01T10:00");
        let refused = browser.submit(NEW, fields).await.status(400);
        says(&refused, "Write a network such as 203.0.113.0/24");
        let kept = inputs(&refused);
        for (name, value) in [("name", "Website"), ("allowedIps", "10.0.0.300"), ("expiresAt", "2020-01-01T10:00")] {
            assert!(kept.contains(&(name.to_owned(), value.to_owned())), "{kept:?}");
        }
        let fields = with(with(kept, "allowedIps", ""), "scopes", "members:read");
        let refused = browser.submit(NEW, fields).await.status(400);
        says(&refused, "Expires must be in the future");
        let ticked = ("scopes".to_owned(), "members:read".to_owned());
        let fields = inputs(&refused);
        assert!(fields.contains(&ticked), "{fields:?}");
        let fields: Vec<_> = with(fields, "expiresAt", "2026-11-26T10:00");
        let _ = browser.submit(NEW, fields).await.status(201);
        says(&browser.open("/settings/api-keys").await, "Ends soon Production 1 of");
        says(&browser.open("/settings/api-keys").await, "26 Nov 2026, 10:00 am AEDT");
    }

    async fn a_rotated_key_lives_on_for_the_overlap(app: TestApp) {
        let browser = admin(&app).await;
        let (old, page) = made(&browser).await;
        let rotate = format!("{page}/rotate");
        says(&browser.open(&rotate).await.status(200), "For so many days both keys work");
        let refused = browser.submit(&rotate, [("overlapDays", "9"), ("expiresAt", "")]).await.status(400);
        says(&refused, "from 0 to 7");
        assert!(refused.text().contains("value=\"9\""), "what was typed is kept");
        let done = browser.submit(&rotate, [("overlapDays", "2"), ("expiresAt", "")]).await.status(201);
        says(&done, "works until 26 Nov 2026, 11:00 am AEDT");
        let new = secret_of(&done);
        assert_eq!((works(&app, &old).await, works(&app, &new).await), (200, 200));
        app.advance(2 * 86_400);
        assert_eq!((works(&app, &old).await, works(&app, &new).await), (401, 200));
    }

    async fn a_key_is_revoked_once_its_name_was_typed(app: TestApp) {
        let browser = admin(&app).await;
        let (key, page) = made(&browser).await;
        let revoke = format!("{page}/revoke");
        says(&browser.open(&revoke).await.status(200), "Type “Website” to confirm");
        let refused = browser.submit(&revoke, [("confirmation", "website")]).await.status(400);
        says(&refused, "The key still works");
        assert_eq!(works(&app, &key).await, 200);
        let done = browser.submit(&revoke, [("confirmation", "Website")]).await.status(303);
        assert_eq!(works(&app, &key).await, 401);
        let list = browser.open(&target(&done)).await.status(200);
        says(&list, "No longer valid");
        says_not(&browser.open(&page).await.status(200), "Rotate");
        let again = browser.submit(&format!("{page}/rotate"), [("overlapDays", "0")]).await.status(409);
        says(&again, "The key is revoked or has expired");
    }

    async fn a_key_to_try_the_api_with_is_of_the_sandbox_and_ends(app: TestApp) {
        let (admin, viewer) = staff(&app).await;
        says_not(&viewer.open("/reference").await.status(200), "Make a key and try");
        let _ = viewer.submit("/reference", [("", ""); 0]).await.status(403);
        let page = admin.submit("/reference", [("", ""); 0]).await.status(201);
        says(&page, "until 24 Nov 2026, 12:00 pm AEDT");
        let key = secret_of(&page);
        assert!(page.text().contains(&format!("href=\"/api/docs#key={key}\"")), "{}", page.text());
        let me = app.api(api::Config::default()).with_key(&key).get("/api/me").await.status(200).json();
        assert_eq!(me["environment"], "sandbox");
        says(&admin.open("/settings/api-keys").await, "No API key yet");
        app.advance(3_600);
        assert_eq!(works(&app, &key).await, 401);
    }

    async fn settings_are_offered_to_whom_they_are_for(app: TestApp) {
        let (admin, viewer) = staff(&app).await;
        assert!(admin.open("/").await.text().contains("href=\"/settings\""));
        says(&admin.open("/settings").await.status(200), "API keys");
        // Staff see how integrations do, and nothing else of the settings.
        says_not(&viewer.open("/settings").await.status(200), "API keys");
        says(&viewer.open("/settings/api-keys").await.status(403), "Your role does not allow this");
        let there = admin.submit("/environment", [("environment", "sandbox"), ("here", NEW)]).await.status(303);
        assert_eq!(target(&there), "/settings/api-keys");
    }
}
