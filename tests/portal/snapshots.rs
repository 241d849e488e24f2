//! Pages as they are, so that a change of one shows in review: the main part of each, which is made of a view
//! model alone.

use serde_json::json;
use testkit::{Browser, Engine, TestApp};

use super::{admin, inputs, made, with};

/// The main part of a page.
fn main_of(page: &testkit::Response) -> String {
    let html = page.text();
    let (_, rest) = html.split_once("<main").unwrap();
    let (main, _) = rest.split_once("</main>").unwrap();
    let lines = main.lines().map(str::trim_end).filter(|line| !line.trim().is_empty());
    format!("<main{}\n", lines.collect::<Vec<_>>().join("\n"))
}

#[track_caller]
pub(super) fn matches(name: &str, page: &testkit::Response) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter("<svg class=\"icon\".*?</svg>", "<svg/>");
    // Ids and tokens are random, and of no interest.
    settings.add_filter("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID");
    settings.add_filter("name=\"_token\" value=\"[^\"]*\"", "name=\"_token\" value=\"TOKEN\"");
    settings.add_filter("127\\.0\\.0\\.1:[1-9][0-9]{4}", "HOST");
    settings.add_filter("evt_[0-9a-f]{32}", "EVENT");
    settings.add_filter("v1,[0-9A-Za-z+/&#;=]{40,}", "SIGNATURE");
    settings.add_filter("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", "DATE");
    settings.add_filter("[0-9,]+ ms", "N ms");
    settings.add_filter("(data-label=\"Took \\(ms\\)\"><span class=\"text\">)[0-9]+", "${1}N");
    settings.add_filter("req_[0-9a-f]+", "REQUEST");
    settings.add_filter("(mp_(live|test)|whsec)_[0-9A-Za-z+/&#;=]{32,}", "SECRET");
    settings.add_filter("(mp_(?:live|test)_)[0-9A-Za-z]{4}…[0-9A-Za-z]{4}", "${1}XXXX…XXXX");
    settings.bind(|| insta::assert_snapshot!(format!("portal-{name}"), main_of(page)));
}

async fn filled(app: &TestApp) -> (Browser, [String; 3]) {
    let browser = admin(app).await;
    let mut ids = Vec::new();
    for plural in ["members", "events", "courses"] {
        ids.push(made(app, plural, testkit::example_body(app.resource(plural))).await);
    }
    (browser, ids.try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_as_they_were() {
    let app = TestApp::new(Engine::Sqlite).await;
    let (browser, [member, event, course]) = filled(&app).await;
    for (name, path) in [
        ("overview", "/".to_owned()),
        ("list", "/members?status[]=active&order[lastName]=asc".to_owned()),
        ("list-empty", "/courses?search=nothing".to_owned()),
        ("member", format!("/members/{member}")),
        ("activity", format!("/members/{member}/activity")),
        ("event", format!("/events/{event}")),
        ("preview", format!("/events/{event}/preview")),
        ("course-edit", format!("/courses/{course}/edit")),
        ("delete", format!("/members/{member}/delete")),
        ("search", "/search?q=jane".to_owned()),
    ] {
        matches(name, &browser.open(&path).await.status(200));
    }
    for (name, path) in
        [("account", "/account"), ("sandbox", "/sandbox"), ("sandbox-empty", "/sandbox/empty")]
    {
        matches(name, &browser.open(path).await.status(200));
    }
    let goes =
        json!({"firstName": "Janet", "lastName": "Nguyen", "email": "janet@example.org", "city": "Hobart"});
    let goes = made(&app, "members", goes).await;
    matches("merge", &browser.open(&format!("/members/{member}/merge?with={goes}")).await.status(200));
    matches("merge-find", &browser.open(&format!("/members/{member}/merge?q=janet")).await.status(200));
    app.user(None, "operator@platform.example", domain::access::Role::PlatformAdmin).await;
    let operator = app.browser("operator@platform.example").await;
    matches("platform", &operator.open("/platform").await.status(200));
    matches("platform-new", &operator.open("/platform/new").await.status(200));
    let organisation = format!("/platform/{}", app.acme.id);
    matches("platform-organisation", &operator.open(&organisation).await.status(200));
    matches("platform-support", &operator.open(&format!("{organisation}/support")).await.status(200));
    matches("import", &browser.open("/members/import").await.status(200));
    let file = b"Given Name,Surname,E-Mail,Joined\nJane,Dow,jane@example.org,24/12/2020\nBad,Date,,soon\n";
    let sent = browser.upload("/members/import", "list.csv", file).await.status(303);
    let import = sent.header("location").unwrap().to_owned();
    let page = browser.open(&import).await.status(200);
    matches("import-mapping", &page);
    let form = with(super::inputs_of(&page, "class=\"import-form\""), "do", "start");
    let _ = browser.submit(&import, form).await.status(303);
    let mut page = browser.open(&import).await.status(200);
    while page.text().contains("hx-trigger=\"every") {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        page = browser.open(&import).await.status(200);
    }
    matches("import-report", &page);
    matches("not-found", &browser.open("/nothing").await.status(404));
    let fields = with(inputs(&browser.open("/members/new").await), "email", "jane@");
    matches("form-refused", &browser.submit("/members/new", fields).await.status(400));
    let path = format!("/members/{member}");
    let fields = with(inputs(&browser.open(&format!("{path}/edit")).await), "city", "Hobart");
    let client = app.client().await;
    let _ = client.patch(&format!("/api{path}"), json!({"city": "Darwin", "state": "NT"})).await.status(200);
    matches("form-overtaken", &browser.submit(&format!("{path}/edit"), fields).await.status(412));
}
