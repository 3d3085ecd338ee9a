//! Files on demand, and the packages that they make up.
//!
//! A file is read and parsed at most once, when somebody first asks for it. A package is a folder: what it declares is
//! looked up by name, in the files that hold the name.

use std::sync::{Arc, Mutex, OnceLock};

use rustc_hash::FxHashMap;
use tree_sitter::Tree;

use runtime_policy_rules::path::without_major;

use crate::calls::{Callable, Caller};
use crate::catalogue::Catalogue;
use crate::facts::FileIndex;
use crate::facts::code::StartUp;
use crate::facts::comment::Comment;
use crate::finding::Notice;
use crate::go::constraint::{self, Constraint};
use crate::go::head::Head;
use crate::go::outline::{Item, ItemIndex, ItemKind, Outline, outline};
use crate::go::syntax;
use crate::go::types::Ty;
use crate::go::vocabulary::Vocabulary;
use crate::identifiers::{Hashed, Identifiers};
use crate::source::Source;
use crate::workspace::{FileKind, Module, Workspace};

/// A file's text, tree, comments and outline.
#[derive(Debug)]
pub(crate) struct FileData {
    pub source: Source,
    pub comments: Vec<Comment>,
    pub outline: Outline,
    pub(super) tree: Tree,
    pub(super) constraint: Constraint,
}

/// A package: the folder that holds it.
pub(super) type PackageId = u32;

/// One folder with Go files.
#[derive(Debug)]
pub(super) struct Package {
    /// Relative to the root of the run.
    pub dir: Box<str>,
    /// Its import path without a major version; the folder where no module says more.
    pub path: Arc<str>,
    /// Further paths that it is imported by, where a `replace` gives its folder another module's path.
    pub aliases: Vec<Arc<str>>,
    /// Its files, those of tests too.
    pub files: Vec<FileIndex>,
    /// Index of its module.
    pub module: Option<u32>,
    /// As its files call it.
    name: OnceLock<Box<str>>,
}

impl Package {
    /// Whether an import of a path brings it.
    pub(super) fn is_imported_by(&self, path: &str) -> bool {
        *self.path == *path || self.aliases.iter().any(|alias| **alias == *path)
    }
}

/// Says yes or no of a name or text and the path of a file.
type Ask<'w> = Box<dyn Fn(&str, &str) -> bool + Sync + 'w>;

/// Answers that were found before.
pub(super) type Memo<K, V> = Mutex<FxHashMap<K, V>>;

/// The workspace as the Go front end sees it.
pub(crate) struct Program<'w> {
    pub workspace: &'w Workspace,
    pub catalogue: &'w Catalogue,
    files: Vec<OnceLock<Option<Arc<FileData>>>>,
    heads: Vec<OnceLock<Head>>,
    identifiers: Vec<OnceLock<Identifiers>>,
    pub(super) packages: Vec<Package>,
    /// The package of each Go file.
    package_of: FxHashMap<FileIndex, PackageId>,
    /// Packages by their canonical import path.
    by_path: FxHashMap<Arc<str>, PackageId>,
    notices: Mutex<Vec<Notice>>,
    vocabulary: OnceLock<Vocabulary>,
    pub(super) started: Memo<Callable, StartUp>,
    pub(super) serving: Memo<Callable, bool>,
    pub(super) callers: Memo<Callable, Arc<Vec<Caller>>>,
    pub(super) results: Memo<Callable, Arc<Vec<Ty>>>,
    pub(super) declared: Memo<(PackageId, Box<str>), Option<Callable>>,
    pub(super) members: Memo<(Arc<str>, Box<str>), Option<Callable>>,
    /// The program that each package belongs to, if it is one's alone.
    pub(super) programs: OnceLock<Vec<Option<PackageId>>>,
    /// Says of a function's path and file whether the configuration names it an owner of start-up.
    pub owners: Option<Ask<'w>>,
    /// Says of a function's name and file whether the configuration calls it a handler.
    pub handlers: Option<Ask<'w>>,
    /// Says of a comment near the top of a file, and the file, whether the configuration takes it for a generator's.
    pub generated: Option<Ask<'w>>,
}

impl<'w> Program<'w> {
    /// A program over a workspace; nothing is read yet.
    pub(crate) fn new(workspace: &'w Workspace, catalogue: &'w Catalogue) -> Self {
        let mut program = Self {
            workspace,
            catalogue,
            files: (0..workspace.files.len()).map(|_| OnceLock::new()).collect(),
            heads: (0..workspace.files.len()).map(|_| OnceLock::new()).collect(),
            identifiers: (0..workspace.files.len()).map(|_| OnceLock::new()).collect(),
            packages: Vec::new(),
            package_of: FxHashMap::default(),
            by_path: FxHashMap::default(),
            notices: Mutex::default(),
            vocabulary: OnceLock::new(),
            started: Mutex::default(),
            serving: Mutex::default(),
            callers: Mutex::default(),
            results: Mutex::default(),
            declared: Mutex::default(),
            members: Mutex::default(),
            programs: OnceLock::new(),
            owners: None,
            handlers: None,
            generated: None,
        };
        program.find_packages();
        program
    }

    fn find_packages(&mut self) {
        let mut by_dir: FxHashMap<&'w str, PackageId> = FxHashMap::default();
        let workspace = self.workspace;
        for (number, file) in workspace.files.iter().enumerate() {
            if file.kind != FileKind::Go {
                continue;
            }
            let dir = file.path.rsplit_once('/').map_or("", |(dir, _)| dir);
            let id = *by_dir.entry(dir).or_insert_with(|| {
                self.packages.push(package(workspace, dir, &file.path));
                self.packages.len() as PackageId - 1
            });
            self.packages[id as usize].files.push(number as FileIndex);
            self.package_of.insert(number as FileIndex, id);
        }
        for (number, package) in self.packages.iter().enumerate() {
            self.by_path.entry(package.path.clone()).or_insert(number as PackageId);
        }
        for (path, dir) in workspace.modules.iter().flat_map(|module| &module.replaces) {
            self.replace(path, dir);
        }
    }

    /// Lets the packages of the module in a folder be imported by another module's path.
    fn replace(&mut self, path: &str, dir: &str) {
        for (number, package) in self.packages.iter_mut().enumerate() {
            let module = package.module.map(|module| &self.workspace.modules[module as usize]);
            if module.is_none_or(|module| *module.dir != *dir) {
                continue;
            }
            let within = package.dir.strip_prefix(dir).unwrap_or("").trim_start_matches('/');
            let whole = if within.is_empty() { path.to_owned() } else { format!("{path}/{within}") };
            let alias: Arc<str> = without_major(&whole).into();
            if alias != package.path && !package.aliases.contains(&alias) {
                self.by_path.entry(alias.clone()).or_insert(number as PackageId);
                package.aliases.push(alias);
            }
        }
    }

    /// The path of a file, relative to the root of the run.
    pub(crate) fn path(&self, file: FileIndex) -> &Arc<str> {
        &self.workspace.files[file as usize].path
    }

    /// The package that a file belongs to.
    pub(super) fn package_id(&self, file: FileIndex) -> PackageId {
        self.package_of[&file]
    }

    /// As [`Program::package_id`].
    pub(super) fn package(&self, file: FileIndex) -> &Package {
        &self.packages[self.package_id(file) as usize]
    }

    /// The package of the workspace with a canonical import path.
    pub(super) fn package_at(&self, path: &str) -> Option<PackageId> {
        self.by_path.get(path).copied()
    }

    /// What a package calls itself: what its first file that is no test says.
    pub(super) fn package_name(&self, id: PackageId) -> &str {
        let package = &self.packages[id as usize];
        package.name.get_or_init(|| {
            let is_test = |file: &&FileIndex| self.path(**file).ends_with("_test.go");
            let file = package.files.iter().find(|file| !is_test(file)).or(package.files.first());
            file.map_or_else(Box::default, |file| self.head(*file).package.clone())
        })
    }

    /// The module of a file.
    pub(super) fn module(&self, file: FileIndex) -> Option<&'w Module> {
        self.package(file).module.map(|module| &self.workspace.modules[module as usize])
    }

    /// Everything that was wrong with files so far, in order of path.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.lock().expect("no panic while held"))
    }

    /// Notes that a file could not be read or parsed, or only in part.
    pub(super) fn notice(&self, notice: Notice) {
        self.notices.lock().expect("no panic while held").push(notice);
    }

    /// A file's data; `None` where it could not be read, which has been noted.
    pub(crate) fn file(&self, file: FileIndex) -> Option<&Arc<FileData>> {
        self.files[file as usize]
            .get_or_init(|| {
                let entry = &self.workspace.files[file as usize];
                if entry.kind != FileKind::Go {
                    return None;
                }
                match self.workspace.read(entry) {
                    Ok(source) => self.parsed(source),
                    Err(notice) => {
                        self.notice(notice);
                        None
                    }
                }
            })
            .as_ref()
    }

    /// As [`Program::file`], for a text that has been read already.
    pub(super) fn file_with(&self, file: FileIndex, source: Source) -> Option<&Arc<FileData>> {
        self.files[file as usize].get_or_init(|| self.parsed(source)).as_ref()
    }

    /// A file's data if somebody has asked for it before.
    pub(super) fn known(&self, file: FileIndex) -> Option<&Arc<FileData>> {
        self.files[file as usize].get().and_then(Option::as_ref)
    }

    /// The words that make the front end look into a file.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| Vocabulary::new(self.catalogue))
    }

    fn parsed(&self, source: Source) -> Option<Arc<FileData>> {
        let tree = syntax::parse(&source.text)?;
        let survey = syntax::survey(&source, &tree);
        let mut outline = outline(&source, tree.root_node());
        for item in &mut outline.items {
            let long = item.span.end - item.span.start > syntax::MAX_ITEM;
            let deep = survey.too_deep.iter().find(|at| item.span.covers(**at));
            item.unfit |= long || deep.is_some();
            if long || deep.is_some() {
                let at = deep.copied().unwrap_or(item.span.start);
                self.unparsed(&source, at, "nested or long beyond what is parsed");
            }
        }
        if let Some(first) = survey.errors.first() {
            self.unparsed(&source, *first, "this is no Go that the parser knows");
        }
        let constraint = constraint::constraint(&source);
        Some(Arc::new(FileData { comments: survey.comments, outline, constraint, tree, source }))
    }

    fn unparsed(&self, source: &Source, at: u32, why: &str) {
        let place = source.position(at.min(source.text.len() as u32));
        self.notice(Notice {
            path: source.path.clone(),
            place: Some((place.line, place.column)),
            message: format!("an item here was not analysed: {why}"),
        });
    }

    /// A file's head, read without parsing the file.
    pub(super) fn head(&self, file: FileIndex) -> &Head {
        self.heads[file as usize].get_or_init(|| match self.known(file) {
            Some(data) => Head::of(&data.source.text),
            None => (self.workspace.read(&self.workspace.files[file as usize]))
                .map_or_else(|_| Head::default(), |source| Head::of(&source.text)),
        })
    }

    /// Whether a file may hold an identifier.
    pub(super) fn may_hold(&self, file: FileIndex, word: Hashed) -> bool {
        self.identifiers[file as usize]
            .get_or_init(|| match self.known(file) {
                Some(data) => Identifiers::of(data.source.text.as_bytes()),
                None => self
                    .workspace
                    .bytes(&self.workspace.files[file as usize])
                    .map_or_else(Identifiers::default, |bytes| Identifiers::of(&bytes)),
            })
            .may_hold(word)
    }

    /// What a package declares under a name, methods left out. Of a name that several platforms declare the first.
    pub(super) fn declared_in(&self, package: PackageId, name: &str) -> Option<Callable> {
        let key = (package, Box::from(name));
        if let Some(known) = self.declared.lock().expect("no panic while held").get(&key) {
            return *known;
        }
        let found = self.search(package, name, |outline| outline.declared(name));
        self.declared.lock().expect("no panic while held").insert(key, found);
        found
    }

    /// A method of a type of the workspace.
    pub(super) fn method_of(&self, ty: &Arc<str>, name: &str) -> Option<Callable> {
        let (package, type_name) = ty.rsplit_once("::")?;
        let package = self.package_at(package)?;
        let key = (ty.clone(), Box::from(name));
        if let Some(known) = self.members.lock().expect("no panic while held").get(&key) {
            return *known;
        }
        let is_method = |item: &Item| {
            item.kind == ItemKind::Method
                && item.name() == name
                && item.receiver.as_deref() == Some(type_name)
        };
        let found = self.search(package, name, |outline| {
            outline.items.iter().position(is_method).map(|index| index as ItemIndex)
        });
        self.members.lock().expect("no panic while held").insert(key, found);
        found
    }

    fn search(
        &self,
        package: PackageId,
        name: &str,
        find: impl Fn(&Outline) -> Option<ItemIndex>,
    ) -> Option<Callable> {
        let word = Hashed::of(name);
        let files = &self.packages[package as usize].files;
        let mut found = files.iter().filter(|file| self.may_hold(**file, word)).filter_map(|file| {
            let data = self.file(*file)?;
            find(&data.outline).map(|item| (*file, item))
        });
        let first = found.next()?;
        // What tests declare is theirs alone.
        if self.path(first.0).ends_with("_test.go") {
            return found.find(|(file, _)| !self.path(*file).ends_with("_test.go")).or(Some(first));
        }
        Some(first)
    }

    /// The canonical path of an item: `example.com/m/pkg::Type::method`.
    pub(super) fn item_path(&self, (file, item): Callable) -> String {
        let package = &self.package(file).path;
        let Some(data) = self.file(file) else { return package.to_string() };
        let item = data.outline.item(item);
        match &item.receiver {
            Some(receiver) => format!("{package}::{receiver}::{}", item.name()),
            None => format!("{package}::{}", item.name()),
        }
    }
}

fn package(workspace: &Workspace, dir: &str, file: &str) -> Package {
    let module = workspace.module_of(file);
    let path = match module {
        Some(module) => {
            let within = dir.strip_prefix(&*module.dir).unwrap_or(dir).trim_start_matches('/');
            match within {
                "" => without_major(&module.path).into_owned(),
                within => without_major(&format!("{}/{within}", module.path)).into_owned(),
            }
        }
        None if dir.is_empty() => "main".to_owned(),
        None => dir.to_owned(),
    };
    let number = module.and_then(|own| workspace.modules.iter().position(|module| std::ptr::eq(module, own)));
    Package {
        dir: dir.into(),
        path: path.into(),
        aliases: Vec::new(),
        files: Vec::new(),
        module: number.map(|number| number as u32),
        name: OnceLock::new(),
    }
}
