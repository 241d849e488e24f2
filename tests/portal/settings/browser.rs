//! The settings in a real browser.

use serde_json::json;
use testkit::{Behaviour, Engine, Receiver, TestApp};

use super::super::browser::{in_a_browser, is_sound};
use super::super::{jane, made};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_rotated_and_revoked() {
    let app = TestApp::new(Engine::Sqlite).await;
    in_a_browser(&app, |browser| {
        browser.click(".side a[href='/settings']");
        browser.wait_for("With which your other systems work on your data");
        is_sound(browser);
        browser.click(".doors a[href='/settings/api-keys']");
        browser.wait_for("No API key yet");
        is_sound(browser);
        browser.click(".page-actions a");
        browser.wait_until("location.pathname === '/settings/api-keys/new'");
        is_sound(browser);
        browser.fill("[name=name]", "Website");
        browser.click(".form-actions button");
        browser.wait_for("1 field to mend");
        let _ = browser.console();
        is_sound(browser);
        browser.click("input[value='members:read']");
        browser.click(".form-actions button");
        browser.wait_for("Copy it now.");
        is_sound(browser);
        let key = browser.script("return document.querySelector('#secret').innerText", &[]);
        assert!(key.as_str().unwrap().starts_with("mp_live_"), "{key}");
        browser.script(
            "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }",
            &[],
        );
        browser.click("[data-copy=secret]");
        browser.wait_for("Copied");
        assert_eq!(browser.script("return window.copied", &[]), key);
        browser.click(".narrow a.btn-primary");
        browser.wait_for("View and export members");
        is_sound(browser);

        browser.click("a[href$='/rotate']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.fill("#dialog [name=overlapDays]", "3");
        browser.click("#dialog .btn-primary");
        browser.wait_for("works until");
        browser.click(".narrow a.btn-primary");
        browser.wait_for("Accepted from");
        browser.click("a[href$='/revoke']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.type_into("#dialog [name=confirmation]", "Web");
        browser.click("#dialog .btn-danger");
        browser.wait_for("The key still works");
        let _ = browser.console();
        is_sound(browser);
        browser.fill("[name=confirmation]", "Website");
        browser.click(".btn-danger");
        browser.wait_for("was revoked");
        browser.wait_for("Ends soon");
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_made_tested_and_watched() {
    let app = TestApp::new(Engine::Sqlite).await;
    let receiver = Receiver::start().await;
    receiver.behave(Behaviour::status(503));
    let _running = app.dispatching();
    let url = receiver.url().to_owned();
    in_a_browser(&app, move |browser| {
        browser.open("/settings/webhooks");
        is_sound(browser);
        browser.click(".page-actions a");
        is_sound(browser);
        browser.fill("[name=url]", "https://10.0.0.1.invalid x");
        browser.click("input[value='member.*']");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("1 field to mend");
        let _ = browser.console();
        is_sound(browser);
        assert_eq!(
            browser.script("return document.querySelector(\"input[value='member.*']\").checked", &[]),
            true
        );
        browser.fill("[name=url]", &url);
        browser.click(".form-actions .btn-primary");
        browser.wait_for("Signing secret");
        is_sound(browser);
        browser.click(".narrow a.btn-primary");
        browser.wait_for("Nothing was sent yet");
        is_sound(browser);
        // What becomes of a test is seen without asking again.
        browser.click(".deeds button");
        browser.wait_for("Attempt 1");
        browser.wait_for("Answer 503");
        is_sound(browser);
        browser.click(".crumbs a");
        browser.wait_for("1 delivery");
        is_sound(browser);
        browser.click("a[href$='/recover']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.click("#dialog .btn-primary");
        browser.wait_for("1 event is sent now.");
        browser.open("/settings/webhooks");
        browser.wait_for("Failing");
        is_sound(browser);
        browser.click("tbody a");
        browser.wait_for("Since 24 Nov 2026");
        browser.click(".deeds button[name=enabled]");
        browser.wait_for("The webhook is off");
        is_sound(browser);
        browser.open("/");
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_joins_the_staff_and_the_organisation_moves() {
    let app = TestApp::new(Engine::Sqlite).await;
    in_a_browser(&app, |browser| {
        browser.open("/settings/users");
        is_sound(browser);
        browser.click(".page-actions a");
        browser.fill("[name=firstName]", "Mai");
        browser.fill("[name=email]", "mai@");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("1 field to mend");
        let _ = browser.console();
        is_sound(browser);
        browser.fill("[name=email]", "mai@example.org");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("Give it to Mai in person or by phone.");
        is_sound(browser);
        browser.click(".narrow a.btn-primary");
        browser.wait_for("View and export members");
        is_sound(browser);
        browser.script("location.assign(location.pathname + '/password')", &[]);
        browser.wait_for("New password for Mai");
        is_sound(browser);
        browser.click(".form-actions a");
        browser.wait_for("View and export members");
        browser.click("a[href$='/suspend']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.click("#dialog .btn-danger");
        browser.wait_for("Mai is suspended");
        is_sound(browser);
        browser.click(".page-actions form button");
        browser.wait_for("Mai can sign in again.");
        browser.click("a[href$='/edit']");
        is_sound(browser);
        browser.script("document.querySelector('[name=role]').value = 'ROLE_CLIENT_ADMIN'", &[]);
        browser.click(".form-actions .btn-primary");
        browser.wait_for("was saved");
        browser.wait_for("Manage users and the organisation's settings");

        browser.open("/settings/organisation");
        is_sound(browser);
        browser.click(".page-actions a");
        browser.wait_until("location.pathname.endsWith('/edit')");
        is_sound(browser);
        browser.fill("[name=currency]", "XXXX");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("1 field to mend");
        let _ = browser.console();
        browser.fill("[name=currency]", "NZD");
        browser.script("document.querySelector('[name=timezone]').value = 'Pacific/Auckland'", &[]);
        browser.click("input[value=membershipType]");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("The organisation was saved.");
        browser.wait_for("Times are in Pacific/Auckland");
        browser.wait_for("Membership type");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_audit_log_is_searched() {
    let app = TestApp::new(Engine::Sqlite).await;
    let id = made(&app, "members", jane()).await;
    let client = app.client().await;
    let _ = client.patch(&format!("/api/members/{id}"), json!({"city": "Hobart"})).await.status(200);
    in_a_browser(&app, |browser| {
        browser.click(".side a[href='/settings']");
        browser.click(".side a[href='/settings/audit-log']");
        browser.wait_for("Signed in");
        is_sound(browser);
        browser.type_into("#search", "jane");
        browser.wait_for("Hobart");
        browser.wait_until("!document.body.innerText.includes('Signed in')");
        browser.wait_until("location.search === '?search=jane'");
        is_sound(browser);
        browser.click(".filter-menu summary");
        browser.script(
            "const it = document.querySelector('[name=action]'); it.value = 'create'; \
             it.dispatchEvent(new Event('change', {bubbles: true}))",
            &[],
        );
        browser.wait_for("What: Created");
        browser.wait_for("1 entry");
        browser.click("h1");
        browser.click("td a");
        browser.wait_until("document.querySelector('h1').innerText.includes('Jane Doe')");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_has_a_key_of_the_sandbox_ready() {
    let app = TestApp::new(Engine::Sqlite).await;
    in_a_browser(&app, |browser| {
        browser.click(".user-menu summary");
        browser.click(".user-menu a[href='/reference']");
        browser.wait_for("Try it in the sandbox");
        is_sound(browser);
        browser.click(".card button.btn-primary");
        browser.wait_for("Key of the sandbox");
        is_sound(browser);
        let key = browser.script("return document.querySelector('#secret').innerText", &[]);
        browser.click(".narrow a.btn-primary");
        browser
            .wait_until("location.pathname === '/api/docs' && document.querySelector('.authorize.locked')");
        assert_eq!(browser.path(), "/api/docs", "the key does not stay in the address");
        browser.click(".authorize.locked");
        browser.wait_for("Authorized");
        assert!(key.as_str().unwrap().starts_with("mp_test_"), "{key}");
        // Its styles and scripts come from files alone; the browser says what its policy refuses.
        browser.click(".btn-done");
        browser.click(".opblock-tag-section .opblock-summary-control");
        browser.wait_until("document.querySelector('.opblock .opblock-body .btn')");
        browser.click(".opblock-body .btn.try-out__btn");
        browser.wait_until("document.querySelector('.opblock-body .btn.execute')");
        browser.click(".opblock-body .btn.execute");
        browser.wait_until("document.querySelector('.live-responses-table .response')");
        assert_eq!(browser.console(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_integration_is_mapped_watched_and_deleted() {
    let app = TestApp::new(Engine::Sqlite).await;
    let (page, api, holder) = super::integrations::connected(&app).await;
    let entry = super::integrations::synced(&holder, &api).await;
    in_a_browser(&app, move |browser| {
        browser.open("/settings/integrations");
        browser.wait_for("Needs a look");
        is_sound(browser);
        browser.click("tbody a");
        browser.wait_for("What to see to");
        is_sound(browser);

        // The first record of a sample is there as soon as it is pasted, and changes with the rules.
        browser.click(".tabs a[href$='/mapping']");
        browser.wait_for("Try it on records of theirs");
        is_sound(browser);
        browser.fill("[name=sample]", "Id,First,Last,Mail,Town\n17,Ana,Lim,ANA@example.org,Perth\n");
        browser.click(".sample-button .btn");
        browser.wait_for("Makes a new record");
        browser.wait_for("Not read: Town");
        is_sound(browser);
        let select = "[name='field[5]']";
        browser.script("const it = document.querySelector(arguments[0]); it.value = 'city'; it.dispatchEvent(new Event('change', {bubbles: true}))", &[select.into()]);
        browser.wait_until("!document.body.innerText.includes('Not read: Town')");
        browser.wait_until("document.querySelector('#becomes').innerText.includes('Perth')");
        browser.script("document.querySelector('.transforms').open = true", &[]);
        is_sound(browser);
        browser.click("[value=save]");
        browser.wait_for("The field mapping of members was saved.");
        browser.wait_until("document.querySelector(\"[name='external[5]']\").value === 'Town'");

        browser.open(&format!("{page}/sync-log"));
        browser.wait_for("Needs you");
        is_sound(browser);
        browser.open(&format!("{page}/sync-log/{entry}"));
        is_sound(browser);
        browser.click(".entry-actions .btn-primary");
        browser.wait_for("It failed again");
        is_sound(browser);
        browser.open(&format!("{page}/edit"));
        is_sound(browser);
        browser.open(&page);
        browser.click("a[href$='/delete']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.type_into("#dialog [name=confirmation]", "Salesforce");
        browser.click("#dialog .btn-danger");
        browser.wait_for("No integration yet");
        is_sound(browser);
    })
    .await;
}
