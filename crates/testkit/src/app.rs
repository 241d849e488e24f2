//! An application on a fresh store of either engine, with a clock and randomness that tests control.

use std::sync::Arc;

use app::db::{Db, Migration, PostgresOptions, SqliteOptions};
use app::domain::Timestamp;
use app::{
    Actor, App, Environment, ManualClock, NewKeyRequest, NewOrganisation, NewUser, Options, Organisation,
    Plan, SeededRandom, Tenant, User, Vault,
};
use domain::access::{Role, key_scopes};
use domain::definition::{Registry, Resource};
use domain::resources::{COURSE, EVENT, MEMBER};

use crate::browser::Browser;
use crate::client::Client;
use crate::postgres::TestDatabase;
use crate::venue::{VENUE, VENUE_LAYOUT, venue_migration};

pub use app::db::Engine;

/// The product's resources and the one of tests.
pub const REGISTRY: Registry = Registry::new(RESOURCES);

const RESOURCES: &[&Resource] = &[&MEMBER, &EVENT, &COURSE, &VENUE];

/// A password that the rules let through.
pub const PASSWORD: &str = "Correct-Horse-9";

/// The layouts of the product's resources in the portal, and of the one of tests.
pub const LAYOUTS: &[portal::Layout] =
    &[portal::LAYOUTS[0], portal::LAYOUTS[1], portal::LAYOUTS[2], VENUE_LAYOUT];

/// What the clock of a test shows until it is moved: 11 in the morning in Sydney.
pub const START: &str = "2026-11-24T00:00:00Z";

/// An application for one test: two organisations, nothing in them yet.
pub struct TestApp {
    /// The use cases.
    pub app: App,
    /// The clock; it stands still until the test moves it.
    pub clock: Arc<ManualClock>,
    /// The organisation whose production data most tests work on.
    pub acme: Organisation,
    /// Its production environment.
    pub tenant: Tenant,
    /// The one that must never see anything of it.
    pub other: Organisation,
    // Last, so that the application's connections end before their database does.
    store: Store,
}

/// What holds the data; goes away with the test.
enum Store {
    Sqlite(tempfile::TempDir),
    Postgres(TestDatabase),
}

impl TestApp {
    /// A fresh application on this engine.
    pub async fn new(engine: Engine) -> Self {
        let store = Store::create(engine).await;
        let clock = Arc::new(ManualClock::new(start()));
        let options = Options {
            registry: REGISTRY,
            clock: clock.clone(),
            random: Arc::new(SeededRandom::new(20_261_124)),
            more_migrations: vec![venue_migration()],
            vault: Some(Vault::new([7; 32])),
            private_webhooks: true,
            ..Options::default()
        };
        let opened = App::open(store.open().await, options).await;
        let (app, _) = opened.unwrap_or_else(|failure| panic!("the application does not open: {failure:?}"));
        let acme = organisation(&app, "Acme Engineers").await;
        let other = organisation(&app, "Other Accountants").await;
        let tenant = tenant(&app, &acme, Environment::Production).await;
        Self { app, clock, acme, tenant, other, store }
    }

    /// The same store opened once more, as a second server process would.
    pub async fn second_server(&self) -> App {
        let options = Options {
            registry: REGISTRY,
            clock: self.clock.clone(),
            random: Arc::new(SeededRandom::new(42)),
            more_migrations: vec![venue_migration()],
            vault: Some(Vault::new([7; 32])),
            private_webhooks: true,
            ..Options::default()
        };
        let opened = App::open(self.store.open().await, options).await;
        opened.unwrap_or_else(|failure| panic!("the application does not open twice: {failure:?}")).0
    }

    /// Waits until what one server committed is known to the others: on the embedded database they look for it
    /// every 5 ms, as [`db::Db::change_mark`] says.
    pub async fn other_servers_look(&self) {
        if matches!(self.store, Store::Sqlite(..)) {
            tokio::time::sleep(std::time::Duration::from_millis(6)).await;
        }
    }

    /// One of the environments of an organisation.
    pub async fn tenant_of(&self, organisation: &Organisation, environment: Environment) -> Tenant {
        tenant(&self.app, organisation, environment).await
    }

    /// A key with these scopes; with all that there are when none are given.
    pub async fn key(&self, tenant: &Tenant, scopes: Option<&[&str]>) -> String {
        let request = NewKeyRequest {
            name: "Test".to_owned(),
            scopes: scopes.map(|scopes| scopes.iter().map(|&scope| scope.to_owned()).collect()),
            expires_at: None,
            allowed_ips: Vec::new(),
            integration: None,
        };
        let made = self.app.create_key(tenant, &Actor::system(), request).await;
        made.unwrap_or_else(|failure| panic!("no key: {failure:?}")).key
    }

    /// The API of this application with these settings, for a client without a key.
    #[must_use]
    pub fn api(&self, config: api::Config) -> Client {
        api_of(&self.app, config)
    }

    /// A client with a new key of the test's tenant that may do everything.
    pub async fn client(&self) -> Client {
        self.client_of(&self.tenant).await
    }

    /// A client with a new key of a tenant that may do everything there.
    pub async fn client_of(&self, tenant: &Tenant) -> Client {
        self.api(api::Config::default()).with_key(self.key(tenant, None).await)
    }

    /// A new member of staff, with [`PASSWORD`].
    pub async fn user(&self, organisation: Option<&Organisation>, email: &str, role: Role) -> User {
        let new = NewUser {
            email: email.to_owned(),
            first_name: Some("Jo".to_owned()),
            last_name: None,
            role,
            password: Some(PASSWORD.to_owned()),
        };
        let made = self.app.create_user(&Actor::system(), organisation, new).await;
        made.unwrap_or_else(|failure| panic!("no user: {failure:?}"))
    }

    /// A browser in which somebody with [`PASSWORD`] has just signed in.
    pub async fn sign_in(&self, email: &str) -> Client {
        let from = app::Client::default();
        let signed_in = self.app.sign_in(&from, email, PASSWORD).await;
        let signed_in = signed_in.unwrap_or_else(|failure| panic!("cannot sign in: {failure:?}"));
        let new = signed_in.unwrap_or_else(|refusal| panic!("{email} is not signed in: {refusal:?}"));
        self.api(api::Config::default()).with_session(new.token)
    }

    /// A browser in which a new member of staff has signed in.
    pub async fn staff(&self, organisation: Option<&Organisation>, email: &str, role: Role) -> Client {
        self.user(organisation, email, role).await;
        self.sign_in(email).await
    }

    /// The API and its guides with the portal beside them, as the server has them.
    pub fn server(&self) -> axum::Router {
        self.server_with(portal::Config::default())
    }

    /// The same with these settings of the portal.
    pub fn server_with(&self, config: portal::Config) -> axum::Router {
        let config = portal::Config { layouts: LAYOUTS, ..config };
        let portal = portal::router(self.app.clone(), config);
        let portal = portal.unwrap_or_else(|failure| panic!("no portal: {failure:?}"));
        let api = api::router(self.app.clone(), api::Config::default());
        let api = api.unwrap_or_else(|failure| panic!("no API: {failure:?}"));
        api.merge(guides::router([1; 8])).fallback_service(portal)
    }

    /// Somebody who is not signed in and calls the server.
    #[must_use]
    pub fn visitor(&self) -> Client {
        Client::new(self.server(), None)
    }

    /// A browser without script in which somebody with [`PASSWORD`] has just signed in to the portal.
    pub async fn browser(&self, email: &str) -> Browser {
        self.browser_with(email, portal::Config::default()).await
    }

    /// The same with these settings of the portal.
    pub async fn browser_with(&self, email: &str, config: portal::Config) -> Browser {
        let signed_in = self.app.sign_in(&app::Client::default(), email, PASSWORD).await;
        let signed_in = signed_in.unwrap_or_else(|failure| panic!("cannot sign in: {failure:?}"));
        let new = signed_in.unwrap_or_else(|refusal| panic!("{email} is not signed in: {refusal:?}"));
        let client = Client::new(self.server_with(config), None).with_session(&new.token);
        Browser::new(client, &new.session)
    }

    /// Every scope that a key can carry.
    #[must_use]
    pub fn scopes(&self) -> Vec<String> {
        key_scopes(REGISTRY)
    }

    /// A resource by its plural name.
    #[must_use]
    pub fn resource(&self, plural: &str) -> &'static Resource {
        REGISTRY.by_plural(plural).unwrap_or_else(|| panic!("there is no resource {plural}"))
    }

    /// Moves the clock, also backwards.
    pub fn advance(&self, seconds: i64) {
        self.clock.advance_seconds(seconds);
    }
}

impl Store {
    async fn create(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let dir = tempfile::tempdir();
                Self::Sqlite(dir.unwrap_or_else(|error| panic!("no temporary directory: {error}")))
            }
            Engine::Postgres => Self::Postgres(TestDatabase::create(&migrations()).await),
        }
    }

    async fn open(&self) -> Db {
        let opened = match self {
            Self::Sqlite(dir) => Db::open_sqlite(SqliteOptions::new(dir.path().join("test.db"))).await,
            Self::Postgres(database) => Db::open_postgres(PostgresOptions::new(database.url())).await,
        };
        opened.unwrap_or_else(|error| panic!("the database does not open: {error}"))
    }
}

/// The API of an application, for a client without a key.
#[must_use]
pub fn api_of(app: &App, config: api::Config) -> Client {
    let router = api::router(app.clone(), config);
    Client::new(router.unwrap_or_else(|failure| panic!("no router: {failure:?}")), None)
}

/// [`START`] as a moment.
#[must_use]
pub fn start() -> Timestamp {
    Timestamp::parse(START).unwrap_or_else(|| panic!("{START} is no moment"))
}

fn migrations() -> Vec<Migration> {
    app::migrations().into_iter().chain([venue_migration()]).collect()
}

async fn organisation(app: &App, name: &str) -> Organisation {
    let new = NewOrganisation { plan: Plan::Enterprise, ..NewOrganisation::named(name) };
    let made = app.create_organisation(&Actor::system(), new).await;
    made.unwrap_or_else(|failure| panic!("no organisation: {failure:?}"))
}

async fn tenant(app: &App, organisation: &Organisation, environment: Environment) -> Tenant {
    let found = app.tenant(organisation, environment).await;
    found.unwrap_or_else(|failure| panic!("no tenant: {failure:?}"))
}
