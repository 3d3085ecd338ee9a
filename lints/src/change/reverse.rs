//! The side before a diff: the work tree with the diff applied backwards.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::patch::{self, FilePatch, HunkPatch, Line};
use super::{Changed, Comparison, Error};
use crate::workspace::{Content, Tree, matters};

/// The work tree, and the work tree before a diff.
pub(super) fn undone(root: PathBuf, diff: &str) -> Result<Comparison, Error> {
    let places = Places::new(&root);
    let mut changed = Vec::new();
    let mut contents: Vec<(Arc<str>, Option<Content>)> = Vec::new();
    for file in patch::parse(diff)? {
        let place = |path: &Option<String>| path.as_deref().and_then(|path| places.inside(path));
        let one = Changed { before: place(&file.before), after: place(&file.after) };
        if one.paths().any(|path| matters(path)) {
            let before = before(&root, &file, one.after.as_deref())?;
            contents.extend(one.after.iter().map(|path| (path.clone(), None)));
            contents.extend(one.before.iter().map(|path| (path.clone(), Some(before.clone()))));
        }
        if one.paths().next().is_some() {
            changed.push(one);
        }
    }
    let before = Tree::default().with(contents);
    Ok(Comparison::new(root, before, Tree::default(), changed))
}

/// Where the paths of a diff are: relative to the top of the repository, or to the root of the run.
struct Places<'r> {
    root: &'r Path,
    /// What leads from the top of the repository to the root: empty or ending in `/`.
    prefix: String,
}

impl Places<'_> {
    fn new(root: &Path) -> Places<'_> {
        let top = root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(root);
        let parts = root.strip_prefix(top).into_iter().flat_map(Path::components);
        let prefix = parts.map(|part| part.as_os_str().to_string_lossy() + "/").collect();
        Places { root, prefix }
    }

    fn inside(&self, path: &str) -> Option<Arc<str>> {
        let plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if !plain {
            return None;
        }
        match path.strip_prefix(&*self.prefix) {
            Some(inside) => Some(inside.into()),
            // `git diff --relative`, or a diff that was made in the root.
            None => self.root.join(path).is_file().then(|| path.into()),
        }
    }
}

/// A file as it was before its part of the diff.
fn before(root: &Path, file: &FilePatch, after: Option<&str>) -> Result<Content, Error> {
    let refuse = |line, message: String| Error::Diff { line, message };
    if file.binary {
        let message = "the diff says that a file differs, but not how; make it with `--text`";
        return Err(refuse(file.line, message.to_owned()));
    }
    let text = match after {
        Some(path) => std::fs::read_to_string(root.join(path))
            .map_err(|error| refuse(file.line, format!("`{path}` cannot be read: {error}; {MISFIT}")))?,
        None => String::new(),
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut undone = String::with_capacity(text.len());
    let mut at = 0;
    for hunk in &file.hunks {
        let misfit = || {
            let path = after.unwrap_or_default();
            refuse(hunk.line, format!("this hunk does not fit `{path}`; {MISFIT}"))
        };
        let start = first_line(hunk);
        undone.extend(lines.get(at..start).ok_or_else(misfit)?.iter().copied());
        at = start;
        for line in &hunk.lines {
            match line {
                Line::Removed(text) => {
                    undone.push_str(text);
                    undone.push('\n');
                }
                Line::Context(text) | Line::Added(text) => {
                    let here = lines.get(at).filter(|here| is_same(here, text)).ok_or_else(misfit)?;
                    at += 1;
                    if matches!(line, Line::Context(_)) {
                        undone.push_str(here);
                    }
                }
            }
        }
    }
    undone.extend(lines.get(at..).unwrap_or_default().iter().copied());
    Ok(Content::Bytes(undone.into_bytes().into()))
}

const MISFIT: &str = "the diff has to be one that leads to the work tree as it is";

/// Index of the first line of the side after that a hunk is about. A hunk that only deletes names the line before it.
fn first_line(hunk: &HunkPatch) -> usize {
    let has_lines = hunk.lines.iter().any(|line| !matches!(line, Line::Removed(_)));
    if has_lines { hunk.start.saturating_sub(1) } else { hunk.start }
}

/// Line ends count for nothing: a checkout may have changed them.
fn is_same(on_disk: &str, in_diff: &str) -> bool {
    on_disk.trim_end_matches(['\r', '\n']) == in_diff.trim_end_matches('\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn undo(after: &str, diff: &str) -> Result<String, Error> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a.rs"), after).expect("written");
        let file = patch::parse(diff).expect("a diff").remove(0);
        let Content::Bytes(bytes) = before(folder.path(), &file, Some("a.rs"))? else { panic!("bytes") };
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    #[test]
    fn hunks_are_taken_back_in_their_places() {
        let diff = "--- a/a.rs\n+++ b/a.rs\n@@ -1,2 +1,3 @@\n one\n+new\n two\n@@ -4,2 +5 @@\n four\n-five\n\
                    @@ -7,0 +8,2 @@\n+x\n+y\n";
        let after = "one\nnew\ntwo\nthree\nfour\nsix\nseven\nx\ny\n";
        assert_eq!(undo(after, diff).expect("fits"), "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
        let deletes = "--- a/a.rs\n+++ b/a.rs\n@@ -2 +1,0 @@\n-gone\n";
        assert_eq!(undo("one\r\ntwo\r\n", deletes).expect("fits"), "one\r\ngone\ntwo\r\n");
    }

    #[test]
    fn a_diff_from_elsewhere_is_refused() {
        let diff = "--- a/a.rs\n+++ b/a.rs\n@@ -1 +1 @@\n-old\n+new\n";
        for after in ["other\n", ""] {
            let error = undo(after, diff).expect_err("does not fit").to_string();
            assert!(error.contains("line 3") && error.contains("a.rs"), "{error}");
        }
    }
}
