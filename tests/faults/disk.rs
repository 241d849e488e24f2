//! The disk runs full, or takes no writes any more, under load: what cannot be stored is refused, reading goes on, and
//! with room again so does writing.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value as Json, json};
use testkit::program::{Serving, Store, post, wait_until};

use crate::cluster::Cluster;
use crate::scale;
use crate::world::World;

/// A small file system of its own.
struct Disk {
    place: tempfile::TempDir,
}

impl Disk {
    fn mount(size: &str) -> Self {
        let disk = Self { place: tempfile::tempdir().unwrap() };
        let options = format!("size={size},mode=0755");
        let mut mount = Command::new("mount");
        let done = mount.args(["-t", "tmpfs", "-o", &options, "none"]).arg(disk.path()).status();
        assert!(
            done.is_ok_and(|status| status.success()),
            "a file system cannot be mounted: run scripts/faults as root, or in a namespace of its own with `unshare \
             --map-root-user --mount scripts/faults disk` (all but the test with PostgreSQL)"
        );
        disk
    }

    fn path(&self) -> &Path {
        self.place.path()
    }

    /// Takes all room that is left; gives it back when the file is removed.
    fn fill(&self) -> PathBuf {
        let ballast = self.path().join("ballast");
        let mut file = File::create(&ballast).unwrap();
        let mut size = 1 << 20;
        while size > 0 {
            if file.write_all(&vec![1; size]).is_err() {
                size /= 2;
            }
        }
        ballast
    }

    fn remount(&self, mode: &str) {
        let mut mount = Command::new("mount");
        wait_until(|| {
            mount.args(["-o", &format!("remount,{mode}")]).arg(self.path()).status().unwrap().success()
        });
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whatever still has files there: the place is gone from the tree, its memory when they are closed.
        drop(Command::new("umount").arg("--lazy").arg(self.path()).status());
    }
}

/// While this is there, a process cannot write some files.
struct Broken(Child);

impl Broken {
    fn with(error: &str, server: &Serving, files: &[PathBuf]) -> Self {
        let calls = "pwrite64,pwritev,write,fsync,fdatasync,ftruncate,fallocate";
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-p", &server.child.id().to_string()]);
        strace.args(["-e", &format!("trace={calls}"), "-e", &format!("inject={calls}:error={error}")]);
        for file in files {
            strace.arg("-P").arg(file);
        }
        Self(strace.stdin(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        // It lets the process go before it ends.
        let _ = kill_process(Pid::from_child(&self.0), Signal::INT);
        drop(self.0.wait());
    }
}

/// Nothing can be stored now: it is said, and nothing is changed.
fn refuses(server: &Serving, key: &str) {
    wait_until(|| !server.is_ready());
    assert_eq!(server.get("/api/members?itemsPerPage=1", key).0, 200, "reading goes on");
    assert_eq!(server.get("/healthz", "").0, 200);
    let body = json!({"firstName": "Jo", "lastName": "Lim", "email": "never@example.org"});
    let (status, problem) = post(&server.address, "/api/members", key, &body);
    assert_eq!(status, 503, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("nothing was changed"), "{problem}");
}

/// An event whose text cannot be made smaller.
fn large(number: u64) -> Json {
    let mut dice = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut part = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        format!("{dice:016x}")
    };
    let text: String = (0..500).map(|_| part()).collect();
    json!({"externalId": format!("large{number}"), "name": "Large", "eventType": "online", "description": text})
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_disk_runs_full() {
    for _ in 0..scale() {
        let disk = Disk::mount("12m");
        let mut world = World::new(Store::Place(disk.path().join("data")));
        let key = world.key.clone();
        let mut server = world.serve();
        world.servers.are(&[&server]);
        for _ in 0..2 {
            world.under_load(|load| {
                load.wait_for_writes(10);
                let ballast = disk.fill();
                refuses(&server, &key);
                std::fs::remove_file(ballast).unwrap();
                load.wait_for_writes(20);
            });
        }
        // Killed with a full disk, it starts again once there is room.
        let ballast = disk.fill();
        server.kill();
        std::fs::remove_file(ballast).unwrap();
        server = world.serve();
        println!("full twice: {}", world.judge(&server));
    }
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_disk_of_postgresql_runs_full() {
    for _ in 0..scale() {
        let disk = Disk::mount("120m");
        let mut cluster = Cluster::at(disk.path(), &["max_wal_size=32MB", "min_wal_size=2MB"]);
        let mut world = World::new(Store::Url(cluster.new_database()));
        let (_, sandbox) = world.store.make_key_of("sandbox");
        let server = world.serve();
        world.servers.are(&[&server]);
        world.under_load(|load| {
            load.wait_for_writes(10);
            let ballast = disk.fill();
            // Beside the writers, something large: until the database needs more room.
            let mut number = 0_u64;
            wait_until(|| {
                number += 1;
                let items: Vec<_> = (0..20).map(|item| large(number * 20 + item)).collect();
                let batch = json!({"items": items});
                let (status, answer) = post(&server.address, "/api/events/batch", &sandbox, &batch);
                assert!(matches!(status, 200 | 503), "{status} {answer}");
                status == 503 || !server.is_ready()
            });
            std::fs::remove_file(ballast).unwrap();
            // Without room for its log PostgreSQL ends.
            cluster.start_if_ended();
            load.wait_for_writes(20);
        });
        server.wait_until_ready();
        println!("full: {}", world.judge(&server));
    }
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_disk_takes_no_writes() {
    for _ in 0..scale() {
        let disk = Disk::mount("64m");
        let data = disk.path().join("data");
        let mut world = World::new(Store::Place(data.clone()));
        let key = world.key.clone();
        let server = world.serve();
        world.servers.are(&[&server]);
        let files = ["db", "db-wal", "db-shm", "ready"].map(|kind| data.join(format!("memberpulse.{kind}")));
        for error in ["EROFS", "EIO"] {
            world.under_load(|load| {
                load.wait_for_writes(10);
                let broken = Broken::with(error, &server, &files);
                refuses(&server, &key);
                drop(broken);
                load.wait_for_writes(20);
            });
        }
        world.judge(&server);
        server.signal(Signal::TERM);
        assert_eq!(server.end().0, Some(0));
        disk.remount("ro");
        let refusal = world.store.run(&["serve", "--listen", "127.0.0.1:0"]);
        let said = refusal.refused(1);
        assert!(
            said.contains(data.to_str().unwrap()) && said.contains("Read-only") && said.contains("writable"),
            "{said}"
        );
        disk.remount("rw");
        let server = world.serve();
        println!("read-only, broken, read-only at the start: {}", world.judge(&server));
    }
}
