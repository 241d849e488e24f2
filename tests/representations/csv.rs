//! Lists as CSV: what stands in the cells, and whole lists as streams.

use app::csv::read_cell;
use app::domain::Timestamp;
use app::{Actor, Past};
use axum::body::Body;
use axum::http::Method;
use futures_util::StreamExt as _;
use serde_json::{Value as Json, json};
use testkit::{VENUE, on_both_engines, start};

use super::{Answer, CSV, Client, venue};

/// The rows of a table by the names of its columns.
fn rows(csv: &[u8]) -> Vec<serde_json::Map<String, Json>> {
    let mut reader = ::csv::Reader::from_reader(csv);
    let columns = reader.headers().unwrap().clone();
    let row = |row: Result<::csv::StringRecord, _>| {
        let cells = row.unwrap();
        columns.iter().map(str::to_owned).zip(cells.iter().map(Json::from)).collect()
    };
    reader.records().map(row).collect()
}

/// A row as the JSON of its record.
fn record(row: &serde_json::Map<String, Json>) -> Json {
    let cells = row.iter().map(|(name, cell)| {
        let kind = VENUE.field(name).unwrap().kind;
        (name.clone(), read_cell(kind, cell.as_str().unwrap()).unwrap())
    });
    Json::Object(cells.collect())
}

fn history(count: i64) -> Vec<Past> {
    let body = |n: i64| json!({"name": format!("Venue {n}"), "seats": n % 100}).as_object().unwrap().clone();
    let at = |n: i64| Timestamp::from_micros(start().as_micros() - (count - n) * 60_000_000);
    (0..count).map(|n| Past { resource: &VENUE, at: at(n), body: body(n) }).collect()
}

on_both_engines! {
    async fn a_table_says_exactly_what_json_says(app: TestApp) {
        let client = Client::new(&app).await;
        client.venue(venue("Town Hall")).await;
        client.venue(json!({"name": "Bare Hall"})).await;
        let mut odd = venue("=cmd|' /C calc'!A0");
        odd["externalId"] = json!("+1");
        odd["description"] = json!("<p>two\r\nlines, \"quoted\"</p>");
        odd["features"] = json!(["a;b", "-1+1"]);
        odd["customFields"] = json!({"note": "=1+1", "many": 3, "none": null});
        client.venue(odd).await;
        // What has ended is shown as such here too.
        app.advance(4 * 365 * 24 * 3_600);
        let listed = client.get("/api/venues", "application/json").await.json();
        let table = client.get("/api/venues", CSV).await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
        let rows = rows(&table.body);
        assert_eq!(rows.len(), 3);
        let read: Vec<Json> = rows.iter().map(record).collect();
        assert_eq!(Json::from(read), listed["data"]);
        // RFC 4180: lines end in CRLF, and only quoted cells hold breaks.
        assert!(table.text().starts_with("id,venueNumber,name,"));
        assert!(table.text().ends_with("\r\n"));
        assert!(table.text().contains("'=cmd|' /C calc'!A0"));
        for cell in rows.iter().flat_map(|row| row.values()).filter_map(Json::as_str) {
            assert!(!cell.starts_with(['=', '+', '@', '\t', '\r']), "{cell}");
        }
    }

    async fn columns_and_pages_can_be_chosen(app: TestApp) {
        let client = Client::new(&app).await;
        for name in ["Alpha", "Beta", "Gamma"] {
            client.venue(json!({"name": name})).await;
        }
        let path = "/api/venues?fields=name,venueNumber&order[name]=asc";
        let all = client.get(path, CSV).await;
        assert_eq!(all.text(), "name,venueNumber\r\nAlpha,1\r\nBeta,2\r\nGamma,3\r\n");
        assert_eq!(all.header("content-disposition"), "attachment; filename=\"venues-2026-11-24.csv\"");
        let page = client.get(&format!("{path}&itemsPerPage=2"), CSV).await;
        assert_eq!(page.text(), "name,venueNumber\r\nAlpha,1\r\nBeta,2\r\n");
        let links = page.header("link");
        assert!(links.contains("page=2>; rel=\"next\"") && links.contains("page=2>; rel=\"last\""), "{links}");
        let filtered = client.get("/api/venues?fields=name&search=gam", CSV).await;
        assert_eq!(filtered.text(), "name\r\nGamma\r\n");
        let none = client.get("/api/venues?fields=name&seats=5", CSV).await;
        assert_eq!(none.text(), "name\r\n");
        // 13 hours later it is the next day where the organisation is.
        app.advance(13 * 3_600);
        let tomorrow = client.get(path, CSV).await;
        assert_eq!(tomorrow.header("content-disposition"), "attachment; filename=\"venues-2026-11-25.csv\"");
    }

    async fn deleted_records_have_columns_of_their_own(app: TestApp) {
        let client = Client::new(&app).await;
        let id = client.venue(json!({"name": "Alpha"})).await["id"].as_str().unwrap().to_owned();
        client.venue(json!({"name": "Beta"})).await;
        let gone = client.send(Method::DELETE, &format!("/api/venues/{id}"), &[], Body::empty()).await;
        assert_eq!(gone.status(), 204);
        let table = client.get("/api/venues?includeDeleted=true&fields=id,name,version&order[id]=asc", CSV).await;
        let expected = format!("id,name,version,deletedAt,mergedInto\r\n{id},,2,2026-11-24T00:00:00Z,\r\n");
        assert!(table.text().starts_with(&expected), "{}", table.text());
        assert!(table.text().ends_with(",Beta,1,,\r\n"), "{}", table.text());
    }

    async fn what_is_wrong_is_said_before_the_first_byte(app: TestApp) {
        let client = Client::new(&app).await;
        let answer = client.get("/api/venues?sets=5", CSV).await;
        assert_eq!((answer.status.as_u16(), answer.header("content-type")), (400, "application/problem+json"));
        assert_eq!(answer.json()["violations"][0]["propertyPath"], "sets");
    }

    async fn ten_thousand_records_come_in_small_parts_that_are_read_when_they_are_wanted(app: TestApp) {
        const COUNT: usize = 10_000;
        app.app.start_history(&app.tenant, &Actor::system(), history(10_000)).await.unwrap();
        let client = Client::new(&app).await;
        let oldest = client.get("/api/venues?order[createdAt]=asc&itemsPerPage=1&fields=id", "*/*").await.json();
        let oldest = oldest["data"][0]["id"].as_str().unwrap().to_owned();
        let response = client.send(Method::GET, "/api/venues", &[("accept", CSV)], Body::empty()).await;
        assert_eq!(response.status(), 200);
        assert!(response.headers().get("content-length").is_none());
        let mut parts = response.into_body().into_data_stream();
        let mut table = parts.next().await.unwrap().unwrap().to_vec();
        // The client waits; meanwhile others go on, and the record at the end goes away.
        let gone = client.send(Method::DELETE, &format!("/api/venues/{oldest}"), &[], Body::empty()).await;
        assert_eq!(gone.status(), 204);
        client.venue(json!({"name": "Too late"})).await;
        let mut count = 1;
        while let Some(part) = parts.next().await {
            let part = part.unwrap();
            assert!(part.len() <= 512 * 1_024, "{}", part.len());
            table.extend_from_slice(&part);
            count += 1;
        }
        assert!(count > 10, "{count}");
        let rows = rows(&table);
        assert_eq!(rows.len(), COUNT - 1);
        let numbers = rows.iter().map(|row| row["venueNumber"].as_str().unwrap().parse::<usize>().unwrap());
        assert!(numbers.eq((2..=COUNT).rev()));
    }

    async fn a_whole_list_in_any_order_is_complete(app: TestApp) {
        app.app.start_history(&app.tenant, &Actor::system(), history(500)).await.unwrap();
        let client = Client::new(&app).await;
        // Seats repeat and styles are null: the order's last word is the id.
        for order in ["order[seats]=asc", "order[style]=desc&order[seats]=desc", "order[name]=asc"] {
            let table = client.get(&format!("/api/venues?fields=venueNumber&{order}"), CSV).await;
            let mut numbers: Vec<u64> =
                rows(&table.body).iter().map(|row| row["venueNumber"].as_str().unwrap().parse().unwrap()).collect();
            numbers.sort_unstable();
            assert!(numbers.into_iter().eq(1..=500), "{order}");
        }
    }

    async fn asking_for_the_head_makes_no_table(app: TestApp) {
        let client = Client::new(&app).await;
        let response = client.send(Method::HEAD, "/api/venues", &[("accept", CSV)], Body::empty()).await;
        let answer = Answer::read(response).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
        assert!(answer.header("content-disposition").starts_with("attachment"));
        assert_eq!(answer.header("content-length"), "");
    }
}
