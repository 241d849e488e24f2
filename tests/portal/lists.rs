//! Lists: search, filters, order, columns, pages, export, and work on many records.

use super::{admin, made, says, says_not, staff, target};
use serde_json::{Value as Json, json};
use testkit::{TestApp, on_both_engines};

/// Makes members M1, M2, … of which every third is pending.
async fn members(app: &TestApp, many: usize) -> Vec<String> {
    let items: Vec<Json> = (1..=many)
        .map(|number| {
            json!({
                "firstName": "Member", "lastName": format!("M{number:03}"), "email": format!("m{number}@example.org"),
                "status": if number % 3 == 0 { "pending" } else { "active" },
            })
        })
        .collect();
    let body = json!({"mode": "create", "items": items});
    let report = app.client().await.post("/api/members/batch", body).await.status(200).json();
    let results = report["results"].as_array().unwrap().clone();
    results.iter().map(|result| result["id"].as_str().unwrap().to_owned()).collect()
}

on_both_engines! {
    async fn a_list_is_searched_filtered_ordered_and_paged_by_its_address(app: TestApp) {
        let browser = admin(&app).await;
        says(&browser.open("/members").await.status(200), "Nothing here yet");
        members(&app, 70).await;
        let first = browser.open("/members?order[lastName]=asc").await.status(200);
        says(&first, "1–30 of 70 members");
        says(&first, "Page 1 of 3");
        says(&first, "M001");
        let last = browser.open("/members?order[lastName]=asc&page=3").await.status(200);
        says(&last, "61–70 of 70 members");
        says(&last, "M070");
        let pending = browser.open("/members?status[]=pending&search=m00&status=").await.status(200);
        says(&pending, "3 members");
        says(&pending, "Status: Pending");
        says_not(&pending, "M001");
        let columns = browser.open("/members?fields[]=email&fields[]=status&search=m001").await.status(200);
        says(&columns, "m1@example.org");
        says(&browser.open("/members?search=nobody").await.status(200), "Nothing matches");
        let odd = browser.open("/members?stauts=active").await.status(400);
        says(&odd, "This list cannot be shown");
    }

    async fn an_export_has_what_the_list_has(app: TestApp) {
        let (browser, viewer) = staff(&app).await;
        members(&app, 40).await;
        let csv = viewer
            .open("/members/export?status[]=pending&fields=lastName,status&order[lastName]=asc")
            .await
            .status(200);
        assert_eq!(csv.header("content-disposition").unwrap(), "attachment; filename=\"members-2026-11-24.csv\"");
        let lines: Vec<String> = csv.text().lines().map(str::to_owned).collect();
        assert_eq!(lines.len(), 14);
        assert_eq!(&lines[..2], ["lastName,status", "M003,pending"]);
        let log = app.client().await.get("/api/audit-log?action=export").await.status(200).json();
        assert_eq!(log["data"][0]["actorType"], "user");
        drop(browser);
    }

    async fn many_are_changed_after_a_question_with_a_report(app: TestApp) {
        let browser = admin(&app).await;
        let ids = members(&app, 65).await;
        says(&browser.submit("/members/bulk", [("do", "status"), ("status", "inactive")]).await.status(400), "No member is ticked");
        let _ = browser.submit("/members/bulk", [("do", "status"), ("status", "odd"), ("ids", &ids[0])]).await.status(400);
        let chosen = [("do", "status"), ("status", "inactive"), ("ids", ids[0].as_str()), ("ids", ids[1].as_str())];
        let question = browser.submit("/members/bulk", chosen).await.status(200);
        says(&question, "Change the status of 2 members to Inactive?");
        let report = browser.submit("/members/bulk", chosen.into_iter().chain([("confirmed", "1")])).await.status(200);
        says(&report, "2 members changed");
        let all = [("do", "status"), ("status", "inactive"), ("all", "1"), ("query", "status[]=pending"), ("confirmed", "1")];
        let report = browser.submit("/members/bulk", all).await.status(200);
        says(&report, "21 of 21 done");
        says(&report, "21 members changed");
        says(&browser.open("/members?status[]=inactive").await.status(200), "23 members");
    }

    async fn what_cannot_be_deleted_is_named_in_the_report(app: TestApp) {
        let browser = admin(&app).await;
        let ids = members(&app, 2).await;
        let lasting = json!({"membershipType": "Fellow", "membershipExpiresAt": null});
        let _ = app.client().await.patch(&format!("/api/members/{}", ids[0]), lasting).await.status(200);
        let chosen = [("do", "delete"), ("ids", ids[0].as_str()), ("ids", ids[1].as_str()), ("confirmed", "1")];
        let report = browser.submit("/members/bulk", chosen).await.status(200);
        says(&report, "1 member deleted");
        says(&report, "1 could not be changed:");
        says(&report, "Member M001");
        says(&browser.open("/members").await.status(200), "1 member");
    }

    async fn search_finds_all_kinds_of_records(app: TestApp) {
        let browser = admin(&app).await;
        made(&app, "members", json!({"firstName": "Ana", "lastName": "Lim", "email": "ana@example.org"})).await;
        made(&app, "courses", json!({"name": "Anatomy"})).await;
        let found = browser.open("/search?q=ana").await.status(200);
        says(&found, "Ana Lim");
        says(&found, "Anatomy");
        says(&browser.open("/search?q=zebra").await.status(200), "Nothing begins with “zebra”");
        let _ = browser.open("/search?q=%2D").await.status(200);
        let switched = browser.submit("/theme", [("theme", "dark"), ("here", "/search?q=ana")]).await.status(303);
        assert_eq!(target(&switched), "/search?q=ana");
    }
}
