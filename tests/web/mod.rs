//! Programs of the web, unmodified, at work on a running server: clients of API Platform, which read its
//! Hydra documentation and do the rest by themselves, and the public library of Standard Webhooks.

mod audit;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use api::Config;
use app::{Clock as _, SystemClock};
use serde_json::{Map, Value as Json, json};
use testkit::{Engine, Receiver, TestApp};
use tokio::net::TcpListener;

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/web");

/// Runs a program of Node.js in the package and answers what it wrote.
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(PACKAGE).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| {
        panic!("{program} does not run ({error}): install Node.js 20 or newer with npm, on Debian `apt install nodejs npm`")
    });
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{out}{err}");
    out.into_owned()
}

/// Installs what the lock file names, unless that is what is installed. Test runners start tests side by side,
/// each in a process or a thread of its own.
fn install() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lock = std::fs::File::create(std::env::temp_dir().join("memberpulse-web-tests.lock")).unwrap();
    lock.lock().unwrap();
    let package = Path::new(PACKAGE);
    let changed = |file: &str| package.join(file).metadata().and_then(|it| it.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"], &[], "");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api_platform_s_clients_list_page_filter_make_edit_and_delete() {
    let app = TestApp::new(Engine::Sqlite).await;
    let key = app.key(&app.tenant, None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let config = Config { public_url: address.clone(), ..Config::default() };
    let router = api::router(app.app.clone(), config).unwrap();
    let server = tokio::spawn(async { axum::serve(listener, router).await });
    let script = tokio::task::spawn_blocking(move || {
        install();
        run("node", &["hydra.mjs"], &[("BASE_URL", &address), ("KEY", &key)], "")
    });
    let told = script.await.unwrap();
    for resource in ["members", "events", "courses"] {
        assert!(
            told.contains(&format!("{resource}: listed, paged, filtered, made, edited and deleted")),
            "{told}"
        );
    }
    server.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_public_library_verifies_deliveries() {
    let app = TestApp::new(Engine::Sqlite).await;
    // The library compares the signature's moment with the clock.
    app.advance(SystemClock.now().as_seconds() - app.app.now().as_seconds());
    let client = app.client().await;
    let receiver = Receiver::start().await;
    let hook = client
        .post("/api/webhooks", json!({"url": receiver.url(), "events": ["*"]}))
        .await
        .status(201)
        .json();
    let rotated =
        client.post(&format!("/api/webhooks/{}/rotate-secret", hook["id"].as_str().unwrap()), json!({}));
    let rotated = rotated.await.status(200).json();
    let _running = app.dispatching();
    for (number, name) in ["Lim", "Müller", "陽"].into_iter().enumerate() {
        let body = json!({"firstName": "Jo", "lastName": name, "email": format!("{number}@example.org")});
        let _ = client.post("/api/members", body).await.status(201);
    }
    let mut input = String::new();
    for received in receiver.wait_for(3).await {
        let headers: Map<String, Json> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
            .map(|name| (name.to_owned(), Json::from(received.header(name))))
            .into_iter()
            .collect();
        let body = String::from_utf8(received.body.to_vec()).unwrap();
        for secret in [&hook["secret"], &rotated["secret"]] {
            input.push_str(&json!({"secret": secret, "headers": headers, "body": body}).to_string());
            input.push('\n');
        }
    }
    let told = tokio::task::spawn_blocking(move || {
        install();
        run("node", &["webhook.mjs"], &[], &input)
    });
    assert_eq!(told.await.unwrap().trim(), "verified 6");
}
