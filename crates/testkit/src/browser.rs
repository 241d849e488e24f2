//! A browser without script: it follows links and sends forms of the portal, with the session of somebody who
//! signed in.

use app::Session;
use axum::http::Method;

use crate::client::{Call, Client};

/// Somebody signed in to the portal.
#[derive(Clone)]
pub struct Browser {
    client: Client,
    form_token: String,
}

impl Browser {
    pub(crate) fn new(client: Client, session: &Session) -> Self {
        Self { client, form_token: session.form_token.clone() }
    }

    /// The client that it sends requests by.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a page.
    pub fn open(&self, path: &str) -> Call {
        self.client.get(path)
    }

    /// Sends a form of a page of this session.
    pub fn submit<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &str,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Call {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("_token", &self.form_token).extend_pairs(fields);
        self.client
            .call(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .bytes(form.finish())
    }
}
