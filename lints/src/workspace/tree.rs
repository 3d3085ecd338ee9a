//! Where the files of a run come from: from disk, or from a list of what git has.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::read;
use crate::finding::Notice;

/// Where one file's bytes are.
#[derive(Debug, Clone)]
pub enum Content {
    /// In the file of that path, as it lies on disk.
    OnDisk,
    /// Here.
    Bytes(Arc<[u8]>),
}

/// The files of a run. The default is what lies on disk.
///
/// The two sides of a change are two trees. What both have alike is on disk for both, so that only what differs is
/// held in memory.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    listed: bool,
    /// Files by path relative to the root. Those listed, all there are; else those that differ from the disk, none
    /// where there is no such file.
    files: FxHashMap<Arc<str>, Option<Content>>,
}

impl Tree {
    /// These files and no others, by their paths relative to the root of the run, with `/`.
    pub fn listed(files: impl IntoIterator<Item = (Arc<str>, Content)>) -> Tree {
        let files = files.into_iter().map(|(path, content)| (path, Some(content))).collect();
        Tree { listed: true, files }
    }

    /// This tree with other contents for some paths; none where the file is not there.
    pub fn with(&self, changes: impl IntoIterator<Item = (Arc<str>, Option<Content>)>) -> Tree {
        let mut tree = self.clone();
        for (path, content) in changes {
            match content {
                None if tree.listed => drop(tree.files.remove(&path)),
                content => drop(tree.files.insert(path, content)),
            }
        }
        tree
    }

    /// Whether files are found by walking the disk.
    pub(super) fn walks(&self) -> bool {
        !self.listed
    }

    /// Whether there is a file at a path that the tree itself knows; none where the disk has to tell.
    pub(super) fn knows(&self, path: &str) -> Option<bool> {
        match self.files.get(path) {
            Some(content) => Some(content.is_some()),
            None if self.listed => Some(false),
            None => None,
        }
    }

    /// Whether the tree itself knows anything.
    pub(super) fn knows_any(&self) -> bool {
        self.listed || !self.files.is_empty()
    }

    /// Whether the tree itself knows a file at an absolute path, or below it.
    pub(super) fn knows_below(&self, root: &Path, path: &Path) -> bool {
        self.paths().any(|known| root.join(&**known).starts_with(path))
    }

    /// Paths that the tree itself knows, in no order.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().filter(|(_, content)| content.is_some()).map(|(path, _)| path)
    }

    /// A file's text. `path` is relative to the root, `absolute` the same file on disk.
    pub(super) fn text(&self, absolute: &Path, path: &Arc<str>, max: u64) -> Result<String, Notice> {
        match self.files.get(path) {
            Some(Some(Content::Bytes(bytes))) => read::decoded(bytes.to_vec(), path, max),
            _ => read::text(absolute, path, max),
        }
    }

    /// A file's bytes; none where it cannot be read.
    pub(super) fn bytes(&self, absolute: &Path, path: &str) -> Option<Cow<'_, [u8]>> {
        match self.files.get(path) {
            Some(Some(Content::Bytes(bytes))) => Some(Cow::Borrowed(bytes)),
            _ => std::fs::read(absolute).ok().map(Cow::Owned),
        }
    }

    /// A file's text as a report shows it; none where there is no such file, or it is no UTF-8.
    pub fn shown(&self, root: &Path, path: &str) -> Option<String> {
        if self.knows(path) == Some(false) {
            return None;
        }
        String::from_utf8(self.bytes(&root.join(path), path)?.into_owned()).ok()
    }
}
