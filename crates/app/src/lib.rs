//! Use cases of MemberPulse: what can be done, for whom, in one transaction each.
//!
//! API, portal and commands call these and nothing below them. Functions that touch a tenant's data
//! take the [`Tenant`] first; only authentication and commands can make one. No HTTP is known here.

mod actor;
mod acts;
mod app;
mod changes;
mod check;
mod clock;
pub mod csv;
mod failure;
mod idempotency;
mod import;
mod imports;
mod integrations;
mod keys;
mod metrics;
mod migrations;
mod organisations;
mod passwords;
mod quota;
mod random;
mod records;
pub mod sample;
mod sandbox;
mod schedule;
mod secrets;
mod sessions;
mod set_back;
mod staff;
mod store;
mod tenant;
mod traffic;
mod usage;
mod vault;
mod wakes;
mod webhooks;

pub use actor::{Actor, ActorKind, Client};
pub use app::{App, Options};
pub use changes::{FeedPage, FeedQuery};
pub use check::{Finding, Verdict, check};
pub use clock::{Clock, ManualClock, SystemClock};
pub use db;
pub use domain;
pub use failure::Failure;
pub use idempotency::{Answer, IdempotencyKey, Known, Remember, Running};
pub use import::{ImportCounts, ImportError, ImportOptions, ImportProgress, ImportReport, Unreadable};
pub use imports::{
    ImportJob, ImportPreview, ImportReading, ImportStatus, ImportUpload, MAX_IMPORT_FILE, MAX_IMPORT_FILES,
    PREVIEW_ROWS, PreviewRow,
};
pub use integrations::{
    Health, HealthError, IntegrationStatus, MAX_SYNC_RECORDS, MappingPreview, MappingQuestion, SavedMapping,
    SyncCounts, SyncDeletion, SyncOrder, SyncReport, SyncResult, SyncStatus,
};
pub use keys::{Credential, KeyDetails, KeyRefusal, NewKey, NewKeyRequest, key_environment};
pub use metrics::{AttemptOutcome, RouteMetrics, Surface};
pub use migrations::migrations;
pub use organisations::{NewOrganisation, Organisation, Plan};
pub use quota::{Charge, PlanLimits, QuotaState, WINDOW as QUOTA_WINDOW_SECONDS};
pub use random::{Random, SeededRandom, SystemRandom};
pub use records::{
    BatchItem, BatchKind, BatchMode, BatchReport, Erased, ItemResult, Listing, MAX_ITEMS, Outcome, Past,
    RecordRow, Stored, Tombstone, Walk, WriteCondition, WriteRequest, count_statement, list_statement,
    match_fields,
};
pub use sandbox::Emptied;
pub use secrets::NewSecret;
pub use sessions::{NewSession, Session, SessionUser, SignInRefusal, Support, network};
pub use staff::{Act, Figure, Figures, NewUser, Overview, Todo, UpcomingEvent, User, network_of};
pub use store::{StatementText, TenantSql, statements};
pub use tenant::{Environment, Tenant};
pub use traffic::RequestCounts;
pub use vault::Vault;
pub use wakes::{Waiting, Wakes};
pub use webhooks::{
    AttemptRecord, Attempts, DeliveryDetails, DeliveryVerdict, Endpoint, FannedOut, Job, Room, WebhookHealth,
    WebhookHour,
};
