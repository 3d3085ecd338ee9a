//! Files on demand, and the module tree between them.
//!
//! A file is read, lexed and outlined at most once, when somebody first asks for it. A module's parent is found by
//! walking *up* from its file (`a/b.rs` → the file that says `mod b;`), so that a file that matters costs its
//! ancestors and nothing else of its crate.

use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::calls::Caller;
use crate::catalogue::Catalogue;
use crate::facts::Production;
use crate::facts::code::StartUp;
use crate::facts::comment::Comment;
use crate::facts::pointer::Summary;
use crate::finding::Notice;
use crate::identifiers::Identifiers;
use crate::rust::lexer::{CommentAt, Lexed, lex};
use crate::rust::outline::{ItemIndex, ItemKind, Outline, outline};
use crate::rust::resolve::{Def, ModuleNames, NameKey};
use crate::rust::types::{Fields, Ty};
use crate::rust::vocabulary::Vocabulary;
use crate::source::{Source, Span};
use crate::timings::Clock;
use crate::workspace::{FileKind, Package, PackageId, Target, TargetKind, Workspace};

/// Index of a file in `Workspace::files`.
pub(crate) type FileIndex = u32;

/// A file's text, comments and outline.
#[derive(Debug)]
pub(crate) struct FileData {
    pub source: Source,
    comments_at: Vec<CommentAt>,
    comments: OnceLock<Vec<Comment>>,
    pub outline: Outline,
    /// Whether the parser's stack could not hold it.
    pub too_deep: bool,
    pub(super) names: Mutex<FxHashMap<Option<ItemIndex>, Arc<ModuleNames>>>,
}

impl FileData {
    fn new(source: Source, lexed: Lexed, outline: Outline) -> Self {
        Self {
            source,
            comments_at: lexed.comments,
            comments: OnceLock::new(),
            outline,
            too_deep: lexed.too_deep,
            names: Mutex::default(),
        }
    }

    /// Whether a byte stands in a comment.
    pub(crate) fn is_comment(&self, at: u32) -> bool {
        let before = self.comments_at.partition_point(|comment| comment.span.start <= at);
        before > 0 && self.comments_at[before - 1].span.covers(at)
    }

    /// The comment that begins at a byte.
    pub(super) fn comment_at(&self, start: u32) -> Option<Span> {
        let found = self.comments_at.binary_search_by_key(&start, |comment| comment.span.start).ok()?;
        Some(self.comments_at[found].span)
    }

    /// All comments, in order of place.
    pub(crate) fn comments(&self) -> &[Comment] {
        self.comments.get_or_init(|| self.first_comments().collect())
    }

    /// The comments in order of place, each read when it is asked for.
    pub(super) fn first_comments(&self) -> impl Iterator<Item = Comment> + '_ {
        self.comments_at.iter().map(|comment| comment.read(&self.source))
    }

    /// Text of an item's attributes, each without `#[` and `]`.
    pub(crate) fn attributes(&self, item: ItemIndex) -> impl Iterator<Item = &str> {
        self.outline.item(item).attributes.iter().map(|span| attribute_text(&self.source, *span))
    }
}

/// What stands inside `#[…]` or `#![…]`.
pub(crate) fn attribute_text(source: &Source, span: Span) -> &str {
    let text = source.slice(span);
    let text = text.strip_prefix('#').unwrap_or(text).trim_start();
    let text = text.strip_prefix('!').unwrap_or(text).trim_start();
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).trim()
}

/// A module: a whole file, or an inline `mod x { … }` of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ModuleId {
    pub file: FileIndex,
    pub item: Option<ItemIndex>,
}

/// A crate of the workspace: one target of one package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CrateId {
    pub package: PackageId,
    pub target: u32,
}

/// Where a module hangs.
#[derive(Debug, Clone)]
pub(crate) enum Parent {
    /// The root module of a target.
    Root(CrateId),
    /// Declared in another module, by the given item of that module's file.
    Module(ModuleId, ItemIndex),
    /// No file declares it: a lone file, or one that `mod` declarations do not reach.
    Orphan,
}

/// Answers that were found before.
type Memo<K, V> = Mutex<FxHashMap<K, V>>;

/// An item, by its file.
type ItemKey = (FileIndex, ItemIndex);

/// Says yes or no of a name or text and the path of a file.
type Ask<'w> = Box<dyn Fn(&str, &str) -> bool + Sync + 'w>;

/// The workspace as the Rust front end sees it.
pub(crate) struct Program<'w> {
    pub workspace: &'w Workspace,
    pub catalogue: &'w Catalogue,
    by_path: FxHashMap<Arc<str>, FileIndex>,
    files: Vec<OnceLock<Option<Arc<FileData>>>>,
    parents: Memo<FileIndex, Parent>,
    roots: FxHashMap<Arc<str>, Vec<CrateId>>,
    /// Paths of crates' roots, by the folder that they lie in.
    roots_in: FxHashMap<Box<str>, Vec<Arc<str>>>,
    /// Packages of the workspace that depend on each.
    pub(super) dependents: Vec<Vec<PackageId>>,
    /// Rust files of each package, and last those of none.
    pub(super) files_of: Vec<Vec<FileIndex>>,
    /// Files named by `#[path = "…"] mod x;` or `include!("…")`, with what names them.
    named: OnceLock<FxHashMap<FileIndex, ItemKey>>,
    /// Files whose bytes hold `#[path` or `include!`, found while selecting.
    pub(super) naming: Mutex<Vec<FileIndex>>,
    notices: Mutex<Vec<Notice>>,
    pub(super) production: Memo<FileIndex, Production>,
    vocabulary: OnceLock<Vocabulary>,
    /// Which words can mean anything to each package.
    relevant: Vec<OnceLock<Box<[bool]>>>,
    /// Names that code gives to something of the catalogue, once they have been looked for.
    pub(super) renamed: OnceLock<FxHashSet<String>>,
    pub(super) resolved: Memo<NameKey, Option<Def>>,
    pub(super) summaries: Memo<ItemKey, Option<Summary>>,
    /// Where to note how long things take.
    pub clock: Clock<'w>,
    /// Whether the configuration names handlers at all.
    pub handlers_named: bool,
    pub(super) serving: Mutex<FxHashMap<(FileIndex, ItemIndex), bool>>,
    pub(super) impl_types: Mutex<FxHashMap<(FileIndex, ItemIndex), Option<Ty>>>,
    pub(super) fields: Mutex<Fields>,
    /// Identifiers of each file; made when somebody asks for a name that may stand in it.
    pub(super) identifiers: Vec<OnceLock<Identifiers>>,
    pub(super) started: Memo<ItemKey, StartUp>,
    pub(super) callers: Memo<ItemKey, Arc<Vec<Caller>>>,
    /// Says of a function's path and file whether the configuration names it an owner of start-up.
    pub owners: Option<Ask<'w>>,
    /// Says of a function's name and file whether the configuration calls it a handler.
    pub handlers: Option<Ask<'w>>,
    /// Says of a comment near the top of a file, and the file, whether the configuration takes it for a generator's.
    pub generated: Option<Ask<'w>>,
    pub(super) returned: Memo<ItemKey, Ty>,
    pub(super) methods: Memo<(FileIndex, ItemIndex, Box<str>), Option<ItemKey>>,
}

impl<'w> Program<'w> {
    /// A program over a workspace; nothing is read yet.
    pub(crate) fn new(workspace: &'w Workspace, catalogue: &'w Catalogue) -> Self {
        let by_path = workspace
            .files
            .iter()
            .enumerate()
            .map(|(index, file)| (file.path.clone(), index as u32))
            .collect();
        let mut roots: FxHashMap<Arc<str>, Vec<CrateId>> = FxHashMap::default();
        for (number, package) in workspace.packages.iter().enumerate() {
            for (target, declared) in package.targets.iter().enumerate() {
                let id = CrateId { package: PackageId(number as u32), target: target as u32 };
                roots.entry(declared.root.clone()).or_default().push(id);
            }
        }
        let mut roots_in: FxHashMap<Box<str>, Vec<Arc<str>>> = FxHashMap::default();
        for path in roots.keys() {
            roots_in.entry(split(path).0.into()).or_default().push(path.clone());
        }
        let mut files_of = vec![Vec::new(); workspace.packages.len() + 1];
        for (number, file) in workspace.files.iter().enumerate() {
            if file.kind == FileKind::Rust {
                let package = file.package.map_or(workspace.packages.len(), |id| id.0 as usize);
                files_of[package].push(number as FileIndex);
            }
        }
        let mut dependents = vec![Vec::new(); workspace.packages.len()];
        for (number, package) in workspace.packages.iter().enumerate() {
            for local in package.dependencies.iter().filter_map(|dependency| dependency.local) {
                dependents[local.0 as usize].push(PackageId(number as u32));
            }
        }
        Self {
            dependents,
            roots_in,
            files_of,
            workspace,
            catalogue,
            by_path,
            files: (0..workspace.files.len()).map(|_| OnceLock::new()).collect(),
            parents: Mutex::default(),
            roots,
            named: OnceLock::new(),
            naming: Mutex::default(),
            notices: Mutex::default(),
            production: Mutex::default(),
            vocabulary: OnceLock::new(),
            relevant: workspace.packages.iter().map(|_| OnceLock::new()).collect(),
            renamed: OnceLock::new(),
            resolved: Mutex::default(),
            summaries: Mutex::default(),
            clock: Clock::new(None),
            handlers_named: false,
            serving: Mutex::default(),
            impl_types: Mutex::default(),
            fields: Mutex::default(),
            identifiers: (0..workspace.files.len()).map(|_| OnceLock::new()).collect(),
            started: Mutex::default(),
            callers: Mutex::default(),
            owners: None,
            handlers: None,
            generated: None,
            returned: Mutex::default(),
            methods: Mutex::default(),
        }
    }

    /// The package of a crate.
    pub(crate) fn package(&self, id: CrateId) -> &'w Package {
        &self.workspace.packages[id.package.0 as usize]
    }

    /// The target that a crate is built from.
    pub(crate) fn target(&self, id: CrateId) -> &'w Target {
        &self.package(id).targets[id.target as usize]
    }

    /// The path of a file, relative to the root of the run.
    pub(crate) fn path(&self, file: FileIndex) -> &Arc<str> {
        &self.workspace.files[file as usize].path
    }

    /// The package that owns a file.
    pub(crate) fn package_of(&self, file: FileIndex) -> Option<&'w Package> {
        self.workspace.files[file as usize].package.map(|id| &self.workspace.packages[id.0 as usize])
    }

    /// The file at a path relative to the root of the run.
    pub(crate) fn file_at(&self, path: &str) -> Option<FileIndex> {
        self.by_path.get(path).copied()
    }

    /// Everything that was wrong with files so far, in order of path.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        let mut notices = std::mem::take(&mut *self.notices.lock().expect("no panic while held"));
        notices.sort();
        notices.dedup();
        notices
    }

    /// Notes that a file could not be read or parsed, or only in part.
    pub(crate) fn notice(&self, notice: Notice) {
        self.notices.lock().expect("no panic while held").push(notice);
    }

    /// A file's outline; `None` where it could not be read, which has been noted.
    pub(crate) fn file(&self, file: FileIndex) -> Option<&Arc<FileData>> {
        self.files[file as usize]
            .get_or_init(|| {
                let entry = &self.workspace.files[file as usize];
                if entry.kind != FileKind::Rust {
                    return None;
                }
                match self.workspace.read(entry) {
                    Ok(source) => Some(Arc::new(outlined(source))),
                    Err(notice) => {
                        self.notice(notice);
                        None
                    }
                }
            })
            .as_ref()
    }

    /// The words that make the front end look into a file.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::new(self.catalogue))
    }

    /// Which words can mean anything in a file, by number; all, where its package is not known.
    pub(super) fn relevant_words(&self, file: FileIndex) -> Option<&[bool]> {
        let package = self.workspace.files[file as usize].package?;
        let relevant = self.relevant[package.0 as usize].get_or_init(|| {
            let names = self.crates_in_reach(package);
            self.vocabulary().relevant(|name| names.contains(name))
        });
        Some(relevant)
    }

    /// Names in code of a package itself, of what it depends on, and of what packages of the workspace among these
    /// may hand on.
    fn crates_in_reach(&self, package: PackageId) -> FxHashSet<String> {
        let mut names = FxHashSet::default();
        let (mut open, mut at) = (vec![package], 0);
        while let Some(package) = open.get(at).map(|id| &self.workspace.packages[id.0 as usize]) {
            names.insert(package.name.replace('-', "_"));
            for dependency in &package.dependencies {
                names.insert(dependency.package.replace('-', "_"));
                names.insert(dependency.name_in_code.clone());
                open.extend(dependency.local.filter(|local| !open.contains(local)));
            }
            at += 1;
        }
        names
    }

    /// A file's outline if somebody has asked for it before.
    pub(crate) fn known(&self, file: FileIndex) -> Option<&Arc<FileData>> {
        self.files[file as usize].get().and_then(Option::as_ref)
    }

    /// As [`Program::file`], for a text that has been read already.
    pub(crate) fn file_with(&self, file: FileIndex, source: Source) -> &Arc<FileData> {
        self.files[file as usize]
            .get_or_init(|| Some(Arc::new(outlined(source))))
            .as_ref()
            .expect("set just now, or read before")
    }

    /// Keeps a text of another kind with its comments, so that rules and suppressions can ask for them.
    pub(crate) fn keep(&self, file: FileIndex, source: Source, comments: Vec<Comment>) {
        self.files[file as usize].get_or_init(|| {
            let data = FileData::new(source, Lexed::default(), Outline::default());
            Some(Arc::new(FileData { comments: comments.into(), ..data }))
        });
    }

    /// Where a module hangs.
    pub(crate) fn parent(&self, module: ModuleId) -> Parent {
        if let Some(item) = module.item {
            let Some(data) = self.file(module.file) else { return Parent::Orphan };
            let outer = self.enclosing_module(data, data.outline.item(item).parent, module.file);
            return Parent::Module(outer, item);
        }
        if let Some(known) = self.parents.lock().expect("no panic while held").get(&module.file) {
            return known.clone();
        }
        let found = self.find_parent(module.file);
        self.parents.lock().expect("no panic while held").insert(module.file, found.clone());
        found
    }

    /// The innermost inline module around an item, or the file.
    pub(crate) fn enclosing_module(
        &self,
        data: &FileData,
        mut item: Option<ItemIndex>,
        file: FileIndex,
    ) -> ModuleId {
        while let Some(index) = item {
            let candidate = data.outline.item(index);
            if candidate.kind == ItemKind::Mod && candidate.body.is_some() {
                return ModuleId { file, item: Some(index) };
            }
            item = candidate.parent;
        }
        ModuleId { file, item: None }
    }

    fn find_parent(&self, file: FileIndex) -> Parent {
        let path = self.path(file).clone();
        if let Some(ids) = self.roots.get(&path) {
            // A file that is the root of a library and of something else counts as the library.
            let first = ids.iter().min_by_key(|id| target_rank(&self.target(**id).kind));
            return Parent::Root(*first.expect("never stored empty"));
        }
        if let Some((namer, item)) = self.named_files().get(&file)
            && let Some(data) = self.file(*namer)
        {
            return Parent::Module(
                self.enclosing_module(data, data.outline.item(*item).parent, *namer),
                *item,
            );
        }
        let (dir, stem) = split(&path);
        let (home, name) = if stem == "mod" { split_dir(dir) } else { (dir, stem) };
        self.declared_in(file, home, name).unwrap_or(Parent::Orphan)
    }

    /// Looks for `mod name;` in the files whose children live in `home`, then in inline modules of those further up.
    fn declared_in(&self, child: FileIndex, home: &str, name: &str) -> Option<Parent> {
        let mut inline: Vec<&str> = Vec::new();
        let mut dir = home;
        for _ in 0..8 {
            for candidate in self.files_with_children_in(dir) {
                if candidate == child {
                    continue;
                }
                let Some(data) = self.file(candidate) else { continue };
                let Some(scope) = inline_module(data, &inline) else { continue };
                let declares = |index: &ItemIndex| {
                    let item = data.outline.item(*index);
                    item.kind == ItemKind::Mod && item.body.is_none() && &*item.name == name
                };
                let found = self.members(data, scope).into_iter().find(declares);
                if let Some(item) = found {
                    return Some(Parent::Module(ModuleId { file: candidate, item: scope }, item));
                }
            }
            if dir.is_empty() {
                return None;
            }
            let (up, last) = split_dir(dir);
            inline.insert(0, last);
            dir = up;
        }
        None
    }

    /// `dir/mod.rs`, `dir.rs` and every crate root that lies in `dir`.
    fn files_with_children_in(&self, dir: &str) -> Vec<FileIndex> {
        let mut paths = vec![join(dir, "mod.rs")];
        if !dir.is_empty() {
            paths.push(format!("{dir}.rs"));
        }
        let mut found: Vec<FileIndex> = paths.iter().filter_map(|path| self.file_at(path)).collect();
        for usual in ["lib.rs", "main.rs"] {
            found.extend(
                self.file_at(&join(dir, usual)).filter(|file| self.roots.contains_key(self.path(*file))),
            );
        }
        let mut others: Vec<FileIndex> = self
            .roots_in
            .get(dir)
            .into_iter()
            .flatten()
            .filter_map(|path| self.file_at(path))
            .filter(|file| !found.contains(file))
            .collect();
        others.sort_unstable();
        found.extend(others);
        found
    }

    /// Items of a module, looking through `cfg_if!`, `lazy_static!`, `thread_local!` and `extern` blocks.
    pub(crate) fn members(&self, data: &FileData, scope: Option<ItemIndex>) -> Vec<ItemIndex> {
        let mut found = Vec::new();
        let mut open = vec![scope];
        while let Some(parent) = open.pop() {
            for child in data.outline.children(parent) {
                found.push(child);
                if matches!(data.outline.item(child).kind, ItemKind::MacroCall | ItemKind::Foreign) {
                    open.push(Some(child));
                }
            }
        }
        found
    }

    fn named_files(&self) -> &FxHashMap<FileIndex, (FileIndex, ItemIndex)> {
        self.named.get_or_init(|| {
            let mut naming = self.naming.lock().expect("no panic while held").clone();
            naming.sort_unstable();
            let mut found = FxHashMap::default();
            for file in naming {
                let Some(data) = self.file(file) else { continue };
                for (index, item) in data.outline.items.iter().enumerate() {
                    if let Some(named) = self.named_by(file, data, index as u32)
                        && named != file
                        && matches!(item.kind, ItemKind::Mod | ItemKind::MacroCall)
                    {
                        found.entry(named).or_insert((file, index as u32));
                    }
                }
            }
            found
        })
    }

    /// The file that `#[path = "…"] mod x;` or `include!("…")` names.
    fn named_by(&self, file: FileIndex, data: &FileData, index: ItemIndex) -> Option<FileIndex> {
        let item = data.outline.item(index);
        let (dir, stem) = split(self.path(file));
        if item.kind == ItemKind::MacroCall && &*item.name == "include" {
            let literal = literal_text(data.source.slice(item.body?))?;
            return self.file_at(&normalise(&join(dir, literal))?);
        }
        if item.kind != ItemKind::Mod || item.body.is_some() {
            return None;
        }
        let literal = data.attributes(index).find_map(path_attribute)?;
        let inline = inline_path(data, item.parent);
        let base = if inline.is_empty() || matches!(stem, "mod" | "lib" | "main") {
            dir.to_owned()
        } else {
            join(dir, stem)
        };
        let base = inline.iter().fold(base, |base, part| join(&base, part));
        self.file_at(&normalise(&join(&base, literal))?)
    }

    /// The module that a `mod x;` or `mod x { … }` item stands for.
    pub(crate) fn child_module(&self, file: FileIndex, index: ItemIndex) -> Option<ModuleId> {
        let data = self.file(file)?;
        let item = data.outline.item(index);
        if item.body.is_some() {
            return Some(ModuleId { file, item: Some(index) });
        }
        if let Some(named) = self.named_by(file, data, index) {
            return Some(ModuleId { file: named, item: None });
        }
        let (dir, stem) = split(self.path(file));
        let owns_dir = stem == "mod" || self.roots.contains_key(self.path(file));
        let base = if owns_dir { dir.to_owned() } else { join(dir, stem) };
        let base = inline_path(data, item.parent).iter().fold(base, |base, part| join(&base, part));
        [format!("{}.rs", join(&base, &item.name)), join(&join(&base, &item.name), "mod.rs")]
            .iter()
            .find_map(|path| self.file_at(path))
            .map(|file| ModuleId { file, item: None })
    }

    /// The root module of a crate.
    pub(crate) fn root_module(&self, id: CrateId) -> Option<ModuleId> {
        Some(ModuleId { file: self.file_at(&self.target(id).root)?, item: None })
    }

    /// The library target of a package.
    pub(crate) fn library_of(&self, package: PackageId) -> Option<CrateId> {
        let targets = &self.workspace.packages[package.0 as usize].targets;
        let at = targets.iter().position(|target| matches!(target.kind, TargetKind::Lib { .. }))?;
        Some(CrateId { package, target: at as u32 })
    }

    /// The chain from a module up to its root, itself first, with the crate if it hangs in one.
    pub(crate) fn ancestry(&self, module: ModuleId) -> (Vec<(ModuleId, Option<ItemIndex>)>, Option<CrateId>) {
        let mut chain = Vec::new();
        let mut at = module;
        for _ in 0..128 {
            match self.parent(at) {
                Parent::Root(id) => {
                    chain.push((at, None));
                    return (chain, Some(id));
                }
                Parent::Orphan => {
                    chain.push((at, None));
                    return (chain, None);
                }
                Parent::Module(up, item) => {
                    chain.push((at, Some(item)));
                    at = up;
                }
            }
        }
        (chain, None)
    }

    /// The crate that a module belongs to.
    pub(crate) fn crate_of(&self, module: ModuleId) -> Option<CrateId> {
        self.ancestry(module).1
    }

    /// `krate::a::b`, or `crate::a` where the crate is not known.
    pub(crate) fn module_path(&self, module: ModuleId) -> String {
        let (chain, id) = self.ancestry(module);
        let mut path = id.map_or_else(|| "crate".to_owned(), |id| self.target(id).name.clone());
        for pair in chain.windows(2).rev() {
            let (_, Some(item)) = pair[0] else { continue };
            let Some(data) = self.file(pair[1].0.file) else { continue };
            let declared = data.outline.item(item);
            if declared.kind == ItemKind::Mod {
                path.push_str("::");
                path.push_str(&declared.name);
            }
        }
        path
    }
}

fn outlined(source: Source) -> FileData {
    let lexed = lex(&source);
    let outline = outline(&source, &lexed);
    FileData::new(source, lexed, outline)
}

fn target_rank(kind: &TargetKind) -> u8 {
    match kind {
        TargetKind::Lib { .. } => 0,
        TargetKind::Bin => 1,
        _ => 2,
    }
}

/// Directory and file stem of a path.
pub(crate) fn split(path: &str) -> (&str, &str) {
    let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
    (dir, name.strip_suffix(".rs").unwrap_or(name))
}

fn split_dir(dir: &str) -> (&str, &str) {
    dir.rsplit_once('/').unwrap_or(("", dir))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// Resolves `.` and `..`; `None` where the path leaves the root of the run.
fn normalise(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn literal_text(text: &str) -> Option<&str> {
    text.trim().strip_prefix('"')?.strip_suffix('"')
}

fn path_attribute(text: &str) -> Option<&str> {
    literal_text(text.strip_prefix("path")?.trim_start().strip_prefix('=')?)
}

/// Names of the inline modules around an item, outermost first.
fn inline_path(data: &FileData, mut item: Option<ItemIndex>) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(index) = item {
        let found = data.outline.item(index);
        if found.kind == ItemKind::Mod {
            names.insert(0, found.name.to_string());
        }
        item = found.parent;
    }
    names
}

/// The inline module at a path of names, `Some(None)` for the file itself.
fn inline_module(data: &FileData, names: &[&str]) -> Option<Option<ItemIndex>> {
    let mut scope = None;
    for name in names {
        let found = data.outline.children(scope).find(|index| {
            let item = data.outline.item(*index);
            item.kind == ItemKind::Mod && item.body.is_some() && &*item.name == *name
        });
        scope = Some(found?);
    }
    Some(scope)
}
