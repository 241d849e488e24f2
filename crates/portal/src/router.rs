//! The portal as a service: its screens, its files, and what every answer has.

use std::sync::{Arc, Mutex};

use app::{App, Failure, Surface};
use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, get};
use domain::{Problem, ProblemKind};
use edge::{Counts, RequestIds, SessionLimit};
use tower_http::compression::CompressionLayer;

use crate::config::Config;
use crate::failure::PageError;
use crate::form::Form;
use crate::pages::settings::SettingsScreen;
use crate::pages::{error, login};
use crate::screens::{self, Screen, ScreenInfo, screens};
use crate::visit::{Visit, comes_from_here, cookie, redirect};
use crate::{assets, outermost};

/// What handlers share; clones are cheap.
#[derive(Clone)]
pub(crate) struct Portal {
    pub(crate) app: App,
    pub(crate) config: Arc<Config>,
    pub(crate) request_ids: Arc<RequestIds>,
    pub(crate) counts: Arc<Counts>,
    session_limit: Arc<SessionLimit>,
}

/// The portal as a service. It answers every address: what it does not know with a page that says so.
pub fn router(app: App, config: Config) -> Result<Router, Failure> {
    let table = screens(app.registry(), &config);
    let request_ids = Arc::new(RequestIds::new(app.random_bytes()?));
    let outside = [(&Method::GET, "/login"), (&Method::POST, "/login"), (&Method::GET, "/assets/{file}")];
    let routes = table.iter().map(|it| (&it.method, it.path.as_str())).chain(outside);
    let routes = routes.map(|(method, path)| (method, path, path));
    let counts = Arc::new(Counts::new(&app, Surface::Portal, routes));
    let session_limit = Arc::new(SessionLimit::new(config.session_limit));
    let portal = Portal { app, config: Arc::new(config), request_ids, counts, session_limit };
    let mut router = Router::new()
        .route("/assets/{file}", get(assets::serve))
        .route("/login", get(login::show).post(login::sign_in));
    for info in table {
        router = router.route(&info.path.clone(), method(info));
    }
    let router = router
        .fallback(unknown)
        .layer(CompressionLayer::new())
        // Forms have a limit of their own, and files another one.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(portal.clone(), outermost::outermost))
        .with_state(portal);
    Ok(router)
}

/// The handler of a screen on its method.
fn method(info: ScreenInfo) -> MethodRouter<Portal> {
    let filter = if info.method == Method::GET { MethodFilter::GET } else { MethodFilter::POST };
    let handler = move |State(portal): State<Portal>, request: Request| async move {
        signed_in(portal, request, Some(info)).await
    };
    MethodRouter::new().on(filter, handler)
}

/// An address that there is not.
async fn unknown(State(portal): State<Portal>, request: Request) -> Response {
    signed_in(portal, request, None).await
}

/// Recognises who asks, has the screen shown, and shows what went wrong where it was not.
async fn signed_in(portal: Portal, request: Request, info: Option<ScreenInfo>) -> Response {
    let (parts, body) = request.into_parts();
    let session = match cookie(&portal.config, &parts).token(&parts.headers) {
        Some(token) => portal.app.session(token).await,
        None => Ok(None),
    };
    let session = match session {
        Ok(Some(session)) => session,
        Ok(None) if info.is_none() => return error::plain(&parts, &Problem::not_found().into()),
        Ok(None) => return redirect(&parts.headers, &login::address(&parts)),
        Err(failure) => return error::plain(&parts, &failure.into()),
    };
    let now = portal.app.now();
    let (limit, granted) = portal.session_limit.charge(session.user.id, now);
    if !granted {
        return error::plain(&parts, &too_many(limit.seconds_left(now).max(1)).into());
    }
    let is_post = parts.method == Method::POST;
    let has_file = is_post && brings_file(&parts, info.as_ref());
    let (body, file) = if has_file { (Body::empty(), Some(body)) } else { (body, None) };
    let (form, unread) = match if is_post { Form::read(body).await } else { Ok(Form::default()) } {
        Ok(form) => (form, None),
        Err(problem) => (Form::default(), Some(problem)),
    };
    let (app, config) = (portal.app, portal.config);
    let visit = Visit { app, config, session, parts, form, body: Mutex::new(file) };
    let shown = async {
        if let Some(problem) = unread {
            return Err(problem.into());
        }
        let info = info.ok_or_else(Problem::not_found)?;
        if is_post {
            check_origin(&visit, has_file)?;
        }
        screens::admit(&info, &visit)?;
        screens::show(info.screen, &visit).await
    };
    match shown.await {
        Ok(response) => response,
        Err(failure) => error::page(&visit, &failure),
    }
}

/// The refusal of somebody whose requests of this hour are used, as only a script's can be.
fn too_many(seconds: u32) -> Problem {
    let detail = "More pages were asked for in your name this hour than anybody can read";
    let hint = format!("Close what asks by itself, and go on in {} minutes.", seconds.div_ceil(60).max(1));
    Problem::new(ProblemKind::RateLimitExceeded, detail).hint(hint).retry_after(seconds)
}

/// Whether the form is one that may bring a file, and does.
fn brings_file(parts: &Parts, info: Option<&ScreenInfo>) -> bool {
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let multipart = kind.is_some_and(|kind| kind.starts_with("multipart/form-data"));
    multipart
        && info.is_some_and(|info| {
            matches!(info.screen, Screen::Upload(_) | Screen::Settings(SettingsScreen::EditMapping))
        })
}

/// A form must come from a page of this session (architecture.md: sessions, forgery). The token of one with a
/// file is read, and checked, by its screen.
fn check_origin(visit: &Visit, has_file: bool) -> Result<(), PageError> {
    let token = visit.form.get("_token").unwrap_or_default();
    if comes_from_here(&visit.config, &visit.parts) && (has_file || visit.session.accepts_form(token)) {
        return Ok(());
    }
    Err(foreign_form().into())
}

/// The refusal of a form that no page of this session has sent.
pub(crate) fn foreign_form() -> Problem {
    let detail = "The form did not come from a page of this session";
    let hint = "Open the page again and send the form from there; nothing was changed.";
    Problem::new(ProblemKind::InsufficientScope, detail).hint(hint)
}
