//! JSON strings (RFC 8259 §7): which texts stand in them as they are, found by looking at eight bytes at once.

/// Appends a JSON string.
pub fn write_string(out: &mut Vec<u8>, text: &str) {
    if any(text.as_bytes(), escaped) == 0 {
        write_plain(out, text.as_bytes());
    } else {
        // Serialising text into a vector cannot fail.
        drop(serde_json::to_writer(out, text));
    }
}

/// Appends a JSON string of bytes that are UTF-8 and need no escapes.
#[inline]
pub(super) fn write_plain(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    out.extend_from_slice(bytes);
    out.push(b'"');
}

/// Whether bytes are ASCII that stands in a JSON string as it is. Nearly all texts are; one look tells
/// that they are UTF-8 too.
#[inline]
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    any(bytes, |eight| escaped(eight) | (eight & HIGH)) == 0
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGH: u64 = ONES << 7;

/// What `look` finds in any eight bytes of a text. Most texts are so short that this is quickest.
#[inline]
fn any(bytes: &[u8], look: impl Fn(u64) -> u64) -> u64 {
    if let Some(last) = bytes.last_chunk::<8>() {
        let (eights, _) = bytes.as_chunks::<8>();
        let found = eights.iter().fold(0, |found, eight| found | look(u64::from_ne_bytes(*eight)));
        return found | look(u64::from_ne_bytes(*last));
    }
    let few = match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last))
        }
        _ => bytes.iter().fold(ONES * u64::from(b' '), |few, byte| few << 8 | u64::from(*byte)),
    };
    look(few)
}

/// Not zero when one of eight bytes is a control, a quote or a backslash: what JSON does not take as it is.
#[inline]
const fn escaped(bytes: u64) -> u64 {
    /// The high bit of each byte below `limit`, if there is any; of bytes above one that is, too.
    const fn below(bytes: u64, limit: u64) -> u64 {
        bytes.wrapping_sub(ONES * limit) & !bytes & HIGH
    }
    let quote = below(bytes ^ (ONES * b'"' as u64), 1);
    let backslash = below(bytes ^ (ONES * b'\\' as u64), 1);
    below(bytes, 0x20) | quote | backslash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_escaped_where_it_must_be() {
        // Each byte that needs an escape, and its neighbours, at each place of texts of each length around eight.
        for length in 0..20 {
            for place in 0..length {
                for special in
                    ['\0', '\u{1f}', ' ', '!', '"', '#', '[', '\\', ']', '\u{7f}', 'é', '\u{2028}', '😀']
                {
                    let text: String =
                        (0..length).map(|index| if index == place { special } else { 'a' }).collect();
                    let mut out = Vec::new();
                    write_string(&mut out, &text);
                    assert_eq!(out, serde_json::to_vec(&text).unwrap(), "{text:?}");
                    let plain = text.is_ascii() && out.len() == text.len() + 2;
                    assert_eq!(is_plain(text.as_bytes()), plain, "{text:?}");
                }
            }
        }
    }
}
