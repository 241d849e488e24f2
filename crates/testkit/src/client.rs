//! Clients of the API: they call the router as a server would, without a socket in between.

use std::future::IntoFuture;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::response::Response;

/// Somebody who sends requests: with a key, with a session as a browser has it, or without either.
#[derive(Clone)]
pub struct Client {
    router: Router,
    key: Option<String>,
    session: Option<String>,
    address: IpAddr,
}

impl Client {
    pub(crate) fn new(router: Router, key: Option<String>) -> Self {
        Self { router, key, session: None, address: IpAddr::V4(Ipv4Addr::LOCALHOST) }
    }

    /// The same client with another key.
    #[must_use]
    pub fn with_key(&self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), session: None, ..self.clone() }
    }

    /// The same client without a key and without a session.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { key: None, session: None, ..self.clone() }
    }

    /// The same client as a browser with the session of this token, on a page of the server itself.
    #[must_use]
    pub fn with_session(&self, token: impl Into<String>) -> Self {
        Self { key: None, session: Some(token.into()), ..self.clone() }
    }

    /// The same client at another address.
    #[must_use]
    pub fn at(&self, address: &str) -> Self {
        let address = address.parse().unwrap_or_else(|_| panic!("{address} is no IP address"));
        Self { address, ..self.clone() }
    }

    /// `GET`
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST` with a JSON body
    pub fn post(&self, path: &str, body: impl Into<Json>) -> Call {
        self.call(Method::POST, path).json(&body.into())
    }

    /// `PUT` with a JSON body
    pub fn put(&self, path: &str, body: impl Into<Json>) -> Call {
        self.call(Method::PUT, path).json(&body.into())
    }

    /// `PATCH` with a JSON Merge Patch
    pub fn patch(&self, path: &str, body: impl Into<Json>) -> Call {
        self.call(Method::PATCH, path)
            .json(&body.into())
            .header("content-type", "application/merge-patch+json")
    }

    /// `DELETE`
    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    /// Any method, without a body.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.key {
            let value = HeaderValue::from_str(&format!("Bearer {key}"));
            headers.insert(header::AUTHORIZATION, value.unwrap_or_else(|error| panic!("{key:?}: {error}")));
        }
        if let Some(token) = &self.session {
            let value = HeaderValue::from_str(&format!("mp_session={token}"));
            headers.insert(header::COOKIE, value.unwrap_or_else(|error| panic!("{token:?}: {error}")));
            headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        }
        Call {
            router: self.router.clone(),
            address: self.address,
            method,
            path: path.to_owned(),
            headers,
            body: Bytes::new(),
        }
    }
}

/// A request in the making; it is sent when it is awaited.
#[must_use = "a request is sent when it is awaited"]
pub struct Call {
    router: Router,
    address: IpAddr,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    /// Adds query parameters, encoded as they need.
    pub fn query<N: AsRef<str>, V: AsRef<str>>(
        mut self,
        parameters: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.push_str(&query);
        self
    }

    /// Sets a header, in place of one of that name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap_or_else(|error| panic!("{name:?}: {error}"));
        let value =
            HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|error| panic!("{value:?}: {error}"));
        self.headers.insert(name, value);
        self
    }

    /// Takes a header away.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Sets a JSON body and its type.
    pub fn json(self, body: &Json) -> Self {
        self.bytes(body.to_string()).header("content-type", "application/json")
    }

    /// Sets a CSV file as body, and its type.
    pub fn csv(self, file: &str) -> Self {
        self.bytes(file.to_owned()).header("content-type", "text/csv")
    }

    /// Sets a body as it is.
    pub fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    async fn send(self) -> Response {
        let mut request = Request::new(Body::from(self.body));
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(self.address, 50_000)));
        *request.uri_mut() = self.path.parse().unwrap_or_else(|error| panic!("{}: {error}", self.path));
        *request.headers_mut() = self.headers;
        *request.method_mut() = self.method.clone();
        let answered = self.router.oneshot(request).await;
        let (head, body) = answered.unwrap_or_else(|never| match never {}).into_parts();
        let body = body.collect().await.unwrap_or_else(|error| panic!("the answer broke off: {error}"));
        Response::new(&self.method, &self.path, head, body.to_bytes())
    }
}

impl IntoFuture for Call {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
