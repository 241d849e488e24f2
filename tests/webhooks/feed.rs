//! The change feed: in order, without gaps, as far as it is kept.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use testkit::{Client, on_both_engines};

use super::member;

async fn page(client: &Client, query: &str) -> Json {
    client.get(&format!("/api/changes{query}")).await.status(200).json()
}

fn sequences(page: &Json) -> Vec<i64> {
    page["data"].as_array().unwrap().iter().map(|event| event["sequence"].as_i64().unwrap()).collect()
}

on_both_engines! {
    async fn it_is_read_from_where_one_was(app: TestApp) {
        let client = app.client().await;
        let empty = page(&client, "").await;
        assert_eq!(empty, json!({"data": [], "nextCursor": "0", "hasMore": false}));
        let path = member(&client, "MemberA").await;
        let _ = member(&client, "MemberB").await;
        let _ = client.patch(&path, json!({"city": "Perth"})).await.status(200);
        let _ = client.delete(&path).await.status(204);
        let first = page(&client, "?limit=3").await;
        assert_eq!((sequences(&first), first["hasMore"].clone()), (vec![1, 2, 3], json!(true)));
        let rest = page(&client, &format!("?cursor={}", first["nextCursor"].as_str().unwrap())).await;
        assert_eq!((sequences(&rest), rest["hasMore"].clone()), (vec![4], json!(false)));
        assert_eq!(rest["data"][0]["type"], "member.deleted");
        assert_eq!(rest["data"][0]["data"]["city"], "Perth");
        let end = page(&client, &format!("?cursor={}", rest["nextCursor"].as_str().unwrap())).await;
        assert_eq!((sequences(&end), end["nextCursor"].clone()), (vec![], json!("4")));
        let created = page(&client, "?types[]=member.created&types[]=event.*").await;
        assert_eq!((sequences(&created), created["nextCursor"].clone()), (vec![1, 2], json!("4")));
    }

    async fn wrong_questions_are_told(app: TestApp) {
        let client = app.client().await;
        for query in ["?cursor=x", "?cursor=-1", "?limit=0", "?limit=1001", "?types[]=member.born", "?typ=x"] {
            let _ = client.get(&format!("/api/changes{query}")).await.status(400).problem("invalid-query-parameter");
        }
        let _ = client.get("/api/changes?cursor=99").await.status(400);
        let _ = client.get("/api/changes?typ=x").header("prefer", "handling=lenient").await.status(200);
    }

    async fn who_was_away_too_long_is_told_so(app: TestApp) {
        let client = app.client().await;
        let _ = member(&client, "MemberA").await;
        let _ = member(&client, "MemberB").await;
        app.advance(31 * 86_400);
        let _ = member(&client, "MemberC").await;
        app.app.prune_feed().await.unwrap();
        assert_eq!(sequences(&page(&client, "").await), [3]);
        assert_eq!(sequences(&page(&client, "?cursor=2").await), [3]);
        let gone = client.get("/api/changes?cursor=1").await.status(410).problem("gone");
        assert!(gone.text().contains("cursor=2"), "{}", gone.text());
        app.advance(31 * 86_400);
        app.app.prune_feed().await.unwrap();
        assert_eq!(sequences(&page(&client, "?cursor=3").await), Vec::<i64>::new());
        let _ = client.get("/api/changes?cursor=2").await.status(410);
    }

    /// A reader who has seen a number has seen all before it, however many write at once.
    async fn there_is_never_a_gap(app: TestApp) {
        const WRITERS: usize = 6;
        const EACH: usize = 25;
        let client = app.client().await;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let client = client.clone();
                tokio::spawn(async move {
                    for number in 0..EACH {
                        let _ = member(&client, &format!("W{writer}N{number}")).await;
                    }
                })
            })
            .collect();
        let mut seen: Vec<i64> = Vec::new();
        let mut cursor = "0".to_owned();
        while seen.len() < WRITERS * EACH {
            let page = page(&client, &format!("?cursor={cursor}&limit=7")).await;
            seen.extend(sequences(&page));
            page["nextCursor"].as_str().unwrap().clone_into(&mut cursor);
            let expected: Vec<i64> = (1..=i64::try_from(seen.len()).unwrap()).collect();
            assert_eq!(seen, expected);
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let distinct: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(distinct.len(), seen.len());
    }
}
