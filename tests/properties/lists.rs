//! Any question gets the same answer from both stores as from a plain model in memory.

use app::{Actor, Environment, Failure, Listing, Tenant};
use domain::RecordId;
use domain::definition::Resource;
use domain::input::Mode;
use domain::json::{Object, ValueRef};
use domain::listing::{Lenience, ListQuery, parse};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value as Json, json};
use testkit::{Model, TestApp, on_both_engines};

use super::bodies::bodies;
use super::queries::{Parameters, Seen, questions};
use super::{Verdict, fixed, hold, wait};

const QUESTIONS: u32 = 250;

on_both_engines! {
    async fn members(app: TestApp) {
        lists_agree_with_the_model(&app, "members").await;
    }
    async fn events(app: TestApp) {
        lists_agree_with_the_model(&app, "events").await;
    }
    async fn courses(app: TestApp) {
        lists_agree_with_the_model(&app, "courses").await;
    }
    async fn venues(app: TestApp) {
        lists_agree_with_the_model(&app, "venues").await;
    }
}

async fn lists_agree_with_the_model(app: &TestApp, plural: &str) {
    let resource = app.resource(plural);
    // Others have records with the same values: they must never be seen.
    let sandbox = app.tenant_of(&app.acme, Environment::Sandbox).await;
    let others = app.tenant_of(&app.other, Environment::Production).await;
    let all = fixed(&bodies(resource), 240);
    for tenant in [&sandbox, &others] {
        create_all(app, tenant, resource, &all[..30]).await;
    }
    let (live, deleted) = populate(app, resource, &all).await;
    assert!(live.len() > 150 && deleted.len() > 10, "{} and {}", live.len(), deleted.len());

    let seen = Seen::of(resource, &live);
    let model = Model::new(resource, live, deleted);
    let sizes = select(vec![1_u32, 2, 7, 30, 100]);
    let case = (questions(resource, &seen), sizes, prop_oneof![Just(None), (1..4_u64).prop_map(Some)]);
    hold(QUESTIONS, &case, |(question, size, page)| {
        wait(check(app, resource, &model, &question, size, page))
    });
}

/// Creates records, moving the clock now and then; clashes of unique values make none.
async fn create_all(
    app: &TestApp,
    tenant: &Tenant,
    resource: &'static Resource,
    all: &[Object],
) -> Vec<RecordId> {
    let mut made = Vec::new();
    for (index, body) in all.iter().enumerate() {
        match app.app.create(tenant, &Actor::system(), resource, body).await {
            Ok(stored) => made.push(stored.record.id().unwrap()),
            Err(Failure::Problem(problem)) if problem.kind.entry().slug == "conflict" => {}
            Err(failure) => panic!("{failure:?}\n{}", Json::Object(body.clone())),
        }
        // Several records share a moment, others do not.
        app.advance([0, 0, 0, 1, 0, 700][index % 6]);
    }
    made
}

/// The tenant's records as GET shows them, and what is left of deleted ones.
async fn populate(app: &TestApp, resource: &'static Resource, all: &[Object]) -> (Vec<Json>, Vec<Json>) {
    let (tenant, actor) = (&app.tenant, Actor::system());
    let made = create_all(app, tenant, resource, all).await;
    for id in made.iter().skip(3).step_by(7) {
        let body: Object = json!({"customFields": {"touched": true}}).as_object().unwrap().clone();
        app.app.update(tenant, &actor, resource, *id, Mode::Patch, body).await.unwrap();
        app.advance(if id.uuid().as_bytes()[15].is_multiple_of(2) { 0 } else { 45 });
    }
    // Some derived statuses are reached, others not yet; some members' memberships have ended.
    app.advance(40 * 86_400);
    let mut deleted = Vec::new();
    let mut live = Vec::new();
    for (index, id) in made.iter().enumerate() {
        let shown = show(app, resource, *id).await;
        let now = app.app.now().to_string();
        let gone = index % 5 == 2 && app.app.delete(tenant, &actor, resource, *id).await.is_ok();
        if gone {
            let version = shown["version"].as_i64().unwrap() + 1;
            deleted.push(json!({"id": shown["id"], "createdAt": shown["createdAt"], "updatedAt": now, "version": version}));
            app.advance([0, 3][index % 2]);
        } else {
            live.push(shown);
        }
    }
    (live, deleted)
}

async fn show(app: &TestApp, resource: &'static Resource, id: RecordId) -> Json {
    let now = app.app.now();
    let mut out = Vec::new();
    app.app.get(&app.tenant, resource, id, |row| row.write_json(&mut out, None, now)).await.unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// Asks by page, or walks by cursor from the start, and compares everything with the model.
async fn check(
    app: &TestApp,
    resource: &'static Resource,
    model: &Model,
    question: &Parameters,
    size: u32,
    page: Option<u64>,
) -> Verdict {
    let expected = model.ids(question);
    let size = size as usize;
    let mut asked = question.clone();
    asked.push(("itemsPerPage".to_owned(), size.to_string()));
    if let Some(page) = page {
        asked.push(("page".to_owned(), page.to_string()));
    }
    let mut start = page.map_or(0, |page| usize::try_from(page - 1).unwrap() * size);
    // A walk ends by itself; a page is followed by the one after it. Both see at most a few pages.
    for _ in 0..5 {
        let (ids, listing) = ask(app, resource, &read(resource, &asked)?).await?;
        let rest = expected.get(start..).unwrap_or_default();
        prop_assert_eq!(ids, &rest[..rest.len().min(size)], "records from {} on", start);
        prop_assert_eq!(listing.total, Some(expected.len() as u64), "total");
        prop_assert_eq!(
            listing.next_cursor.is_some(),
            rest.len() > size,
            "whether there is more after {}",
            start
        );
        let Some(cursor) = listing.next_cursor else { break };
        asked.retain(|(name, _)| name != "page" && name != "cursor");
        asked.push(("cursor".to_owned(), cursor));
        start += size;
    }
    Ok(())
}

fn read(resource: &'static Resource, asked: &Parameters) -> Result<ListQuery, TestCaseError> {
    let asked = asked.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    parse(resource, asked, Lenience::Strict)
        .map_err(|problem| TestCaseError::fail(format!("{:?}", problem.violations)))
}

async fn ask(
    app: &TestApp,
    resource: &'static Resource,
    query: &ListQuery,
) -> Result<(Vec<String>, Listing), TestCaseError> {
    let mut ids = Vec::new();
    let listing = app.app.list(&app.tenant, resource, query, |row| {
        let ValueRef::Id(id) = row.get(0)? else { panic!("a row without an id") };
        ids.push(id.to_string());
        Ok(())
    });
    match listing.await {
        Ok(listing) => Ok((ids, listing)),
        Err(failure) => Err(TestCaseError::fail(format!("{failure:?}"))),
    }
}
