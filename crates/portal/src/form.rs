//! What a page's form sends: names with values, in order, a name as often as it is sent.

use axum::body::Body;
use domain::{Problem, ProblemKind};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

/// Most bytes of a form, as of a body of the API.
pub(crate) const MOST: usize = 1024 * 1024;

/// A form that was sent.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Form {
    /// Reads the form in a body.
    pub(crate) async fn read(body: Body) -> Result<Self, Problem> {
        match Limited::new(body, MOST).collect().await {
            Ok(read) => Ok(Self::parse(&read.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                let detail = "The form is larger than 1 MiB; shorten its longest texts";
                Err(Problem::new(ProblemKind::PayloadTooLarge, detail))
            }
            Err(_) => Err(Problem::new(ProblemKind::MalformedRequest, "The form broke off; send it again")),
        }
    }

    /// Takes an encoded form apart.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The last value of a name: a ticked box follows the hidden value that stands for an empty one.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Sets the value of a name, in the place of all that it has.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(own, _)| own != name);
        self.0.push((name.to_owned(), value.into()));
    }

    /// How many rows of a list were sent: `speakers[0].name`, `speakers[1].name`.
    pub(crate) fn rows(&self, list: &str) -> usize {
        let index = |name: &str| {
            let inner = name.strip_prefix(list)?.strip_prefix('[')?;
            inner.split_once(']')?.0.parse::<usize>().ok()
        };
        let last = self.0.iter().filter_map(|(name, _)| index(name)).max();
        last.map_or(0, |last| last.saturating_add(1).min(MOST_ROWS))
    }
}

/// More rows than any list may have; a number beyond it is nobody's form.
const MOST_ROWS: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_taken_apart() {
        let form = Form::parse(b"a=1&a=2&speakers%5B1%5D.name=Mai+Nguyen&speakers%5B0%5D.name=&speakers[9");
        assert_eq!(form.get("a"), Some("2"));
        assert_eq!(form.all("a").count(), 2);
        assert_eq!(form.get("speakers[1].name"), Some("Mai Nguyen"));
        assert_eq!(form.rows("speakers"), 2);
        assert_eq!(Form::parse(b"s[999999999999].x=1").rows("s"), MOST_ROWS);
        assert_eq!(form.rows("a"), 0);
    }
}
