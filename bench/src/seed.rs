//! Fills a data directory through the product's own write path: every member has its audit row, its
//! feed row and its terms, as if clients had posted it. Clock and randomness are seeded and the order of
//! changes is fixed, so the same bytes are stored everywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use app::db::{Db, SqliteOptions};
use app::{
    Actor, App, Clock, Environment, NewKeyRequest, NewOrganisation, Options, Plan, SeededRandom, Tenant,
};
use clap::Args;
use domain::Timestamp;
use domain::listing::{self, Lenience};
use domain::resources::MEMBER;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::member;
use crate::report::say;
use crate::settings::Outcome;

/// The server's database file in its data directory.
pub(crate) const DATABASE: &str = "memberpulse.db";
/// What a run needs to know of a seeded data directory, beside the database.
const NOTE: &str = "bench.json";
/// Raised when what is seeded changes, so that old data is not used.
const VERSION: u32 = 1;

/// The members are made over these two years, evenly.
const START: Timestamp = Timestamp::from_micros(1_672_531_200_000_000); // 2023-01-01T00:00:00Z
const SPAN: i64 = 2 * 365 * 86_400 * 1_000_000;
const YEAR: i32 = 2023;
/// Creates on their way at once: they share commits.
const AT_ONCE: usize = 256;

/// What to seed.
#[derive(Args, Clone)]
pub(crate) struct Seed {
    /// The data directory to make.
    #[arg(long)]
    pub(crate) data_dir: PathBuf,
    /// Members in all, dealt out to the organisations in turn.
    #[arg(long, default_value_t = 100_000)]
    pub(crate) members: u32,
    /// Organisations.
    #[arg(long, default_value_t = 10)]
    pub(crate) organisations: u32,
}

/// A seeded data directory.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct Seeded {
    version: u32,
    members: u32,
    /// The organisations.
    pub(crate) organisations: Vec<SeededOrganisation>,
}

/// An organisation of it. The key is worth nothing outside this throw-away data.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub(crate) struct SeededOrganisation {
    /// The number of its production tenant, for the reference server.
    pub(crate) tenant: i64,
    /// A key with all scopes.
    pub(crate) key: String,
}

/// Makes the data directory unless it is there already.
pub(crate) fn run(seed: &Seed) -> Outcome<()> {
    ensure(seed).map(drop)
}

/// The seeded data directory, made if need be.
pub(crate) fn ensure(seed: &Seed) -> Outcome<Seeded> {
    if seed.organisations == 0 || seed.members < seed.organisations {
        return Err("there must be at least one organisation, and a member for each".into());
    }
    if let Ok(text) = fs::read_to_string(seed.data_dir.join(NOTE)) {
        let seeded: Seeded = serde_json::from_str(&text)?;
        let same = seeded.version == VERSION
            && seeded.members == seed.members
            && seeded.organisations.len() == seed.organisations as usize;
        if same {
            return Ok(seeded);
        }
    }
    if seed.data_dir.exists() {
        return Err(format!("{} holds other data: remove it first", seed.data_dir.display()).into());
    }
    // Made beside its place and moved there when it is complete: a broken run leaves nothing half done.
    let partial = seed.data_dir.with_extension("partial");
    if partial.exists() {
        fs::remove_dir_all(&partial)?;
    }
    fs::create_dir_all(&partial)?;
    let seeded = crate::block_on(fill(&partial, seed))?;
    fs::write(partial.join(NOTE), serde_json::to_string_pretty(&seeded)?)?;
    fs::rename(&partial, &seed.data_dir)?;
    Ok(seeded)
}

/// A clock that shows what it was last told.
#[derive(Debug)]
struct SeedClock(AtomicI64);

impl Clock for SeedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

async fn fill(directory: &Path, seed: &Seed) -> Outcome<Seeded> {
    let started = Instant::now();
    let path = directory.join(DATABASE);
    let clock = Arc::new(SeedClock(AtomicI64::new(START.as_micros())));
    let options = Options {
        clock: clock.clone(),
        random: Arc::new(SeededRandom::new(20_230_101)),
        ..Options::default()
    };
    let db = Db::open_sqlite(SqliteOptions::new(&path)).await?;
    let (app, _) = App::open(db, options).await.map_err(failed)?;
    let mut tenants = Vec::new();
    let mut organisations = Vec::new();
    for number in 0..seed.organisations {
        let new = NewOrganisation {
            plan: Plan::Enterprise,
            ..NewOrganisation::named(format!("Association {number}"))
        };
        let made = app.create_organisation(&Actor::system(), new).await.map_err(failed)?;
        let tenant = app.tenant(&made, Environment::Production).await.map_err(failed)?;
        let request = NewKeyRequest {
            name: "Benchmark".to_owned(),
            scopes: None,
            expires_at: None,
            allowed_ips: Vec::new(),
            integration: None,
        };
        let key = app.create_key(&tenant, &Actor::system(), request).await.map_err(failed)?;
        organisations.push(SeededOrganisation { tenant: tenant_number(&path, &made.slug)?, key: key.key });
        tenants.push(tenant);
    }
    make_members(&app, &clock, &tenants, seed.members).await?;
    check(&app, &tenants, seed.members).await?;
    app.close().await;
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "made {} members in {seconds:.0} s ({:.0} a second)",
        seed.members,
        f64::from(seed.members) / seconds
    ));
    Ok(Seeded { version: VERSION, members: seed.members, organisations })
}

async fn make_members(app: &App, clock: &SeedClock, tenants: &[Tenant], members: u32) -> Outcome<()> {
    let step = SPAN / i64::from(members);
    let actor = Actor::system();
    let creates = (0..members).zip(tenants.iter().cycle()).map(|(number, tenant)| {
        let (app, actor) = (app.clone(), &actor);
        async move {
            let jitter = i64::from(number) * 7_919_000 % step.max(1);
            let moment = START.as_micros() + i64::from(number) * step + jitter;
            // Read by the create below before it waits for anything.
            clock.0.store(moment, Ordering::SeqCst);
            let body = member::body(number, YEAR);
            app.create(tenant, actor, &MEMBER, &body).await.map_err(failed)?;
            if number % 50_000 == 49_999 {
                say(&format!("{} of {members} members", number + 1));
            }
            Outcome::Ok(())
        }
    });
    stream::iter(creates).buffered(AT_ONCE).try_collect::<()>().await
}

/// The product's own reading finds every member.
async fn check(app: &App, tenants: &[Tenant], members: u32) -> Outcome<()> {
    let query = listing::parse(&MEMBER, [("itemsPerPage", "1")], Lenience::Strict)
        .map_err(|problem| problem.detail)?;
    let mut total = 0;
    for tenant in tenants {
        let listing = app.list(tenant, &MEMBER, &query, |_| Ok(())).await.map_err(failed)?;
        total += listing.total.unwrap_or(0);
    }
    if total == u64::from(members) {
        Ok(())
    } else {
        Err(format!("{members} members were made but {total} are found").into())
    }
}

/// The number of an organisation's production tenant, which the product shows to nobody.
fn tenant_number(path: &Path, slug: &str) -> Outcome<i64> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let sql = "SELECT t.id FROM tenants t JOIN organisations o ON o.id = t.organisation_id \
               WHERE o.slug = ? AND t.environment = 'production'";
    Ok(connection.query_row(sql, [slug], |row| row.get(0))?)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn failed(failure: app::Failure) -> String {
    failure.inside().unwrap_or_else(|| format!("{:?}", failure.problem()))
}
