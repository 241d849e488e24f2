//! The log: lines on standard error, as text or JSON. Keys, e-mail addresses and bodies never get here;
//! that is up to those who log.

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

use crate::cli::{LogFormat, LogLevel};
use crate::halt::Halt;

/// Begins to log; panics too.
pub(crate) fn start(format: LogFormat, level: &LogLevel) -> Result<(), Halt> {
    let filter = EnvFilter::builder()
        .parse(&level.0)
        .map_err(|error| Halt::usage(format!("the log level cannot be read: {error}")))?;
    let builder = SubscriberBuilder::default()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // It would be told on standard error, which is what failed.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let started = match format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => {
            builder.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
        }
    };
    started.map_err(|error| Halt::failed(format!("the log cannot be started: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, message = literal(panic), "a fault of the program");
    }));
    Ok(())
}

/// The text of a panic when it stands in the program; one made at run time may hold somebody's data.
fn literal(panic: &PanicHookInfo<'_>) -> Option<&'static str> {
    panic.payload().downcast_ref::<&'static str>().copied()
}
