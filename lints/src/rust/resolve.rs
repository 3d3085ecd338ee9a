//! Names to definitions: what a path means in a module.
//!
//! A path resolves to an item of the workspace or to a path in a crate outside it. Imports, renames, globs,
//! re-exports of re-exports, renamed dependencies and `extern crate … as` are followed; macros' hygiene and name
//! spaces are not told apart beyond types and values.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileData, FileIndex, ModuleId, Program};
use crate::rust::use_tree::imports;
use crate::workspace::TargetKind;

/// Steps that one question may take; hostile webs of globs end here.
const FUEL: u32 = 4_000;

/// What a path means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Def {
    /// A path outside the workspace, from its crate's name on: `tokio::runtime::Builder`.
    Extern(Arc<str>),
    /// A module of the workspace.
    Module(ModuleId),
    /// An item of the workspace.
    Item(FileIndex, ItemIndex),
    /// Something inside an item: an associated function, a variant.
    Member(FileIndex, ItemIndex, Arc<str>),
}

/// How a name comes into a module.
#[derive(Debug, Clone)]
enum Binding {
    Item(ItemIndex),
    Import(Arc<[Box<str>]>),
    /// `extern crate x as y`: the crate's name in code.
    Crate(Box<str>),
}

/// The names of one module.
#[derive(Debug, Default)]
pub(crate) struct ModuleNames {
    names: FxHashMap<Box<str>, Vec<Binding>>,
    globs: Vec<Arc<[Box<str>]>>,
}

/// Wants a type or module, or a value: tells a `struct` from a `fn` of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    Types,
    Values,
}

/// One question, with what it has found out on its way.
struct Query {
    fuel: u32,
    /// Names asked for. A name that is asked for again while its answer is sought leads in a circle: no answer lies
    /// there.
    asked: FxHashMap<NameKey, Option<Def>>,
    depth: u32,
}

impl Query {
    fn new() -> Self {
        Self { fuel: FUEL, asked: FxHashMap::default(), depth: 0 }
    }
}

/// A name of a module, as a type or as a value.
pub(super) type NameKey = (ModuleId, Box<str>, Space);

impl Program<'_> {
    /// What `path` means in `module`. A leading `::` is an empty first segment.
    ///
    /// `None`: the first segment is neither a name of the module nor a crate.
    pub(crate) fn resolve<S: AsRef<str>>(&self, module: ModuleId, path: &[S], space: Space) -> Option<Def> {
        let mut query = Query::new();
        let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
        match self.path_in(module, &path, space, &mut query)? {
            Def::Extern(path) if path.contains("::prelude::") => {
                Some(Def::Extern(self.catalogue.without_prelude(&path).into()))
            }
            Def::Extern(path) => Some(Def::Extern(self.without_facade(path))),
            other => Some(other),
        }
    }

    fn path_in(&self, module: ModuleId, path: &[&str], space: Space, query: &mut Query) -> Option<Def> {
        query.fuel = query.fuel.checked_sub(1)?;
        let (first, rest) = path.split_first()?;
        let first_space = if rest.is_empty() { space } else { Space::Types };
        let start = match *first {
            "" => return self.crate_path(module, rest, space, query),
            "crate" | "$crate" => self.root_of(module)?,
            "self" => Def::Module(module),
            "super" => self.super_of(module)?,
            name => match self.name_in(module, name, first_space, query) {
                Some(found) => found,
                None => return self.crate_path(module, path, space, query),
            },
        };
        self.descend(start, rest, space, query)
    }

    fn root_of(&self, module: ModuleId) -> Option<Def> {
        let (chain, _) = self.ancestry(module);
        chain.last().map(|(root, _)| Def::Module(*root))
    }

    fn super_of(&self, module: ModuleId) -> Option<Def> {
        match self.parent(module) {
            crate::rust::program::Parent::Module(up, _) => Some(Def::Module(up)),
            _ => None,
        }
    }

    /// A path whose first segment names a crate.
    fn crate_path(&self, module: ModuleId, path: &[&str], space: Space, query: &mut Query) -> Option<Def> {
        let (first, rest) = path.split_first()?;
        let start = self.crate_named(module, first)?;
        self.descend(start, rest, space, query)
    }

    fn crate_named(&self, module: ModuleId, name: &str) -> Option<Def> {
        if matches!(name, "std" | "core" | "alloc" | "proc_macro") {
            return Some(Def::Extern(if name == "proc_macro" { name } else { "std" }.into()));
        }
        let Some(package) = self.package_of(module.file) else {
            return Some(Def::Extern(name.into()));
        };
        if let Some(dependency) = package.dependencies.iter().find(|known| known.name_in_code == name) {
            let local = dependency.local.and_then(|id| self.library_of(id));
            return Some(match local.and_then(|id| self.root_module(id)) {
                Some(root) => Def::Module(root),
                None => Def::Extern(self.outside_name(name, &dependency.package).into()),
            });
        }
        let own = self.workspace.files[module.file as usize].package.and_then(|id| self.library_of(id));
        if let Some(own) = own.filter(|id| self.target(*id).name == name) {
            return self.root_module(own).map(Def::Module);
        }
        None
    }

    /// A crate that another one re-exports under its own name: `deno_core::v8::Isolate` is `v8::Isolate`.
    fn without_facade(&self, path: Arc<str>) -> Arc<str> {
        if self.knows(&path) {
            return path;
        }
        match path.split_once("::") {
            Some((_, inner)) if inner.split_once("::").is_some_and(|(root, _)| self.knows(root)) => {
                inner.into()
            }
            _ => path,
        }
    }

    /// What a dependency's crate is called in the catalogue. A package that the catalogue does not know, given the
    /// name of one that it knows, stands in for it: `tokio = { package = "madsim-tokio" }`.
    fn outside_name(&self, name: &str, package: &str) -> String {
        let real = package.replace('-', "_");
        if real != name && !self.knows(&real) && self.knows(name) { name.to_owned() } else { real }
    }

    fn descend(&self, start: Def, rest: &[&str], space: Space, query: &mut Query) -> Option<Def> {
        let mut at = start;
        for (number, segment) in rest.iter().enumerate() {
            let last = number + 1 == rest.len();
            at = match at {
                Def::Extern(path) => Def::Extern(format!("{path}::{segment}").into()),
                Def::Module(module) if *segment == "self" => Def::Module(module),
                Def::Module(module) if *segment == "super" => self.super_of(module)?,
                Def::Module(module) => {
                    self.name_in(module, segment, if last { space } else { Space::Types }, query)?
                }
                Def::Item(file, item) => match self.alias_target(file, item, query) {
                    Some(target) => self.descend(target, &[segment], space, query)?,
                    None => Def::Member(file, item, (*segment).into()),
                },
                Def::Member(file, item, name) => Def::Member(file, item, format!("{name}::{segment}").into()),
            };
        }
        Some(at)
    }

    /// What `type X = path;` stands for; `None` for anything else.
    fn alias_target(&self, file: FileIndex, item: ItemIndex, query: &mut Query) -> Option<Def> {
        let data = self.file(file)?;
        let found = data.outline.item(item);
        if found.kind != ItemKind::Type {
            return None;
        }
        let text = data.source.slice(found.head);
        let target = text.split_once('=')?.1.trim_end_matches(';').trim();
        let path = plain_path(target)?;
        let module = self.enclosing_module(data, found.parent, file);
        self.path_in(module, &path, Space::Types, query)
    }

    /// Follows type aliases to what they stand for.
    pub(crate) fn unaliased(&self, def: Def) -> Def {
        let mut query = Query::new();
        let mut at = def;
        for _ in 0..16 {
            match at {
                Def::Item(file, item) => match self.alias_target(file, item, &mut query) {
                    Some(next) => at = next,
                    None => return Def::Item(file, item),
                },
                other => return other,
            }
        }
        at
    }

    /// What a single name means in a module, globs and re-exports included, crates not.
    pub(crate) fn name(&self, module: ModuleId, name: &str, space: Space) -> Option<Def> {
        self.name_in(module, name, space, &mut Query::new())
    }

    fn name_in(&self, module: ModuleId, name: &str, space: Space, query: &mut Query) -> Option<Def> {
        query.fuel = query.fuel.checked_sub(1)?;
        let key: NameKey = (module, name.into(), space);
        if let Some(known) = query.asked.get(&key) {
            return known.clone();
        }
        if let Some(known) = self.resolved.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        query.asked.insert(key.clone(), None);
        let data = self.file(module.file)?.clone();
        let names = self.names_of(&data, module);
        query.depth += 1;
        let found = self
            .bound(&data, module, names.names.get(name).map_or(&[], Vec::as_slice), space, query)
            .or_else(|| self.by_globs(module, &names, name, space, query));
        query.depth -= 1;
        // What is found on the way may have been cut short by a circle, and so would depend on who asked first; the
        // question itself has looked everywhere.
        if query.depth == 0 {
            self.resolved.lock().expect("no panic while held").insert(key.clone(), found.clone());
        }
        query.asked.insert(key, found.clone());
        found
    }

    fn bound(
        &self,
        data: &FileData,
        module: ModuleId,
        bindings: &[Binding],
        space: Space,
        query: &mut Query,
    ) -> Option<Def> {
        let mut second = None;
        for binding in bindings {
            let found = match binding {
                Binding::Item(item) => {
                    let kind = data.outline.item(*item).kind;
                    let def = if kind == ItemKind::Mod {
                        self.child_module(module.file, *item).map(Def::Module)
                    } else {
                        Some(Def::Item(module.file, *item))
                    };
                    if fits(kind, space) {
                        def
                    } else {
                        second = second.or(def);
                        None
                    }
                }
                Binding::Import(path) => {
                    let path: Vec<&str> = path.iter().map(|segment| &**segment).collect();
                    self.path_in(module, &path, space, query)
                }
                Binding::Crate(name) => self.crate_named(module, name),
            };
            if found.is_some() {
                return found;
            }
        }
        second
    }

    fn by_globs(
        &self,
        module: ModuleId,
        names: &ModuleNames,
        name: &str,
        space: Space,
        query: &mut Query,
    ) -> Option<Def> {
        let mut outside = None;
        let mut facades: Vec<Arc<str>> = Vec::new();
        for glob in &names.globs {
            let path: Vec<&str> = glob.iter().map(|segment| &**segment).collect();
            match self.path_in(module, &path, Space::Types, query) {
                Some(Def::Module(target)) if target != module => {
                    if let Some(found) = self.name_in(target, name, space, query) {
                        return Some(found);
                    }
                }
                Some(Def::Extern(path)) => {
                    facades.push(path.clone());
                    let full = self.catalogue.without_prelude(&format!("{path}::{name}"));
                    if outside.is_none() && self.knows(&full) {
                        outside = Some(Def::Extern(full.into()));
                    }
                }
                _ => {}
            }
        }
        // A facade: `pub use other::*;` and nothing else that could hold a type of that name; of several (one for each
        // feature), the one that the catalogue knows.
        outside.or_else(|| {
            facades.retain(|path| !path.contains("prelude"));
            if facades.len() > 1 {
                facades.retain(|path| self.knows(path));
            }
            let [path] = facades.as_slice() else { return None };
            let a_type = name.starts_with(char::is_uppercase) && crate::rust::types::prelude(name).is_none();
            a_type.then(|| Def::Extern(format!("{path}::{name}").into()))
        })
    }

    fn names_of(&self, data: &FileData, module: ModuleId) -> Arc<ModuleNames> {
        if let Some(known) = data.names.lock().expect("no panic while held").get(&module.item) {
            return known.clone();
        }
        let names = Arc::new(self.collect_names(data, module.item));
        data.names.lock().expect("no panic while held").insert(module.item, names.clone());
        names
    }

    fn collect_names(&self, data: &FileData, scope: Option<ItemIndex>) -> ModuleNames {
        let mut found = ModuleNames::default();
        for index in self.members(data, scope) {
            let item = data.outline.item(index);
            match item.kind {
                ItemKind::Use => {
                    let text = data.source.slice(item.head);
                    let Some((_, tree)) = text.split_once("use") else { continue };
                    for import in imports(tree.trim_end_matches(';')) {
                        match import.name {
                            Some(name) => {
                                found.names.entry(name).or_default().push(Binding::Import(import.path))
                            }
                            None => found.globs.push(import.path),
                        }
                    }
                }
                ItemKind::ExternCrate => {
                    let text = data.source.slice(item.head).trim_end_matches(';');
                    let renamed = text.split_once(" as ").map(|(_, name)| name.trim());
                    let name = renamed.unwrap_or(&item.name);
                    found.names.entry(name.into()).or_default().push(Binding::Crate(item.name.clone()));
                }
                ItemKind::Impl | ItemKind::MacroCall | ItemKind::MacroRules | ItemKind::Foreign => {}
                _ => found.names.entry(item.name.clone()).or_default().push(Binding::Item(index)),
            }
        }
        found
    }

    /// Whether the catalogue has this path, or something below it.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.catalogue.knows(path)
    }

    /// `krate::module::Name` of a definition: what catalogues and configurations call it.
    pub(crate) fn canonical(&self, def: &Def) -> String {
        match def {
            Def::Extern(path) => path.to_string(),
            Def::Module(module) => self.module_path(*module),
            Def::Item(file, item) => self.item_path(*file, *item),
            Def::Member(file, item, name) => format!("{}::{name}", self.item_path(*file, *item)),
        }
    }

    fn item_path(&self, file: FileIndex, item: ItemIndex) -> String {
        let Some(data) = self.file(file) else { return String::new() };
        let found = data.outline.item(item);
        let outer = found.parent.map(|parent| data.outline.item(parent));
        // A C function is known by its own name wherever it is declared.
        if outer.is_some_and(|outer| outer.kind == ItemKind::Foreign) {
            return found.name.to_string();
        }
        let module = self.enclosing_module(data, found.parent, file);
        format!("{}::{}", self.module_path(module), found.name)
    }

    /// Whether a crate is a program of the workspace rather than a library.
    pub(crate) fn is_program(&self, id: crate::rust::program::CrateId) -> bool {
        matches!(self.target(id).kind, TargetKind::Bin)
    }
}

fn fits(kind: ItemKind, space: Space) -> bool {
    let values = matches!(kind, ItemKind::Fn | ItemKind::Const | ItemKind::Static);
    let both = kind == ItemKind::Struct;
    both || values == (space == Space::Values)
}

/// The segments of a path without its generic arguments; `None` for types that are not paths.
pub(crate) fn plain_path(text: &str) -> Option<Vec<&str>> {
    let bare = text.split('<').next().unwrap_or(text).trim().trim_end_matches("::");
    if bare.is_empty()
        || !bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'#'))
    {
        return None;
    }
    Some(bare.split("::").map(|segment| segment.trim_start_matches("r#")).collect())
}
