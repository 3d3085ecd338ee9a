//! Which files git could not bring back.
//!
//! Git is asked for what it has, never to look at the work tree: that could run filters and hooks that the
//! repository itself configures.

use std::path::Path;
use std::sync::Arc;

use super::plan::Change;
use crate::change::git::Git;

/// The files among `changes` whose text git does not have: not tracked, or changed and not staged. None outside of a
/// repository.
pub(super) fn dirty(root: &Path, changes: &[&Change]) -> Result<Vec<Arc<str>>, String> {
    if changes.is_empty() || !root.ancestors().any(|folder| folder.join(".git").exists()) {
        return Ok(Vec::new());
    }
    let git = Git::at(root).map_err(|error| error.to_string())?;
    let mut dirty = Vec::new();
    for change in changes {
        let staged = staged(&git, &change.path)?;
        let unix = change.before.replace("\r\n", "\n");
        let has = |text: &str| Ok::<bool, String>(staged.contains(&hash(&git, text)?));
        // A checkout may have turned line ends into those of the system.
        if !has(&change.before)? && (unix == change.before || !has(&unix)?) {
            dirty.push(change.path.clone());
        }
    }
    Ok(dirty)
}

/// The object in git's index for a path; empty if the path is not tracked.
fn staged(git: &Git, path: &str) -> Result<String, String> {
    git.text(&["ls-files", "--stage", "-z", "--full-name", "--", &format!("{}{path}", git.prefix)])
}

fn hash(git: &Git, text: &str) -> Result<String, String> {
    let written = git.with_input(&["hash-object", "--no-filters", "--stdin"], text.as_bytes())?;
    Ok(written.trim().to_owned())
}
