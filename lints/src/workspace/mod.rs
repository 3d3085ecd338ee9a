//! What there is to look at: files by walking, packages and targets by reading manifests.
//!
//! Manifests are read *as files*: no cargo is run, and nothing outside the root of the run is opened. Everything
//! follows from one walk, so a path that the walk leaves out (ignored, excluded, vendored, behind a symbolic link)
//! is neither a file nor a target's root nor a manifest. Knows nothing of rules or syntax.

mod dependencies;
mod kind;
mod listed;
mod manifest;
mod modules;
mod package;
mod read;
mod role;
mod targets;
mod tree;
mod walk;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

pub use self::dependencies::{Dependency, DependencyKind};
pub use self::kind::{FileKind, matters};
pub use self::modules::{Module, Release};
pub use self::package::{Edition, Package, PackageId};
pub use self::role::{Role, production_role};
pub use self::targets::{Target, TargetKind};
pub use self::tree::{Content, Tree};

use crate::finding::Notice;
use crate::source::Source;

/// What to walk and how.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// Files and folders to report on, absolute or relative to the root; empty means the whole root. The whole root
    /// is walked anyway, because what a file means can depend on its callers. A path named here is taken even where
    /// an ignore file or the rule for vendored folders would leave it out.
    pub paths: Vec<PathBuf>,
    /// Globs in the syntax of `.gitignore`, relative to the root. What they match is not looked at at all, not even
    /// when named in `paths`.
    pub exclude: Vec<String>,
    /// Look into hidden files and folders too (`.git` never).
    pub hidden: bool,
    /// Respect `.ignore`, and in a git repository `.gitignore`, `.git/info/exclude` and git's global ignore file.
    pub ignore_files: bool,
    /// Look into vendored folders too; see [`Workspace::discover`].
    pub vendored: bool,
    /// Threads that walk; 0 lets the walker choose.
    pub threads: usize,
    /// Files larger than this many bytes are not read.
    pub max_file_bytes: u64,
    /// Where the files come from.
    pub tree: Tree,
}

/// Bytes of the largest file that is read, unless a run says otherwise.
pub const MAX_FILE_BYTES: u64 = 16 << 20;

impl Default for Discovery {
    /// The whole root, ignore files respected, nothing hidden or vendored, files up to 16 MiB.
    fn default() -> Self {
        Self {
            paths: Vec::new(),
            exclude: Vec::new(),
            hidden: false,
            ignore_files: true,
            vendored: false,
            threads: 0,
            max_file_bytes: MAX_FILE_BYTES,
            tree: Tree::default(),
        }
    }
}

/// A file that some rule may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Path relative to the root, with `/`.
    pub path: Arc<str>,
    /// Path to open.
    pub absolute: PathBuf,
    /// What it holds.
    pub kind: FileKind,
    /// The package whose manifest is the nearest one above the file; none where that manifest has no package, could
    /// not be read, or is not there.
    pub package: Option<PackageId>,
    /// Whether it is production code, as far as its place tells.
    pub role: Role,
    /// Whether findings in it are asked for, see [`Discovery::paths`].
    pub reported: bool,
}

/// The files and packages under one root.
#[derive(Debug)]
pub struct Workspace {
    /// The folder that all paths are relative to: absolute, symbolic links resolved.
    pub root: PathBuf,
    /// Sorted by path.
    pub files: Vec<FileEntry>,
    /// Sorted by manifest; a [`PackageId`] is an index into it.
    pub packages: Vec<Package>,
    /// Go modules, sorted by manifest.
    pub modules: Vec<Module>,
    /// What could not be read, sorted.
    pub notices: Vec<Notice>,
    owners: FxHashMap<Arc<str>, Option<PackageId>>,
    max_file_bytes: u64,
    tree: Tree,
}

/// Why there is nothing to look at.
#[derive(Debug)]
pub enum Error {
    /// A path (the root or one to report on) cannot be opened.
    Path {
        /// As given.
        path: PathBuf,
        /// The system's answer.
        error: std::io::Error,
    },
    /// A path to report on lies outside the root.
    OutsideRoot {
        /// The path, symbolic links resolved.
        path: PathBuf,
        /// The root.
        root: PathBuf,
    },
    /// A glob to exclude is malformed.
    Exclude {
        /// As given.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Path { path, error } => write!(f, "cannot open `{}`: {error}", path.display()),
            Error::OutsideRoot { path, root } => write!(
                f,
                "`{}` lies outside `{}`; run from a folder that holds both",
                path.display(),
                root.display()
            ),
            Error::Exclude { glob, message } => write!(f, "malformed glob to exclude, `{glob}`: {message}"),
        }
    }
}

impl std::error::Error for Error {}

impl Workspace {
    /// Walks `root` and reads the manifests found. A root that is a file stands for that file alone, in its folder.
    ///
    /// Left out, besides what [`Discovery`] says: symbolic links and special files; `node_modules` and `third_party`;
    /// `target` with a `CACHEDIR.TAG`; `vendor` with a `modules.txt` (Go); any folder with a `.cargo-checksum.json`
    /// (`cargo vendor`); hidden files and folders but for `.github/workflows`.
    ///
    /// # Errors
    /// When the root or a path to report on cannot be opened or lies outside the root, or a glob is malformed.
    /// Everything else that goes wrong becomes a notice.
    pub fn discover(root: &Path, options: &Discovery) -> Result<Workspace, Error> {
        let walked = walk::walk(root, options)?;
        let mut notices = walked.notices;
        let rust: Vec<&str> =
            walked.files.iter().filter(|f| f.kind == FileKind::Rust).map(|f| &*f.path).collect();
        let (go, others): (Vec<_>, Vec<_>) =
            walked.manifests.into_iter().partition(|manifest| manifest.path.ends_with("go.mod"));
        let (works, cargo): (Vec<_>, Vec<_>) =
            others.into_iter().partition(|manifest| manifest.path.ends_with("go.work"));
        let modules = modules::read_all(&go, &works, options, &mut notices);
        let packages = package::read_all(&cargo, &rust, options, &mut notices);
        let mut workspace = Workspace {
            root: walked.root,
            files: Vec::with_capacity(walked.files.len()),
            packages: packages.packages,
            modules,
            notices,
            owners: packages.owners,
            max_file_bytes: options.max_file_bytes,
            tree: options.tree.clone(),
        };
        workspace.files = workspace.place(walked.files, &walked.asked);
        workspace.notices.sort();
        workspace.notices.dedup();
        Ok(workspace)
    }

    /// The package that a path relative to the root belongs to: that of the nearest manifest above it.
    pub fn package_of(&self, path: &str) -> Option<PackageId> {
        ancestors(path).find_map(|folder| self.owners.get(folder).copied()).flatten()
    }

    /// The Go module that a path relative to the root belongs to: that of the nearest `go.mod` above it.
    pub fn module_of(&self, path: &str) -> Option<&Module> {
        ancestors(path).find_map(|folder| self.modules.iter().find(|module| *module.dir == *folder))
    }

    /// A package by its id.
    ///
    /// # Panics
    /// When the id comes from another workspace.
    pub fn package(&self, id: PackageId) -> &Package {
        &self.packages[id.0 as usize]
    }

    /// A file by its path relative to the root.
    pub fn file(&self, path: &str) -> Option<&FileEntry> {
        self.files.binary_search_by(|file| (*file.path).cmp(path)).ok().map(|at| &self.files[at])
    }

    /// Reads a file's text. A byte order mark stays part of the text, so offsets are those in the file.
    ///
    /// # Errors
    /// A notice when the file cannot be opened, is too large or is not UTF-8.
    pub fn read(&self, file: &FileEntry) -> Result<Source, Notice> {
        let text = self.tree.text(&file.absolute, &file.path, self.max_file_bytes)?;
        Ok(Source::new(file.path.clone(), text))
    }

    /// A file's bytes, for whoever looks for words only; none where it cannot be read.
    pub fn bytes(&self, file: &FileEntry) -> Option<Cow<'_, [u8]>> {
        self.tree.bytes(&file.absolute, &file.path)
    }

    /// Gives walked files their package and role. Neighbours share a folder, so its owner is looked up once.
    fn place(&self, files: Vec<walk::Found>, asked: &HashSet<String>) -> Vec<FileEntry> {
        let mut last: Option<(Arc<str>, Option<PackageId>)> = None;
        let place = |found: walk::Found| {
            let folder = parent(&found.path);
            if found.kind == FileKind::Go {
                return self.place_go(found, asked);
            }
            let package = match &last {
                Some((path, package)) if parent(path) == folder => *package,
                _ => self.package_of(&found.path),
            };
            last = Some((found.path.clone(), package));
            let role = production_role(&found.path, package.map(|id| self.package(id)));
            let reported = is_asked(&found.path, asked);
            let walk::Found { path, absolute, kind } = found;
            FileEntry { path, absolute, kind, package, role, reported }
        };
        files.into_iter().map(place).collect()
    }

    /// Go knows packages by their folders alone.
    fn place_go(&self, found: walk::Found, asked: &HashSet<String>) -> FileEntry {
        let role = role::go_role(&found.path, self.module_of(&found.path));
        let reported = is_asked(&found.path, asked);
        let walk::Found { path, absolute, kind } = found;
        FileEntry { path, absolute, kind, package: None, role, reported }
    }
}

/// Whether findings in a file are asked for.
fn is_asked(path: &str, asked: &HashSet<String>) -> bool {
    asked.is_empty() || asked.contains(path) || ancestors(path).any(|folder| asked.contains(folder))
}

/// The folder of a path relative to the root; empty for what lies in the root itself.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The folders above a path, nearest first, the root (empty) last.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(path);
    std::iter::from_fn(move || {
        let path = rest.filter(|path| !path.is_empty())?;
        let folder = parent(path);
        rest = Some(folder);
        Some(folder)
    })
}

/// `path`, written relative to `folder`, as a path relative to the root. Starts with `../` where it leads out of the
/// root; stays as it is where it is absolute.
fn join(folder: &str, path: &Path) -> String {
    use std::path::Component;
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let text = path.to_string_lossy();
    for component in Path::new(&*text).components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str().unwrap_or_default()),
            Component::ParentDir if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            Component::ParentDir => parts.push(".."),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return text.into_owned(),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
