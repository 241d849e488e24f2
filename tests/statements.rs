//! Every statement of the program runs on both engines, and none touches a tenant's rows unless it is
//! bound to the tenant. Compile-time checks would do this in a program with one engine.

use app::{StatementText, count_statement, list_statement, statements};
use db::{Db, Engine, Weight};
use domain::definition::Resource;
use domain::listing::{Lenience, ListQuery, parse};
use testkit::{REGISTRY, on_both_engines, start};

/// Statements that may touch tenants' tables without naming a tenant: the beginning of the text, and why.
/// The list may only shrink.
const UNBOUND: &[(&str, &str)] = &[
    ("SELECT k.id, k.tenant, k.name, ", "a key is found by its hash before its tenant is known"),
    ("SELECT tenant, id FROM events WHERE status = 'scheduled'", "the clockwork publishes for all tenants"),
    ("SELECT tenant, id FROM courses WHERE status = 'scheduled'", "the clockwork publishes for all tenants"),
    ("SELECT tenant, id FROM venues WHERE status = 'planned'", "the clockwork publishes for all tenants"),
    (
        "DELETE FROM idempotency_keys WHERE (tenant, credential, key) IN (SELECT",
        "what is old is pruned for all tenants",
    ),
    ("SELECT COUNT(*) FROM secrets", "the key of the installation is about all tenants"),
    ("DELETE FROM secrets", "the key of the installation is about all tenants"),
    ("DELETE FROM idempotency_keys WHERE sealed = TRUE", "the key of the installation is about all tenants"),
    (
        "UPDATE webhooks SET headers = '{}', enabled = ?, disabled_reason = ?, version = version + 1, updated_at = ?",
        "the key of the installation is about all tenants",
    ),
    (
        "SELECT tenant, id, headers FROM webhooks WHERE headers <> '{}'",
        "what an older version stored in plain is encrypted for all tenants at the start",
    ),
    ("SELECT t.id FROM tenants t LEFT JOIN fanouts f", "the dispatcher looks after all tenants"),
    ("WITH RECURSIVE waiting (id)", "the dispatcher looks after all tenants"),
    ("SELECT CAST(COALESCE(SUM(q.waiting), 0)", "operators see sums over all tenants"),
    (
        "SELECT s.tenant, s.integration_id, s.id FROM sync_log",
        "the clockwork tries failed records of all tenants",
    ),
    ("DELETE FROM audit_log WHERE (tenant, id) IN (SELECT", "what is old is pruned for all tenants"),
    (
        "DELETE FROM webhook_hours WHERE (tenant, webhook_id, hour) IN (SELECT",
        "what is old is pruned for all tenants",
    ),
    ("UPDATE webhooks SET warning_level = ?", "the clockwork warns all tenants"),
];

/// One list of each shape that the grammar can make of a resource, and the counts that go with them.
fn list_statements() -> Vec<StatementText> {
    let mut all = Vec::new();
    for resource in REGISTRY.iter() {
        for question in questions(resource) {
            for (sql, _) in
                [list_statement(resource, &question, start()), count_statement(resource, &question, start())]
            {
                all.push(StatementText { text: sql.text().to_owned(), scoped: true });
            }
        }
    }
    all
}

fn questions(resource: &'static Resource) -> Vec<ListQuery> {
    let mut asked: Vec<Vec<(String, &str)>> = vec![vec![], vec![("search".to_owned(), "two words")]];
    for field in resource.fields {
        let name = field.name;
        if field.filter {
            let value = example_value(field);
            asked.push(vec![(name.to_owned(), value)]);
            asked.push(vec![(format!("{name}[]"), value)]);
            let operators: &[&str] = match field.kind {
                kind if kind.is_temporal() => &["after", "strictly_before"],
                kind if kind.is_numeric() => &["gt", "lte"],
                _ => &[],
            };
            asked.extend(operators.iter().map(|operator| vec![(format!("{name}[{operator}]"), value)]));
        }
        if field.sort {
            asked.push(vec![(format!("order[{name}]"), "asc")]);
            let and_then = if name == "updatedAt" { "createdAt" } else { "updatedAt" };
            asked.push(vec![(format!("order[{name}]"), "desc"), (format!("order[{and_then}]"), "asc")]);
        }
        if field.nullable {
            asked.push(vec![(format!("exists[{name}]"), "true")]);
        }
    }
    asked.push(vec![("customFields[key]".to_owned(), "value")]);
    if let Some(rule) = resource.derived {
        asked.push(vec![
            (format!("{}[]", rule.field), rule.shown),
            (format!("{}[]", rule.field), rule.stored),
        ]);
    }
    let deleted = asked.clone().into_iter().map(|mut question| {
        question.push(("includeDeleted".to_owned(), "true"));
        question
    });
    let mut all: Vec<ListQuery> = Vec::new();
    for question in asked.iter().cloned().chain(deleted) {
        let pairs = question.iter().map(|(name, value)| (name.as_str(), *value));
        let page = parse(resource, pairs, Lenience::Strict)
            .unwrap_or_else(|problem| panic!("{question:?}: {problem:?}"));
        let next = crate::plans::continued(resource, &page);
        all.extend([page, next]);
    }
    all
}

fn example_value(field: &domain::Field) -> &'static str {
    use domain::Kind;
    match field.kind {
        Kind::Choice(choices) => choices[0],
        Kind::Boolean => "true",
        kind if kind.is_temporal() => "2026-11-24",
        _ => "1",
    }
}

on_both_engines! {
    async fn every_statement_is_accepted(app: TestApp) {
        let mut refused = Vec::new();
        for statement in statements(REGISTRY).into_iter().chain(list_statements()) {
            if let Err(error) = app.app.db().check_statement(&statement.text).await {
                refused.push(format!("{error}\n  {}", statement.text));
            }
        }
        assert!(
            refused.is_empty(),
            "{} in all\n{}",
            refused.len(),
            refused[..refused.len().min(5)].join("\n")
        );
    }

    async fn tenants_rows_are_touched_only_through_their_tenant(app: TestApp) {
        let tables = tenant_tables(app.app.db()).await;
        assert!(tables.len() >= 12 && tables.iter().any(|table| table == "members"), "{tables:?}");
        let mut wrong = Vec::new();
        let mut excused = vec![0; UNBOUND.len()];
        for statement in statements(REGISTRY).into_iter().chain(list_statements()) {
            let named = tables_named(&statement.text, &tables);
            let excuse = UNBOUND
                .iter()
                .position(|(beginning, _)| !statement.scoped && statement.text.starts_with(beginning));
            if let Some(excuse) = excuse {
                excused[excuse] += 1;
                assert!(named > 0, "this needs no excuse: {}", statement.text);
            } else if bindings(&statement.text) < named || statement.scoped && named == 0 {
                wrong.push(format!(
                    "{named} tables of tenants, {} bindings: {}",
                    bindings(&statement.text),
                    statement.text
                ));
            } else if named > 0 && !statement.scoped {
                wrong.push(format!("not rendered by the one place that adds the tenant: {}", statement.text));
            }
        }
        assert!(wrong.is_empty(), "{} in all\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
        assert!(excused.iter().all(|&times| times == 1), "an excuse that nothing needs must go: {excused:?}");
    }
}

/// The tables with a tenant's rows, as the database itself knows them: those with a column `tenant`.
async fn tenant_tables(db: &Db) -> Vec<String> {
    let sql = match db.engine() {
        Engine::Sqlite => {
            "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'tenant' WHERE m.type = 'table'"
        }
        Engine::Postgres => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.columns \
             WHERE column_name = 'tenant' AND table_schema = 'public'"
        }
    };
    db.all(Weight::Long, sql, &[], |row| row.text(0).map(str::to_owned)).await.unwrap()
}

/// How often a statement names one of these tables as something that it reads or changes.
fn tables_named(sql: &str, tables: &[String]) -> usize {
    let words: Vec<&str> =
        sql.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect();
    let pairs = words.windows(2).filter(|pair| matches!(pair[0], "FROM" | "JOIN" | "INTO" | "UPDATE"));
    pairs.filter(|pair| tables.iter().any(|table| table == pair[1])).count()
}

/// How often a statement binds a tenant: compares it with a parameter, or inserts it as the first column.
fn bindings(sql: &str) -> usize {
    let compared = sql.match_indices("WHERE tenant = ?").filter(|(place, found)| {
        // Nothing may stand beside it that would do without it.
        !sql[place + found.len()..].starts_with(" OR ")
    });
    let inserted = sql.match_indices("INSERT INTO").filter(|(place, _)| {
        let rest = &sql[*place..];
        let first_column = rest.split_once('(').is_some_and(|(_, columns)| columns.starts_with("tenant,"));
        first_column && (rest.contains("VALUES (?,") || rest.contains("VALUES (?)"))
    });
    compared.count() + inserted.count()
}

#[test]
fn tables_and_bindings_are_counted() {
    let tables = ["members".to_owned(), "tombstones".to_owned()];
    let union = "SELECT id FROM (SELECT id FROM members WHERE tenant = ? UNION ALL SELECT id FROM tombstones WHERE id = ?) AS listed";
    assert_eq!((tables_named(union, &tables), bindings(union)), (2, 1));
    let insert = "INSERT INTO members (tenant, id) VALUES (?, ?)";
    assert_eq!((tables_named(insert, &tables), bindings(insert)), (1, 1));
    let wrong = "INSERT INTO members (id, tenant) VALUES (?, 1)";
    assert_eq!((tables_named(wrong, &tables), bindings(wrong)), (1, 0));
    let either = "DELETE FROM members WHERE tenant = ? OR id = ?";
    assert_eq!((tables_named(either, &tables), bindings(either)), (1, 0));
    let update = "UPDATE members SET tenant_name = ? WHERE id = ?";
    assert_eq!((tables_named(update, &tables), bindings(update)), (1, 0));
}
