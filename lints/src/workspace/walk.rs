//! The walk: one parallel pass that yields files of interest and manifests.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use rustc_hash::FxHashSet;

use super::{Discovery, Error, FileKind, listed};
use crate::finding::Notice;

/// A file of interest.
pub(super) struct Found {
    pub path: Arc<str>,
    pub absolute: PathBuf,
    pub kind: FileKind,
}

/// A `Cargo.toml`, `go.mod` or `go.work`.
pub(super) struct FoundManifest {
    pub path: Arc<str>,
    pub absolute: PathBuf,
}

/// What a walk yields; files and manifests sorted by path.
pub(super) struct Walked {
    pub root: PathBuf,
    pub files: Vec<Found>,
    pub manifests: Vec<FoundManifest>,
    /// Paths to report on, relative to the root; the root itself is an empty path. Empty when all is asked for.
    pub asked: HashSet<String>,
    pub notices: Vec<Notice>,
}

/// Walks the root and, where the walk left them out, the paths to report on; takes from the tree what it knows itself.
pub(super) fn walk(root: &Path, options: &Discovery) -> Result<Walked, Error> {
    let given = resolve(root)?;
    let lone = given.is_file();
    let root = if lone { given.parent().unwrap_or(&given).to_path_buf() } else { given.clone() };
    let exclude = exclude(&root, &options.exclude)?;
    let mut named = Vec::new();
    for path in &options.paths {
        let path = root.join(path);
        // What only a list knows cannot be resolved on disk.
        let is_listed = !options.tree.walks() || options.tree.knows_below(&root, &path);
        let path = if is_listed { path } else { resolve(&path)? };
        if !path.starts_with(&root) {
            return Err(Error::OutsideRoot { path, root });
        }
        named.push(path);
    }
    let rules = Rules { root: &root, options, exclude, named: named.iter().map(PathBuf::as_path).collect() };
    let mut gathered = Gathered::default();
    if options.tree.walks() {
        rules.walk(&given, &mut gathered);
        for path in &named {
            if path != &root && !gathered.reached.contains(path) && !rules.excluded(path, path.is_dir()) {
                rules.walk(path, &mut gathered);
            }
        }
    }
    if options.tree.knows_any() {
        gathered.retain(|path| options.tree.knows(path) != Some(false));
        let known: FxHashSet<Arc<str>> = gathered.paths().cloned().collect();
        listed::gather(&rules, &options.tree, &known, &mut gathered);
    }
    let asked = named.iter().filter_map(|path| relative(&root, path).map(|path| path.to_string())).collect();
    Ok(gathered.finish(root, asked))
}

fn resolve(path: &Path) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(|error| Error::Path { path: path.to_path_buf(), error })
}

fn exclude(root: &Path, globs: &[String]) -> Result<Gitignore, Error> {
    let mut builder = GitignoreBuilder::new(root);
    for glob in globs {
        builder
            .add_line(None, glob)
            .map_err(|error| Error::Exclude { glob: glob.clone(), message: error.to_string() })?;
    }
    builder.build().map_err(|error| Error::Exclude { glob: globs.join(", "), message: error.to_string() })
}

/// `path` relative to `root`, with `/`; none where it is not UTF-8.
pub(super) fn relative(root: &Path, path: &Path) -> Option<Arc<str>> {
    let path = path.strip_prefix(root).ok()?.to_str()?;
    if std::path::MAIN_SEPARATOR == '/' {
        Some(path.into())
    } else {
        Some(path.replace(std::path::MAIN_SEPARATOR, "/").into())
    }
}

/// As [`relative`], for notices: what is not UTF-8 is replaced, what is not under the root stays as it is.
fn shown(root: &Path, path: &Path) -> Arc<str> {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/").into()
}

/// What a walk leaves out.
pub(super) struct Rules<'a> {
    pub root: &'a Path,
    pub options: &'a Discovery,
    exclude: Gitignore,
    pub named: HashSet<&'a Path>,
}

impl Rules<'_> {
    fn walk(&self, start: &Path, gathered: &mut Gathered) {
        let mut builder = WalkBuilder::new(start);
        let respect = self.options.ignore_files;
        builder
            .threads(self.options.threads)
            .standard_filters(respect)
            .require_git(true)
            // Hidden names are judged below, because of `.github/workflows`.
            .hidden(false)
            .follow_links(false);
        let shared = Mutex::new(std::mem::take(gathered));
        builder.build_parallel().visit(&mut Visitors { rules: self, shared: &shared });
        *gathered = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    }

    /// Whether a glob to exclude matches the path or a folder above it.
    pub(super) fn excluded(&self, path: &Path, folder: bool) -> bool {
        self.exclude.matched_path_or_any_parents(path, folder).is_ignore()
    }

    fn leaves_out(&self, entry: &DirEntry, folder: bool) -> bool {
        if entry.depth() == 0 {
            return false;
        }
        let name = entry.file_name();
        (!self.exclude.is_empty() && self.exclude.matched(entry.path(), folder).is_ignore())
            || self.hides(entry.path(), name, folder)
            || folder && self.is_vendored(entry.path(), name, Path::is_file)
    }

    /// Whether a folder holds other people's code, told before it is opened. `cargo vendor` may write to a folder of
    /// any name, so its crates are recognised here only under the usual one, and elsewhere by the file seen within.
    pub(super) fn is_vendored(&self, path: &Path, name: &OsStr, exists: impl Fn(&Path) -> bool) -> bool {
        let has = |file: &str| exists(&path.join(file));
        if self.options.vendored {
            return false;
        }
        match name.to_str() {
            Some("node_modules" | "third_party") => true,
            Some("target") => has("CACHEDIR.TAG"),
            Some("vendor") if has("modules.txt") => true,
            _ => {
                path.parent().and_then(Path::file_name).is_some_and(|above| above == "vendor")
                    && has(CARGO_CHECKSUM)
            }
        }
    }

    pub(super) fn hides(&self, path: &Path, name: &OsStr, folder: bool) -> bool {
        if self.options.hidden {
            return folder && name == ".git";
        }
        let above = path.parent().and_then(Path::file_name);
        let hidden = name.as_encoded_bytes().first() == Some(&b'.');
        let known = !folder && (name == CARGO_CHECKSUM || FileKind::of(path) == Some(FileKind::Goreleaser));
        (hidden && !known && !(folder && name == ".github"))
            || above.is_some_and(|above| above == ".github") && name != "workflows"
    }
}

/// The file that `cargo vendor` writes into each crate.
const CARGO_CHECKSUM: &str = ".cargo-checksum.json";

/// What the threads of a walk have seen.
#[derive(Default)]
pub(super) struct Gathered {
    files: Vec<Found>,
    manifests: Vec<FoundManifest>,
    /// Folders with a `.cargo-checksum.json`, relative to the root.
    vendored: Vec<Arc<str>>,
    /// Which of the paths to report on were met.
    reached: HashSet<PathBuf>,
    notices: Vec<Notice>,
}

impl Gathered {
    /// Takes a file, if anybody may want it.
    pub(super) fn take(&mut self, rules: &Rules<'_>, path: Arc<str>, absolute: PathBuf) {
        let name = path.rsplit_once('/').map_or(&*path, |(_, name)| name);
        if name == CARGO_CHECKSUM && !rules.options.vendored {
            self.vendored.push(super::parent(&path).into());
        } else if matches!(name, "Cargo.toml" | "go.mod" | "go.work") {
            self.manifests.push(FoundManifest { path, absolute });
        } else if let Some(kind) = FileKind::of(Path::new(&*path)) {
            self.files.push(Found { path, absolute, kind });
        }
    }

    fn paths(&self) -> impl Iterator<Item = &Arc<str>> {
        self.files.iter().map(|file| &file.path).chain(self.manifests.iter().map(|manifest| &manifest.path))
    }

    fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.files.retain(|file| is_kept(&file.path));
        self.manifests.retain(|manifest| is_kept(&manifest.path));
    }

    fn absorb(&mut self, other: &mut Gathered) {
        self.files.append(&mut other.files);
        self.manifests.append(&mut other.manifests);
        self.vendored.append(&mut other.vendored);
        self.reached.extend(other.reached.drain());
        self.notices.append(&mut other.notices);
    }

    /// Sorts; drops what lies in vendored crates and what two walks have met.
    fn finish(mut self, root: PathBuf, asked: HashSet<String>) -> Walked {
        // A vendored crate that is itself asked about, or in part, stays.
        let wanted: HashSet<&str> =
            asked.iter().flat_map(|path| std::iter::once(&**path).chain(super::ancestors(path))).collect();
        let vendored: HashSet<Arc<str>> = self.vendored.into_iter().collect();
        let vendored: HashSet<&str> = vendored
            .iter()
            .map(|path| &**path)
            .filter(|path| !path.is_empty() && !wanted.contains(path))
            .collect();
        if !vendored.is_empty() {
            let kept = |path: &str| !super::ancestors(path).any(|folder| vendored.contains(folder));
            self.files.retain(|file| kept(&file.path));
            self.manifests.retain(|manifest| kept(&manifest.path));
        }
        self.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        self.manifests.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        self.manifests.dedup_by(|a, b| a.path == b.path);
        Walked { root, files: self.files, manifests: self.manifests, asked, notices: self.notices }
    }
}

struct Visitors<'a> {
    rules: &'a Rules<'a>,
    shared: &'a Mutex<Gathered>,
}

impl<'a> ParallelVisitorBuilder<'a> for Visitors<'a> {
    fn build(&mut self) -> Box<dyn ParallelVisitor + 'a> {
        Box::new(Visitor { rules: self.rules, shared: self.shared, own: Gathered::default() })
    }
}

/// One thread's share: gathered without locks, handed over once at the end.
struct Visitor<'a> {
    rules: &'a Rules<'a>,
    shared: &'a Mutex<Gathered>,
    own: Gathered,
}

impl Drop for Visitor<'_> {
    fn drop(&mut self) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).absorb(&mut self.own);
    }
}

impl ParallelVisitor for Visitor<'_> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.meet(entry),
            Err(error) => {
                self.complain(&error, None);
                WalkState::Continue
            }
        }
    }
}

impl Visitor<'_> {
    fn meet(&mut self, entry: DirEntry) -> WalkState {
        if let Some(error) = entry.error() {
            self.complain(error, Some(entry.path()));
        }
        // Comes with the folder's listing; symbolic links and special files are neither.
        let Some(file_type) = entry.file_type() else { return WalkState::Continue };
        let folder = file_type.is_dir();
        if !(folder || file_type.is_file()) {
            if self.rules.named.contains(entry.path()) {
                let path = shown(self.rules.root, entry.path());
                let message = "is not a regular file and was skipped".into();
                self.own.notices.push(Notice { path, place: None, message });
            }
            return WalkState::Continue;
        }
        if self.rules.leaves_out(&entry, folder) {
            return WalkState::Skip;
        }
        if !self.rules.named.is_empty() && self.rules.named.contains(entry.path()) {
            self.own.reached.insert(entry.path().to_path_buf());
        }
        if folder {
            return self.enter(&entry);
        }
        self.take(entry);
        WalkState::Continue
    }

    fn enter(&mut self, entry: &DirEntry) -> WalkState {
        if entry.depth() > 0 && entry.file_name().to_str().is_none() {
            self.not_unicode(entry.path());
            return WalkState::Skip;
        }
        WalkState::Continue
    }

    fn take(&mut self, entry: DirEntry) {
        let (name, path) = (entry.file_name(), entry.path());
        let manifest = ["Cargo.toml", "go.mod", "go.work"].iter().any(|known| name == *known);
        if !(manifest || name == CARGO_CHECKSUM) && FileKind::of(path).is_none() {
            return;
        }
        match relative(self.rules.root, path) {
            Some(path) => self.own.take(self.rules, path, entry.into_path()),
            None => self.not_unicode(path),
        }
    }

    fn not_unicode(&mut self, path: &Path) {
        let path = shown(self.rules.root, path);
        let message = "has a name that is not UTF-8 and was skipped; rename it".into();
        self.own.notices.push(Notice { path, place: None, message });
    }

    fn complain(&mut self, error: &ignore::Error, at: Option<&Path>) {
        let (path, line, cause) = unfold(error);
        let path = path.or(at).map_or_else(|| "".into(), |path| shown(self.rules.root, path));
        let message = match cause {
            ignore::Error::Io(error) => format!("cannot be read: {error}"),
            other => format!("could not be understood in part: {other}"),
        };
        self.own.notices.push(Notice { path, place: line.map(|line| (line, 1)), message });
    }
}

/// The path, the line and the innermost cause of a walker's error.
fn unfold(error: &ignore::Error) -> (Option<&Path>, Option<u32>, &ignore::Error) {
    let (mut path, mut line, mut error) = (None, None, error);
    loop {
        error = match error {
            ignore::Error::WithPath { path: at, err } => {
                path = Some(at.as_path());
                err
            }
            ignore::Error::WithLineNumber { line: at, err } => {
                line = u32::try_from(*at).ok();
                err
            }
            ignore::Error::WithDepth { err, .. } => err,
            ignore::Error::Partial(errors) if !errors.is_empty() => &errors[0],
            other => return (path, line, other),
        };
    }
}
