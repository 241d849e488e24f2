//! Strict reading of JSON agrees with serde_json, but for keys that are given twice.

use domain::json::parse;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value as Json;

use super::hold;

/// Any document; keys of few letters, so that some are given twice once the document is changed.
fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            proptest::collection::btree_map("[ab]{1,2}|\\PC{0,3}", inner, 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn valid_documents_are_read_as_by_serde_json() {
    hold(1_000, &(document(), any::<bool>()), |(document, pretty)| {
        let text =
            if pretty { serde_json::to_string_pretty(&document) } else { serde_json::to_string(&document) }
                .unwrap();
        let read = parse(text.as_bytes()).map_err(|error| error.to_string());
        prop_assert_eq!(read, Ok(serde_json::from_str(&text).unwrap()), "{}", text);
        Ok(())
    });
}

#[test]
fn damaged_documents_are_refused_as_by_serde_json() {
    let damage = proptest::collection::vec(
        (any::<Index>(), prop_oneof![any::<u8>(), proptest::sample::select(b"{}[]\",:ab0\\".to_vec())]),
        1..4,
    );
    hold(3_000, &(document(), damage), |(document, damage)| {
        let mut bytes = serde_json::to_vec(&document).unwrap();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let text = String::from_utf8_lossy(&bytes);
        match (parse(&bytes), serde_json::from_slice::<Json>(&bytes)) {
            (Ok(read), Ok(expected)) => prop_assert_eq!(read, expected, "{}", text),
            (Err(error), Ok(_)) => {
                prop_assert!(error.to_string().contains("is given twice"), "{}: {}", error, text);
            }
            (Err(_), Err(_)) => {}
            (Ok(_), Err(error)) => prop_assert!(false, "accepted, though {}: {}", error, text),
        }
        Ok(())
    });
}

#[test]
fn a_key_given_twice_is_found_wherever_it_is() {
    hold(500, &(document(), any::<Index>()), |(document, place)| {
        let text = document.to_string();
        // Behind each opening brace of an object that is not in a string, the same key twice.
        let places: Vec<usize> = braces(&text);
        if places.is_empty() {
            return Ok(());
        }
        let place = places[place.index(places.len())];
        let (before, after) = text.split_at(place + 1);
        let comma = if after.starts_with('}') { "" } else { "," };
        let twice = format!("{before}\"twice\":1,\"twice\":1{comma}{after}");
        let error = parse(twice.as_bytes()).map_err(|error| error.to_string());
        prop_assert!(
            error.as_ref().is_err_and(|error| error.contains("`twice` is given twice")),
            "{:?}: {}",
            error,
            twice
        );
        Ok(())
    });
}

/// Where objects begin.
fn braces(text: &str) -> Vec<usize> {
    let (mut in_string, mut escaped) = (false, false);
    let mut found = Vec::new();
    for (place, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if in_string => escaped = true,
            '"' => in_string = !in_string,
            '{' if !in_string => found.push(place),
            _ => {}
        }
    }
    found
}
