//! The seeds of the fuzz targets and every input that ever broke a rule hold; so do seeds with damage.
//!
//! A short run without instrumentation, so that plain tests say something too. scripts/fuzz looks further.

#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is its failure")]

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz");

/// The files of a folder of a target; none where it has no such folder.
fn files(folder: &str, target: &str) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(Path::new(FOLDER).join(folder).join(target)) else { return Vec::new() };
    entries.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

#[test]
fn seeds_and_regressions_hold() {
    for (target, check) in fuzzing::CHECKS {
        let seeds = files("corpus", target);
        assert!(seeds.len() >= 3, "{target} has too few seeds");
        for input in seeds.iter().chain(&files("regressions", target)) {
            check(input);
        }
    }
}

#[test]
fn every_target_is_in_the_script() {
    let script = fs::read_to_string(Path::new(FOLDER).join("../scripts/fuzz")).unwrap();
    let names: Vec<&str> = fuzzing::CHECKS.iter().map(|(name, _)| *name).collect();
    assert!(script.contains(&format!("targets=({})", names.join(" "))), "{names:?}");
}

/// What is done to a seed at a place: a byte of its own there, bytes taken away, a part of another seed put in.
#[derive(Clone, Debug)]
enum Damage {
    Byte(Index, u8),
    Cut(Index, usize),
    Part(Index, Index, Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(place, byte)| Damage::Byte(place, byte)),
        (any::<Index>(), 1..9_usize).prop_map(|(place, count)| Damage::Cut(place, count)),
        (any::<Index>(), any::<Index>(), any::<Index>())
            .prop_map(|(place, seed, from)| Damage::Part(place, seed, from)),
    ]
}

#[test]
fn damaged_seeds_hold() {
    for (target, check) in fuzzing::CHECKS {
        let seeds = files("corpus", target);
        let damaged = (any::<Index>(), vec(damage(), 1..6)).prop_map(|(seed, damages)| {
            let mut bytes = seed.get(&seeds).clone();
            for damage in damages {
                let length = bytes.len().max(1);
                match damage {
                    Damage::Byte(place, byte) => {
                        if let Some(there) = bytes.get_mut(place.index(length)) {
                            *there = byte;
                        }
                    }
                    Damage::Cut(place, count) => {
                        let start = place.index(length).min(bytes.len());
                        let end = (start + count).min(bytes.len());
                        bytes.drain(start..end);
                    }
                    Damage::Part(place, seed, from) => {
                        let other = seed.get(&seeds);
                        let part = other.iter().copied().skip(from.index(other.len())).take(24);
                        let place = place.index(length).min(bytes.len());
                        bytes.splice(place..place, part);
                    }
                }
            }
            bytes
        });
        let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
        let run = TestRunner::new(config).run(&damaged, |bytes| {
            check(&bytes);
            Ok(())
        });
        if let Err(error) = run {
            panic!("{target}: {error}");
        }
    }
}
