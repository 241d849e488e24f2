//! Signing in.

use app::SignInRefusal;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use domain::{Problem, ProblemKind};
use edge::client_of;

use crate::components::{Control, FieldView};
use crate::cookies::{self, Cookie, TOAST};
use crate::failure::PageError;
use crate::form::Form;
use crate::pages::error;
use crate::router::Portal;
use crate::shell::{Head, Toast};
use crate::visit::{comes_from_here, cookie, redirect};

#[derive(Template)]
#[template(path = "pages/login.html")]
struct LoginPage {
    head: Head,
    email: FieldView,
    password: FieldView,
    /// Why the last attempt failed.
    refused: String,
    /// What was done that led here.
    told: String,
    /// Where to go after it.
    next: String,
}

impl LoginPage {
    fn new(parts: &Parts, email: &str, refused: &str, next: &str) -> Self {
        let required = |view: FieldView| FieldView { required: true, ..view };
        Self {
            head: Head::new("Sign in", &parts.headers),
            email: required(FieldView::plain("email", "Email", Control::typed("email", email))),
            password: required(FieldView::plain("password", "Password", Control::typed("password", ""))),
            refused: refused.to_owned(),
            told: String::new(),
            next: next.to_owned(),
        }
    }
}

/// The address of the page for somebody who asked for another one.
pub(crate) fn address(parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    if parts.method != axum::http::Method::GET || wanted == "/" {
        return "/login".to_owned();
    }
    let next: String = form_urlencoded::byte_serialize(wanted.as_bytes()).collect();
    format!("/login?next={next}")
}

/// `GET /login`
pub(crate) async fn show(State(portal): State<Portal>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let asked = Form::parse(parts.uri.query().unwrap_or_default().as_bytes());
    let next = local(asked.get("next").unwrap_or_default()).to_owned();
    // Who is signed in has no use for it.
    if let Some(token) = cookie(&portal.config, &parts).token(&parts.headers)
        && let Ok(Some(_)) = portal.app.session(token).await
    {
        return redirect(&parts.headers, if next.is_empty() { "/" } else { &next });
    }
    let mut view = LoginPage::new(&parts, "", "", &next);
    let toast = cookies::get(&parts.headers, TOAST).and_then(|value| Toast::decode(&value));
    let Some(toast) = toast else { return page(StatusCode::OK, &view) };
    view.told = toast.text;
    let mut response = page(StatusCode::OK, &view);
    let secure = cookie(&portal.config, &parts).is_secure();
    let gone = Cookie { name: TOAST, value: None, seconds: None, secure };
    response.headers_mut().append(header::SET_COOKIE, gone.header());
    response
}

/// `POST /login`
pub(crate) async fn sign_in(State(portal): State<Portal>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match attempt(&portal, &parts, Form::read(body).await).await {
        Ok(response) => response,
        Err(failure) => error::plain(&parts, &failure),
    }
}

async fn attempt(portal: &Portal, parts: &Parts, form: Result<Form, Problem>) -> Result<Response, PageError> {
    let form = form?;
    if !comes_from_here(&portal.config, parts) {
        let detail = "The form did not come from this site";
        return Err(Problem::new(ProblemKind::InsufficientScope, detail).into());
    }
    let field = |name: &str| form.get(name).unwrap_or_default();
    let (email, next) = (field("email"), local(field("next")));
    let refusal = match portal
        .app
        .sign_in(&client_of(&parts.extensions, &parts.headers), email, field("password"))
        .await?
    {
        Ok(session) => {
            let mut response = redirect(&parts.headers, if next.is_empty() { "/" } else { next });
            let begun = cookie(&portal.config, parts).set(&session.token);
            response.headers_mut().append(header::SET_COOKIE, begun);
            return Ok(response);
        }
        Err(refusal) => refusal,
    };
    let (status, told) = match refusal {
        SignInRefusal::WrongCredentials => (
            StatusCode::UNAUTHORIZED,
            "This email and password do not match an account. Check both and try again.".to_owned(),
        ),
        SignInRefusal::Suspended => (
            StatusCode::FORBIDDEN,
            "This account is suspended. An administrator of your organisation can open it again.".to_owned(),
        ),
        SignInRefusal::Closed => (
            StatusCode::FORBIDDEN,
            "Your organisation was closed. Ask whoever runs this server to open it again.".to_owned(),
        ),
        SignInRefusal::Locked { seconds } => {
            let wait = if seconds <= 90 {
                format!("{seconds} seconds")
            } else {
                format!("{} minutes", seconds.div_ceil(60))
            };
            (StatusCode::TOO_MANY_REQUESTS, format!("Too many attempts failed. Wait {wait}, then try again."))
        }
    };
    let mut response = page(status, &LoginPage::new(parts, email, &told, next));
    if let SignInRefusal::Locked { seconds } = refusal {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

fn page(status: StatusCode, page: &LoginPage) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// An address of this server's own, or nothing: a link must not be able to lead elsewhere after sign-in.
pub(crate) fn local(address: &str) -> &str {
    let fine = address.starts_with('/')
        && !address.starts_with("//")
        && !address.contains(['\\', '\r', '\n', '\t'])
        && !address.starts_with("/login");
    if fine { address } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_server_are_gone_to() {
        assert_eq!(local("/members?page=2"), "/members?page=2");
        for elsewhere in
            ["https://evil.example", "//evil.example", "/\\evil.example", "members", "", "/login"]
        {
            assert_eq!(local(elsewhere), "", "{elsewhere}");
        }
    }
}
