//! Why a run did not come to its end, each kind with an exit code of its own.

use std::fmt;

use runtime_policy_bot::review::Verdict;

/// Why a run did not come to its end.
#[derive(Debug)]
pub enum Failure {
    /// It was called wrongly.
    Usage(String),
    /// The review could not be made.
    Tool(String),
    /// GitHub could not be asked or told.
    GitHub(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Tool(_) => 3,
            Failure::GitHub(_) => 4,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(message) | Failure::Tool(message) | Failure::GitHub(message) => {
                f.write_str(message)
            }
        }
    }
}

/// The exit code of a review that was made. `failed` says that GitHub could not be told, which makes a clean review no
/// worse than one with findings, but not clean.
pub fn code(verdict: Verdict, failed: bool) -> u8 {
    match verdict {
        Verdict::Clean if failed => 4,
        Verdict::Clean => 0,
        Verdict::Findings => 1,
        Verdict::Incomplete => 5,
    }
}
