//! Requests over a connection of their own each, without a client that would repeat or repair anything.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value as Json;

use super::PATIENCE;

/// An answer that came whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    head: String,
    /// Its body; null when that is no JSON.
    pub body: Json,
}

impl Answer {
    /// A header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (its, value) = line.split_once(':')?;
            its.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Reads it to the end of the connection. One that ends before its time is an error.
    fn read(mut connection: TcpStream) -> io::Result<Self> {
        let mut bytes = Vec::new();
        connection.read_to_end(&mut bytes)?;
        Self::parse(&bytes).ok_or_else(|| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            io::Error::new(io::ErrorKind::UnexpectedEof, format!("no whole answer: {text:?}"))
        })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|part| part == b"\r\n\r\n")?;
        let head = String::from_utf8(bytes.get(..end)?.to_vec()).ok()?;
        let rest = bytes.get(end + 4..)?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let answer = Self { status, head, body: Json::Null };
        let body = if answer.header("transfer-encoding").is_some() {
            unchunked(rest)?
        } else {
            let length = answer.header("content-length").map_or(Some(0), |text| text.parse().ok())?;
            rest.get(..length)?.to_vec()
        };
        Some(Self { body: serde_json::from_slice(&body).unwrap_or(Json::Null), ..answer })
    }
}

/// A body of chunks (RFC 9112 §7.1), if the last one came.
fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|part| part == b"\r\n")?;
        let size = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(bytes.get(end + 2..end + 2 + size)?);
        bytes = bytes.get(end + 2 + size + 2..)?;
    }
}

/// A connection that does not wait for ever.
pub fn connect(address: &str) -> TcpStream {
    let connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    connection
}

/// Makes a request with these headers; an error when no whole answer comes.
pub fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Json>,
) -> io::Result<Answer> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let body = body.map(Json::to_string);
    if let Some(body) = &body {
        let kind = if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
        request.push_str(&format!("Content-Type: {kind}\r\nContent-Length: {}\r\n", body.len()));
    }
    request.push_str("\r\n");
    request.push_str(body.as_deref().unwrap_or_default());
    connection.write_all(request.as_bytes())?;
    Answer::read(connection)
}

/// Gets a page with a key.
pub fn get(address: &str, path: &str, key: &str) -> (u16, Json) {
    request(address, "GET", path, key)
}

/// Makes a request without a body.
pub fn request(address: &str, method: &str, path: &str, key: &str) -> (u16, Json) {
    let bearer = format!("Bearer {key}");
    let answer = send(address, method, path, &[("Authorization", &bearer)], None).unwrap();
    (answer.status, answer.body)
}

/// Posts a body.
pub fn post(address: &str, path: &str, key: &str, body: &Json) -> (u16, Json) {
    let bearer = format!("Bearer {key}");
    let answer = send(address, "POST", path, &[("Authorization", &bearer)], Some(body)).unwrap();
    (answer.status, answer.body)
}

/// Reads an answer to its end: the status and the body, if it is JSON.
pub fn answer(connection: TcpStream) -> (u16, Json) {
    let answer = Answer::read(connection).unwrap();
    (answer.status, answer.body)
}
