//! The one table of screens. The router and the tests of permissions are made from it.

use axum::http::Method;
use domain::access::{API_KEYS, ORGANISATION, PLATFORM};
use domain::definition::{Action, Effect, Registry, Resource};

use crate::config::Config;
use crate::failure::PageError;
use crate::pages::settings::{self, SettingsScreen};
use crate::pages::{
    account, bulk, edit, export, import, list, overview, platform, record, reference, sandbox, search,
    session,
};
use crate::visit::{Page, Visit};

/// A screen of somebody who is signed in.
#[derive(Clone, Debug)]
pub struct ScreenInfo {
    /// The method.
    pub method: Method,
    /// The path, with `{id}` for a record's id.
    pub path: String,
    /// What one must be allowed to do; nothing where being signed in is enough.
    pub capability: Option<String>,
    /// What it is.
    pub screen: Screen,
}

/// What a screen is.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    /// `GET /`
    Overview,
    /// `GET /search`
    Search,
    /// `GET /reference`
    Reference,
    /// `POST /reference`
    TryApi,
    /// `POST /environment`
    Environment,
    /// `POST /theme`
    Theme,
    /// `POST /logout`
    SignOut,
    /// `POST /logout/everywhere`
    SignOutEverywhere,
    /// `GET /account`
    Account,
    /// `POST /account/password`
    ChangePassword,
    /// `GET /sandbox`
    Sandbox,
    /// `GET /sandbox/fill`
    ConfirmFill,
    /// `POST /sandbox/fill`
    FillSandbox,
    /// `GET /sandbox/empty`
    ConfirmEmpty,
    /// `POST /sandbox/empty`
    EmptySandbox,
    /// `GET /platform`
    Organisations,
    /// `GET /platform/new`
    NewOrganisation,
    /// `POST /platform/new`
    CreateOrganisation,
    /// `POST /platform/leave`
    LeaveSupport,
    /// `GET /platform/{id}`
    Organisation,
    /// `GET /platform/{id}/plan`
    ChoosePlan,
    /// `POST /platform/{id}/plan`
    ChangePlan,
    /// `GET /platform/{id}/support`
    AskReason,
    /// `POST /platform/{id}/support`
    EnterSupport,
    /// `GET /platform/{id}/close`
    ConfirmClose,
    /// `POST /platform/{id}/close`
    CloseOrganisation,
    /// `GET /members`
    List(&'static Resource),
    /// `GET /members/export`
    Export(&'static Resource),
    /// `POST /members/bulk`
    Bulk(&'static Resource),
    /// `GET /members/import`
    Import(&'static Resource),
    /// `POST /members/import`, the one form with a file
    Upload(&'static Resource),
    /// `GET /members/import/{id}`
    ImportJob(&'static Resource),
    /// `POST /members/import/{id}`
    ImportStep(&'static Resource),
    /// `GET /members/import/{id}/failed`
    FailedRows(&'static Resource),
    /// `GET /members/new`
    New(&'static Resource),
    /// `POST /members/new`
    Create(&'static Resource),
    /// `GET /members/{id}`
    Profile(&'static Resource),
    /// `GET /members/{id}/activity`
    Activity(&'static Resource),
    /// `GET /members/{id}/api`
    Api(&'static Resource),
    /// `GET /events/{id}/preview`
    Preview(&'static Resource),
    /// `GET /members/{id}/edit`
    Edit(&'static Resource),
    /// `POST /members/{id}/edit`
    Save(&'static Resource),
    /// `GET /members/{id}/delete`
    ConfirmDelete(&'static Resource),
    /// `POST /members/{id}/delete`
    Delete(&'static Resource),
    /// `GET /events/{id}/schedule`
    ChooseMoment(&'static Resource),
    /// `POST /events/{id}/schedule`
    Schedule(&'static Resource),
    /// `GET /members/{id}/merge`
    Compare(&'static Resource, &'static Action),
    /// `POST /members/{id}/merge`
    Merge(&'static Resource, &'static Action),
    /// `GET /events/{id}/publish`
    ConfirmAction(&'static Resource, &'static Action),
    /// `POST /events/{id}/publish`
    Act(&'static Resource, &'static Action),
    /// `GET /settings` and what is below it
    Settings(SettingsScreen),
}

/// All screens of a server.
#[must_use]
pub fn screens(registry: Registry, config: &Config) -> Vec<ScreenInfo> {
    let free =
        |method, path: &str, screen| ScreenInfo { method, path: path.to_owned(), capability: None, screen };
    let mut all = vec![
        free(Method::GET, "/", Screen::Overview),
        free(Method::GET, "/search", Screen::Search),
        free(Method::GET, "/reference", Screen::Reference),
        ScreenInfo {
            capability: Some(API_KEYS.to_owned()),
            ..free(Method::POST, "/reference", Screen::TryApi)
        },
        free(Method::POST, "/environment", Screen::Environment),
        free(Method::POST, "/theme", Screen::Theme),
        free(Method::POST, "/logout", Screen::SignOut),
        free(Method::POST, "/logout/everywhere", Screen::SignOutEverywhere),
        free(Method::GET, "/account", Screen::Account),
        free(Method::POST, "/account/password", Screen::ChangePassword),
    ];
    all.extend(of_sandbox());
    all.extend(of_platform());
    for layout in config.layouts {
        if let Some(resource) = registry.by_plural(layout.plural) {
            all.extend(of_resource(resource, layout.preview));
        }
    }
    all.extend(settings::screens());
    all
}

/// A screen for those who may do something.
pub(crate) fn capable(method: Method, path: &str, capability: &str, screen: Screen) -> ScreenInfo {
    ScreenInfo { method, path: path.to_owned(), capability: Some(capability.to_owned()), screen }
}

fn of_sandbox() -> [ScreenInfo; 5] {
    let screen = |method, path, screen| capable(method, path, ORGANISATION, screen);
    [
        screen(Method::GET, "/sandbox", Screen::Sandbox),
        screen(Method::GET, "/sandbox/fill", Screen::ConfirmFill),
        screen(Method::POST, "/sandbox/fill", Screen::FillSandbox),
        screen(Method::GET, "/sandbox/empty", Screen::ConfirmEmpty),
        screen(Method::POST, "/sandbox/empty", Screen::EmptySandbox),
    ]
}

fn of_platform() -> [ScreenInfo; 11] {
    let screen = |method, path, screen| capable(method, path, PLATFORM, screen);
    [
        screen(Method::GET, "/platform", Screen::Organisations),
        screen(Method::GET, "/platform/new", Screen::NewOrganisation),
        screen(Method::POST, "/platform/new", Screen::CreateOrganisation),
        screen(Method::POST, "/platform/leave", Screen::LeaveSupport),
        screen(Method::GET, "/platform/{id}", Screen::Organisation),
        screen(Method::GET, "/platform/{id}/plan", Screen::ChoosePlan),
        screen(Method::POST, "/platform/{id}/plan", Screen::ChangePlan),
        screen(Method::GET, "/platform/{id}/support", Screen::AskReason),
        screen(Method::POST, "/platform/{id}/support", Screen::EnterSupport),
        screen(Method::GET, "/platform/{id}/close", Screen::ConfirmClose),
        screen(Method::POST, "/platform/{id}/close", Screen::CloseOrganisation),
    ]
}

fn of_resource(it: &'static Resource, preview: bool) -> Vec<ScreenInfo> {
    let base = format!("/{}", it.segment());
    let screen = |method, path: &str, capability: String, screen| ScreenInfo {
        method,
        path: format!("{base}{path}"),
        capability: Some(capability),
        screen,
    };
    let read = |path: &str, kind| screen(Method::GET, path, it.read_scope(), kind);
    let ask = |path: &str, kind| screen(Method::GET, path, it.write_scope(), kind);
    let write = |path: &str, kind| screen(Method::POST, path, it.write_scope(), kind);
    let mut all = vec![
        read("", Screen::List(it)),
        read("/export", Screen::Export(it)),
        write("/bulk", Screen::Bulk(it)),
        ask("/import", Screen::Import(it)),
        write("/import", Screen::Upload(it)),
        ask("/import/{id}", Screen::ImportJob(it)),
        write("/import/{id}", Screen::ImportStep(it)),
        ask("/import/{id}/failed", Screen::FailedRows(it)),
        ask("/new", Screen::New(it)),
        write("/new", Screen::Create(it)),
        read("/{id}", Screen::Profile(it)),
        screen(Method::GET, "/{id}/activity", "audit:read".to_owned(), Screen::Activity(it)),
        read("/{id}/api", Screen::Api(it)),
        ask("/{id}/edit", Screen::Edit(it)),
        write("/{id}/edit", Screen::Save(it)),
        ask("/{id}/delete", Screen::ConfirmDelete(it)),
        write("/{id}/delete", Screen::Delete(it)),
    ];
    if preview {
        all.push(read("/{id}/preview", Screen::Preview(it)));
    }
    if it.schedule.is_some() {
        all.push(ask("/{id}/schedule", Screen::ChooseMoment(it)));
        all.push(write("/{id}/schedule", Screen::Schedule(it)));
    }
    for action in it.actions {
        let path = format!("/{{id}}/{}", action.name);
        if action.effect == Effect::Merge {
            // Needs the other one, and a choice for each field.
            all.push(ask(&path, Screen::Compare(it, action)));
            all.push(write(&path, Screen::Merge(it, action)));
            continue;
        }
        all.push(ask(&path, Screen::ConfirmAction(it, action)));
        all.push(write(&path, Screen::Act(it, action)));
    }
    all
}

/// Shows a screen.
pub(crate) async fn show(screen: Screen, visit: &Visit) -> Page {
    match screen {
        Screen::Overview => overview::show(visit).await,
        Screen::Search => search::show(visit).await,
        Screen::Reference => reference::show(visit),
        Screen::TryApi => reference::make_key(visit).await,
        Screen::Environment => session::switch(visit).await,
        Screen::Theme => Ok(session::theme(visit)),
        Screen::SignOut => session::sign_out(visit).await,
        Screen::SignOutEverywhere => account::sign_out_everywhere(visit).await,
        Screen::Account => account::show(visit),
        Screen::ChangePassword => account::change_password(visit).await,
        Screen::Sandbox => sandbox::show(visit),
        Screen::ConfirmFill => sandbox::confirm_fill(visit),
        Screen::FillSandbox => sandbox::fill(visit).await,
        Screen::ConfirmEmpty => sandbox::confirm_empty(visit),
        Screen::EmptySandbox => sandbox::empty(visit).await,
        Screen::Organisations => platform::list(visit).await,
        Screen::NewOrganisation => platform::blank(visit),
        Screen::CreateOrganisation => platform::create(visit).await,
        Screen::LeaveSupport => platform::leave(visit).await,
        Screen::Organisation => platform::show(visit).await,
        Screen::ChoosePlan => platform::choose_plan(visit).await,
        Screen::ChangePlan => platform::change_plan(visit).await,
        Screen::AskReason => platform::ask_reason(visit).await,
        Screen::EnterSupport => platform::enter(visit).await,
        Screen::ConfirmClose => platform::confirm_close(visit).await,
        Screen::CloseOrganisation => platform::close(visit).await,
        Screen::List(it) => list::show(visit, it).await,
        Screen::Export(it) => export::start(visit, it).await,
        Screen::Bulk(it) => bulk::run(visit, it).await,
        Screen::Import(it) => import::start(visit, it).await,
        Screen::Upload(it) => import::receive(visit, it).await,
        Screen::ImportJob(it) => import::show(visit, it).await,
        Screen::ImportStep(it) => import::step(visit, it).await,
        Screen::FailedRows(it) => import::failed_rows(visit, it).await,
        Screen::New(it) => edit::blank(visit, it).await,
        Screen::Create(it) => edit::create(visit, it).await,
        Screen::Profile(it) => record::profile(visit, it).await,
        Screen::Activity(it) => record::activity(visit, it).await,
        Screen::Api(it) => record::api(visit, it).await,
        Screen::Preview(it) => record::preview(visit, it).await,
        Screen::Edit(it) => edit::show(visit, it).await,
        Screen::Save(it) => edit::save(visit, it).await,
        Screen::ConfirmDelete(it) => record::confirm_delete(visit, it).await,
        Screen::Delete(it) => record::delete(visit, it).await,
        Screen::ChooseMoment(it) => record::choose_moment(visit, it).await,
        Screen::Schedule(it) => record::schedule(visit, it).await,
        Screen::Compare(it, action) => record::compare(visit, it, action).await,
        Screen::Merge(it, action) => record::merge(visit, it, action).await,
        Screen::ConfirmAction(it, action) => record::confirm_action(visit, it, action).await,
        Screen::Act(it, action) => record::act(visit, it, action).await,
        Screen::Settings(it) => settings::show(it, visit).await,
    }
}

/// Refuses what the user may not do.
pub(crate) fn admit(info: &ScreenInfo, visit: &Visit) -> Result<(), PageError> {
    match &info.capability {
        Some(capability) if !visit.can(capability) => Err(crate::pages::error::not_allowed()),
        _ => Ok(()),
    }
}
