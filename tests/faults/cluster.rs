//! PostgreSQL clusters of the tests' own, which they stop, kill and promote. What they answered is durable, unlike in
//! the ordinary run: nothing is switched off for speed.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use testkit::program::wait_until;
use tokio_postgres::NoTls;

/// A cluster that runs; it goes away with this.
pub(crate) struct Cluster {
    directory: PathBuf,
    pub(crate) port: u16,
    settings: Vec<String>,
    server: Option<Child>,
    files: Option<tempfile::TempDir>,
}

impl Cluster {
    /// An empty cluster with these settings, such as `synchronous_standby_names=*`.
    pub(crate) fn start(settings: &[&str]) -> Self {
        let files = tempfile::tempdir().unwrap();
        let mut cluster = Self::at(files.path(), settings);
        cluster.files = Some(files);
        cluster
    }

    /// The same in a directory of the caller's.
    pub(crate) fn at(directory: &Path, settings: &[&str]) -> Self {
        hand_over(directory);
        let mut cluster = Self::beside(directory, settings);
        let mut command = cluster.program("initdb");
        command.args([
            "--username=postgres",
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--wal-segsize=1",
        ]);
        run(command.arg("--pgdata").arg(cluster.data()));
        cluster.start_again();
        cluster
    }

    /// A standby that follows this cluster.
    pub(crate) fn standby(&self) -> Self {
        let files = tempfile::tempdir().unwrap();
        hand_over(files.path());
        let mut standby = Self::beside(files.path(), &[]);
        let mut command = standby.program("pg_basebackup");
        command.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--username=postgres"]);
        command.args(["--host=127.0.0.1", "--port", &self.port.to_string()]);
        run(command.arg("--pgdata").arg(standby.data()));
        standby.files = Some(files);
        standby.start_again();
        standby
    }

    fn beside(directory: &Path, settings: &[&str]) -> Self {
        Self {
            directory: directory.to_owned(),
            port: TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port(),
            settings: settings.iter().map(|&it| it.to_owned()).collect(),
            server: None,
            files: None,
        }
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Starts it, after a stop or a kill.
    pub(crate) fn start_again(&mut self) {
        // What a killed server has left behind must be gone first: the new one would refuse to start.
        wait_until(|| {
            let log = File::options().create(true).append(true).open(self.directory.join("log")).unwrap();
            let mut command = self.program("postgres");
            command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
            for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories="] {
                command.args(["-c", setting]);
            }
            for setting in &self.settings {
                command.args(["-c", setting]);
            }
            let mut server = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
            loop {
                std::thread::sleep(Duration::from_millis(50));
                if server.try_wait().unwrap().is_some() {
                    std::thread::sleep(Duration::from_millis(200));
                    return false;
                }
                if query(&self.url("postgres"), "SELECT 1").is_some() {
                    self.server = Some(server);
                    return true;
                }
            }
        });
    }

    /// Starts it where it has ended by itself.
    pub(crate) fn start_if_ended(&mut self) {
        std::thread::sleep(Duration::from_secs(2));
        if self.server.as_mut().is_some_and(|server| server.try_wait().unwrap().is_some()) {
            self.server = None;
            self.start_again();
        }
    }

    /// Kills it at once (SIGKILL).
    pub(crate) fn kill(&mut self) {
        self.end(Signal::KILL);
    }

    /// Stops it in order; clients are cut off (fast shutdown).
    pub(crate) fn stop(&mut self) {
        self.end(Signal::INT);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut server) = self.server.take() {
            kill_process(Pid::from_child(&server), signal).unwrap();
            server.wait().unwrap();
        }
    }

    /// From now on nothing is committed before its standby has it.
    pub(crate) fn commit_with_standby(&self) {
        for sql in ["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"] {
            query(&self.url("postgres"), sql).unwrap();
        }
    }

    /// Sends a signal to all its processes.
    pub(crate) fn signal_all(&self, signal: Signal) {
        let server = Pid::from_child(self.server.as_ref().unwrap());
        let children = format!("/proc/{server}/task/{server}/children");
        for child in std::fs::read_to_string(children).unwrap().split_whitespace() {
            // One that has just ended is no fault.
            let _ = kill_process(Pid::from_raw(child.parse().unwrap()).unwrap(), signal);
        }
        kill_process(server, signal).unwrap();
    }

    /// Makes a standby the primary.
    pub(crate) fn promote(&self) {
        query(&self.url("postgres"), "SELECT pg_promote()").unwrap();
    }

    /// The URL of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// An empty database.
    pub(crate) fn new_database(&self) -> String {
        // One for all: a standby that is promoted has the databases of the primary before it.
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("faults{}", NEXT.fetch_add(1, Ordering::Relaxed));
        query(&self.url("postgres"), &format!("CREATE DATABASE {name}")).unwrap();
        self.url(&name)
    }

    /// One of PostgreSQL's programs. They refuse to run as root: then as the owner of the directory.
    fn program(&self, name: &str) -> Command {
        #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
        let folder = std::env::var("MEMBERPULSE_FAULTS_POSTGRES_BIN");
        let folder = folder.unwrap_or_else(|_| {
            panic!("MEMBERPULSE_FAULTS_POSTGRES_BIN is not set: run scripts/faults, which finds PostgreSQL")
        });
        let mut command = Command::new(Path::new(&folder).join(name));
        let owner = std::fs::metadata(&self.directory).unwrap();
        command.current_dir(&self.directory).stdin(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(owner.uid()).gid(owner.gid());
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Immediate shutdown: nothing of it is needed any more.
        self.end(Signal::QUIT);
        drop(self.files.take());
    }
}

/// Gives a directory to PostgreSQL's user, when tests run as root.
fn hand_over(directory: &Path) {
    if rustix::process::geteuid().is_root() {
        let users = std::fs::read_to_string("/etc/passwd").unwrap();
        let line = users.lines().find(|line| line.starts_with("postgres:")).unwrap();
        let number = |index: usize| line.split(':').nth(index).unwrap().parse().unwrap();
        std::os::unix::fs::chown(directory, Some(number(2)), Some(number(3))).unwrap();
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a statement; nothing when the server does not.
pub(crate) fn query(url: &str, sql: &str) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.ok()?;
        tokio::spawn(connection);
        client.batch_execute(sql).await.ok()
    })
}
