#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    unused
)]
use app::*;
#[tokio::main]
async fn main() {
    let path = std::env::args().nth(1).unwrap();
    let db = if path.starts_with("postgres") {
        db::Db::open_postgres(db::PostgresOptions::new(path)).await.unwrap()
    } else {
        db::Db::open_sqlite(db::SqliteOptions::new(path)).await.unwrap()
    };
    let (app, report) = App::open(db, Options::default()).await.unwrap();
    let org = match app.organisation("a").await {
        Ok(o) => o,
        Err(_) => app
            .create_organisation(NewOrganisation { slug: Some("a".into()), ..NewOrganisation::named("A") })
            .await
            .unwrap(),
    };
    for env in Environment::ALL {
        let t = app.tenant(&org, env).await.unwrap();
        let k = app
            .create_key(
                &t,
                &Actor::system(),
                NewKeyRequest { name: "x".into(), scopes: None, expires_at: None, allowed_ips: vec![] },
            )
            .await
            .unwrap();
        println!("{}", k.key);
    }
    let (tx, rx) = tokio::sync::watch::channel(false);
    tokio::spawn(app.clone().run_clockwork(rx));
    let router = api::router(app, api::Config::default()).unwrap();
    let l = tokio::net::TcpListener::bind(std::env::args().nth(2).unwrap()).await.unwrap();
    axum::serve(l, router.into_make_service_with_connect_info::<std::net::SocketAddr>()).await.unwrap();
}
