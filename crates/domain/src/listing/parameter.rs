//! The names of query parameters: `status`, `status[]`, `createdAt[after]`, `order[email]`.

/// A parameter's name taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Name<'a> {
    /// `status`
    Plain(&'a str),
    /// `status[]`, or with a number as PHP writes it: `status[0]`
    Item(&'a str),
    /// `createdAt[after]`
    Keyed(&'a str, &'a str),
}

/// Takes a name apart; `None` when the brackets make no sense.
pub(super) fn split(name: &str) -> Option<Name<'_>> {
    let Some((base, rest)) = name.split_once('[') else {
        return (!name.contains(']')).then_some(Name::Plain(name));
    };
    let key = rest.strip_suffix(']')?;
    if base.is_empty() || key.contains(['[', ']']) {
        return None;
    }
    if key.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Name::Item(base));
    }
    Some(Name::Keyed(base, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(split("status"), Some(Name::Plain("status")));
        assert_eq!(split("status[]"), Some(Name::Item("status")));
        assert_eq!(split("status[12]"), Some(Name::Item("status")));
        assert_eq!(split("createdAt[after]"), Some(Name::Keyed("createdAt", "after")));
        for odd in ["a[b", "a]b", "[a]", "a[b][c]", "a[[b]]", "a[b]c"] {
            assert_eq!(split(odd), None, "{odd}");
        }
    }
}
