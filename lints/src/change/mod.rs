//! What a change brings: two trees of files, and what differs between them.
//!
//! The side before a change is never checked out. It is the side after it, with the old contents of what differs
//! taken from git's objects or from a diff applied backwards. [`crate::engine::check_change`] checks both sides.

mod error;
pub(crate) mod git;
mod lines;
mod patch;
mod raw;
mod reverse;
mod sides;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

pub use error::Error;
pub use lines::Hunk;

use crate::finding::Notice;
use crate::policy::{Config, FILE_NAME};
use crate::workspace::{Tree, matters};
use git::Git;

/// What is compared with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The work tree with where its branch left this revision (the merge base of the revision and `HEAD`).
    Since(String),
    /// What is staged for the next commit with `HEAD`. The work tree has no say.
    Staged,
    /// The work tree with itself before this unified diff.
    Diff(String),
    /// A commit with where its branch left another one. The work tree has no say.
    Commits {
        /// The branch that the change goes to.
        base: String,
        /// The last commit of the change.
        head: String,
    },
}

/// Which of the findings that a change brings are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Filter {
    /// Those on lines that the change adds or alters.
    Added,
    /// Those on such lines or at most three lines away.
    Context,
    /// Those in files that the change touches.
    File,
    /// All of them, also those in files that the change does not touch: a new caller can make an old call wrong.
    #[default]
    All,
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its path before, relative to the root of the run; none where it is new (or comes from outside of the root).
    pub before: Option<Arc<str>>,
    /// Its path after; none where it is deleted.
    pub after: Option<Arc<str>>,
}

impl Changed {
    /// The paths of both sides.
    pub fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.before.iter().chain(&self.after)
    }
}

/// Two trees of files, and what differs.
#[derive(Debug)]
pub struct Comparison {
    /// The folder that all paths are relative to: absolute, symbolic links resolved.
    pub root: PathBuf,
    /// The files before.
    pub before: Tree,
    /// The files after.
    pub after: Tree,
    /// What differs, sorted.
    pub changed: Vec<Changed>,
    /// What differs and cannot be looked at.
    pub notices: Vec<Notice>,
    /// Indices into `changed` by the path after, and paths before of files that have another name after.
    by_path: FxHashMap<Arc<str>, usize>,
    renamed: FxHashSet<Arc<str>>,
    /// Folders (ending in `/`) of the side after that hold repositories of their own: submodules, and clones that git
    /// does not know.
    foreign: Vec<Arc<str>>,
    /// Configuration files of the side after that are not as they lie on disk, by their absolute paths.
    policies: FxHashMap<PathBuf, Arc<[u8]>>,
}

impl Comparison {
    /// Asks git for both sides of a change. `root` is the folder that paths are relative to.
    ///
    /// # Errors
    /// One of the sides cannot be had; the error says what to do.
    pub fn open(root: &Path, change: &Change) -> Result<Comparison, Error> {
        let root = root.canonicalize().map_err(|error| Error::Root { path: root.to_owned(), error })?;
        match change {
            Change::Since(revision) => sides::since(root, revision),
            Change::Staged => sides::staged(root),
            Change::Diff(text) => reverse::undone(root, text),
            Change::Commits { base, head } => sides::commits(root, base, head),
        }
    }

    /// Asks git for all that a commit has: the side after, with nothing before it and no difference named.
    ///
    /// # Errors
    /// As [`Comparison::open`].
    pub fn whole(root: &Path, revision: &str) -> Result<Comparison, Error> {
        let root = root.canonicalize().map_err(|error| Error::Root { path: root.to_owned(), error })?;
        sides::whole(root, revision)
    }

    /// Two trees and what differs between them.
    fn new(root: PathBuf, before: Tree, after: Tree, mut changed: Vec<Changed>) -> Comparison {
        changed.sort_by(|a, b| (&a.after, &a.before).cmp(&(&b.after, &b.before)));
        let by_path = changed.iter().enumerate().filter_map(|(at, one)| Some((one.after.clone()?, at)));
        let is_rename = |one: &&Changed| one.after.is_some() && one.before != one.after;
        Comparison {
            by_path: by_path.collect(),
            renamed: changed.iter().filter(is_rename).filter_map(|one| one.before.clone()).collect(),
            root,
            before,
            after,
            changed,
            notices: Vec::new(),
            foreign: Vec::new(),
            policies: FxHashMap::default(),
        }
    }

    /// Whether a file differs that can change what a run finds. Where none does, the change brings nothing.
    pub fn matters(&self) -> bool {
        self.changed.iter().flat_map(Changed::paths).any(|path| matters(path))
    }

    /// The file before the change that became the one at a path.
    pub fn origin(&self, path: &str) -> Option<&Arc<str>> {
        self.changed[*self.by_path.get(path)?].before.as_ref()
    }

    /// Whether the change touches the file at a path of the side after.
    pub fn touches(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Whether a file belongs to another repository, so that this one's history says nothing of it.
    pub fn is_foreign(&self, path: &str) -> bool {
        self.foreign.iter().any(|folder| path.starts_with(&**folder))
    }

    /// Whether the file at a path of the side before has another name after.
    pub fn is_renamed(&self, path: &str) -> bool {
        self.renamed.contains(path)
    }

    /// The places at which a file of the side after differs, in order, with no lines around them; none where the file
    /// is not touched or is no text.
    pub fn hunks(&self, path: &str) -> Vec<Hunk> {
        if !self.touches(path) {
            return Vec::new();
        }
        let before = self.origin(path).and_then(|origin| self.before.shown(&self.root, origin));
        let after = self.after.shown(&self.root, path);
        lines::hunks(&before.unwrap_or_default(), &after.unwrap_or_default())
    }

    /// A configuration file (absolute path) as the side after has it: for [`Config::find_in`].
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_policy(&self, file: &Path) -> io::Result<String> {
        match self.policies.get(file) {
            Some(bytes) => String::from_utf8(bytes.to_vec()).map_err(|_| io::ErrorKind::InvalidData.into()),
            None => crate::policy::regular::read(file),
        }
    }
}

/// A file's text at a revision, by its path relative to the root; none where there is no such file or it is no UTF-8.
///
/// # Errors
/// There is no such revision, or git lacks the file's contents.
pub fn text_at(root: &Path, revision: &str, path: &str) -> Result<Option<String>, Error> {
    let root = root.canonicalize().map_err(|error| Error::Root { path: root.to_owned(), error })?;
    let git = Git::at(&root)?;
    let commit = sides::commit(&git, revision)?;
    let full = format!("{}{path}", git.prefix);
    let listed = raw::tree(&git.bytes(&["ls-tree", "-z", "--full-tree", &commit, "--", &full])?)?;
    let Some(side) = listed.iter().find(|side| side.mode == raw::Mode::File && side.path == full) else {
        return Ok(None);
    };
    let blobs = git.blobs(&[&side.id])?;
    Ok(blobs.get(&side.id).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()))
}

/// Where the repository of a folder keeps its hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// The folder, which need not be there yet.
    pub folder: PathBuf,
    /// Whether the repository's settings name it (`core.hooksPath`), as tools that keep hooks do.
    pub is_set: bool,
    /// What leads from the folder that hooks run in to the folder asked about: empty or ending in `/`.
    pub prefix: String,
}

/// Where the repository of a folder keeps its hooks.
///
/// # Errors
/// The folder lies in no repository with a work tree.
pub fn hooks(root: &Path) -> Result<Hooks, Error> {
    let root = root.canonicalize().map_err(|error| Error::Root { path: root.to_owned(), error })?;
    let git = Git::at(&root)?;
    let (folder, is_set) = git.hooks()?;
    Ok(Hooks { folder, is_set, prefix: git.prefix })
}

/// The configuration that a revision has, with the files further down. No other file is read with it, so that a change
/// cannot alter the policy by which it is judged.
///
/// # Errors
/// There is no such revision, or a file of it says something wrong.
pub fn config_at(root: &Path, revision: &str) -> Result<Config, Error> {
    let root = root.canonicalize().map_err(|error| Error::Root { path: root.to_owned(), error })?;
    let git = Git::at(&root)?;
    let commit = sides::commit(&git, revision)?;
    let listed = raw::tree(&git.bytes(&["ls-tree", "-r", "-z", "--full-tree", &commit])?)?;
    let is_policy = |path: &str| path.rsplit('/').next() == Some(FILE_NAME);
    let policies: Vec<&raw::Side> =
        listed.iter().filter(|side| side.mode == raw::Mode::File && is_policy(&side.path)).collect();
    let blobs = git.blobs(&policies.iter().map(|side| &*side.id).collect::<Vec<_>>())?;
    let top = sides::top(&root, &git.prefix);
    let texts: FxHashMap<PathBuf, Arc<[u8]>> = policies
        .iter()
        .filter_map(|side| Some((top.join(&side.path), blobs.get(&side.id)?.clone())))
        .collect();
    let read = |file: &Path| match texts.get(file) {
        Some(bytes) => String::from_utf8(bytes.to_vec()).map_err(|_| io::ErrorKind::InvalidData.into()),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    let nested = policies.iter().filter_map(|side| side.path.strip_prefix(&*git.prefix));
    let config = Config::find_in(&root, &read)
        .and_then(|config| config.with_nested_in(&root, nested, &read))
        .map_err(Error::Config)?;
    Ok(config.alone())
}
