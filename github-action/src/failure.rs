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
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Tool(_) => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(message) | Failure::Tool(message) => f.write_str(message),
        }
    }
}

/// The exit code of a review that was made.
pub fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Clean => 0,
        Verdict::Findings => 1,
        Verdict::Incomplete => 5,
    }
}
