//! The machine's clock jumps by hours under load, forward and back (libfaketime, which the program reads as its clock).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value as Json, json};
use testkit::program::{Serving, Store, send, wait_until};

use crate::scale;
use crate::world::{OPTIONS, World};

/// A server whose clock shows what a file says, such as `+5h`.
fn serve(store: &Store, file: &Path) -> Serving {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let library = std::env::var("MEMBERPULSE_FAULTS_FAKETIME");
    let library = library.unwrap_or_else(|_| {
        panic!("MEMBERPULSE_FAULTS_FAKETIME is not set: run scripts/faults, which finds libfaketime")
    });
    let mut command: Command = store.server(OPTIONS);
    command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_NO_CACHE", "1");
    // What measures how long something takes is a clock that nobody sets.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Serving::start(command)
}

fn set(file: &Path, offset: &str) {
    // In one step: a clock that is read meanwhile must not find half of it.
    let next = file.with_extension("next");
    std::fs::write(&next, offset).unwrap();
    std::fs::rename(&next, file).unwrap();
}

/// What is left of the plan, and the seconds until it begins anew.
fn limit(world: &World, server: &Serving) -> (u64, u64) {
    let bearer = format!("Bearer {}", world.key);
    let answer = send(&server.address, "GET", "/api/me", &[("Authorization", &bearer)], None).unwrap();
    let field = answer.header("ratelimit").unwrap();
    let part = |name: &str| {
        let text = field.split(';').find_map(|part| part.trim().strip_prefix(name)).unwrap();
        text.parse().unwrap()
    };
    (part("r="), part("t="))
}

/// Makes a member, again and again with one `Idempotency-Key`.
fn make_once(world: &World, server: &Serving) -> Json {
    let (bearer, body) = (format!("Bearer {}", world.key), once());
    let headers = [("Authorization", bearer.as_str()), ("Idempotency-Key", "once")];
    let answer = send(&server.address, "POST", "/api/members", &headers, Some(&body)).unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

fn once() -> Json {
    json!({"externalId": "once", "firstName": "Jo", "lastName": "Lim", "email": "once@example.org", "city": "Once"})
}

#[test]
#[ignore = "scripts/faults runs it"]
fn the_clock_jumps_by_hours() {
    for _ in 0..scale() {
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("clock");
        set(&file, "+0");
        let mut world = World::new(Store::directory());
        let staff =
            ["--organisation", "acme", "--email", "jo@example.org", "--role", "ROLE_CLIENT_USER", "--json"];
        let staff = [&["user", "create", "--password-stdin"], &staff[..]].concat();
        let _ = world.store.run_with_input(&staff, "Correct-Horse-9\n").json();
        let server = serve(&world.store, &file);
        world.servers.are(&[&server]);
        let body = json!({"email": "jo@example.org", "password": "Correct-Horse-9"});
        let session = send(&server.address, "POST", "/api/session", &[], Some(&body)).unwrap();
        let cookie = session.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let made = make_once(&world, &server);
        world.model.lock().unwrap().done("once", crate::model::State::live(1, "Once"));
        let mut last = String::new();
        for offset in ["+5h", "-5h", "+0", "-2h", "-4h", "+6h", "+0"] {
            let before = limit(&world, &server).0;
            world.under_load(|load| {
                load.wait_for_writes(5);
                set(&file, offset);
                load.wait_for_writes(25);
                // The server looks at its clock each second: one that is wrong for less is not noticed.
                std::thread::sleep(Duration::from_millis(1_500));
            });
            let (left, ends) = limit(&world, &server);
            assert!(left > 0 && ends <= 3_600, "{last} to {offset}: {left} left for {ends} s");
            // Set back, it refills nothing.
            let back = [("+5h", "-5h"), ("+0", "-2h"), ("-2h", "-4h"), ("+6h", "+0")];
            if back.contains(&(last.as_str(), offset)) {
                assert!(left < before, "{last} to {offset}: {before} were left, now {left} are");
            }
            assert_eq!(make_once(&world, &server), made, "{last} to {offset}: made twice");
            let signed_in =
                send(&server.address, "GET", "/api/session", &[("Cookie", &cookie)], None).unwrap();
            assert_eq!(signed_in.status, 200, "{last} to {offset}: {}", signed_in.body);
            world.judge_feed(&server);
            offset.clone_into(&mut last);
        }
        println!("7 jumps: {}", world.judge(&server));
        wait_until(|| server.is_ready());
    }
}
