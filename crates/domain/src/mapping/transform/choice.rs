//! Changes by a list of words: `map`, `boolean`, `nullIf`. Words match without regard to case and
//! surrounding space, because spreadsheets are written by hand.

use serde_json::{Map, Value as Json};

use super::text::of_scalar;
use super::{Otherwise, Outcome, Wrong};
use crate::input::shorten;
use crate::text::fold;

/// Our value for one of theirs. An exact match wins over one in another case.
pub(super) fn map(item: Json, pairs: &Map<String, Json>, otherwise: Otherwise) -> Outcome {
    let Some(text) = of_scalar(&item) else { return Ok(item) };
    let text = text.trim();
    let found = pairs.get(text).or_else(|| {
        let folded = fold(text);
        pairs.iter().find(|(key, _)| fold(key.trim()) == folded).map(|(_, value)| value)
    });
    match (found, otherwise) {
        (Some(value), _) => Ok(value.clone()),
        (None, Otherwise::Keep) => Ok(item),
        (None, Otherwise::Null) => Ok(Json::Null),
        (None, Otherwise::Error) => {
            let known: Vec<&str> = pairs.keys().map(String::as_str).collect();
            let message = format!("{} must be one of {}.", shorten(text), known.join(", "));
            Err(Wrong::new("invalid_choice", message))
        }
    }
}

/// Their value for one of ours: the first that is mapped to it.
pub(super) fn unmap(item: Json, pairs: &Map<String, Json>, otherwise: Otherwise) -> Json {
    let theirs = |same: &dyn Fn(&Json) -> bool| {
        pairs.iter().find(|(_, ours)| same(ours)).map(|(theirs, _)| Json::String(theirs.clone()))
    };
    let folded = |value: &Json| of_scalar(value).map(|text| fold(text.trim()));
    let wanted = folded(&item);
    let found = theirs(&|ours| *ours == item)
        .or_else(|| wanted.as_ref().and_then(|wanted| theirs(&|ours| folded(ours).as_ref() == Some(wanted))));
    match found {
        Some(found) => found,
        None if otherwise == Otherwise::Null => Json::Null,
        None => item,
    }
}

/// True or false for their words for it.
pub(super) fn boolean(item: Json, yes: &[String], no: &[String]) -> Outcome {
    let Some(text) = of_scalar(&item) else { return Ok(item) };
    match () {
        () if is_one_of(&text, yes) => Ok(Json::Bool(true)),
        () if is_one_of(&text, no) => Ok(Json::Bool(false)),
        () if item.is_boolean() => Ok(item),
        () => {
            let known: Vec<&str> = yes.iter().chain(no).map(String::as_str).collect();
            let message = format!("{} must be one of {}.", shorten(text.trim()), known.join(", "));
            Err(Wrong::new("invalid_type", message))
        }
    }
}

/// Their first word for true or false.
pub(super) fn from_boolean(item: Json, yes: &[String], no: &[String]) -> Json {
    let words = match item {
        Json::Bool(true) => yes,
        Json::Bool(false) => no,
        other => return other,
    };
    words.first().map_or(item, |word| Json::String(word.clone()))
}

/// Nothing, for words that mean it.
pub(super) fn null_if(item: Json, words: &[String]) -> Json {
    match of_scalar(&item) {
        Some(text) if is_one_of(&text, words) => Json::Null,
        _ => item,
    }
}

/// Whether the text is one of the words, but for case and surrounding space.
pub(super) fn is_one_of(text: &str, words: &[String]) -> bool {
    let folded = fold(text.trim());
    words.iter().any(|word| fold(word.trim()) == folded)
}
