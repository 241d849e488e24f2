//! Spans of traces: the one target that they have, and those of the store.
//!
//! Where traces are off, no span of this target is made: a call costs a look at a flag. A span tells which kind of work
//! was done for how long; it must never know a value of a statement.

use tracing::{Level, Span, field};

use crate::Engine;

/// The target of every span that is exported; the log shows none of them.
pub const SPANS: &str = "memberpulse::spans";

/// The work of reading rows, for the request or the work that asks.
pub(crate) fn read(engine: Engine, sql: &str) -> Span {
    of_work(engine, || operation(sql))
}

/// A transaction that writes.
pub(crate) fn transaction(engine: Engine) -> Span {
    of_work(engine, || "TRANSACTION")
}

/// Notes that the work failed; for whom, and why, is in the log.
pub(crate) fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// Nothing where nobody asks for a trace: the store is also looked at by timers, many times a minute.
fn of_work<'s>(engine: Engine, operation: impl FnOnce() -> &'s str) -> Span {
    if !tracing::span_enabled!(target: SPANS, Level::INFO) || Span::current().is_none() {
        return Span::none();
    }
    let operation = operation();
    // OpenTelemetry's semantic conventions for database client spans.
    let system = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgresql",
    };
    tracing::info_span!(
        target: SPANS,
        "store",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = field::Empty,
        db.system.name = system,
        db.operation.name = operation,
    )
}

/// The word that a statement begins with.
fn operation(sql: &str) -> &str {
    sql.split_ascii_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_the_first_word() {
        assert_eq!(operation("\n  SELECT id FROM members WHERE email = 'jane@example.org'"), "SELECT");
        assert_eq!(operation(""), "");
    }
}
