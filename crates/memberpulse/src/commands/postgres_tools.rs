//! Where the data is in a PostgreSQL database, its own tools make and restore backups. This says how,
//! with the operator's own names, but without a password.

use std::path::Path;

use crate::halt::Halt;

/// Why nothing was done, and the commands that do it.
pub(crate) fn postgres_tools(url: &str, file: &Path) -> Halt {
    let (url, file) = (quoted(&without_password(url)), quoted(&file.display().to_string()));
    Halt::failed(format!(
        "the data is in a PostgreSQL database, which has tools of its own for this. To back it up:\n  \
         pg_dump --format=custom --file={file} {url}\nTo put it back into an empty database:\n  \
         pg_restore --exit-on-error --single-transaction --no-owner --dbname={url} {file}"
    ))
}

/// The URL without what must not be shown; the tools ask for it.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        let parts = url.split_whitespace().filter(|part| !part.starts_with("password"));
        return parts.collect::<Vec<_>>().join(" ");
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    // A password may hold an @, a host cannot.
    let address = match address.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => address.to_owned(),
    };
    let query: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("password=")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{scheme}://{address}{query}")
}

/// A word as the shell takes it literally.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:@=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        for (url, shown) in [
            ("postgres://mp:secret@db:5432/mp", "postgres://mp@db:5432/mp"),
            ("postgres://mp:se@cr:et@db/mp?sslmode=disable", "postgres://mp@db/mp?sslmode=disable"),
            ("postgres://mp@db/mp?password=secret", "postgres://mp@db/mp"),
            ("postgres://db/mp", "postgres://db/mp"),
            ("host=db user=mp password=secret", "host=db user=mp"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn words_are_safe_in_a_shell() {
        assert_eq!(quoted("/backups/a-1.db"), "/backups/a-1.db");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
        assert_eq!(quoted("a;b"), "'a;b'");
    }
}
