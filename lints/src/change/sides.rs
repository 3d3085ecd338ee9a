//! Both sides of a change that git knows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::git::Git;
use super::raw::{self, Difference, Entry, Mode, Side};
use super::{Changed, Comparison, Error};
use crate::finding::Notice;
use crate::policy::FILE_NAME;
use crate::workspace::{Content, Tree, matters};

const RAW: [&str; 4] = ["--raw", "-z", "--no-abbrev", "--find-renames"];

/// The work tree, and where its branch left a revision.
pub(super) fn since(root: PathBuf, revision: &str) -> Result<Comparison, Error> {
    let git = Git::at(&root)?;
    let base = merge_base(&git, revision, "HEAD")?;
    let arguments = [&["diff-index"], &RAW[..], &["--ignore-submodules=dirty", &base, "--"]].concat();
    let mut differences = raw::differences(&git.about_files(&arguments)?)?;
    // Files that git does not know yet are on one side only.
    let untracked = git.about_files(&["ls-files", "-z", "--others", "--exclude-standard", "--full-name"])?;
    // A path that ends in a slash is a folder with a repository of its own.
    let (clones, untracked): (Vec<_>, Vec<_>) =
        raw::paths(&untracked).into_iter().partition(|path| path.ends_with('/'));
    differences.extend(untracked.into_iter().map(untracked_file));
    let seen = Seen::new(&git, root, differences);
    if !seen.matters() {
        return Ok(seen.without_effect());
    }
    let index = index(&git)?;
    let tracked = index.iter().filter(|entry| entry.mode == Mode::File && !entry.skipped);
    let tracked = tracked.filter_map(|entry| Some((inside(&git, &entry.path)?, Content::OnDisk)));
    let before = seen.undo(&git, &Tree::listed(tracked), &skipped(&index))?;
    let submodules = index.iter().filter(|entry| entry.mode == Mode::Submodule);
    let folders = submodules.map(|entry| format!("{}/", entry.path)).chain(clones);
    let foreign = folders.filter_map(|folder| inside(&git, &folder)).collect();
    let comparison = seen.compare(before, Tree::default(), FxHashMap::default());
    Ok(Comparison { foreign, ..comparison })
}

/// What is staged, and the last commit.
pub(super) fn staged(root: PathBuf) -> Result<Comparison, Error> {
    let git = Git::at(&root)?;
    let head = head(&git)?;
    let index = index(&git)?;
    let unmerged: FxHashSet<&str> =
        index.iter().filter(|entry| entry.stage != 0).map(|entry| &*entry.path).collect();
    if !unmerged.is_empty() {
        let mut unmerged: Vec<String> = unmerged.into_iter().map(str::to_owned).collect();
        unmerged.sort();
        return Err(Error::Unmerged(unmerged));
    }
    let arguments = [&["diff-index", "--cached"], &RAW[..], &[&*head, "--"]].concat();
    let seen = Seen::new(&git, root, raw::differences(&git.bytes(&arguments)?)?);
    if !seen.matters() {
        return Ok(seen.without_effect());
    }
    let on_disk = OnDisk::new(&git, &index)?;
    let staged: Vec<Side> = index
        .iter()
        .filter(|entry| !entry.skipped && !on_disk.promised.contains(&*entry.path))
        .map(|entry| Side { path: entry.path.clone(), mode: entry.mode, id: entry.id.clone() })
        .collect();
    let top = top(&seen.root, &git.prefix);
    let after = on_disk.tree(&git, &staged)?;
    let policies = policies(&git, &top, &on_disk, &staged)?;
    let before = seen.undo(&git, &after, &skipped(&index))?;
    Ok(seen.compare(before, after, policies))
}

/// A commit, and where its branch left another one.
pub(super) fn commits(root: PathBuf, base: &str, head: &str) -> Result<Comparison, Error> {
    let git = Git::at(&root)?;
    let base = merge_base(&git, base, head)?;
    let head = commit(&git, head)?;
    let arguments = [&["diff-tree", "-r"], &RAW[..], &[&*base, &*head, "--"]].concat();
    let seen = Seen::new(&git, root, raw::differences(&git.bytes(&arguments)?)?);
    if !seen.matters() {
        return Ok(seen.without_effect());
    }
    let index = index(&git)?;
    let on_disk = OnDisk::new(&git, &index)?;
    let listed = raw::tree(&git.bytes(&["ls-tree", "-r", "-z", "--full-tree", &head])?)?;
    let top = top(&seen.root, &git.prefix);
    let after = on_disk.tree(&git, &listed)?;
    let policies = policies(&git, &top, &on_disk, &listed)?;
    let before = seen.undo(&git, &after, &FxHashSet::default())?;
    Ok(seen.compare(before, after, policies))
}

/// All that a commit has, with nothing before it.
pub(super) fn whole(root: PathBuf, revision: &str) -> Result<Comparison, Error> {
    let git = Git::at(&root)?;
    let listed = raw::tree(&git.bytes(&["ls-tree", "-r", "-z", "--full-tree", &commit(&git, revision)?])?)?;
    let index = index(&git)?;
    let on_disk = OnDisk::new(&git, &index)?;
    let after = on_disk.tree(&git, &listed)?;
    let policies = policies(&git, &top(&root, &git.prefix), &on_disk, &listed)?;
    let nothing = Tree::listed(std::iter::empty());
    Ok(Comparison { policies, ..Comparison::new(root, nothing, after, Vec::new()) })
}

/// The commit that a revision names.
pub(super) fn commit(git: &Git, revision: &str) -> Result<String, Error> {
    let asked = format!("{revision}^{{commit}}");
    match git.text(&["rev-parse", "--verify", "--quiet", "--end-of-options", &asked]) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(_) => Err(Error::Revision { name: revision.to_owned(), shallow: is_shallow(git) }),
    }
}

fn merge_base(git: &Git, base: &str, head: &str) -> Result<String, Error> {
    let (base_commit, head_commit) = (commit(git, base)?, commit(git, head)?);
    match git.text(&["merge-base", &base_commit, &head_commit]) {
        Ok(id) => Ok(id.trim().to_owned()),
        Err(_) => {
            Err(Error::NoMergeBase { base: base.to_owned(), head: head.to_owned(), shallow: is_shallow(git) })
        }
    }
}

fn is_shallow(git: &Git) -> bool {
    git.text(&["rev-parse", "--is-shallow-repository"]).is_ok_and(|answer| answer.trim() == "true")
}

/// The last commit, or before the first one the empty tree.
fn head(git: &Git) -> Result<String, Error> {
    // A branch without commits has no name to give; one whose last commit is damaged has.
    if git.text(&["rev-parse", "--verify", "--quiet", "HEAD"]).is_ok() {
        return commit(git, "HEAD");
    }
    let empty = git.with_input(&["hash-object", "-t", "tree", "--stdin"], b"").map_err(Error::Git)?;
    Ok(empty.trim().to_owned())
}

fn index(git: &Git) -> Result<Vec<Entry>, Error> {
    raw::index(&git.bytes(&["ls-files", "-z", "-s", "-v", "--full-name"])?)
}

/// Files that a sparse checkout leaves out: they are on no side, as they are not for a check of the whole tree.
fn skipped(index: &[Entry]) -> FxHashSet<&str> {
    index.iter().filter(|entry| entry.skipped).map(|entry| &*entry.path).collect()
}

fn untracked_file(path: String) -> Difference {
    let side = |mode| Side { path: path.clone(), mode, id: String::new() };
    Difference { before: side(Mode::Absent), after: side(Mode::File) }
}

/// A path relative to the top of the work tree, made relative to the root of the run; none outside of it.
fn inside(git: &Git, path: &str) -> Option<Arc<str>> {
    path.strip_prefix(&*git.prefix).map(Arc::from)
}

/// The top of the work tree: the root without the folders that lead to it.
pub(super) fn top(root: &Path, prefix: &str) -> PathBuf {
    let up = prefix.split('/').filter(|part| !part.is_empty()).count();
    root.ancestors().nth(up).unwrap_or(root).to_owned()
}

/// What git says of the difference, seen from the root of the run.
struct Seen {
    root: PathBuf,
    /// With paths relative to the root; none where a side lies outside of it, or is no file.
    files: Vec<(Option<Old>, Option<Arc<str>>)>,
    notices: Vec<Notice>,
}

/// A file of the side before.
struct Old {
    path: Arc<str>,
    id: String,
}

impl Seen {
    fn new(git: &Git, root: PathBuf, differences: Vec<Difference>) -> Seen {
        let mut seen = Seen { root, files: Vec::new(), notices: Vec::new() };
        for Difference { before, after } in differences {
            if before.mode == Mode::Submodule || after.mode == Mode::Submodule {
                seen.notices.extend(inside(git, &after.path).map(submodule));
            }
            let is_file = |side: &Side| side.mode == Mode::File;
            let old = inside(git, &before.path).filter(|_| is_file(&before));
            let old = old.map(|path| Old { path, id: before.id });
            let new = inside(git, &after.path).filter(|_| is_file(&after));
            if old.is_some() || new.is_some() {
                seen.files.push((old, new));
            }
        }
        seen
    }

    fn changed(&self) -> Vec<Changed> {
        let one = |(old, new): &(Option<Old>, Option<Arc<str>>)| Changed {
            before: old.as_ref().map(|old| old.path.clone()),
            after: new.clone(),
        };
        self.files.iter().map(one).collect()
    }

    fn matters(&self) -> bool {
        self.changed().iter().flat_map(Changed::paths).any(|path| matters(path))
    }

    /// Two sides that differ in nothing a run looks at: neither is read.
    fn without_effect(self) -> Comparison {
        self.compare(Tree::default(), Tree::default(), FxHashMap::default())
    }

    fn compare(self, before: Tree, after: Tree, policies: FxHashMap<PathBuf, Arc<[u8]>>) -> Comparison {
        let changed = self.changed();
        let comparison = Comparison::new(self.root, before, after, changed);
        Comparison { notices: self.notices, policies, ..comparison }
    }

    /// A tree as it was before.
    fn undo(&self, git: &Git, tree: &Tree, skipped: &FxHashSet<&str>) -> Result<Tree, Error> {
        let is_seen = |path: &str| !skipped.contains(&*format!("{}{path}", git.prefix));
        let old = || self.files.iter().filter_map(|(old, _)| old.as_ref()).filter(|old| is_seen(&old.path));
        let wanted: Vec<&str> = old().filter(|old| matters(&old.path)).map(|old| &*old.id).collect();
        let blobs = git.blobs(&wanted)?;
        let gone = self.files.iter().filter_map(|(_, new)| Some((new.clone()?, None)));
        let back = old()
            .filter_map(|old| Some((old.path.clone(), Some(Content::Bytes(blobs.get(&old.id)?.clone())))));
        Ok(tree.with(gone).with(back))
    }
}

fn submodule(path: Arc<str>) -> Notice {
    let message =
        "is a submodule at another commit; what that brings is not looked at: check it in its own folder";
    Notice { path, place: None, message: message.to_owned() }
}

/// Which files lie on disk as git's index has them.
struct OnDisk<'i> {
    /// Objects by path, relative to the top.
    clean: FxHashMap<&'i str, &'i str>,
    /// Files that are to be added, but whose contents are not staged yet.
    promised: FxHashSet<String>,
}

impl<'i> OnDisk<'i> {
    fn new(git: &Git, index: &'i [Entry]) -> Result<OnDisk<'i>, Error> {
        let asked = ["diff-files", "--raw", "-z", "--no-abbrev", "--ignore-submodules=all", "--"];
        let differences = raw::differences(&git.about_files(&asked)?)?;
        let promised = differences
            .iter()
            .filter(|one| one.before.mode == Mode::Absent)
            .map(|one| one.after.path.clone())
            .collect();
        let dirty: FxHashSet<String> = differences.into_iter().map(|one| one.before.path).collect();
        let is_clean = |entry: &&Entry| {
            entry.mode == Mode::File
                && entry.stage == 0
                && !entry.skipped
                && !entry.unwatched
                && !dirty.contains(&entry.path)
        };
        let clean = index.iter().filter(is_clean).map(|entry| (&*entry.path, &*entry.id)).collect();
        Ok(OnDisk { clean, promised })
    }

    fn has(&self, side: &Side) -> bool {
        self.clean.get(&*side.path).is_some_and(|id| *id == side.id)
    }

    /// Files as git has them, read from disk where they lie there unchanged.
    fn tree(&self, git: &Git, sides: &[Side]) -> Result<Tree, Error> {
        let files: Vec<(Arc<str>, &Side)> = sides
            .iter()
            .filter(|side| side.mode == Mode::File)
            .filter_map(|side| Some((inside(git, &side.path)?, side)))
            .collect();
        let wanted = |path: &str, side: &Side| matters(path) && !self.has(side);
        let ids: Vec<&str> =
            files.iter().filter(|(path, side)| wanted(path, side)).map(|(_, side)| &*side.id).collect();
        let blobs = git.blobs(&ids)?;
        Ok(Tree::listed(files.into_iter().map(|(path, side)| {
            let bytes = blobs.get(&side.id).filter(|_| wanted(&path, side));
            let content = bytes.map_or(Content::OnDisk, |bytes| Content::Bytes(bytes.clone()));
            (path, content)
        })))
    }
}

/// Configuration files that git has other than they lie on disk, also those above the root of the run.
fn policies(
    git: &Git,
    top: &Path,
    on_disk: &OnDisk<'_>,
    sides: &[Side],
) -> Result<FxHashMap<PathBuf, Arc<[u8]>>, Error> {
    let is_policy = |side: &&Side| side.mode == Mode::File && side.path.rsplit('/').next() == Some(FILE_NAME);
    let other: Vec<&Side> = sides.iter().filter(is_policy).filter(|side| !on_disk.has(side)).collect();
    let blobs = git.blobs(&other.iter().map(|side| &*side.id).collect::<Vec<_>>())?;
    Ok(other.iter().filter_map(|side| Some((top.join(&side.path), blobs.get(&side.id)?.clone()))).collect())
}
