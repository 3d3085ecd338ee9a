//! The walk over a list of paths instead of a disk, by the same rules.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustc_hash::{FxHashMap, FxHashSet};

use super::walk::{Gathered, Rules};
use super::{Tree, ancestors, parent};

/// Files that say what to leave out, the one that counts more first.
const IGNORE_FILES: [&str; 2] = [".ignore", ".gitignore"];

/// Takes the paths that a tree itself knows, but for those that `known` names.
pub(super) fn gather(rules: &Rules<'_>, tree: &Tree, known: &FxHashSet<Arc<str>>, gathered: &mut Gathered) {
    let list = List { rules, tree, ignores: ignores(rules, tree), folders: RefCell::default() };
    for path in tree.paths().filter(|path| !known.contains(*path)) {
        if !list.leaves_out(path) {
            gathered.take(rules, path.clone(), rules.root.join(&**path));
        }
    }
}

struct List<'a> {
    rules: &'a Rules<'a>,
    tree: &'a Tree,
    /// By the folder that holds them.
    ignores: FxHashMap<Box<str>, Vec<Gitignore>>,
    /// Folders asked about before.
    folders: RefCell<FxHashMap<Box<str>, bool>>,
}

impl List<'_> {
    fn leaves_out(&self, path: &str) -> bool {
        let absolute = self.rules.root.join(path);
        if self.rules.excluded(&absolute, false) {
            return true;
        }
        // What the run asks for by name is taken even where a rule would leave it out.
        if self.is_named(path) {
            return false;
        }
        self.hides(path, &absolute, false) || self.leaves_out_folder(parent(path))
    }

    fn leaves_out_folder(&self, folder: &str) -> bool {
        if folder.is_empty() || self.is_named(folder) {
            return false;
        }
        if let Some(known) = self.folders.borrow().get(folder) {
            return *known;
        }
        let absolute = self.rules.root.join(folder);
        let is_out = self.hides(folder, &absolute, true) || self.leaves_out_folder(parent(folder));
        self.folders.borrow_mut().insert(folder.into(), is_out);
        is_out
    }

    fn is_named(&self, path: &str) -> bool {
        !self.rules.named.is_empty() && self.rules.named.contains(&*self.rules.root.join(path))
    }

    fn hides(&self, path: &str, absolute: &Path, folder: bool) -> bool {
        let Some(name) = absolute.file_name() else { return false };
        let exists = |file: &Path| {
            super::walk::relative(self.rules.root, file)
                .is_some_and(|file| self.tree.knows(&file) == Some(true))
        };
        self.rules.hides(absolute, name, folder)
            || folder && self.rules.is_vendored(absolute, name, exists)
            || self.is_ignored(path, absolute, folder)
    }

    /// What the nearest ignore file says that says anything.
    fn is_ignored(&self, path: &str, absolute: &Path, folder: bool) -> bool {
        let said = ancestors(path).filter_map(|above| self.ignores.get(above)).flatten();
        said.map(|ignore| ignore.matched(absolute, folder))
            .find(|said| !said.is_none())
            .is_some_and(|said| said.is_ignore())
    }
}

fn ignores(rules: &Rules<'_>, tree: &Tree) -> FxHashMap<Box<str>, Vec<Gitignore>> {
    let mut found: FxHashMap<Box<str>, Vec<Gitignore>> = FxHashMap::default();
    if !rules.options.ignore_files {
        return found;
    }
    let name = |path: &str| path.rsplit_once('/').map_or(path, |(_, name)| name).to_owned();
    let mut files: Vec<&Arc<str>> =
        tree.paths().filter(|path| IGNORE_FILES.contains(&&*name(path))).collect();
    files.sort_by_key(|path| IGNORE_FILES.iter().position(|known| *known == name(path)));
    for path in files {
        let folder = parent(path);
        let Some(text) = tree.shown(rules.root, path) else { continue };
        let mut builder = GitignoreBuilder::new(rules.root.join(folder));
        for line in text.lines() {
            // A line that is no glob says nothing, as it does to git.
            let _ = builder.add_line(None, line);
        }
        if let Ok(ignore) = builder.build() {
            found.entry(folder.into()).or_default().push(ignore);
        }
    }
    found
}
