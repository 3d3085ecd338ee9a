//! What the command line takes. Secrets come from the environment only: arguments can be read by everybody.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use runtime_policy_lints::finding::Level;

/// Reviews pull requests against the runtime policy.
///
/// Exit codes: 0 clean, 1 findings or missing approvals, 2 a mistake in how it was called, 3 the review could not be
/// made, 4 GitHub could not be told, 5 not everything was looked at.
#[derive(Debug, Parser)]
#[command(name = "runtime-policy-bot", version, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what would be said, as Markdown; opens no connection
    Render(Render),
}

/// Options of `render`.
#[derive(Debug, clap::Args)]
pub struct Render {
    /// Findings, as `cargo runtime-policy check --format json` writes them
    #[arg(long, value_name = "FILE")]
    pub report: PathBuf,
    /// The change, as `git diff` prints it; without it every finding counts as outside the change
    #[arg(long, value_name = "FILE")]
    pub diff: Option<PathBuf>,
    /// The tree that was checked, for suggestions
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// The lowest level that fails
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    pub fail_on: FailOn,
}

/// The lowest level that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Errors
    Error,
    /// Warnings as well
    Warning,
    /// Nothing
    Never,
}

impl FailOn {
    /// As a level.
    pub fn level(self) -> Option<Level> {
        match self {
            FailOn::Error => Some(Level::Error),
            FailOn::Warning => Some(Level::Warning),
            FailOn::Never => None,
        }
    }
}
