//! How the engines carry lists out: by an index that begins with the tenant, and without sorting what an
//! index could give in order. A question whose cost grows with other tenants' rows fails here.

use std::fmt::Write as _;

use app::{TenantSql, count_statement, list_statement};
use db::{BoxFuture, Db, DbError, Engine, Param, Weight};
use domain::Value;
use domain::definition::{Field, Kind, Resource};
use domain::json::Object;
use domain::listing::{Cursor, Lenience, ListQuery, Page, parse};
use serde_json::json;
use testkit::{REGISTRY, TestApp, on_both_engines, start};

/// What an index must be able to do for a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wanted {
    /// Find the records, in order.
    Ordered,
    /// Find records and deleted ones, each in order and no more than the page needs; merging them is left.
    Merged,
    /// Find the records; putting them in order is another matter.
    Found,
}

use Wanted::{Found, Merged, Ordered};

/// The questions that quality.md and domain.md say must not depend on the amount of other data.
fn questions(resource: &'static Resource) -> Vec<(Vec<(&'static str, &'static str)>, Wanted)> {
    let open = if resource.name == "member" { "active" } else { "draft" };
    let mut all = vec![
        (vec![], Ordered),
        (vec![("order[createdAt]", "asc")], Ordered),
        (vec![("status", open)], Ordered),
        (vec![("createdAt[after]", "2026-11-01"), ("createdAt[before]", "2026-12-01")], Ordered),
        (vec![("createdAt[after]", "2026-11-01"), ("order[createdAt]", "asc")], Ordered),
        (vec![("updatedAt[after]", "2026-11-01"), ("order[updatedAt]", "asc")], Ordered),
        (vec![("order[updatedAt]", "desc")], Ordered),
        (vec![("externalId", "CRM-1")], Found),
        (
            vec![("updatedAt[after]", "2026-11-01"), ("includeDeleted", "true"), ("order[updatedAt]", "asc")],
            Merged,
        ),
        (vec![("includeDeleted", "true")], Merged),
        (vec![("status[]", open), ("status[]", "inactive")], Found),
        (vec![("search", "jane do")], Found),
        (vec![("customFields[floor]", "2")], Found),
    ];
    all.extend(match resource.name {
        "member" => vec![
            (vec![("email", "jane@example.org")], Found),
            (vec![("memberNumber", "7")], Found),
            (vec![("order[lastName]", "asc")], Ordered),
            (vec![("order[email]", "desc")], Ordered),
        ],
        "event" => vec![
            (vec![("eventStart[after]", "2026-11-24"), ("order[eventStart]", "asc")], Ordered),
            (vec![("eventStart[before]", "2026-11-24"), ("order[eventStart]", "desc")], Ordered),
            (vec![("order[eventStart]", "asc")], Ordered),
            (vec![("order[name]", "asc")], Ordered),
            (vec![("categories", "Networking")], Found),
            (vec![("status", "published")], Found),
            (vec![("status", "completed")], Found),
        ],
        "course" => vec![
            (vec![("order[name]", "asc")], Ordered),
            (vec![("categories[]", "A"), ("categories[]", "B")], Found),
        ],
        _ => vec![(vec![("code", "hall")], Found)],
    });
    if resource.name != "member" {
        all.retain(|(question, _)| !question.contains(&("status[]", "inactive")));
    }
    all
}

/// The question for what comes after some record.
pub(crate) fn continued(resource: &'static Resource, question: &ListQuery) -> ListQuery {
    let value = |field: &Field| match field.kind {
        Kind::Id => Value::Id("01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e".parse().unwrap()),
        Kind::Boolean => Value::Boolean(false),
        Kind::Timestamp => Value::Integer(start().as_micros()),
        kind if kind.is_numeric() => Value::Integer(100),
        _ => Value::Text("m".to_owned()),
    };
    let values = question.order.iter().map(|term| value(&resource.fields[term.position])).collect();
    ListQuery { page: Page::After(Cursor { values }), ..question.clone() }
}

on_both_engines! {
    async fn lists_use_an_index_of_the_tenant(app: TestApp) {
        let mut wrong = String::new();
        for resource in REGISTRY.iter() {
            fill(&app, resource).await;
            for (asked, wanted) in questions(resource) {
                let first = parse(resource, asked.clone(), Lenience::Strict).unwrap();
                let next = continued(resource, &first);
                for (what, statement, wanted) in [
                    ("first page", list_statement(resource, &first, start()), wanted),
                    ("cursor page", list_statement(resource, &next, start()), wanted),
                    ("total", count_statement(resource, &first, start()), Found),
                ] {
                    let plan = explain(app.app.db(), &statement).await;
                    let faults = match app.app.db().engine() {
                        Engine::Sqlite => faults_of_sqlite(&plan, wanted),
                        Engine::Postgres => faults_of_postgres(&plan, wanted),
                    };
                    if !faults.is_empty() {
                        let (sql, plan) = (statement.0.text(), plan.join("\n    "));
                        writeln!(
                            wrong,
                            "\n{} {asked:?}, {what}: {}\n    {plan}\n    {sql:.700}",
                            resource.plural,
                            faults.join("; ")
                        )
                        .unwrap();
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong}");
    }
}

/// The engine's plan, a line for each step.
async fn explain(db: &Db, (sql, params): &(TenantSql, Vec<Param>)) -> Vec<String> {
    let params = with_tenant(sql.text(), params);
    let text = match db.engine() {
        Engine::Sqlite => {
            let sql = format!("EXPLAIN QUERY PLAN {}", sql.text());
            return db.all(Weight::Long, &sql, &params, |row| row.text(3).map(str::to_owned)).await.unwrap();
        }
        Engine::Postgres => format!("EXPLAIN {}", sql.text()),
    };
    let plan = db.write(move |tx| -> BoxFuture<'_, Result<Vec<String>, DbError>> {
        let (text, params) = (text.clone(), params.clone());
        Box::pin(async move {
            // On few rows other ways are cheaper; what is asked is whether an index can serve at all.
            tx.execute("SET LOCAL enable_seqscan = off", &[]).await?;
            tx.execute("SET LOCAL enable_bitmapscan = off", &[]).await?;
            tx.all(&text, &params, |row| row.text(0).map(str::to_owned)).await
        })
    });
    plan.await.unwrap()
}

/// The parameters with a tenant in its places: wherever the text says `tenant = ?`.
fn with_tenant(sql: &str, params: &[Param]) -> Vec<Param> {
    let mut rest = params.iter().cloned();
    let mut bound = Vec::new();
    let mut before = String::new();
    for part in sql.split_inclusive('?') {
        before.push_str(part);
        if before.ends_with("tenant = ?") {
            bound.push(Param::Integer(1));
        } else if part.ends_with('?') {
            bound.extend(rest.next());
        }
    }
    bound
}

fn faults_of_sqlite(plan: &[String], wanted: Wanted) -> Vec<String> {
    let mut faults = Vec::new();
    for step in plan {
        let of_a_page =
            wanted == Merged && matches!(step.as_str(), "SCAN live" | "SCAN gone" | "SCAN listed");
        let by_tenant = step.starts_with("SEARCH") && step.contains("(tenant=?");
        if (step.starts_with("SCAN") || step.starts_with("SEARCH"))
            && !by_tenant
            && !of_a_page
            && step != "SCAN CONSTANT ROW"
        {
            faults.push(format!("not by the tenant's index: {step}"));
        }
    }
    let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE")).count();
    match wanted {
        Ordered if sorts > 0 => faults.push("sorts".to_owned()),
        Merged if sorts > 1 => faults.push("sorts more than the page".to_owned()),
        _ => {}
    }
    faults
}

fn faults_of_postgres(plan: &[String], wanted: Wanted) -> Vec<String> {
    let mut faults = Vec::new();
    for (line, step) in plan.iter().enumerate() {
        let step = step.trim().trim_start_matches("->").trim();
        let scans = step.contains(" Scan ") && step.contains(" on ");
        // The details of a step stand on the lines after it.
        let own = plan[line + 1..]
            .iter()
            .take_while(|it| !it.contains("->"))
            .any(|it| it.contains("Index Cond") && it.contains("tenant = "));
        if scans && !step.starts_with("Subquery Scan") && !own {
            faults.push(format!("not by the tenant's index: {step}"));
        }
    }
    let count = |what: &str| {
        plan.iter().filter(|step| step.trim().trim_start_matches("->").trim().starts_with(what)).count()
    };
    match wanted {
        Ordered if count("Sort ") > 0 => faults.push("sorts".to_owned()),
        Merged if count("Sort ") > 1 || count("Limit ") < 3 => {
            faults.push("sorts more than the page".to_owned());
        }
        _ => {}
    }
    faults
}

/// PostgreSQL plans by what it knows of the rows: 20 tenants with 500 records each, and terms for them.
/// SQLite plans by the schema alone, as long as nobody runs ANALYZE; the product does not.
async fn fill(app: &TestApp, resource: &'static Resource) {
    let body = match resource.name {
        "member" => {
            json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org", "externalId": "CRM-1"})
        }
        _ => json!({"name": "Town Hall", "externalId": "CRM-1", "customFields": {"floor": 2}}),
    };
    let body: &Object = body.as_object().unwrap();
    app.app.create(&app.tenant, app::Actor::system(), resource, body).await.unwrap();
    if app.app.db().engine() == Engine::Sqlite {
        return;
    }
    let (table, terms) = (resource.plural, format!("{}_terms", resource.name));
    let mut changes =
        "'tenant', 1 + g % 20, 'id', gen_random_uuid(), 'created_at', r.created_at + g * 1000, \
                       'updated_at', r.updated_at + g * 1000"
            .to_owned();
    for field in resource.fields {
        let column = field.column();
        match field.kind {
            Kind::Serial => write!(changes, ", '{column}', g").unwrap(),
            _ if field.folded => {
                write!(changes, ", '{column}', 'v' || g, '{column}_folded', 'v' || g").unwrap();
            }
            _ if field.unique && !matches!(field.kind, Kind::Id) => {
                write!(changes, ", '{column}', 'v' || g").unwrap();
            }
            _ if field.name == "status" => {
                write!(changes, ", 'status', CASE WHEN g % 4 = 0 THEN 'x' ELSE r.status END").unwrap();
            }
            Kind::Timestamp if !field.read_only => {
                write!(changes, ", '{column}', r.created_at + g * 3000000000").unwrap();
            }
            _ => {}
        }
    }
    let statements = [
        format!(
            "INSERT INTO {table} SELECT p.* FROM {table} r, generate_series(10, 10000) g, \
             LATERAL jsonb_populate_record(r, jsonb_build_object({changes})) p"
        ),
        format!(
            "INSERT INTO {terms} SELECT r.tenant, CASE g WHEN 1 THEN 'w:jane' ELSE 'w:v' || (r.created_at % 999) END, r.id \
             FROM {table} r, generate_series(1, 2) g ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO tombstones (tenant, resource, id, version, created_at, updated_at) \
             SELECT 1 + g % 20, '{}', gen_random_uuid(), 2, g * 1000, g * 2000 FROM generate_series(1, 4000) g",
            resource.name
        ),
        format!("ANALYZE {table}"),
        format!("ANALYZE {terms}"),
        "ANALYZE tombstones".to_owned(),
    ];
    let filled = app.app.db().write(move |tx| -> BoxFuture<'_, Result<(), DbError>> {
        let statements = statements.clone();
        Box::pin(async move {
            for statement in &statements {
                tx.execute(statement, &[]).await?;
            }
            Ok(())
        })
    });
    filled.await.unwrap();
}
