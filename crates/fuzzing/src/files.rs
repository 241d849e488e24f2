//! CSV files: each row is counted once, and the report of those that failed says the same when it is read.

use std::io::Cursor;
use std::sync::{Arc, OnceLock};

use app::db::{Db, SqliteOptions};
use app::{
    Actor, App, Environment, ImportError, ImportOptions, ImportReport, ManualClock, NewOrganisation, Options,
    SeededRandom, Tenant, Vault,
};
use domain::definition::Resource;
use domain::resources::REGISTRY;
use tokio::runtime::Runtime;

use super::now;

/// The first line of the data names a resource, the rest is the file. Nothing of it is stored.
pub(crate) fn check(data: &[u8]) {
    let Some(place) = data.iter().position(|byte| *byte == b'\n') else { return };
    let name = std::str::from_utf8(&data[..place]).ok();
    let resource = name.and_then(|name| REGISTRY.iter().find(|resource| resource.plural == name));
    let Some(resource) = resource else { return };
    let file = &data[place + 1..];
    let Some((report, failed)) = read(resource, file) else { return };
    if report.counts.failed == 0 {
        assert!(failed.is_empty());
        return;
    }
    let (again, _) = read(resource, &failed).expect("the report can be read");
    assert_eq!(again.counts.rows(), report.counts.failed, "{}", String::from_utf8_lossy(&failed));
}

/// What would become of the file, and the report of rows that failed.
fn read(resource: &'static Resource, file: &[u8]) -> Option<(ImportReport, Vec<u8>)> {
    let place = Place::get();
    let options = ImportOptions { resource, mapping: None, match_by: None, dry_run: true };
    let (actor, mut failed) = (Actor::system(), Vec::new());
    let file = Cursor::new(file.to_vec());
    let import = place.app.import(&place.tenant, &actor, options, file, &mut failed, &|_| {});
    match place.runtime.block_on(import) {
        Ok(report) => Some((report, failed)),
        Err(ImportError::File(unreadable)) => {
            assert!(!unreadable.to_string().is_empty());
            None
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// An organisation without records.
struct Place {
    app: App,
    tenant: Tenant,
    runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Place {
    fn get() -> &'static Self {
        static PLACE: OnceLock<Place> = OnceLock::new();
        PLACE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (app, tenant) = runtime.block_on(async {
            let db = Db::open_sqlite(SqliteOptions::new(folder.path().join("fuzz.db"))).await.unwrap();
            let options = Options {
                clock: Arc::new(ManualClock::new(now())),
                random: Arc::new(SeededRandom::new(7)),
                vault: Some(Vault::new([7; 32])),
                ..Options::default()
            };
            let (app, _) = App::open(db, options).await.unwrap();
            let new = NewOrganisation::named("Acme");
            let organisation = app.create_organisation(&Actor::system(), new).await.unwrap();
            let tenant = app.tenant(&organisation, Environment::Production).await.unwrap();
            (app, tenant)
        });
        Self { app, tenant, runtime, _folder: folder }
    }
}
