//! A request of somebody who is signed in: who it is, what was asked, and how to answer.

use std::str::FromStr;
use std::sync::{Arc, Mutex};

use app::{Actor, App, Client, Session, Tenant, WriteRequest};
use askama::Template;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use domain::{Problem, ProblemKind, Resource};
use edge::{SessionCookie, client_of};

use crate::config::Config;
use crate::cookies::{self, Cookie, TOAST};
use crate::display::Place;
use crate::failure::PageError;
use crate::form::Form;
use crate::layout::{Layout, SETTINGS};
use crate::outermost::POLICY_WITH_IMAGES;
use crate::shell::{Shell, Toast};

/// What a screen makes of a visit.
pub(crate) type Page = Result<Response, PageError>;

/// A request of somebody who is signed in.
pub(crate) struct Visit {
    pub(crate) app: App,
    pub(crate) config: Arc<Config>,
    pub(crate) session: Arc<Session>,
    pub(crate) parts: Parts,
    /// What was sent; empty for a request without a form.
    pub(crate) form: Form,
    /// The body of a form with a file, which its screen reads.
    pub(crate) body: Mutex<Option<Body>>,
}

impl Visit {
    /// The organisation and environment that are open.
    pub(crate) fn tenant(&self) -> Result<&Tenant, PageError> {
        self.session.tenant.as_ref().ok_or_else(|| {
            let detail = "No organisation is open in this session";
            Problem::new(ProblemKind::NotFound, detail).into()
        })
    }

    /// Whether the user may do this.
    pub(crate) fn can(&self, capability: &str) -> bool {
        self.session.can(capability)
    }

    pub(crate) fn can_write(&self, resource: &Resource) -> bool {
        self.can(&resource.write_scope())
    }

    /// The body of a form with a file, once.
    pub(crate) fn take_body(&self) -> Option<Body> {
        self.body.lock().ok().and_then(|mut body| body.take())
    }

    /// Who acts.
    pub(crate) fn actor(&self) -> Actor {
        self.session.actor(&self.client())
    }

    /// From where the user does it.
    pub(crate) fn client(&self) -> Client {
        client_of(&self.parts.extensions, &self.parts.headers)
    }

    /// The cookie of the session, as it is for this request.
    pub(crate) fn cookie(&self) -> SessionCookie {
        cookie(&self.config, &self.parts)
    }

    /// A change by the user.
    pub(crate) fn write_request(&self) -> WriteRequest {
        WriteRequest::from(self.actor())
    }

    /// In whose zone and currency things are shown.
    pub(crate) fn place(&self) -> Place {
        let organisation = self.session.tenant.as_ref().map(Tenant::organisation);
        let zone = organisation.and_then(|it| domain::time::zone(&it.timezone));
        Place {
            zone: zone.unwrap_or(jiff::tz::TimeZone::UTC),
            currency: organisation.map_or_else(String::new, |it| it.currency.clone()),
        }
    }

    /// The layout of a resource.
    pub(crate) fn layout(&self, resource: &Resource) -> Result<&'static Layout, PageError> {
        let mut all = self.config.layouts.iter().chain(SETTINGS);
        let found = all.find(|layout| layout.plural == resource.plural);
        found.ok_or_else(|| Problem::not_found().into())
    }

    /// The id in `/{resource}/{id}…`. What is no UUID was never an id.
    pub(crate) fn id<I: FromStr>(&self) -> Result<I, PageError> {
        self.id_at(if self.parts.uri.path().starts_with("/settings/") { 3 } else { 2 })
    }

    /// The id in the segment at a position; that before the first slash is 0.
    pub(crate) fn id_at<I: FromStr>(&self, position: usize) -> Result<I, PageError> {
        let id = self.parts.uri.path().split('/').nth(position).and_then(|segment| segment.parse().ok());
        id.ok_or_else(|| Problem::not_found().into())
    }

    /// Whether htmx asks, which follows a redirection only when it is told by a header of its own.
    pub(crate) fn is_htmx(&self) -> bool {
        self.parts.headers.contains_key("hx-request")
    }

    /// What surrounds a page with this title.
    pub(crate) fn shell(&self, title: &str) -> Shell {
        Shell::of(self, title)
    }

    /// A page.
    pub(crate) fn page(&self, page: &impl Template) -> Page {
        self.page_with(StatusCode::OK, page)
    }

    /// A page on which images come from where a record says: from any host, over https.
    pub(crate) fn page_with_images(&self, page: &impl Template) -> Page {
        let mut response = self.page(page)?;
        let policy = HeaderValue::from_static(POLICY_WITH_IMAGES);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        Ok(response)
    }

    /// A page with a status. A message that it shows is not shown again.
    pub(crate) fn page_with(&self, status: StatusCode, page: &impl Template) -> Page {
        let mut response = (status, Html(page.render()?)).into_response();
        if cookies::get(&self.parts.headers, TOAST).is_some() {
            let gone = Cookie { name: TOAST, value: None, seconds: None, secure: self.cookie().is_secure() };
            response.headers_mut().append(header::SET_COOKIE, gone.header());
        }
        Ok(response)
    }

    /// Goes on to another page.
    pub(crate) fn go(&self, to: &str) -> Response {
        redirect(&self.parts.headers, to)
    }

    /// Goes on to another page, which tells what was done.
    pub(crate) fn go_and_tell(&self, to: &str, toast: &Toast) -> Response {
        let mut response = self.go(to);
        let value = toast.encode();
        let secure = self.cookie().is_secure();
        let cookie = Cookie { name: TOAST, value: Some(&value), seconds: Some(60), secure };
        response.headers_mut().append(header::SET_COOKIE, cookie.header());
        response
    }
}

/// Goes on to another page, by a GET (RFC 9110 §15.4.4).
pub(crate) fn redirect(headers: &HeaderMap, to: &str) -> Response {
    let (status, name) = if headers.contains_key("hx-request") {
        (StatusCode::OK, header::HeaderName::from_static("hx-redirect"))
    } else {
        (StatusCode::SEE_OTHER, header::LOCATION)
    };
    let to = HeaderValue::try_from(to).unwrap_or(HeaderValue::from_static("/"));
    (status, [(name, to)]).into_response()
}

/// The cookie of a session, as it is for a request.
pub(crate) fn cookie(config: &Config, parts: &Parts) -> SessionCookie {
    SessionCookie::of(&config.site(), &parts.extensions, &parts.headers)
}

/// Whether a form comes from a page of this server.
pub(crate) fn comes_from_here(config: &Config, parts: &Parts) -> bool {
    edge::is_same_origin(&config.site(), cookie(config, parts).is_secure(), &parts.uri, &parts.headers)
}
