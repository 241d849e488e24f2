//! The portal in a real browser, against a running server: what a person does, with axe's judgement of each
//! page and nothing in the console.

use std::net::SocketAddr;

use domain::access::Role;
use serde_json::json;
use testkit::{Engine, PASSWORD, TestApp};
use tokio::net::TcpListener;

use super::webdriver::Chromium;
use super::{ADMIN, VIEWER, jane, made};

/// Serves the application and runs a story in a browser that is signed in.
pub(super) async fn in_a_browser(app: &TestApp, story: impl FnOnce(&Chromium) + Send + 'static) {
    in_a_browser_with(app, portal::Config::default(), story).await;
}

/// The same with these settings of the portal.
async fn in_a_browser_with(
    app: &TestApp,
    config: portal::Config,
    story: impl FnOnce(&Chromium) + Send + 'static,
) {
    app.user(Some(&app.acme), ADMIN, Role::ClientAdmin).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let service = app.server_with(config).into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async { axum::serve(listener, service).await });
    let told = tokio::task::spawn_blocking(move || {
        let browser = Chromium::start(&address);
        browser.look(1440, false);
        browser.open("/members");
        assert_eq!(browser.path(), "/login?next=%2Fmembers");
        is_sound(&browser);
        browser.type_into("[name=email]", ADMIN);
        browser.type_into("[name=password]", PASSWORD);
        browser.click("form button");
        browser.wait_until("location.pathname === '/members'");
        story(&browser);
    });
    told.await.unwrap();
    server.abort();
}

/// The page is one that axe finds no fault with, light and dark, wide and narrow, which nothing sticks out of,
/// and about which the console is silent.
#[track_caller]
pub(super) fn is_sound(browser: &Chromium) {
    let page = browser.path();
    for (width, dark) in [(1440, false), (1440, true), (390, false), (360, true)] {
        browser.look(width, dark);
        browser
            .wait_until("document.documentElement.dataset.bsTheme && !document.querySelector('.toast-note')");
        let found = browser.axe();
        assert!(found.is_empty(), "{page} at {width}, dark {dark}: {found:#?}");
        let wide = browser.script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
            &[],
        );
        assert!(wide.as_i64() <= Some(0), "{page} at {width} sticks out by {wide}");
    }
    browser.look(1440, false);
    assert_eq!(browser.console(), Vec::<String>::new(), "{page}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_made_found_changed_and_deleted() {
    let app = TestApp::new(Engine::Sqlite).await;
    for number in 1..=35 {
        let body = json!({"firstName": "Ana", "lastName": format!("Lim {number}"), "email": format!("a{number}@example.org")});
        made(&app, "members", body).await;
    }
    in_a_browser(&app, |browser| {
        browser.wait_for("1–30 of 35 members");
        is_sound(browser);
        browser.click("a[href='/members/new']");
        is_sound(browser);

        // What is wrong is said at the fields, and what was typed is kept.
        browser.fill("[name=firstName]", "Zoë");
        browser.click(".form-actions button");
        browser.wait_for("2 fields to mend");
        let refused = browser.console();
        assert!(refused.iter().all(|line| line.contains("status of 400")), "{refused:?}");
        is_sound(browser);
        assert_eq!(
            browser.script("return document.activeElement.className", &[]),
            "alert alert-danger problem"
        );
        browser.fill("[name=lastName]", "Quist");
        browser.fill("[name=email]", "zoe@example.org");
        browser.click(".form-actions button");
        browser.wait_for("“Zoë Quist” was created.");
        browser.wait_until("document.querySelector('h1').innerText.includes('Zoë Quist')");
        is_sound(browser);
        for tab in ["activity", "api"] {
            browser.click(&format!(".tabs a[href$='/{tab}']"));
            browser.wait_until(&format!("location.pathname.endsWith('/{tab}')"));
            is_sound(browser);
        }

        // Search as one types changes the address; so does the order.
        browser.open("/members");
        browser.type_into("#search", "zo");
        browser.wait_for("1 member");
        browser.wait_until("location.search === '?search=zo'");
        browser.fill("#search", "lim");
        browser.wait_for("35 members");
        browser.click("thead a[href*='lastName']");
        browser.wait_until("location.search.includes('order[lastName]=asc')");
        browser.wait_until("document.querySelector('th[aria-sort=ascending]')");
        is_sound(browser);

        // The palette leads to a record.
        browser.control("k");
        browser.wait_until("document.querySelector('#palette').open");
        browser.type_into("#palette-query", "quist");
        browser.wait_until("document.querySelector('#palette-found a')");
        browser.click("#palette-found a");
        browser.wait_until("document.querySelector('h1').innerText.includes('Zoë Quist')");

        browser.click(".page-actions a[href$='/edit']");
        is_sound(browser);
        browser.fill("[name=city]", "Hobart");
        browser.click(".form-actions button");
        browser.wait_for("was saved");
        browser.wait_for("Hobart");

        // Deleting asks in a dialog, which names the record.
        browser.click("a[href$='/delete']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.wait_for("Delete “Zoë Quist”?");
        assert_eq!(browser.console(), Vec::<String>::new());
        browser.click("#dialog .btn-danger");
        browser.wait_for("“Zoë Quist” was deleted.");
        browser.wait_for("of 35 members");

        // Ticked rows are changed together.
        browser.click("tbody tr:nth-child(1) input");
        browser.click("tbody tr:nth-child(2) input");
        browser.wait_for("2 ticked");
        browser.script("document.querySelector('#bulk-status').value = 'inactive'", &[]);
        browser.click("button[name=do][value=status]");
        browser.wait_for("Change the status of 2 members to Inactive?");
        is_sound(browser);
        browser.click("#question button");
        browser.wait_for("2 members changed");
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_typed_survives_a_server_that_is_gone() {
    let app = TestApp::new(Engine::Sqlite).await;
    let id = made(&app, "members", jane()).await;
    in_a_browser(&app, move |browser| {
        browser.open(&format!("/members/{id}/edit"));
        browser.fill("[name=city]", "Hobart");
        // Requests of the page fail from here on, as when the network is gone.
        browser.script(
            "window.saved = XMLHttpRequest.prototype.send; XMLHttpRequest.prototype.send = function () { \
            setTimeout(() => this.dispatchEvent(new ProgressEvent('error'))); }",
            &[],
        );
        browser.click(".form-actions button");
        browser.wait_for("The server cannot be reached");
        assert_eq!(browser.script("return document.querySelector('[name=city]').value", &[]), "Hobart");
        browser.script("XMLHttpRequest.prototype.send = window.saved", &[]);
        let _ = browser.console();
        browser.click("#alerts button");
        browser.wait_for("was saved");
        assert_eq!(browser.console(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_page_is_sound() {
    let app = TestApp::new(Engine::Sqlite).await;
    let member = made(&app, "members", testkit::example_body(app.resource("members"))).await;
    let mut body = testkit::example_body(app.resource("events"));
    // Nothing outside the machine is asked for.
    body.insert("featuredImageUrl".to_owned(), json!(null));
    let event = made(&app, "events", body).await;
    let course = made(&app, "courses", testkit::example_body(app.resource("courses"))).await;
    let venue = made(&app, "venues", testkit::example_body(app.resource("venues"))).await;
    in_a_browser(&app, move |browser| {
        let pages = [
            "/".to_owned(),
            "/events".to_owned(),
            "/venues".to_owned(),
            "/search?q=a".to_owned(),
            "/members?search=nobody".to_owned(),
            format!("/members/{member}"),
            format!("/events/{event}"),
            format!("/events/{event}/edit"),
            format!("/events/{event}/preview"),
            format!("/events/{event}/delete"),
            format!("/courses/{course}"),
            format!("/courses/{course}/edit"),
            format!("/venues/{venue}"),
            format!("/venues/{venue}/edit"),
        ];
        for page in pages {
            browser.open(&page);
            is_sound(browser);
        }
        browser.click("form.environment button");
        browser.wait_for("Sandbox: nothing here is real");
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_imported_step_by_step() {
    let app = TestApp::new(Engine::Sqlite).await;
    let rows = |from: usize| -> String {
        (from..from + 3_000).map(|n| format!("Ana,Lim {n},a{n}@example.org,24/12/2020\n")).collect()
    };
    let directory = tempfile::tempdir().unwrap();
    let (path, large) = (directory.path().join("contacts.csv"), directory.path().join("large.csv"));
    let file = format!("Given Name,Surname,E-Mail,Member since\n{}Bad,Date,b@example.org,soon\n", rows(0));
    std::fs::write(&path, file).unwrap();
    std::fs::write(&large, vec![b'a'; 33 * 1024 * 1024]).unwrap();
    in_a_browser(&app, move |browser| {
        let _kept = &directory;
        browser.click("a[href='/members/import']");
        browser.wait_for("Choose a file");
        is_sound(browser);
        // One that is too large is not even sent.
        browser.type_into("[name=file]", large.to_str().unwrap());
        browser.click(".form-actions button");
        browser.wait_for("The file is too large");
        browser.open("/members/import");
        browser.type_into("[name=file]", path.to_str().unwrap());
        browser.click(".form-actions button");
        browser.wait_for("Which column is which field");
        browser.wait_for("Nothing is wrong with the first 20 rows.");
        is_sound(browser);
        browser.click("tbody tr:nth-child(1) .transforms summary");
        is_sound(browser);
        browser.script("document.querySelector('[name=\"field[2]\"]').value = ''", &[]);
        browser.click("button[value=preview]");
        browser.wait_for("No column fills Email");
        is_sound(browser);
        browser.script("document.querySelector('[name=\"field[2]\"]').value = 'email'", &[]);
        browser.click("button[value=start]");
        browser.wait_until("document.querySelector('#import')");
        let here = browser.path();
        // It goes on without the page.
        browser.open("/members");
        browser.open(&here);
        browser.wait_for("1 of 3,001 rows could not be imported.");
        browser.wait_for("3,000\nNew");
        browser.wait_for("Line 3002");
        is_sound(browser);
        browser.open("/members/import");
        browser.wait_for("contacts.csv");
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_members_are_merged() {
    let app = TestApp::new(Engine::Sqlite).await;
    let stays = made(&app, "members", testkit::example_body(app.resource("members"))).await;
    let goes = json!({
        "firstName": "Janet", "lastName": "Nguyen", "email": "janet@example.org", "interests": ["Tunnels"], "city": "Hobart",
    });
    made(&app, "members", goes).await;
    in_a_browser(&app, move |browser| {
        browser.open(&format!("/members/{stays}"));
        browser.click(".page-actions a[href$='/merge']");
        browser.wait_for("with …");
        browser.fill("#q", "janet");
        browser.click(".search-form button");
        browser.wait_for("janet@example.org");
        is_sound(browser);
        browser.click(".offered a");
        browser.wait_for("Janet Nguyen");
        is_sound(browser);
        browser.click("[name='keep[city]'][value=other]");
        browser.type_into("[name=confirm]", "Janet Nguyen");
        browser.click(".btn-danger");
        browser.wait_for("was merged into this member");
        browser.wait_for("Hobart");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_looks_and_changes_nothing() {
    let app = TestApp::new(Engine::Sqlite).await;
    let id = made(&app, "members", jane()).await;
    app.user(Some(&app.acme), VIEWER, Role::ClientUser).await;
    in_a_browser(&app, move |browser| {
        browser.click(".user-menu summary");
        browser.click("form[action='/logout'] button");
        browser.wait_until("location.pathname === '/login'");
        // That its cache is cleared is the browser's own news.
        let _ = browser.console();
        browser.type_into("[name=email]", VIEWER);
        browser.type_into("[name=password]", PASSWORD);
        browser.click("form button");
        browser.wait_until("location.pathname === '/'");
        for page in ["/members".to_owned(), format!("/members/{id}"), "/account".to_owned()] {
            browser.open(&page);
            is_sound(browser);
            let offers = "document.querySelectorAll('a[href$=\"/edit\"], a[href$=\"/new\"], a[href$=\"/import\"], \
                a[href$=\"/delete\"], #bulk').length";
            assert_eq!(browser.script(&format!("return {offers}"), &[]), 0, "{page}");
        }
        browser.open(&format!("/members/{id}/edit"));
        browser.wait_for("Your role does not allow this");
        let _ = browser.console();
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_told_where_one_works() {
    let app = TestApp::new(Engine::Sqlite).await;
    let id = made(&app, "members", jane()).await;
    let mut taken = jane();
    taken["email"] = json!("taken@example.org");
    made(&app, "members", taken).await;
    let client = app.client().await;
    let runtime = tokio::runtime::Handle::current();
    in_a_browser(&app, move |browser| {
        // 409: a value that is taken.
        browser.open(&format!("/members/{id}/edit"));
        browser.fill("[name=email]", "taken@example.org");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("1 field to mend");
        browser.wait_until("document.querySelector('[name=email][aria-invalid]')");
        let _ = browser.console();
        is_sound(browser);
        // 412: what somebody else changed meanwhile stands beside what was typed.
        browser.fill("[name=email]", "jane@example.org");
        browser.fill("[name=city]", "Hobart");
        let theirs = client.patch(&format!("/api/members/{id}"), json!({"city": "Darwin"}));
        runtime.block_on(async { theirs.await.status(200) });
        browser.click(".form-actions .btn-primary");
        browser.wait_for("Changed meanwhile to: Darwin");
        assert_eq!(browser.script("return document.querySelector('[name=city]').value", &[]), "Hobart");
        let _ = browser.console();
        is_sound(browser);
        browser.click(".form-actions .btn-primary");
        browser.wait_for("was saved");
        browser.wait_for("Hobart");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_requests_say_so_and_keep_what_was_typed() {
    let app = TestApp::new(Engine::Sqlite).await;
    let few = portal::Config { session_limit: 12, ..portal::Config::default() };
    in_a_browser_with(&app, few, move |browser| {
        browser.open("/members/new");
        browser.fill("[name=firstName]", "Zoë");
        // Pages that nobody reads.
        let ask = "window.asked = 0; for (let n = 0; n < 20; n += 1) fetch('/members').then(() => { window.asked += 1; })";
        browser.script(ask, &[]);
        browser.wait_until("window.asked === 20");
        browser.click(".form-actions .btn-primary");
        browser.wait_for("Too many requests");
        assert_eq!(browser.script("return document.querySelector('[name=firstName]').value", &[]), "Zoë");
        let told = browser.console();
        assert!(told.iter().all(|line| line.contains("429")), "{told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_and_the_account_are_at_hand() {
    let app = TestApp::new(Engine::Sqlite).await;
    in_a_browser(&app, move |browser| {
        browser.open("/account");
        is_sound(browser);
        browser.open("/sandbox");
        is_sound(browser);
        browser.click("main form button");
        browser.wait_for("You are in the sandbox");
        browser.click(".sandbox-band a");
        browser.wait_for("Sample data");
        is_sound(browser);
        browser.click("a[href='/sandbox/fill']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.click("#dialog .btn-primary");
        browser.wait_for("The sandbox has 536 records");
        browser.open("/sandbox/empty");
        is_sound(browser);
        browser.type_into("[name=confirm]", "empty");
        browser.click("#question .btn-danger");
        browser.wait_for("The sandbox is empty: 536 records were deleted.");
        browser.click(".user-menu summary");
        browser.click("form[action='/logout/everywhere'] button");
        browser.wait_for("You are signed out on every device.");
        let _ = browser.console();
        is_sound(browser);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_helps_an_organisation() {
    let app = TestApp::new(Engine::Sqlite).await;
    app.user(None, "operator@platform.example", Role::PlatformAdmin).await;
    in_a_browser(&app, move |browser| {
        browser.click(".user-menu summary");
        browser.click("form[action='/logout'] button");
        browser.wait_until("location.pathname === '/login'");
        // That its cache is cleared is the browser's own news.
        let _ = browser.console();
        browser.type_into("[name=email]", "operator@platform.example");
        browser.type_into("[name=password]", PASSWORD);
        browser.click("form button");
        browser.wait_until("location.pathname === '/platform'");
        is_sound(browser);
        browser.open("/platform/new");
        is_sound(browser);
        browser.type_into("[name=name]", "Bridge Builders");
        browser.click("#question .btn-primary");
        browser.wait_for("“Bridge Builders” was created.");
        is_sound(browser);
        browser.click("a[href$='/support']");
        browser.wait_until("document.querySelector('#dialog').open");
        browser.type_into("#dialog [name=reason]", "Ticket 4711");
        browser.click("#dialog .btn-primary");
        browser.wait_for("You are in Bridge Builders as support until");
        browser.open("/members");
        is_sound(browser);
        browser.click(".support-band button");
        browser.wait_until("location.pathname === '/platform'");
    })
    .await;
}
