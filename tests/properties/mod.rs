//! Properties that hold for any records and any questions, tried with random ones.
//!
//! Records come from fixed seeds, the rest is new in each run; what fails is printed in its smallest
//! form, which says all that is needed to see it again.

mod bodies;
mod cursors;
mod json;
mod lists;
mod mappings;
mod queries;
mod writes;

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

/// What a property says of one value.
type Verdict = Result<(), TestCaseError>;

/// Tries a property with this many random values. A failure panics with the smallest one found.
fn hold<S: Strategy<Value: Debug>>(cases: u32, strategy: &S, property: impl Fn(S::Value) -> Verdict) {
    let config = Config { cases, failure_persistence: None, max_shrink_time: 20_000, ..Config::default() };
    match TestRunner::new(config).run(strategy, property) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => panic!("{reason}\nsmallest failing input: {value:?}"),
        Err(error) => panic!("{error}"),
    }
}

/// Waits for a future inside a property, which is no async function.
fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(future))
}

/// The same values in each run.
fn fixed<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    use proptest::strategy::ValueTree as _;
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}
