//! Where words go: standard output, standard error, colours, and pipes that close.

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use runtime_policy_lints::change;
use runtime_policy_lints::engine;
use runtime_policy_lints::fix;
use runtime_policy_lints::policy::ConfigError;

use crate::arguments::{Color, Common};

/// Why a command did not come to its end.
#[derive(Debug)]
pub enum Failure {
    /// The reader of standard output has gone away; that is its right.
    Pipe,
    /// Something to tell the user.
    Message(String),
    /// A configuration file is wrong.
    Config(ConfigError),
}

impl Failure {
    /// Something to tell the user.
    pub fn new(message: impl Into<String>) -> Self {
        Failure::Message(message.into())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Failure::Config(error)
    }
}

impl From<change::Error> for Failure {
    fn from(error: change::Error) -> Self {
        match error {
            change::Error::Config(error) => Failure::Config(error),
            other => Failure::Message(other.to_string()),
        }
    }
}

impl From<engine::Error> for Failure {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Config(error) => Failure::Config(error),
            other => Failure::Message(other.to_string()),
        }
    }
}

impl From<fix::Error<Failure>> for Failure {
    fn from(error: fix::Error<Failure>) -> Self {
        match error {
            fix::Error::Check(failure) => failure,
            other => Failure::Message(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Pipe,
            _ => Failure::Message(format!("cannot write: {error}")),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Pipe => f.write_str("the reader has gone away"),
            Failure::Message(message) => f.write_str(message),
            Failure::Config(error) => error.fmt(f),
        }
    }
}

/// Whether colours may be used on standard output.
pub fn color_on_stdout(common: &Common) -> bool {
    allowed(common, || AutoStream::choice(&io::stdout()))
}

/// Whether colours may be used on standard error.
pub fn color_on_stderr(common: &Common) -> bool {
    allowed(common, || AutoStream::choice(&io::stderr()))
}

fn allowed(common: &Common, auto: impl Fn() -> ColorChoice) -> bool {
    match common.color {
        Color::Auto => auto() != ColorChoice::Never,
        Color::Always => true,
        Color::Never => false,
    }
}

/// Whether standard output is a terminal.
pub fn is_on_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes to standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Writes a line to standard error. That nobody listens there is no reason to fail.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// `error: …` on standard error.
pub fn complain(common: &Common, message: &str) {
    say(&format!("{}: {message}", paint(common, "error", "\u{1b}[1m\u{1b}[91m")));
}

/// `warning: …` on standard error.
pub fn warn(common: &Common, message: &str) {
    say(&format!("{}: {message}", paint(common, "warning", "\u{1b}[1m\u{1b}[33m")));
}

fn paint(common: &Common, word: &str, style: &str) -> String {
    if color_on_stderr(common) { format!("{style}{word}\u{1b}[0m") } else { word.to_owned() }
}
