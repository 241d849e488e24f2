//! The `memberpulse` program: reads the command line, runs one command, and says how it went.
//!
//! Rules of the business and the store are below, in `app`; HTTP is in `api`.

mod cli;
mod commands;
mod demo;
mod halt;
mod output;
mod secret_key;
mod server;
mod store;
mod telemetry;
mod traces;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::read(std::env::args_os()).and_then(commands::run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(halt) => halt.report(),
    }
}
