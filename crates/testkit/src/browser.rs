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

    /// Sends a form with a file (RFC 7578), the token before it.
    pub fn upload(&self, path: &str, file_name: &str, content: &[u8]) -> Call {
        const BOUNDARY: &str = "----browser-boundary";
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n{}\r\n--{BOUNDARY}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\
             Content-Type: text/csv\r\n\r\n",
            self.form_token
        );
        let mut body = head.into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        self.client
            .call(Method::POST, path)
            .header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"))
            .bytes(body)
    }
}
