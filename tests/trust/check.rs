//! What `memberpulse check` looks at: each rule is broken by hand once, and is then found broken.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::{
    Actor, App, Environment, Finding, ManualClock, NewOrganisation, NewUser, Options, SystemClock, Verdict,
    check,
};
use db::{Db, DbError, Engine, SqliteOptions};
use domain::access::Role;
use serde_json::{Value as Json, json};
use testkit::{Client, REGISTRY, TestApp, minimal_body, on_both_engines, start, venue_migration};

const DAY: i64 = 24 * 3_600;

/// An id that nothing has.
const NEVER: &str = "01938c5e-7a00-7c3b-9d2e-5f1a6b7c8d9e";

pub(super) async fn findings(app: &TestApp) -> Vec<Finding> {
    let options = Options {
        registry: REGISTRY,
        clock: app.clock.clone(),
        more_migrations: vec![venue_migration()],
        ..Options::default()
    };
    let mut all = Vec::new();
    check(app.app.db(), &options, |finding| all.push(finding)).await.unwrap();
    all
}

pub(super) fn wrong(findings: &[Finding]) -> BTreeSet<&str> {
    let wrong = findings.iter().filter(|finding| matches!(finding.verdict, Verdict::Wrong { .. }));
    wrong.map(|finding| finding.name.as_str()).collect()
}

fn examples<'f>(findings: &'f [Finding], name: &str) -> (u64, &'f [String]) {
    match &findings.iter().find(|finding| finding.name == name).unwrap().verdict {
        Verdict::Wrong { count, examples } => (*count, examples),
        other => panic!("{name}: {other:?}"),
    }
}

/// Does something to the tables that the program never does.
async fn by_hand(app: &TestApp, sql: &str) {
    let sql: Vec<String> = sql.split("; ").map(str::to_owned).collect();
    let done: Result<(), DbError> = app
        .app
        .db()
        .write(move |tx| {
            let sql = sql.clone();
            Box::pin(async move {
                for sql in sql {
                    tx.execute(&sql, &[]).await?;
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

/// An id as a literal of the engine.
fn literal(app: &TestApp, id: &str) -> String {
    match app.app.db().engine() {
        Engine::Sqlite => format!("x'{}'", id.replace('-', "")),
        Engine::Postgres => format!("'{id}'"),
    }
}

async fn make(client: &Client, path: &str, body: impl Into<Json>) -> String {
    let made = client.post(path, body).await.status(201).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn member(client: &Client, name: &str) -> String {
    let body = json!({
        "firstName": name, "lastName": "Doe", "email": format!("{name}@Example.org"), "company": "Älpler & Co",
        "interests": ["Bridges"], "customFields": {"level": 3},
    });
    make(client, "/api/members", body).await
}

/// Some history of every kind: made, changed, deleted, merged.
async fn history(client: &Client) -> [String; 4] {
    let members = [
        member(client, "Ann").await,
        member(client, "Bea").await,
        member(client, "Cem").await,
        member(client, "Dag").await,
    ];
    for city in ["Perth", "Cairns", "Hobart"] {
        let _ =
            client.patch(&format!("/api/members/{}", members[0]), json!({"city": city})).await.status(200);
    }
    let gone = member(client, "Eva").await;
    let _ = client.delete(&format!("/api/members/{gone}")).await.status(204);
    let merged = member(client, "Flo").await;
    let _ =
        client.post(&format!("/api/members/{merged}/merge"), json!({"into": members[1]})).await.status(200);
    for resource in REGISTRY.iter().filter(|resource| resource.name != "member") {
        make(client, &format!("/api/{}", resource.plural), minimal_body(resource)).await;
    }
    members
}

on_both_engines! {
    async fn each_rule_that_is_broken_is_found(app: TestApp) {
        let client = app.client().await;
        let members = history(&client).await;
        let staff = NewUser { email: "ana@example.org".to_owned(), first_name: None, last_name: None, role: Role::ClientUser, password: None };
        app.app.create_user(&Actor::system(), Some(&app.acme), staff).await.unwrap();
        let root = NewUser { email: "root@example.org".to_owned(), first_name: None, last_name: None, role: Role::PlatformAdmin, password: None };
        app.app.create_user(&Actor::system(), None, root).await.unwrap();
        let clean = findings(&app).await;
        assert_eq!(wrong(&clean), BTreeSet::new(), "{clean:?}");
        let postgres = app.app.db().engine() == Engine::Postgres;
        let skipped = clean.iter().filter(|finding| matches!(finding.verdict, Verdict::Skipped(_))).count();
        assert_eq!(skipped, if postgres { 2 } else { 0 });

        let [ann, bea, cem, dag] = members.each_ref().map(|id| literal(&app, id));
        let never = literal(&app, NEVER);
        let mut known: BTreeSet<String> = BTreeSet::new();
        // Each leaves what the ones before broke, so that what is found anew is its own.
        let damages: Vec<(String, &[&str])> = vec![
            (format!("UPDATE members SET email_folded = 'Ann@example.org' WHERE id = {ann}"), &["members-folded"]),
            (format!("DELETE FROM member_terms WHERE id = {ann} AND term = 'w:ann'"), &["members-terms"]),
            (format!("INSERT INTO event_terms (tenant, term, id) VALUES (1, 'w:ghost', {never})"), &["events-terms"]),
            (format!("UPDATE members SET interests = '[\"Bridges' WHERE id = {bea}"), &["members-values"]),
            ("UPDATE courses SET status = 'gone'".to_owned(), &["courses-values"]),
            ("DELETE FROM changes WHERE tenant = 1 AND sequence = 6".to_owned(), &["changes-without-gaps"]),
            ("DELETE FROM audit_log WHERE tenant = 1 AND sequence = 3".to_owned(), &["changes-are-audited"]),
            ("UPDATE audit_log SET sequence = 999 WHERE tenant = 1 AND action = 'organisation_created'".to_owned(), &["audit-not-ahead"]),
            (format!("UPDATE members SET version = 9 WHERE id = {cem}"), &["members-at-their-last-change"]),
            ("DELETE FROM events".to_owned(), &["events-at-their-last-change"]),
            (format!("UPDATE changes SET resource = 'event' WHERE record_id = {dag}"), &["members-have-changes"]),
            (
                format!("INSERT INTO tombstones (tenant, resource, id, version, created_at, updated_at) VALUES (1, 'member', {ann}, 4, 0, 0)"),
                &["members-live-or-deleted"],
            ),
            (format!("UPDATE tombstones SET merged_into = {never} WHERE merged_into IS NOT NULL"), &["members-merged-into-known"]),
            (
                format!("DROP INDEX members_email; UPDATE members SET email_folded = 'bea@example.org' WHERE id = {cem}"),
                if postgres { &["members-unique-email"] } else { &["members-unique-email", "schema"] },
            ),
            ("UPDATE counters SET value = 2 WHERE tenant = 1 AND name = 'member.memberNumber'".to_owned(), &["members-counted-member-number"]),
            ("INSERT INTO quotas (tenant, window_start, used) VALUES (777, 0, 0)".to_owned(), &["rows-have-tenants"]),
            ("DELETE FROM tenants WHERE id = 4".to_owned(), &["organisations-have-two-tenants"]),
            ("UPDATE users SET organisation_id = NULL WHERE role = 'ROLE_CLIENT_USER'".to_owned(), &["users-have-organisations"]),
        ];
        for (sql, expected) in damages {
            by_hand(&app, &sql).await;
            let found = findings(&app).await;
            let now: BTreeSet<String> = wrong(&found).into_iter().map(str::to_owned).collect();
            let new: Vec<&str> = now.difference(&known).map(String::as_str).collect();
            assert_eq!(new, expected, "{sql}");
            assert!(known.is_subset(&now), "{sql}");
            known = now;
        }
        let found = findings(&app).await;
        let at = |id: &str, rest: &str| format!("acme-engineers/production: id {id}{rest}");
        let terms = examples(&found, "members-terms");
        assert_eq!(terms, (1, &[at(&members[0], ": 1 terms missing, 0 too many")][..]));
        let (count, named) = examples(&found, "members-at-their-last-change");
        assert!(count >= 1 && named.contains(&at(&members[2], ", version 9, version of the last change 1")), "{named:?}");
        assert_eq!(examples(&found, "changes-are-audited").1[0], "acme-engineers/production: sequence 3");
        assert_eq!(examples(&found, "rows-have-tenants").1, ["tenant 777: table quotas"]);
        let (count, named) = examples(&found, "members-folded");
        assert_eq!((count, named.len()), (2, 2));
        assert!(named.contains(&at(&members[0], ": email")), "{named:?}");

        by_hand(&app, "DELETE FROM schema_migrations WHERE version = 1001").await;
        let found = findings(&app).await;
        assert_eq!(wrong(&found), BTreeSet::from(["schema"]));
        assert!(examples(&found, "schema").1[0].contains("memberpulse serve"), "{found:?}");
        by_hand(&app, "UPDATE schema_migrations SET checksum = 'x' WHERE version = 1").await;
        assert!(examples(&findings(&app).await, "schema").1[0].contains("another text"));
    }

    async fn what_is_old_may_be_pruned_what_is_not_may_not(app: TestApp) {
        let client = app.client().await;
        history(&client).await;
        app.advance(20 * DAY);
        member(&client, "Zoe").await;
        app.advance(11 * DAY);
        let old = app.app.now().plus_seconds(-30 * DAY).as_micros();
        by_hand(&app, &format!("DELETE FROM changes WHERE created_at < {old}")).await;
        let found = findings(&app).await;
        assert_eq!(wrong(&found), BTreeSet::new(), "{found:?}");
        // Zoe's is eleven days old.
        by_hand(&app, "DELETE FROM changes").await;
        let found = findings(&app).await;
        assert_eq!(wrong(&found), BTreeSet::from(["changes-without-gaps", "members-have-changes"]));
        app.advance(20 * DAY);
        assert_eq!(wrong(&findings(&app).await), BTreeSet::new());
    }

    async fn many_wrong_terms_are_counted(app: TestApp) {
        let client = app.client().await;
        for number in 0..12 {
            member(&client, &format!("Member{number}")).await;
        }
        by_hand(&app, "DELETE FROM member_terms WHERE term = 'w:doe'").await;
        let found = findings(&app).await;
        assert_eq!(wrong(&found), BTreeSet::from(["members-terms"]));
        let (count, named) = examples(&found, "members-terms");
        assert_eq!((count, named.len()), (12, 4));
    }
}

/// The whole of an application on a database file that can be damaged from outside.
async fn on_file(directory: &tempfile::TempDir) -> App {
    let db = Db::open_sqlite(SqliteOptions::new(directory.path().join("test.db"))).await.unwrap();
    let clock = Arc::new(ManualClock::new(start()));
    let (app, _) = App::open(db, Options { clock, ..Options::default() }).await.unwrap();
    let acme = app.create_organisation(&Actor::system(), NewOrganisation::named("Acme")).await.unwrap();
    let tenant = app.tenant(&acme, Environment::Production).await.unwrap();
    let body = json!({"firstName": "Jane", "lastName": "Doe", "email": "jane@example.org"});
    let resource = app.registry().by_plural("members").unwrap();
    app.create(&tenant, &Actor::system(), resource, body.as_object().unwrap()).await.unwrap();
    app
}

pub(super) async fn findings_of(db: &Db) -> Vec<Finding> {
    let mut all = Vec::new();
    let options = Options { clock: Arc::new(SystemClock), ..Options::default() };
    check(db, &options, |finding| all.push(finding)).await.unwrap();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_others_write_is_sound() {
    let (directory, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let app = on_file(&directory).await;
    let acme = app.organisation("acme").await.unwrap();
    let writers: Vec<_> = Environment::ALL
        .into_iter()
        .map(|environment| {
            let (app, acme) = (app.clone(), acme.clone());
            tokio::spawn(async move {
                let tenant = app.tenant(&acme, environment).await.unwrap();
                let resource = app.registry().by_plural("members").unwrap();
                for number in 0.. {
                    let body = json!({"firstName": "Jo", "lastName": "Doe", "email": format!("{number}@example.org")});
                    let made = app.create(&tenant, &Actor::system(), resource, body.as_object().unwrap()).await.unwrap();
                    let id = made.record.id().unwrap();
                    if number % 3 == 0 {
                        app.delete(&tenant, &Actor::system(), resource, id).await.unwrap();
                    }
                }
            })
        })
        .collect();
    let count_in = async |db: &Db| {
        let count = db.optional(db::Weight::Long, "SELECT COUNT(*) FROM members", &[], |row| row.integer(0));
        count.await.unwrap().unwrap()
    };
    let mut members = 0;
    for round in 0..4 {
        while count_in(app.db()).await == members {
            tokio::task::yield_now().await;
        }
        let file = copies.path().join(format!("{round}.db"));
        db::backup(&directory.path().join("test.db"), &file, false).await.unwrap();
        let place = tempfile::tempdir().unwrap();
        let lock = db::ServerLock::acquire(place.path()).unwrap();
        let target = place.path().join("test.db");
        db::restore(&lock, &file, &target, &app::migrations()).await.unwrap();
        let copy = Db::open_sqlite(SqliteOptions::new(&target)).await.unwrap();
        let found = findings_of(&copy).await;
        assert_eq!(wrong(&found), BTreeSet::new(), "{found:?}");
        let count = count_in(&copy).await;
        assert!(count > members);
        members = count;
        copy.close().await;
    }
    writers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn references_and_schema_of_a_file_are_checked() {
    let directory = tempfile::tempdir().unwrap();
    let app = on_file(&directory).await;
    assert_eq!(wrong(&findings_of(app.db()).await), BTreeSet::new());
    let outside = rusqlite::Connection::open(directory.path().join("test.db")).unwrap();
    outside
        .execute_batch(
            "PRAGMA foreign_keys = OFF;
             INSERT INTO api_keys (tenant, id, name, hash, prefix, last_four, scopes, allowed_ips, created_by, created_at)
             VALUES (9, randomblob(16), 'k', randomblob(32), 'mp_live_abcd', 'wxyz', '[]', '[]', 'system', 0);
             INSERT INTO tenants (id, organisation_id, environment, sequence) VALUES (8, randomblob(16), 'sandbox', 0);
             DROP INDEX members_status; CREATE TABLE mine (a);",
        )
        .unwrap();
    let found = findings_of(app.db()).await;
    let expected = ["keys-have-tenants", "references", "schema", "tenants-have-organisations"];
    assert_eq!(wrong(&found), BTreeSet::from(expected));
    assert_eq!(examples(&found, "schema").1, ["index members_status is missing", "table mine is foreign"]);
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_found_and_the_rest_is_not_guessed() {
    let directory = tempfile::tempdir().unwrap();
    on_file(&directory).await.close().await;
    let path = directory.path().join("test.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The pages of tables, so that the schema can still be read.
    let roots: Vec<usize> = {
        let file = rusqlite::Connection::open(&path).unwrap();
        let mut roots = file
            .prepare("SELECT rootpage FROM sqlite_schema WHERE tbl_name IN ('members', 'events')")
            .unwrap();
        let roots = roots.query_map([], |row| row.get::<_, i64>(0)).unwrap();
        roots.map(|page| usize::try_from(page.unwrap()).unwrap()).filter(|page| *page > 0).collect()
    };
    for page in roots {
        bytes[(page - 1) * 4_096..page * 4_096].fill(0xA5);
    }
    std::fs::write(&path, bytes).unwrap();
    let db = Db::open_sqlite(SqliteOptions::new(&path)).await.unwrap();
    let found = findings_of(&db).await;
    let names = wrong(&found);
    assert!(
        names.contains("integrity") && names.is_subset(&BTreeSet::from(["integrity", "schema"])),
        "{names:?}"
    );
    let skipped =
        |finding: &&Finding| matches!(&finding.verdict, Verdict::Skipped(why) if why.contains("damaged"));
    assert!(found.iter().filter(skipped).count() > 20);
    db.close().await;
}
