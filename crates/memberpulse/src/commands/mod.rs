//! What each command does: one use case of `app`, then its result as text or JSON.

pub(crate) mod api_key;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod openapi;
pub(crate) mod organisation;
mod postgres_tools;
pub(crate) mod restore;
pub(crate) mod user;

use std::future::Future;

use app::{App, Organisation};
use clap::Args;
use serde_json::Value as Json;
use tokio::runtime::{Builder, Runtime};

use crate::cli::{Command, Invocation, LogFormat, LogLevel, Place, ServerSettings};
use crate::halt::Halt;
use crate::store::{self, Missing};
use crate::traces::Traces;
use crate::{demo, output, server, telemetry};

use postgres_tools::postgres_tools;

/// How a command's result is written.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Output {
    /// Print exactly one JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

impl Output {
    /// Writes the result in the form that was asked for.
    fn write(self, document: &Json, text: impl FnOnce() -> String) -> Result<(), Halt> {
        if self.json { output::print_json(document) } else { output::print(&text()) }
    }
}

/// Runs a command to its end.
pub(crate) fn run(invocation: Invocation) -> Result<(), Halt> {
    let Invocation { place, command } = invocation;
    match command {
        Command::Openapi(options) => openapi::run(options),
        Command::Serve(settings) => serve(&settings, "info", server::serve(&place, &settings)),
        Command::Demo(settings) => serve(&settings, "warn", demo::run(&place, &settings)),
        Command::Organisation(command) => short(organisation::run(command, &place)),
        Command::User(command) => short(user::run(command, &place)),
        Command::ApiKey(command) => short(api_key::run(command, &place)),
        Command::Import(options) => short(import::run(*options, &place)),
        Command::Export(options) => short(export::run(options, &place)),
        Command::Backup(options) => short(backup::run(options, &place)),
        Command::Restore(options) => short(restore::run(options, &place)),
        Command::Check(options) => short(check::run(options, &place)),
    }
}

/// Runs a server to its end, with its log and its traces.
fn serve(
    settings: &ServerSettings,
    level: &str,
    work: impl Future<Output = Result<(), Halt>>,
) -> Result<(), Halt> {
    let runtime = runtime(None)?;
    let traces = settings.otlp_endpoint.as_ref().map(|endpoint| Traces::start(endpoint, runtime.handle()));
    let traces = traces.transpose()?;
    let level = settings.log_level.clone().unwrap_or_else(|| LogLevel(level.to_owned()));
    telemetry::start(settings.log_format, &level, traces.as_ref())?;
    let served = runtime.block_on(work);
    if let Some(traces) = traces {
        traces.finish();
    }
    served
}

/// Runs a command that does one thing.
fn short(work: impl Future<Output = Result<(), Halt>>) -> Result<(), Halt> {
    telemetry::start(LogFormat::Text, &LogLevel("warn".to_owned()), None)?;
    runtime(Some(1))?.block_on(work)
}

fn runtime(workers: Option<usize>) -> Result<Runtime, Halt> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    builder.build().map_err(|error| Halt::failed(format!("the program cannot start its threads: {error}")))
}

/// Opens the data, does something with it, and closes it whatever came out.
async fn with_app<T>(
    place: &Place,
    missing: Missing,
    work: impl AsyncFnOnce(&App) -> Result<T, Halt>,
) -> Result<T, Halt> {
    let app = store::open(place, missing, app::Options::default()).await?;
    let result = work(&app).await;
    app.close().await;
    result
}

/// An organisation that is not closed.
async fn open_organisation(app: &App, slug: &str) -> Result<Organisation, Halt> {
    let organisation = app.organisation(slug).await?;
    if organisation.closed_at.is_some() {
        return Err(Halt::failed(format!("the organisation {slug} is closed: nothing can be added to it")));
    }
    Ok(organisation)
}
