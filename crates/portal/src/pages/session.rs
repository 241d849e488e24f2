//! What a user sets about the session: environment, colours, its end.

use app::Environment;
use axum::http::header;
use axum::response::Response;
use domain::Problem;

use super::login::local;
use crate::cookies::{Cookie, SESSION, THEME};
use crate::shell::Toast;
use crate::visit::{Page, Visit, client};

/// `POST /environment`
pub(crate) async fn switch(visit: &Visit) -> Page {
    visit.tenant()?;
    let wanted = visit.form.get("environment").and_then(Environment::by_name);
    let environment = wanted.ok_or_else(Problem::not_found)?;
    visit.app.switch_environment(&visit.session, environment).await?;
    // A record of one environment does not exist in the other: go to its list.
    let here = local(visit.form.get("here").unwrap_or_default());
    let section = here.split(['/', '?']).nth(1).unwrap_or_default();
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
    let cookie = Cookie { name: THEME, value: theme, seconds: year, secure: visit.config.is_secure() };
    response.headers_mut().append(header::SET_COOKIE, cookie.header());
    response
}

/// `POST /logout`
pub(crate) async fn sign_out(visit: &Visit) -> Page {
    visit.app.sign_out(&client(&visit.parts), &visit.session).await?;
    let mut response = visit.go("/login");
    let gone = Cookie { name: SESSION, value: None, seconds: None, secure: visit.config.is_secure() };
    response.headers_mut().append(header::SET_COOKIE, gone.header());
    Ok(response)
}
