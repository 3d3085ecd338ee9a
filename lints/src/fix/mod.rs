//! Applying fixes.
//!
//! A fix is taken whole or not at all, never on top of another one, never to a file that has changed since it was
//! read, and never where it would leave code that does not parse. What one round leaves over, the next one takes.

mod dirty;
mod plan;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use plan::{Change, Plan, Refusal, plan};

use crate::finding::Report;

/// Rounds after which fixes are taken to undo each other.
pub const ROUNDS: usize = 10;

/// Which fixes to apply, and to what.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settings {
    /// Those that want a reader, too.
    pub unsafe_fixes: bool,
    /// Also to files with changes that git does not have.
    pub allow_dirty: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The report after the last round.
    pub report: Report,
    /// Fixes applied.
    pub applied: usize,
    /// Fixes left out in the last round, and why.
    pub refused: Vec<Refusal>,
}

/// Why nothing (more) was fixed.
#[derive(Debug)]
pub enum Error<E> {
    /// The check failed.
    Check(E),
    /// Files have changes that git does not have, so git could not bring the old text back.
    Dirty(Vec<Arc<str>>),
    /// Git was asked and did not answer.
    Git(String),
    /// A file cannot be written.
    Write {
        /// The file.
        path: Arc<str>,
        /// The system's answer.
        error: std::io::Error,
    },
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Check(error) => error.fmt(f),
            Error::Dirty(paths) => {
                writeln!(
                    f,
                    "these files have changes that are not in git; commit or stage them, or add `--allow-dirty`:"
                )?;
                let shown: Vec<String> =
                    paths.iter().map(|path| format!("  {}", crate::visible::visible(path))).collect();
                f.write_str(&shown.join("\n"))
            }
            Error::Git(message) => {
                write!(f, "git cannot tell whether files are changed ({message}); add `--allow-dirty`")
            }
            Error::Write { path, error } => {
                write!(f, "cannot write `{}`: {error}", crate::visible::visible(path))
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for Error<E> {}

/// Checks, fixes and checks again until no fix is left, ten rounds at most.
///
/// # Errors
/// The check fails, a file is dirty, or a file cannot be written. What earlier rounds wrote stays.
pub fn run<E>(
    root: &Path,
    settings: Settings,
    mut check: impl FnMut() -> Result<Report, E>,
) -> Result<Outcome, Error<E>> {
    let mut outcome = Outcome::default();
    let mut ours: BTreeSet<Arc<str>> = BTreeSet::new();
    for _ in 0..ROUNDS {
        outcome.report = check().map_err(Error::Check)?;
        let Plan { changes, refused, fixes } = plan(root, &outcome.report, settings.unsafe_fixes);
        outcome.refused = refused;
        if changes.is_empty() {
            return Ok(outcome);
        }
        if !settings.allow_dirty {
            let new: Vec<&Change> = changes.iter().filter(|change| !ours.contains(&change.path)).collect();
            let dirty = dirty::dirty(root, &new).map_err(Error::Git)?;
            if !dirty.is_empty() {
                return Err(Error::Dirty(dirty));
            }
        }
        for change in changes {
            std::fs::write(root.join(&*change.path), &change.after)
                .map_err(|error| Error::Write { path: change.path.clone(), error })?;
            ours.insert(change.path);
        }
        outcome.applied += fixes;
    }
    outcome.report = check().map_err(Error::Check)?;
    Ok(outcome)
}

/// The changes as a unified diff, which `patch -p1` and `git apply` take.
pub fn diff(changes: &[Change]) -> String {
    let one = |change: &Change| {
        similar::TextDiff::from_lines(change.before.as_str(), change.after.as_str())
            .unified_diff()
            .header(&format!("a/{}", change.path), &format!("b/{}", change.path))
            .to_string()
    };
    changes.iter().map(one).collect()
}

#[cfg(test)]
mod tests;
