//! The import wizard, as a browser without script sees it.

use axum::http::Method;
use domain::access::Role;
use serde_json::json;
use testkit::{Browser, LAYOUTS, Response, on_both_engines};

use super::{admin, inputs_of, jane, made, says, says_not, staff, target, with};
use crate::authorisation_coverage::file_of;

const FILE: &str = "Given Name,Surname,E-Mail,Joined,M/F,Shoe size\n\
    Jane,Dow,JANE@example.org,24/12/2020,F,40\n\
    Mai,Nguyen,mai@example.org,1/2/2021,F,41\n\
    Bad,Date,bad@example.org,2021-13-40,M,42\n";

/// Sends a file, and answers with the address of its import.
async fn sent(browser: &Browser, file: &str) -> String {
    target(&browser.upload("/members/import", "list.csv", file.as_bytes()).await.status(303))
}

/// Waits until an import runs no more, as somebody who opens its page again and again.
async fn report(browser: &Browser, path: &str) -> Response {
    loop {
        let page = browser.open(path).await.status(200);
        if !page.text().contains("hx-trigger=\"every") {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

on_both_engines! {
    async fn a_file_becomes_members(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        says(&browser.open("/members/import").await.status(200), "New members need First name, Last name, Email.");
        let path = sent(&browser, FILE).await;
        let page = browser.open(&path).await.status(200);
        says(&page, "3 rows");
        let form = inputs_of(&page, "class=\"import-form\"");
        for (name, value) in [("field[0]", "firstName"), ("field[2]", "email"), ("field[4]", ""), ("date[3]", "%d/%m/%Y")] {
            assert!(form.contains(&(name.to_owned(), value.to_owned())), "{name}: {form:?}");
        }
        says(&page, "Of the first 3 rows, 1 cannot be imported.");
        says(&page, "2 Changes Jane Dow JANE@example.org");
        says(&page, "3 New Mai Nguyen");
        says(&page, "4 Wrong Bad Date bad@example.org 2021-13-40");

        // What the names do not tell is chosen: words of the file, and a field of one's own.
        let form = with(with(form, "field[4]", "gender"), "words[4]", "F = female\r\nM = male");
        let form = with(form, "field[5]", "customFields.shoeSize");
        let looked = browser.submit(&path, with(form.clone(), "do", "preview")).await.status(200);
        says(&looked, "Own field “shoeSize”");
        let wrong = with(form.clone(), "field[5]", "email");
        let refused = browser.submit(&path, with(wrong, "do", "start")).await.status(400);
        says(&refused, "The columns cannot be read like this");
        assert!(inputs_of(&refused, "class=\"import-form\"").contains(&("field[4]".to_owned(), "gender".to_owned())));

        let started = browser.submit(&path, with(form.clone(), "do", "start")).await.status(303);
        assert_eq!(target(&started), path);
        let page = report(&browser, &path).await;
        says(&page, "Done 1 of 3 rows could not be imported.");
        says(&page, "1 New 1 Changed 0 Already as wanted 1 Failed");
        says(&page, "Line 4: Joined:");
        // A second tab that still shows the form leads to the report.
        assert_eq!(target(&browser.submit(&path, with(form, "do", "start")).await.status(303)), path);
        let failed = browser.open(&format!("{path}/failed")).await.status(200);
        assert!(failed.text().starts_with("Given Name,Surname,E-Mail,Joined,M/F,Shoe size,_line,_error\r\n")
            || failed.text().starts_with("Given Name,Surname,E-Mail,Joined,M/F,Shoe size,_line,_error\n"));
        let client = app.client().await;
        let mai = client.get("/api/members?email=mai@example.org").await.json()["data"][0].clone();
        assert_eq!(mai["gender"], "female");
        assert_eq!(mai["joinedAt"], "2021-02-01");
        assert_eq!(mai["customFields"]["shoeSize"], "41");
        says(&browser.open("/members/import").await.status(200), "list.csv Done 3");
    }

    async fn an_export_is_imported_as_it_is(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", jane()).await;
        let export = browser.open("/members/export?fields[]=id&fields[]=firstName&fields[]=city").await.status(200);
        let path = sent(&browser, &export.text().replace("Perth", "Hobart")).await;
        let page = browser.open(&path).await.status(200);
        says(&page, "As they are named, since the file is an export of MemberPulse");
        says(&page, "2 Changes");
        let form = with(inputs_of(&page, "class=\"import-form\""), "do", "start");
        let _ = browser.submit(&path, form).await.status(303);
        says(&report(&browser, &path).await, "All 1 rows are in.");
        assert_eq!(app.client().await.get("/api/members").await.json()["data"][0]["city"], "Hobart");
    }

    async fn the_mapping_of_an_integration_is_at_hand(app: TestApp) {
        let browser = admin(&app).await;
        let rules = json!([
            {"external": "Given Name", "field": "firstName"}, {"external": "Surname", "field": "lastName"},
            {"external": "E-Mail", "field": "email"}, {"external": "M/F", "field": "gender", "transforms": [{"map": {"F": "female"}}]},
        ]);
        let client = app.client().await;
        let integration = json!({"name": "Our CRM", "fieldMapping": {"members": rules}});
        let _ = client.post("/api/integrations", integration).await.status(201);
        let path = sent(&browser, FILE).await;
        let page = browser.open(&path).await.status(200);
        says(&page, "By the mapping of the integration “Our CRM”");
        let form = inputs_of(&page, "class=\"import-form\"");
        assert!(form.contains(&("by".to_owned(), "saved:Our CRM".to_owned())), "{form:?}");
        let gone = browser.submit(&path, with(with(form.clone(), "by", "saved:Other"), "do", "start")).await.status(400);
        says(&gone, "The mapping that you chose is no longer there.");
        let _ = browser.submit(&path, with(form, "do", "start")).await.status(303);
        says(&report(&browser, &path).await, "Not read: Joined, Shoe size.");
        let mai = client.get("/api/members?email=mai@example.org").await.json()["data"][0].clone();
        assert_eq!(mai["gender"], "female");
        // Nothing of it is offered for what it has no rules for.
        let events = browser.upload("/events/import", "e.csv", b"name\nDinner\n").await.status(303);
        says_not(&browser.open(&target(&events)).await.status(200), "Our CRM");
    }

    async fn every_resource_has_the_wizard(app: TestApp) {
        let browser = admin(&app).await;
        for layout in LAYOUTS {
            let resource = app.resource(layout.plural);
            let base = format!("/{}/import", layout.plural);
            says(&browser.open(&base).await.status(200), "Choose a file");
            let file = file_of(resource);
            let sent = browser.upload(&base, "one.csv", file.as_bytes()).await.status(303);
            let path = target(&sent);
            let form = inputs_of(&browser.open(&path).await.status(200), "class=\"import-form\"");
            let _ = browser.submit(&path, with(form, "do", "start")).await.status(303);
            says(&report(&browser, &path).await, "All 1 rows are in.");
        }
    }

    async fn a_file_that_cannot_be_read_says_why(app: TestApp) {
        let browser = admin(&app).await;
        let large = vec![b'a'; 33 * 1024 * 1024];
        let files: [(&[u8], u16, &str); 4] = [
            (b"firstName\nJos\xe9\n", 400, "Line 2 is not UTF-8. Save the file as \"CSV UTF-8\""),
            (b"email;city\na;b\n", 400, "separated by semicolons"),
            (b"email\n", 400, "a header and no rows"),
            (&large, 413, "The file is larger than 32 MiB."),
        ];
        for (file, status, why) in files {
            let refused = browser.upload("/members/import", "x.csv", file).await.status(status);
            says(&refused, why);
            says(&refused, "Choose a file");
        }
        says(&browser.submit("/members/import", [("x", "y")]).await.status(400), "Choose a CSV file first.");
        says(&browser.upload("/members/import", "", b"").await.status(400), "Choose a CSV file first.");
        says_not(&browser.open("/members/import").await, "Imports of the last 7 days");
    }

    async fn an_import_is_its_organisations_and_its_administrators(app: TestApp) {
        let (administrator, viewer) = staff(&app).await;
        let path = sent(&administrator, FILE).await;
        app.user(Some(&app.other), "other@other.example", Role::ClientAdmin).await;
        let stranger = app.browser("other@other.example").await;
        for address in [path.clone(), format!("{path}/failed"), path.replace("members", "events")] {
            let _ = stranger.open(&address).await.status(404);
        }
        let _ = stranger.submit(&path, [("do", "discard")]).await.status(404);
        says(&viewer.open(&path).await.status(403), "Your role does not allow this");
        says(&viewer.upload("/members/import", "x.csv", FILE.as_bytes()).await.status(403), "Your role does not");
        says_not(&viewer.open("/members").await, "Import CSV");
        // A file that no page of this session sends is not read.
        let forged = administrator.client().call(Method::POST, "/members/import");
        let body = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.csv\"\r\n\r\nemail\nx\r\n--b--";
        let forged = forged.header("content-type", "multipart/form-data; boundary=b").bytes(body);
        says(&forged.await.status(403), "did not come from a page of this session");
        let gone = administrator.submit(&path, [("do", "discard")]).await.status(303);
        assert_eq!(target(&gone), "/members/import");
        let _ = administrator.open(&path).await.status(404);
    }

    async fn a_stopped_import_says_where_and_goes_on(app: TestApp) {
        let browser = admin(&app).await;
        let path = sent(&browser, FILE).await;
        // As a server leaves it that is killed after the second row.
        let rules = json!([
            {"external": "Given Name", "field": "firstName"}, {"external": "Surname", "field": "lastName"},
            {"external": "E-Mail", "field": "email"},
        ]);
        let sql = "UPDATE imports SET status = 'running', run = 1, lease_until = 1, created_rows = 2, \
            last_line = 3, mapping = ?";
        let params = vec![db::Param::Text(rules.to_string())];
        let done = app.app.db().write(move |tx| {
            let params = params.clone();
            Box::pin(async move { tx.execute(sql, &params).await })
        });
        let _: Result<u64, db::DbError> = done.await;
        let page = browser.open(&path).await.status(200);
        says(&page, "Stopped It stopped after 2 of 3 rows, at line 3 of the file.");
        says(&page, "The server that worked on it has ended.");
        let _ = browser.submit(&path, [("do", "go-on")]).await.status(303);
        says(&report(&browser, &path).await, "All 3 rows are in.");
        let members = app.client().await.get("/api/members").await.json();
        assert_eq!(members["totalItems"], 1, "only the row that was left was done");
        assert_eq!(members["data"][0]["lastName"], "Date");
    }
}
