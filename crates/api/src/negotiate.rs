//! Media types: what the client accepts, what it sends (RFC 9110 §12.5.1, §8.3).

use std::cmp::Reverse;

use axum::http::{HeaderMap, HeaderValue, header};
use domain::{Problem, ProblemKind};
use mime::Mime;

use crate::error::ApiError;
use crate::representation::{self, Representation};

/// Checks that the client accepts JSON, where there is nothing else.
pub(crate) fn accepts_json(headers: &HeaderMap) -> Result<(), ApiError> {
    representation(headers, representation::JSON).map(drop)
}

/// Chooses one of the representations that a path offers, the first of which is its default.
///
/// The client's weights decide; among equal ones what it named more precisely, then what it named
/// first: `text/csv, */*` asks for CSV.
pub(crate) fn representation(
    headers: &HeaderMap,
    offered: &[Representation],
) -> Result<Representation, ApiError> {
    // What nearly every program sends.
    if let (Some(only), Some(&default)) = (only(headers), offered.first())
        && [default.media_type(), "*/*"].contains(&only)
    {
        return Ok(default);
    }
    let lines = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    // No header, or an empty one: anything is accepted.
    if let (true, Some(&default)) = (ranges.iter().all(|range| range.is_empty()), offered.first()) {
        return Ok(default);
    }
    let ranges: Vec<Range> = ranges.into_iter().enumerate().filter_map(Range::read).collect();
    let mut best: Option<(Rank, Representation)> = None;
    for &candidate in offered {
        let rank = rank(&ranges, candidate.media_type());
        if let Some(rank) = rank.filter(|rank| best.is_none_or(|(known, _)| *rank > known)) {
            best = Some((rank, candidate));
        }
    }
    if let Some((_, chosen)) = best {
        return Ok(chosen);
    }
    let types: Vec<&str> = offered.iter().map(|it| it.media_type()).collect();
    let detail = format!("This path answers with {}", types.join(" or "));
    Err(Problem::new(ProblemKind::NotAcceptable, detail).into())
}

/// The `Accept` header, if there is one of them.
fn only(headers: &HeaderMap) -> Option<&str> {
    let mut lines = headers.get_all(header::ACCEPT).iter();
    let line = lines.next()?.to_str().ok()?;
    lines.next().is_none().then_some(line)
}

/// How much a client wants something: its weight, how precisely it was named, how early.
type Rank = (u16, u8, Reverse<usize>);

/// A media range of `Accept`.
struct Range {
    /// `application/json`, `text/*` or `*/*`
    named: Mime,
    /// In thousandths.
    weight: u16,
    place: usize,
}

impl Range {
    /// Reads a range; none where it is not understood. Parameters but the weight are not compared: all
    /// that clients send with these types are profiles and character sets.
    fn read((place, text): (usize, &str)) -> Option<Self> {
        let named: Mime = text.parse().ok()?;
        let weight = match named.get_param("q") {
            None => 1.0,
            Some(weight) => weight.as_str().parse::<f32>().ok().filter(|it| (0.0..=1.0).contains(it))?,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1000")]
        let weight = (weight * 1_000.0).round() as u16;
        Some(Self { named, weight, place })
    }

    /// How precisely the range names this media type, if it does.
    fn precision(&self, media_type: &str) -> Option<u8> {
        let named = self.named.essence_str();
        if named == media_type {
            return Some(2);
        }
        match named.strip_suffix("/*")? {
            "*" => Some(0),
            kind => (media_type.split('/').next() == Some(kind)).then_some(1),
        }
    }
}

/// The rank of a media type: that of the most precise range that names it (RFC 9110 §12.5.1). None where
/// no range does, or one excludes it.
fn rank(ranges: &[Range], media_type: &str) -> Option<Rank> {
    let named = ranges.iter().filter_map(|range| Some((range.precision(media_type)?, range)));
    let (precision, range) =
        named.max_by_key(|(precision, range)| (*precision, range.weight, Reverse(range.place)))?;
    (range.weight > 0).then_some((range.weight, precision, Reverse(range.place)))
}

/// Which bodies a call takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// JSON.
    Json,
    /// JSON, or JSON-LD as clients that speak it send a record.
    Record,
    /// A JSON Merge Patch, or JSON; or JSON-LD, since so API Platform's admin sends a patch when it is
    /// given credentials in the way that its documentation shows.
    Patch,
    /// CSV.
    Csv,
}

impl Taken {
    const fn media_types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::Record => &["application/json", "application/ld+json"],
            Self::Patch => &["application/merge-patch+json", "application/json", "application/ld+json"],
            Self::Csv => &["text/csv"],
        }
    }
}

/// Whether a body is JSON-LD.
pub(crate) fn is_linked_data(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parsed: Option<Mime> = given.and_then(|text| text.parse().ok());
    parsed.is_some_and(|mime| mime.essence_str() == Representation::LinkedData.media_type())
}

/// Checks the media type of a body.
pub(crate) fn check_content_type(headers: &HeaderMap, taken: Taken) -> Result<(), ApiError> {
    let given = headers.get(header::CONTENT_TYPE);
    let parsed: Option<Mime> = given.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let fine = parsed.as_ref().is_some_and(|mime| {
        let utf8 = mime.get_param(mime::CHARSET).is_none_or(|charset| charset == mime::UTF_8);
        utf8 && taken.media_types().contains(&mime.essence_str())
    });
    if fine {
        return Ok(());
    }
    let given = given
        .map_or("none".to_owned(), |value| format!("`{:.100}`", String::from_utf8_lossy(value.as_bytes())));
    let wanted = taken.media_types().join(" or ");
    let detail = format!("The body must be {wanted} in UTF-8; its Content-Type is {given}");
    let error = ApiError::from(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    Err(match taken {
        Taken::Json | Taken::Record | Taken::Csv => error,
        // RFC 5789 §2.2.
        Taken::Patch => error.header(
            header::HeaderName::from_static("accept-patch"),
            HeaderValue::from_static("application/merge-patch+json, application/json"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use Representation::{Csv, Json, LinkedData};

    use super::*;
    use crate::representation::{LIST, RECORD};

    fn chosen(accept: &[&'static str], offered: &[Representation]) -> Option<Representation> {
        let lines = accept.iter().map(|&line| (header::ACCEPT, HeaderValue::from_static(line)));
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        representation(&headers, offered).ok()
    }

    #[test]
    fn the_client_gets_what_it_likes_best() {
        let table: &[(&[&str], Option<Representation>)] = &[
            (&[], Some(Json)),
            (&[""], Some(Json)),
            (&["*/*"], Some(Json)),
            (&["application/*"], Some(Json)),
            (&["text/*"], Some(Csv)),
            (&["APPLICATION/LD+JSON"], Some(LinkedData)),
            (&["application/ld+json; profile=\"http://www.w3.org/ns/json-ld#compacted\""], Some(LinkedData)),
            (&["text/csv; charset=utf-8; header=present"], Some(Csv)),
            // Weights.
            (&["application/json;q=0.5, text/csv"], Some(Csv)),
            (&["application/json;q=0.5, text/csv;q=0.501"], Some(Csv)),
            (&["application/json;q=0.5", "application/ld+json;q=0.8"], Some(LinkedData)),
            (&["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8"], Some(Json)),
            // The most precise range decides, whatever the others say.
            (&["*/*, application/json;q=0"], Some(LinkedData)),
            (&["application/*;q=0.9, application/json;q=0.1, text/csv;q=0.2"], Some(LinkedData)),
            (&["text/*;q=0, text/csv"], Some(Csv)),
            // Among equals, what was named more precisely, then earlier.
            (&["text/csv, */*"], Some(Csv)),
            (&["*/*, text/csv"], Some(Csv)),
            (&["application/json, text/plain, */*"], Some(Json)),
            (&["application/ld+json, application/json"], Some(LinkedData)),
            (&["application/json, application/ld+json"], Some(Json)),
            // Nothing that is offered.
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["*/*;q=0"], None),
            (&["nonsense"], None),
            // A weight that is none makes a range that is none.
            (&["text/csv;q=2, application/json;q=0.1"], Some(Json)),
            (&["text/csv;q=NaN, application/json;q=0.1"], Some(Json)),
        ];
        for (accept, expected) in table {
            assert_eq!(chosen(accept, LIST), *expected, "{accept:?}");
        }
        assert_eq!(chosen(&["text/csv"], RECORD), None);
        assert_eq!(chosen(&["text/csv, application/ld+json;q=0.1"], RECORD), Some(LinkedData));
        assert_eq!(chosen(&["application/ld+json"], representation::JSON), None);
    }

    #[test]
    fn bodies_are_taken_in_the_types_that_clients_send() {
        let takes = |content_type: &'static str, taken| {
            let value = HeaderValue::from_static(content_type);
            check_content_type(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)]), taken).is_ok()
        };
        for taken in [Taken::Json, Taken::Record, Taken::Patch] {
            assert!(takes("application/json", taken));
            assert!(takes("application/json; charset=UTF-8", taken));
            assert!(!takes("application/json; charset=latin1", taken));
            assert!(!takes("text/csv", taken));
            assert_eq!(takes("application/ld+json", taken), taken != Taken::Json);
            assert_eq!(takes("application/merge-patch+json", taken), taken == Taken::Patch);
        }
    }
}
