//! The log: lines on standard error, as text or JSON; and, where it is asked for, traces beside it. Keys, e-mail addresses
//! and bodies never get here; that is up to those who log.

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::cli::{LogFormat, LogLevel};
use crate::halt::Halt;
use crate::traces::Traces;

/// Begins to log; panics too.
pub(crate) fn start(format: LogFormat, level: &LogLevel, traces: Option<&Traces>) -> Result<(), Halt> {
    let started = subscriber(format, level, traces)?.try_init();
    started.map_err(|error| Halt::failed(format!("the log cannot be started: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, message = literal(panic), "a fault of the program");
    }));
    Ok(())
}

fn subscriber(
    format: LogFormat,
    level: &LogLevel,
    traces: Option<&Traces>,
) -> Result<impl Subscriber + Send + Sync + use<>, Halt> {
    let unreadable = |error| Halt::usage(format!("the log level cannot be read: {error}"));
    let filter = EnvFilter::builder().parse(&level.0).map_err(unreadable)?;
    // Spans are for traces only; where nobody exports them, none is made.
    let no_spans = format!("{}=off", db::SPANS).parse().map_err(unreadable)?;
    let log = fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        // It would be told on standard error, which is what failed.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let log = match format {
        LogFormat::Text => log.boxed(),
        LogFormat::Json => {
            log.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    let mut layers: Vec<Box<dyn Layer<Registry> + Send + Sync>> =
        vec![log.with_filter(filter.add_directive(no_spans)).boxed()];
    layers.extend(traces.map(Traces::layer));
    Ok(tracing_subscriber::registry().with(layers))
}

/// The text of a panic when it stands in the program; one made at run time may hold somebody's data.
fn literal(panic: &PanicHookInfo<'_>) -> Option<&'static str> {
    panic.payload().downcast_ref::<&'static str>().copied()
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    /// Whether a span of this target is made at a level of the log.
    fn makes_spans(level: &str, traces: Option<&Traces>) -> bool {
        let subscriber = subscriber(LogFormat::Json, &LogLevel(level.to_owned()), traces).unwrap();
        tracing::subscriber::with_default(
            subscriber,
            || tracing::span_enabled!(target: db::SPANS, Level::INFO),
        )
    }

    #[tokio::test]
    async fn spans_are_made_only_for_traces() {
        for level in ["trace", "info", "warn,db=debug", "off"] {
            assert!(!makes_spans(level, None), "{level}");
        }
        let traces = Traces::start("http://127.0.0.1:1", &tokio::runtime::Handle::current()).unwrap();
        for level in ["trace", "off"] {
            assert!(makes_spans(level, Some(&traces)), "{level}");
        }
    }
}
