//! How an organisation is set up: its keys, webhooks, staff, its own settings, and the log of what was done.
//!
//! One table names the screens, another the places of the navigation; each screen is by the use cases that
//! the API has too.

mod audit;
mod integrations;
mod keys;
mod organisation;
mod paging;
mod secret;
mod users;
mod webhooks;

use askama::Template;
use axum::http::Method;
use domain::access::{API_KEYS, ORGANISATION};
use domain::definition::Resource;
use domain::resources::{INTEGRATION, WEBHOOK};

use users::Deed;

use crate::screens::{Screen, ScreenInfo, capable};
use crate::shell::{Place, Shell};
use crate::visit::{Page, Visit};

/// A screen of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SettingsScreen {
    /// `GET /settings`
    Index,
    /// `GET /settings/api-keys`
    Keys,
    /// `GET /settings/api-keys/new`
    NewKey,
    /// `POST /settings/api-keys/new`
    CreateKey,
    /// `GET /settings/api-keys/{id}`
    Key,
    /// `GET /settings/api-keys/{id}/rotate`
    AskRotation,
    /// `POST /settings/api-keys/{id}/rotate`
    RotateKey,
    /// `GET /settings/api-keys/{id}/revoke`
    AskRevocation,
    /// `POST /settings/api-keys/{id}/revoke`
    RevokeKey,
    /// `GET /settings/users`
    Users,
    /// `GET /settings/users/new`
    NewUser,
    /// `POST /settings/users/new`
    AddUser,
    /// `GET /settings/users/{id}`
    User,
    /// `GET /settings/users/{id}/edit`
    EditUser,
    /// `POST /settings/users/{id}/edit`
    SaveUser,
    /// `GET /settings/users/{id}/suspend`
    AskSuspension,
    /// `POST /settings/users/{id}/suspend`
    SuspendUser,
    /// `POST /settings/users/{id}/activate`
    ActivateUser,
    /// `GET /settings/users/{id}/password`
    AskPassword,
    /// `POST /settings/users/{id}/password`
    ResetPassword,
    /// `GET /settings/users/{id}/sign-out`
    AskSignOut,
    /// `POST /settings/users/{id}/sign-out`
    SignUserOut,
    /// `GET /settings/users/{id}/delete`
    AskRemoval,
    /// `POST /settings/users/{id}/delete`
    RemoveUser,
    /// `GET /settings/organisation`
    Organisation,
    /// `GET /settings/organisation/edit`
    EditOrganisation,
    /// `POST /settings/organisation/edit`
    SaveOrganisation,
    /// `GET /settings/audit-log`
    AuditLog,
    /// `GET /settings/audit-log/export`
    ExportAuditLog,
    /// `GET /settings/integrations`
    Integrations,
    /// `GET /settings/integrations/{id}`
    Integration,
    /// `POST /settings/integrations/{id}/switch`
    SwitchIntegration,
    /// `GET /settings/integrations/{id}/delete`
    AskDeletion,
    /// `POST /settings/integrations/{id}/delete`
    DeleteIntegration,
    /// `GET /settings/integrations/{id}/mapping`
    Mapping,
    /// `POST /settings/integrations/{id}/mapping`, which may bring a file
    EditMapping,
    /// `GET /settings/integrations/{id}/sync-log`
    SyncLog,
    /// `GET /settings/integrations/{id}/sync-log/export`
    ExportSyncLog,
    /// `GET /settings/integrations/{id}/sync-log/{entryId}`
    SyncEntry,
    /// `POST /settings/integrations/{id}/sync-log/{entryId}/retry`
    RetrySync,
    /// `GET /settings/webhooks`
    Webhooks,
    /// `GET /settings/webhooks/{id}`
    Webhook,
    /// `POST /settings/webhooks/{id}/test`
    TestWebhook,
    /// `POST /settings/webhooks/{id}/switch`
    SwitchWebhook,
    /// `GET /settings/webhooks/{id}/rotate-secret`
    AskSecret,
    /// `POST /settings/webhooks/{id}/rotate-secret`
    RotateSecret,
    /// `GET /settings/webhooks/{id}/recover`
    AskRecovery,
    /// `POST /settings/webhooks/{id}/recover`
    Recover,
    /// `GET /settings/webhooks/{id}/deliveries`
    Deliveries,
    /// `GET /settings/webhooks/{id}/deliveries/{deliveryId}`
    Delivery,
    /// `POST /settings/webhooks/{id}/deliveries/{deliveryId}/retry`
    RetryDelivery,
}

pub(crate) use integrations::offered;
pub(crate) use secret::{Made, shown as show_made};
pub(crate) use webhooks::show_secret;

/// All screens of the settings.
pub(crate) fn screens() -> Vec<ScreenInfo> {
    use SettingsScreen as S;
    let screen = |method: Method, path: &str, capability: &str, screen| {
        capable(method, &format!("/settings{path}"), capability, Screen::Settings(screen))
    };
    let get = |path, capability, it| screen(Method::GET, path, capability, it);
    let post = |path, capability, it| screen(Method::POST, path, capability, it);
    let mut all = vec![
        // Whoever may see any of them may see this one.
        get("", "integrations:read", S::Index),
        get("/api-keys", API_KEYS, S::Keys),
        get("/api-keys/new", API_KEYS, S::NewKey),
        post("/api-keys/new", API_KEYS, S::CreateKey),
        get("/api-keys/{id}", API_KEYS, S::Key),
        get("/api-keys/{id}/rotate", API_KEYS, S::AskRotation),
        post("/api-keys/{id}/rotate", API_KEYS, S::RotateKey),
        get("/api-keys/{id}/revoke", API_KEYS, S::AskRevocation),
        post("/api-keys/{id}/revoke", API_KEYS, S::RevokeKey),
        get("/users", ORGANISATION, S::Users),
        get("/users/new", ORGANISATION, S::NewUser),
        post("/users/new", ORGANISATION, S::AddUser),
        get("/users/{id}", ORGANISATION, S::User),
        get("/users/{id}/edit", ORGANISATION, S::EditUser),
        post("/users/{id}/edit", ORGANISATION, S::SaveUser),
        get("/users/{id}/suspend", ORGANISATION, S::AskSuspension),
        post("/users/{id}/suspend", ORGANISATION, S::SuspendUser),
        post("/users/{id}/activate", ORGANISATION, S::ActivateUser),
        get("/users/{id}/password", ORGANISATION, S::AskPassword),
        post("/users/{id}/password", ORGANISATION, S::ResetPassword),
        get("/users/{id}/sign-out", ORGANISATION, S::AskSignOut),
        post("/users/{id}/sign-out", ORGANISATION, S::SignUserOut),
        get("/users/{id}/delete", ORGANISATION, S::AskRemoval),
        post("/users/{id}/delete", ORGANISATION, S::RemoveUser),
        get("/audit-log", "audit:read", S::AuditLog),
        get("/audit-log/export", "audit:read", S::ExportAuditLog),
        get("/organisation", ORGANISATION, S::Organisation),
        get("/organisation/edit", ORGANISATION, S::EditOrganisation),
        post("/organisation/edit", ORGANISATION, S::SaveOrganisation),
    ];
    all.extend(of_integrations());
    all.extend(of_webhooks());
    all
}

/// Makes the screens of a kind of settings, below its list.
struct Below {
    resource: &'static Resource,
    read: String,
    write: String,
}

impl Below {
    fn of(resource: &'static Resource) -> Self {
        Self { resource, read: resource.read_scope(), write: resource.write_scope() }
    }

    fn screen(&self, method: Method, path: &str, capability: &str, screen: Screen) -> ScreenInfo {
        capable(method, &format!("/settings/{}{path}", self.resource.segment()), capability, screen)
    }

    fn get(&self, path: &str, screen: SettingsScreen) -> ScreenInfo {
        self.screen(Method::GET, path, &self.read, Screen::Settings(screen))
    }

    fn ask(&self, path: &str, screen: Screen) -> ScreenInfo {
        self.screen(Method::GET, path, &self.write, screen)
    }

    fn post(&self, path: &str, screen: Screen) -> ScreenInfo {
        self.screen(Method::POST, path, &self.write, screen)
    }

    /// What every kind has: its list, forms, activity and what the API shows.
    fn usual(&self, list: SettingsScreen, one: SettingsScreen) -> Vec<ScreenInfo> {
        let it = self.resource;
        vec![
            self.get("", list),
            self.ask("/new", Screen::New(it)),
            self.post("/new", Screen::Create(it)),
            self.get("/{id}", one),
            self.screen(Method::GET, "/{id}/activity", "audit:read", Screen::Activity(it)),
            self.screen(Method::GET, "/{id}/api", &self.read, Screen::Api(it)),
            self.ask("/{id}/edit", Screen::Edit(it)),
            self.post("/{id}/edit", Screen::Save(it)),
        ]
    }
}

fn of_integrations() -> Vec<ScreenInfo> {
    use SettingsScreen as S;
    let below = Below::of(&INTEGRATION);
    let mut all = below.usual(S::Integrations, S::Integration);
    all.extend([
        below.post("/{id}/switch", Screen::Settings(S::SwitchIntegration)),
        below.ask("/{id}/delete", Screen::Settings(S::AskDeletion)),
        below.post("/{id}/delete", Screen::Settings(S::DeleteIntegration)),
        below.get("/{id}/mapping", S::Mapping),
        below.post("/{id}/mapping", Screen::Settings(S::EditMapping)),
        below.get("/{id}/sync-log", S::SyncLog),
        below.get("/{id}/sync-log/export", S::ExportSyncLog),
        below.get("/{id}/sync-log/{entryId}", S::SyncEntry),
        below.post("/{id}/sync-log/{entryId}/retry", Screen::Settings(S::RetrySync)),
    ]);
    all
}

fn of_webhooks() -> Vec<ScreenInfo> {
    use SettingsScreen as S;
    let below = Below::of(&WEBHOOK);
    let mut all = below.usual(S::Webhooks, S::Webhook);
    all.extend([
        below.ask("/{id}/delete", Screen::ConfirmDelete(&WEBHOOK)),
        below.post("/{id}/delete", Screen::Delete(&WEBHOOK)),
        below.post("/{id}/test", Screen::Settings(S::TestWebhook)),
        below.post("/{id}/switch", Screen::Settings(S::SwitchWebhook)),
        below.ask("/{id}/rotate-secret", Screen::Settings(S::AskSecret)),
        below.post("/{id}/rotate-secret", Screen::Settings(S::RotateSecret)),
        below.ask("/{id}/recover", Screen::Settings(S::AskRecovery)),
        below.post("/{id}/recover", Screen::Settings(S::Recover)),
        below.get("/{id}/deliveries", S::Deliveries),
        below.get("/{id}/deliveries/{deliveryId}", S::Delivery),
        below.post("/{id}/deliveries/{deliveryId}/retry", Screen::Settings(S::RetryDelivery)),
    ]);
    all
}

/// Shows a screen of the settings.
pub(crate) async fn show(screen: SettingsScreen, visit: &Visit) -> Page {
    use SettingsScreen as S;
    match screen {
        S::Index => index(visit),
        S::Keys => keys::list(visit).await,
        S::NewKey => keys::blank(visit).await,
        S::CreateKey => keys::create(visit).await,
        S::Key => keys::one(visit).await,
        S::AskRotation => keys::ask_rotation(visit).await,
        S::RotateKey => keys::rotate(visit).await,
        S::AskRevocation => keys::ask_revocation(visit).await,
        S::RevokeKey => keys::revoke(visit).await,
        S::Users => users::list(visit).await,
        S::NewUser => users::blank(visit),
        S::AddUser => users::create(visit).await,
        S::User => users::one(visit).await,
        S::EditUser => users::edit(visit).await,
        S::SaveUser => users::save(visit).await,
        S::AskSuspension => users::ask(visit, Deed::Suspend).await,
        S::SuspendUser => users::act(visit, Deed::Suspend).await,
        S::ActivateUser => users::activate(visit).await,
        S::AskPassword => users::ask_password(visit).await,
        S::ResetPassword => users::reset_password(visit).await,
        S::AskSignOut => users::ask(visit, Deed::SignOut).await,
        S::SignUserOut => users::act(visit, Deed::SignOut).await,
        S::AskRemoval => users::ask(visit, Deed::Remove).await,
        S::RemoveUser => users::act(visit, Deed::Remove).await,
        S::Organisation => organisation::show(visit).await,
        S::EditOrganisation => organisation::edit(visit).await,
        S::SaveOrganisation => organisation::save(visit).await,
        S::AuditLog => audit::show(visit).await,
        S::ExportAuditLog => audit::export(visit).await,
        S::Integrations => integrations::list(visit).await,
        S::Integration => integrations::one(visit).await,
        S::SwitchIntegration => integrations::switch(visit).await,
        S::AskDeletion => integrations::ask_deletion(visit).await,
        S::DeleteIntegration => integrations::delete(visit).await,
        S::Mapping => integrations::mapping(visit).await,
        S::EditMapping => integrations::edit_mapping(visit).await,
        S::SyncLog => integrations::sync_log(visit).await,
        S::ExportSyncLog => integrations::export_log(visit).await,
        S::SyncEntry => integrations::sync_entry(visit).await,
        S::RetrySync => integrations::retry(visit).await,
        S::Webhooks => webhooks::list(visit).await,
        S::Webhook => webhooks::one(visit).await,
        S::TestWebhook => webhooks::test(visit).await,
        S::SwitchWebhook => webhooks::switch(visit).await,
        S::AskSecret => webhooks::ask_rotation(visit).await,
        S::RotateSecret => webhooks::rotate(visit).await,
        S::AskRecovery => webhooks::ask_recovery(visit).await,
        S::Recover => webhooks::recover(visit).await,
        S::Deliveries => webhooks::deliveries(visit).await,
        S::Delivery => webhooks::delivery(visit).await,
        S::RetryDelivery => webhooks::retry(visit).await,
    }
}

/// Label, segment, drawing, who may see it, what is there.
const PLACES: &[(&str, &str, &str, &str, &str)] = &[
    ("API keys", "api-keys", "key", API_KEYS, "With which your other systems work on your data"),
    (
        "Integrations",
        "integrations",
        "plug",
        "integrations:read",
        "Outside systems: how their records come and go, and how well",
    ),
    (
        "Webhooks",
        "webhooks",
        "send",
        "webhooks:read",
        "Which systems are told of changes, and how well that goes",
    ),
    ("Staff", "users", "users", ORGANISATION, "Who signs in here, and what they may do"),
    (
        "Organisation",
        "organisation",
        "building",
        ORGANISATION,
        "Its plan, zone, currency, and what it asks of members",
    ),
    ("Audit log", "audit-log", "history", "audit:read", "Who did what, when and from where"),
];

/// The places of the settings that the user may see; none outside an organisation.
pub(crate) fn places(visit: &Visit) -> Vec<Place> {
    described(visit).into_iter().map(|(place, _)| place).collect()
}

fn described(visit: &Visit) -> Vec<(Place, &'static str)> {
    if visit.session.tenant.is_none() {
        return Vec::new();
    }
    let path = visit.parts.uri.path();
    let seen = PLACES.iter().filter(|(_, _, _, capability, _)| visit.can(capability));
    let place = |&(label, segment, icon, _, about): &(&str, &str, &'static str, &str, &'static str)| {
        let href = format!("/settings/{segment}");
        let open = path == href || path.starts_with(&format!("{href}/"));
        (Place { label: label.to_owned(), href, icon, open }, about)
    };
    seen.map(place).collect()
}

#[derive(Template)]
#[template(path = "pages/settings/index.html")]
struct IndexPage {
    shell: Shell,
    places: Vec<(Place, &'static str)>,
}

/// `GET /settings`
fn index(visit: &Visit) -> Page {
    visit.tenant()?;
    visit.page(&IndexPage { shell: visit.shell("Settings"), places: described(visit) })
}
