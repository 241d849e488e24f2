//! The program itself, as operators run it: what it prints, how it ends, what files it leaves. Where
//! requests are made, they go to a real server over a real connection.

mod backup;
mod commands;
mod configuration;
mod demo;
mod deploy;
mod hearer;
mod logs;
mod serving;
mod stopping;
mod tls;
mod traces;
mod upgrade;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use testkit::program::{
    PATIENCE, Ran, Serving, Store, answer, connect, get, lines_of, memberpulse, post, request, wait_until,
};
