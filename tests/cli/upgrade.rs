//! A rolling upgrade: two servers of this version on one PostgreSQL are replaced by two of the next, which bring a migration,
//! while clients read and write through a balancer. The next version is this one with one migration more, run in this
//! process, since no product holds it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use app::{App, Options, Vault};
use db::{Db, Migration, MigrationSql, PostgresOptions, Weight};
use serde_json::json;
use testkit::Dispatching;
use tokio::sync::oneshot;
use webhooks::{DispatcherSettings, Schedule};

use super::hearer::{Hearer, feed_of};
use super::stopping::{Answer, Missing, exchange, request, writes};
use super::*;

/// Adds to tables that every request uses.
const NEXT: Migration = Migration {
    version: 1002,
    name: "1002_sizes",
    sql: MigrationSql::Both(
        "ALTER TABLE tenants ADD COLUMN note {text}; \
         ALTER TABLE members ADD COLUMN shirt_size {text}; \
         ALTER TABLE changes ADD COLUMN weight {int} NOT NULL DEFAULT 0; \
         CREATE TABLE sizes (tenant {int} NOT NULL PRIMARY KEY, name {text} NOT NULL) {strict};",
    ),
};

/// A server of the next version.
struct NextServer {
    app: App,
    address: String,
    dispatching: Dispatching,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

async fn open(url: String) -> (App, Vec<u32>) {
    let options = Options {
        vault: Some(Vault::new([7; 32])),
        private_webhooks: true,
        more_migrations: vec![NEXT],
        ..Options::default()
    };
    let db = Db::open_postgres(PostgresOptions::new(url)).await.unwrap();
    let (app, report) = App::open(db, options).await.unwrap();
    (app, report.applied)
}

impl NextServer {
    async fn serve(app: App) -> Self {
        let router = api::router(app.clone(), api::Config::default()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(async move {
            let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
            axum::serve(listener, service)
                .with_graceful_shutdown(async { drop(stopped.await) })
                .await
                .unwrap();
        });
        let schedule = Schedule { delays: vec![Duration::from_millis(100); 20], ..Schedule::default() };
        let settings = DispatcherSettings { schedule, ..DispatcherSettings::default() };
        let dispatching = Dispatching::of(&app, settings);
        Self { app, address, dispatching, stop, served }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
        self.dispatching.stop().await;
        self.app.close().await;
    }
}

/// A balancer that asks servers in turn. It sends a request to another one only when the first refused the connection,
/// or closed it before any answer came.
#[derive(Default)]
struct Balancer {
    servers: RwLock<Vec<String>>,
    next: AtomicU32,
    made: Mutex<BTreeSet<String>>,
    stop: AtomicBool,
}

impl Balancer {
    fn add(&self, address: &str) {
        self.servers.write().unwrap().push(address.to_owned());
    }

    /// Works until it is told to stop, on connections that are kept.
    fn work(&self, key: &str) {
        let mut kept: Vec<(String, TcpStream)> = Vec::new();
        while !self.stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let answer = self.ask(key, number, &mut kept);
            assert_eq!(answer.status, if writes(number) { 201 } else { 200 }, "{}", answer.body);
            if writes(number) {
                self.made.lock().unwrap().insert(answer.body["id"].as_str().unwrap().to_owned());
            }
        }
    }

    fn ask(&self, key: &str, number: u32, kept: &mut Vec<(String, TcpStream)>) -> Answer {
        let servers = self.servers.read().unwrap().clone();
        let first = number as usize / 2;
        for server in servers.iter().cycle().skip(first % servers.len()).take(3 * servers.len()) {
            let known = kept.iter().position(|(address, _)| address == server);
            let mut connection = match known.map(|at| kept.swap_remove(at).1) {
                Some(connection) => connection,
                None => match TcpStream::connect(server) {
                    Ok(connection) => connection,
                    Err(_) => continue,
                },
            };
            connection.set_read_timeout(Some(PATIENCE)).unwrap();
            match exchange(&mut connection, &request(server, key, number)) {
                Ok(answer) => {
                    if !answer.last {
                        kept.push((server.clone(), connection));
                    }
                    return answer;
                }
                Err(Missing::Nothing) => {}
                Err(Missing::Part(part)) => panic!("an answer is cut off: {part}"),
            }
        }
        panic!("no server takes the request");
    }

    /// Waits until so many more changes were acknowledged.
    fn wait_for(&self, more: usize) {
        let before = self.made.lock().unwrap().len();
        wait_until(|| self.made.lock().unwrap().len() >= before + more);
    }
}

#[test]
fn servers_are_replaced_by_the_next_version_and_nobody_notices() {
    let store = Store::postgres();
    let Store::Postgres(database) = &store else { unreachable!("it was just made") };
    let secret = "07".repeat(32);
    let options = [
        "--secret-key",
        &secret,
        "--allow-private-webhooks",
        "--shutdown-delay",
        "200ms",
        "--webhook-retries",
        "100ms,100ms,100ms,100ms,100ms,100ms,100ms,1s,1s,1s,1s,1s",
    ];
    store.run(&["organisation", "create", "--name", "Acme", "--plan", "enterprise", "--json"]).json();
    let (_, key) = store.make_key();
    let hearer = Hearer::start();
    let (one, two) = (store.serve_with(&options), store.serve_with(&options));
    let webhook = json!({"url": hearer.url, "events": ["*"]});
    assert_eq!(post(&one.address, "/api/webhooks", &key, &webhook).0, 201);

    let balancer = Arc::new(Balancer::default());
    balancer.add(&one.address);
    balancer.add(&two.address);
    let clients: Vec<_> = (0..6)
        .map(|_| {
            let (balancer, key) = (balancer.clone(), key.clone());
            std::thread::spawn(move || balancer.work(&key))
        })
        .collect();
    balancer.wait_for(50);

    // Somebody exports members, so that the migration has to wait for the table; nobody else has to.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = database.url();
    let (watcher, mut export) = runtime.block_on(async {
        let db = Db::open_postgres(PostgresOptions::new(url.clone())).await.unwrap();
        let mut export = db.snapshot().await.unwrap();
        export.all("SELECT COUNT(*) FROM members", &[], |row| row.integer(0)).await.unwrap();
        (db, Some(export))
    });
    let opening = [runtime.spawn(open(url.clone())), runtime.spawn(open(url))];
    let waits = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock' \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    wait_until(|| {
        let waiting = watcher.all(Weight::Short, waits, &[], |row| row.integer(0));
        runtime.block_on(waiting).unwrap() != [0]
    });
    balancer.wait_for(50);
    assert!(opening.iter().all(|it| !it.is_finished()), "the export still reads");
    drop(export.take());
    let (mut next, mut applied) = (Vec::new(), Vec::new());
    for opened in opening {
        let (app, by_this) = runtime.block_on(opened).unwrap();
        applied.extend(by_this);
        next.push(runtime.block_on(NextServer::serve(app)));
    }
    assert_eq!(applied, [1002], "one of them migrates");

    // The old ones go on beside them, and one that is started again goes on, too.
    balancer.add(&next[0].address);
    balancer.add(&next[1].address);
    balancer.wait_for(50);
    one.signal(Signal::TERM);
    let (code, log) = one.end();
    assert_eq!(code, Some(0), "{log}");
    balancer.wait_for(50);
    let again = store.serve_with(&options);
    assert!(again.log.iter().any(|line| line.contains("newer version")), "{:?}", again.log);
    balancer.add(&again.address);
    balancer.wait_for(50);
    for old in [two, again] {
        old.signal(Signal::TERM);
        let (code, log) = old.end();
        assert_eq!(code, Some(0), "{log}");
    }
    balancer.wait_for(50);
    balancer.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }

    let events = feed_of(&next[0].address, &key);
    let stored: BTreeSet<String> = events.iter().map(|(_, record)| record.clone()).collect();
    let made = balancer.made.lock().unwrap();
    assert_eq!((stored == *made, events.len()), (true, made.len()));
    wait_until(|| {
        let heard = hearer.heard.lock().unwrap();
        events.iter().all(|(event, _)| heard.contains(event))
    });
    for server in next {
        runtime.block_on(server.end());
    }
    drop((watcher, export));
}
