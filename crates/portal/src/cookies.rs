//! Cookies of the portal's own: the chosen colours, and a message for the next page. That of the session is
//! `edge`'s, which the API takes too.

use axum::http::{HeaderMap, HeaderValue, header};

/// `light` or `dark`; the device decides where there is none.
pub(crate) const THEME: &str = "memberpulse_theme";
/// What the next page tells: a tone, a colon and a text.
pub(crate) const TOAST: &str = "memberpulse_toast";

/// The value of a cookie that a request brings.
pub(crate) fn get(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value.to_owned())
}

/// A cookie for as long as is said, or for as long as the browser is open; `None` for one that goes away.
pub(crate) struct Cookie<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: Option<&'a str>,
    pub(crate) seconds: Option<u32>,
    pub(crate) secure: bool,
}

impl Cookie<'_> {
    /// The header that sets it. Scripts cannot read it; requests that other sites start do not bring it,
    /// except links that people follow.
    pub(crate) fn header(&self) -> HeaderValue {
        let Self { name, value, seconds, secure } = self;
        let age = match (value, seconds) {
            (None, _) => "; Max-Age=0".to_owned(),
            (Some(_), Some(seconds)) => format!("; Max-Age={seconds}"),
            (Some(_), None) => String::new(),
        };
        let secure = if *secure { "; Secure" } else { "" };
        let value = value.unwrap_or_default();
        let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}");
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("memberpulse=; Max-Age=0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_and_set() {
        let value = HeaderValue::from_static("a=1; memberpulse_theme=dark;b=2");
        let headers = HeaderMap::from_iter([(header::COOKIE, value)]);
        assert_eq!(get(&headers, THEME).as_deref(), Some("dark"));
        assert_eq!(get(&headers, TOAST), None);
        let gone = Cookie { name: THEME, value: None, seconds: Some(9), secure: true }.header();
        assert_eq!(gone, "memberpulse_theme=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }
}
