//! How GitHub can fail.

use std::fmt;

use serde_json::Value;

/// Why GitHub did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// An address or the token is none.
    Usage(String),
    /// It understood and said no; nothing was done.
    Refused {
        /// HTTP's status; 0 where there was none.
        status: u16,
        /// What it said.
        message: String,
    },
    /// There was no answer that tells whether it was done.
    Unanswered(String),
    /// There was no answer, however often it was asked; nothing was to be done, or not more than once.
    Down(String),
    /// There was no time left to ask or to wait.
    TimeUp,
}

impl Error {
    /// An answer that is not of the form that GitHub describes.
    pub(super) fn odd(path: &str) -> Error {
        Error::Down(format!("the answer to `{path}` has another form than GitHub describes"))
    }

    pub(super) fn of_graphql(error: &Value) -> Error {
        let message = error["message"].as_str().unwrap_or("no message").to_owned();
        let status = match error["type"].as_str() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => 403,
            Some("NOT_FOUND") => 404,
            _ => 422,
        };
        Error::Refused { status, message }
    }

    /// Whether the token may not do it: as is usual for a fork's.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Error::Refused { status: 401 | 403 | 404 | 410, .. })
    }

    /// Whether GitHub found the request itself wrong.
    pub fn is_invalid(&self) -> bool {
        matches!(self, Error::Refused { status: 422, .. })
    }

    /// Whether nobody knows if it was done.
    pub fn is_open(&self) -> bool {
        matches!(self, Error::Unanswered(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Usage(message) => f.write_str(message),
            Error::Refused { status: 0, message } => write!(f, "{message}"),
            Error::Refused { status, message } => write!(f, "GitHub refused ({status}): {message}"),
            Error::Unanswered(message) | Error::Down(message) => {
                write!(f, "GitHub did not answer: {message}")
            }
            Error::TimeUp => f.write_str("the time for this run was up"),
        }
    }
}

impl std::error::Error for Error {}
