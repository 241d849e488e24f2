//! Clients of the web, unmodified, at work on a running server: those of API Platform, which read its
//! Hydra documentation and do the rest by themselves.

use std::path::Path;
use std::process::Command;

use api::Config;
use testkit::{Engine, TestApp};
use tokio::net::TcpListener;

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/web");

/// Runs a program of Node.js in the package and answers what it wrote.
fn run(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(PACKAGE).envs(variables.iter().copied());
    let output = command.output().unwrap_or_else(|error| {
        panic!("{program} does not run ({error}): install Node.js 20 or newer with npm, on Debian `apt install nodejs npm`")
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?} failed:\n{out}{err}");
    out.into_owned()
}

/// Installs what the lock file names, unless that is what is installed.
fn install() {
    let package = Path::new(PACKAGE);
    let changed = |file: &str| package.join(file).metadata().and_then(|it| it.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"], &[]);
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
        run("node", &["hydra.mjs"], &[("BASE_URL", &address), ("KEY", &key)])
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
