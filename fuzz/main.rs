//! The fuzz targets in one program; `MEMBERPULSE_FUZZ_TARGET` names the one that runs.
//!
//! What must hold is in crates/fuzzing; libFuzzer makes up the bytes, led by what of the program they reach.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    static TARGET: OnceLock<String> = OnceLock::new();
    let target =
        TARGET.get_or_init(|| std::env::var("MEMBERPULSE_FUZZ_TARGET").expect("the name of a target"));
    fuzzing::check(target, data);
    Corpus::Keep
});
