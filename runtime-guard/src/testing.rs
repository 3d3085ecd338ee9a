//! Tests that fail on what the guard finds.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

use crate::finding::{Finding, Level};
use crate::options::Options;

/// The guard sees the whole process: one such test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Runs a test's body under a sealed guard; what `#[runtime_guard::test]` does.
///
/// Other tests of the same process that run meanwhile are seen as well: mark all tests that tune, pin or listen, or run
/// them with `--test-threads 1`.
///
/// # Panics
/// The body panics, a guard is installed already, or the guard finds something of the level `error`.
#[track_caller]
pub fn run<R>(body: impl FnOnce() -> R) -> R {
    let (result, findings) = observe(body);
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.level == Level::Error)
        .map(|finding| finding.to_string())
        .collect();
    assert!(errors.is_empty(), "the guard found, while the test ran:\n\n{}\n", errors.join("\n\n"));
    result
}

/// Runs a body under a sealed guard, and gives what the guard found with what the body gave.
///
/// # Panics
/// The body panics, or a guard is installed already.
#[track_caller]
pub fn observe<R>(body: impl FnOnce() -> R) -> (R, Vec<Finding>) {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let options = Options::new().log(false).metrics(false).every(None);
    let guard = match options.install() {
        Ok(guard) => guard,
        Err(error) => panic!("the test cannot be guarded: {error}"),
    };
    guard.seal();
    let result = catch_unwind(AssertUnwindSafe(body));
    let findings = guard.check();
    drop(guard);
    match result {
        Ok(result) => (result, findings),
        Err(panic) => resume_unwind(panic),
    }
}
