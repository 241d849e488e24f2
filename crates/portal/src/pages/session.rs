//! What a user sets about the session: environment, colours, its end.

use app::Environment;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use domain::Problem;

use super::login::local;
use crate::cookies::{Cookie, THEME};
use crate::shell::Toast;
use crate::visit::{Page, Visit};

/// `POST /environment`
pub(crate) async fn switch(visit: &Visit) -> Page {
    visit.tenant()?;
    let wanted = visit.form.get("environment").and_then(Environment::by_name);
    let environment = wanted.ok_or_else(Problem::not_found)?;
    visit.app.switch_environment(&visit.session, environment).await?;
    // A record of one environment does not exist in the other: go to its list.
    let here = local(visit.form.get("here").unwrap_or_default());
    let mut segments = here.split('?').next().unwrap_or_default().split('/').skip(1);
    let section = segments.next().unwrap_or_default();
    let part = segments.next().filter(|_| section == "settings").map(|part| format!("/{part}"));
    let section = format!("{section}{}", part.unwrap_or_default());
    let told = match environment {
        Environment::Production => "You are in production: what you change here is real.",
        Environment::Sandbox => "You are in the sandbox: nothing here is real.",
    };
    Ok(visit.go_and_tell(&format!("/{section}"), &Toast::done(told)))
}

/// `POST /theme`
pub(crate) fn theme(visit: &Visit) -> Response {
    let theme = visit.form.get("theme").filter(|it| matches!(*it, "light" | "dark"));
    let here = local(visit.form.get("here").unwrap_or_default());
    let mut response = visit.go(if here.is_empty() { "/" } else { here });
    let year = Some(365 * 24 * 3_600);
    let cookie = Cookie { name: THEME, value: theme, seconds: year, secure: visit.cookie().is_secure() };
    response.headers_mut().append(header::SET_COOKIE, cookie.header());
    response
}

/// `POST /logout`
pub(crate) async fn sign_out(visit: &Visit) -> Page {
    visit.app.sign_out(&visit.client(), &visit.session).await?;
    let mut response = visit.go("/login");
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, visit.cookie().clear());
    // What the browser has kept of the pages is nobody's business any more.
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\""));
    Ok(response)
}
