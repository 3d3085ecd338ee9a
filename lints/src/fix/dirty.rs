//! Which files git could not bring back.
//!
//! Git is asked for what it has, never to look at the work tree: that could run filters and hooks that the
//! repository itself configures.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::plan::Change;

/// The files among `changes` whose text git does not have: not tracked, or changed and not staged. None outside of a
/// repository.
pub(super) fn dirty(root: &Path, changes: &[&Change]) -> Result<Vec<Arc<str>>, String> {
    if changes.is_empty() || !root.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(Vec::new());
    }
    let mut dirty = Vec::new();
    for change in changes {
        let staged = staged(root, &change.path)?;
        let unix = change.before.replace("\r\n", "\n");
        let has = |text: &str| Ok::<bool, String>(staged.contains(&hash(root, text)?));
        // A checkout may have turned line ends into those of the system.
        if !has(&change.before)? && (unix == change.before || !has(&unix)?) {
            dirty.push(change.path.clone());
        }
    }
    Ok(dirty)
}

/// Git without what a repository could make it run.
fn git(root: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C")
        .arg(root)
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--literal-pathspecs"])
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stderr(Stdio::piped());
    git
}

/// The object in git's index for a path; empty if the path is not tracked.
fn staged(root: &Path, path: &str) -> Result<String, String> {
    answer(git(root).args(["ls-files", "--stage", "-z", "--", path]), "")
}

fn hash(root: &Path, text: &str) -> Result<String, String> {
    let written = answer(git(root).args(["hash-object", "--no-filters", "--stdin"]), text)?;
    Ok(written.trim().to_owned())
}

fn answer(git: &mut Command, input: &str) -> Result<String, String> {
    let mut run = || {
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        child.wait_with_output()
    };
    let output = run().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(message.lines().next().unwrap_or("it failed without a word").to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
