//! The two translations of portable SQL text: `?` into `$1`, `$2`, … for PostgreSQL, and `{token}`
//! into a column type in a migration. Works on text alone; understands quotes and comments, no
//! more of the grammar.

use crate::{DbError, Engine};

/// A piece of SQL text: code, or something translations must leave alone.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Piece<'a> {
    Code(&'a str),
    /// A string, a quoted name or a comment, with its delimiters.
    Quoted(&'a str),
}

/// Splits SQL into code and quoted parts. An unclosed quote runs to the end: the engine will say
/// so better than we could.
fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = sql;
    while let Some(start) = quote_start(rest) {
        let (code, quoted) = rest.split_at(start);
        let (quoted, after) = quoted.split_at(quote_length(quoted));
        if !code.is_empty() {
            pieces.push(Piece::Code(code));
        }
        pieces.push(Piece::Quoted(quoted));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Code(rest));
    }
    pieces
}

fn quote_start(sql: &str) -> Option<usize> {
    ["'", "\"", "--", "/*"].into_iter().filter_map(|mark| sql.find(mark)).min()
}

/// The length of the quoted part at the start of `sql`. A doubled quote inside a string needs no
/// care: it reads as two strings in a row, which covers the same text.
fn quote_length(sql: &str) -> usize {
    let (open, close) = if sql.starts_with("--") {
        (2, "\n")
    } else if sql.starts_with("/*") {
        (2, "*/")
    } else if sql.starts_with('"') {
        (1, "\"")
    } else {
        (1, "'")
    };
    sql.get(open..).and_then(|inside| inside.find(close)).map_or(sql.len(), |end| open + end + close.len())
}

/// Rewrites each `?` outside quotes to `$1`, `$2`, ….
pub(crate) fn to_postgres(sql: &str) -> Result<String, DbError> {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut number = 0_u32;
    for piece in pieces(sql) {
        let code = match piece {
            Piece::Quoted(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Code(text) => text,
        };
        let mut parts = code.split('?');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            if part.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(DbError::Other(
                    "portable SQL takes plain ? parameters, not numbered ones".to_owned(),
                ));
            }
            number += 1;
            out.push('$');
            out.push_str(&number.to_string());
            out.push_str(part);
        }
    }
    Ok(out)
}

/// Replaces the portable tokens of a migration by the engine's words. A brace pair in code that
/// is no known token is an error; quoted text and comments stay as they are.
pub(crate) fn expand_tokens(sql: &str, engine: Engine) -> Result<String, DbError> {
    let mut out = String::with_capacity(sql.len() + 64);
    for piece in pieces(sql) {
        let mut code = match piece {
            Piece::Quoted(text) => {
                out.push_str(text);
                continue;
            }
            Piece::Code(text) => text,
        };
        while let Some((before, after)) = code.split_once('{') {
            let (token, after) = after
                .split_once('}')
                .ok_or_else(|| DbError::Migration("a { in a migration is not closed".to_owned()))?;
            let word = token_word(token, engine).ok_or_else(|| {
                DbError::Migration(format!(
                    "a migration uses the unknown token {{{token}}}; known are {{int}}, {{text}}, \
                     {{uuid}}, {{bytes}}, {{bool}}, {{strict}}, {{clustered}} and {{nulls_first}}"
                ))
            })?;
            out.push_str(before);
            out.push_str(word);
            code = after;
        }
        out.push_str(code);
    }
    Ok(out)
}

fn token_word(token: &str, engine: Engine) -> Option<&'static str> {
    Some(match (token, engine) {
        ("int" | "bool", Engine::Sqlite) => "INTEGER",
        ("int", Engine::Postgres) => "BIGINT",
        ("bool", Engine::Postgres) => "BOOLEAN",
        ("text", Engine::Sqlite) => "TEXT",
        // Bytewise order, as SQLite has it; and prefix search may use the index.
        ("text", Engine::Postgres) => "TEXT COLLATE \"C\"",
        ("uuid" | "bytes", Engine::Sqlite) => "BLOB",
        ("uuid", Engine::Postgres) => "UUID",
        ("bytes", Engine::Postgres) => "BYTEA",
        ("strict", Engine::Sqlite) => "STRICT",
        ("clustered", Engine::Sqlite) => "STRICT, WITHOUT ROWID",
        // In ascending order SQLite has nulls first anyway, and no words for it in an index.
        ("strict" | "clustered", Engine::Postgres) | ("nulls_first", Engine::Sqlite) => "",
        ("nulls_first", Engine::Postgres) => "NULLS FIRST",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_in_order() {
        assert_eq!(
            to_postgres("SELECT a FROM t WHERE b = ? AND c IN (?,?) LIMIT ?").unwrap(),
            "SELECT a FROM t WHERE b = $1 AND c IN ($2,$3) LIMIT $4"
        );
        assert_eq!(to_postgres("SELECT 1").unwrap(), "SELECT 1");
        assert_eq!(to_postgres("").unwrap(), "");
    }

    #[test]
    fn a_question_mark_in_quotes_or_comments_is_no_parameter() {
        for (portable, postgres) in [
            ("SELECT '?', ?", "SELECT '?', $1"),
            ("SELECT 'it''s ?', ?", "SELECT 'it''s ?', $1"),
            ("SELECT \"a?\"\"b?\" = ?", "SELECT \"a?\"\"b?\" = $1"),
            ("SELECT ? -- why?\n, ?", "SELECT $1 -- why?\n, $2"),
            ("SELECT /* ? */ ?", "SELECT /* ? */ $1"),
            ("SELECT '/*', ?, '*/'", "SELECT '/*', $1, '*/'"),
            ("SELECT '--' = ?", "SELECT '--' = $1"),
            ("SELECT 'é?', ? -- ü?", "SELECT 'é?', $1 -- ü?"),
            ("SELECT 'open ?", "SELECT 'open ?"),
        ] {
            assert_eq!(to_postgres(portable).unwrap(), postgres);
        }
    }

    #[test]
    fn numbered_parameters_are_refused() {
        assert!(to_postgres("SELECT ?1").is_err());
    }

    #[test]
    fn tokens_become_the_words_of_the_engine() {
        let sql = "CREATE TABLE t (a {int}, b {text} NOT NULL, c {uuid}, d {bytes}, e {bool}, \
                   f {text} DEFAULT '{}') {clustered}; CREATE TABLE u (a {int}) {strict}; \
                   CREATE INDEX i ON u (a {nulls_first});";
        assert_eq!(
            expand_tokens(sql, Engine::Sqlite).unwrap(),
            "CREATE TABLE t (a INTEGER, b TEXT NOT NULL, c BLOB, d BLOB, e INTEGER, \
             f TEXT DEFAULT '{}') STRICT, WITHOUT ROWID; CREATE TABLE u (a INTEGER) STRICT; CREATE INDEX i ON u (a );"
        );
        assert_eq!(
            expand_tokens(sql, Engine::Postgres).unwrap(),
            "CREATE TABLE t (a BIGINT, b TEXT COLLATE \"C\" NOT NULL, c UUID, d BYTEA, e BOOLEAN, \
             f TEXT COLLATE \"C\" DEFAULT '{}') ; CREATE TABLE u (a BIGINT) ; CREATE INDEX i ON u (a NULLS FIRST);"
        );
    }

    #[test]
    fn an_unknown_or_open_token_is_refused_and_named() {
        let error = expand_tokens("CREATE TABLE t (a {integer})", Engine::Sqlite).unwrap_err();
        assert!(error.to_string().contains("{integer}"), "{error}");
        assert!(expand_tokens("CREATE TABLE t (a {int)", Engine::Sqlite).is_err());
        assert_eq!(
            expand_tokens("-- {whatever}\nSELECT '{x}'", Engine::Sqlite).unwrap(),
            "-- {whatever}\nSELECT '{x}'"
        );
    }
}
