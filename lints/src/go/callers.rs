//! Who calls a function, asked only when a rule wants to know; and which program a package is part of.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use runtime_policy_rules::path::without_major;

use crate::calls::{Callable, Caller};
use crate::facts::{FileIndex, Function};
use crate::go::imports::ImportName;
use crate::go::outline::{ItemIndex, ItemKind};
use crate::go::program::{PackageId, Program};
use crate::go::walk::Target;
use crate::identifiers::{Hashed, words_at};
use crate::workspace::Role;

impl Program<'_> {
    /// Every mention of a function in the workspace.
    pub(super) fn find_callers(&self, function: Callable) -> Arc<Vec<Caller>> {
        if let Some(known) = self.callers.lock().expect("no panic while held").get(&function) {
            return known.clone();
        }
        let found = Arc::new(self.search_callers(function));
        self.callers.lock().expect("no panic while held").insert(function, found.clone());
        found
    }

    fn search_callers(&self, (file, index): Callable) -> Vec<Caller> {
        let Some(data) = self.file(file) else { return Vec::new() };
        let item = data.outline.item(index);
        // The go command calls these, and no code can.
        if item.kind == ItemKind::Func && matches!(item.name(), "main" | "init") {
            return Vec::new();
        }
        let receiver =
            item.receiver.as_ref().map(|name| format!("{}::{name}", self.package(file).path).into());
        let target =
            Target { path: self.item_path((file, index)).into(), name: item.name().into(), receiver };
        let word = Hashed::of(item.name());
        let mut callers = Vec::new();
        for candidate in self.reach(file, index) {
            if self.may_hold(candidate, word) {
                self.mentions_in(candidate, &target, &mut callers);
            }
        }
        callers
    }

    fn mentions_in(&self, file: FileIndex, target: &Target, callers: &mut Vec<Caller>) {
        let Some(data) = self.file(file) else { return };
        let mut seen: FxHashSet<ItemIndex> = FxHashSet::default();
        for place in words_at(&data.source.text, &target.name) {
            let Some(index) = data.outline.item_at(place) else { continue };
            if !data.outline.item(index).is_unit() || !seen.insert(index) {
                continue;
            }
            let Some(found) = self.walk_item(file, index, Some(target)) else { continue };
            let functions: Vec<Arc<Function>> = found.functions.into_iter().map(Arc::new).collect();
            callers.extend(found.mentions.into_iter().map(|mention| Caller {
                function: mention.site.function.and_then(|at| functions.get(at as usize).cloned()),
                item: index,
                mention,
            }));
        }
    }

    /// Files that can name a function: those of its package, and where it is exported those that import the package; of
    /// a method all others, since a value of its type may come from anywhere.
    pub(super) fn reach(&self, file: FileIndex, index: ItemIndex) -> Vec<FileIndex> {
        let exported = self.file(file).is_some_and(|data| data.outline.item(index).is_exported());
        if !exported {
            return self.package(file).files.clone();
        }
        let own = self.package_id(file);
        let method = self.file(file).is_some_and(|data| data.outline.item(index).receiver.is_some());
        let package = self.package(file);
        let paths = || std::iter::once(&package.path).chain(&package.aliases);
        let sees = |other: &FileIndex| {
            method
                || self.package_id(*other) == own
                || paths().any(|path| self.head(*other).imports.contains(&**path))
        };
        let mut all: Vec<FileIndex> =
            self.packages.iter().flat_map(|package| package.files.iter().copied()).filter(sees).collect();
        all.sort_unstable();
        all
    }

    /// Whether a file stands in the package of a type, or imports it.
    pub(super) fn sees(&self, file: FileIndex, ty: &str) -> bool {
        let Some((package, _)) = ty.rsplit_once("::") else { return false };
        let brings = |path: &str| match self.package_at(package) {
            Some(own) => self.packages[own as usize].is_imported_by(path),
            None => path == package,
        };
        *self.package(file).path == *package
            || self.file(file).is_some_and(|data| {
                let mut imports = data.outline.imports.iter();
                imports.any(|import| import.name != ImportName::Blank && brings(&import.path))
            })
    }

    /// Whether a file's module requires another, or the file imports it.
    pub(super) fn requires(&self, file: FileIndex, module: &str) -> bool {
        let same = |path: &str| without_major(path) == module;
        self.module(file).is_some_and(|own| own.requires.iter().any(|path| same(path)))
    }

    /// Whether a package is a program.
    pub(super) fn is_program(&self, package: PackageId) -> bool {
        self.package_name(package) == "main"
    }

    /// `func main` of a program, and `init` of the same package.
    pub(super) fn begins(&self, (file, index): Callable) -> bool {
        let Some(data) = self.file(file) else { return false };
        let item = data.outline.item(index);
        item.kind == ItemKind::Func
            && matches!(item.name(), "main" | "init")
            && &*data.outline.package == "main"
    }

    /// Whether the module's users can import a package: no program, and neither under `internal` nor `cmd`.
    pub(super) fn is_importable(&self, package: PackageId) -> bool {
        let found = &self.packages[package as usize];
        let dir = match found.module {
            Some(module) => {
                let module = &self.workspace.modules[module as usize];
                found.dir.strip_prefix(&*module.dir).unwrap_or(&found.dir)
            }
            None => &found.dir,
        };
        !self.is_program(package) && !dir.split('/').any(|part| matches!(part, "internal" | "cmd"))
    }

    /// The one program that a package is part of; none where several are, or none is.
    pub(super) fn program_of(&self, package: PackageId) -> Option<PackageId> {
        self.programs.get_or_init(|| self.find_programs())[package as usize]
    }

    fn find_programs(&self) -> Vec<Option<PackageId>> {
        let count = self.packages.len();
        let mut owners: Vec<FxHashSet<PackageId>> = vec![FxHashSet::default(); count];
        let imports: Vec<Vec<PackageId>> =
            (0..count as u32).map(|package| self.imports_of(package)).collect();
        for program in (0..count as u32).filter(|package| self.is_program(*package)) {
            let mut open = vec![program];
            while let Some(package) = open.pop() {
                if owners[package as usize].insert(program) {
                    open.extend(&imports[package as usize]);
                }
            }
        }
        let only = |owners: &FxHashSet<PackageId>| match owners.len() {
            1 => owners.iter().next().copied(),
            _ => None,
        };
        owners.iter().map(only).collect()
    }

    /// Packages of the workspace that a package's production files import.
    pub(super) fn imports_of(&self, package: PackageId) -> Vec<PackageId> {
        let files = self.packages[package as usize].files.iter();
        let files = files.filter(|file| self.workspace.files[**file as usize].role == Role::Production);
        let imports: FxHashSet<&str> =
            files.flat_map(|file| &self.head(*file).imports).map(|path| &**path).collect();
        let mut found: Vec<PackageId> =
            imports.into_iter().filter_map(|path| self.package_at(path)).collect();
        found.sort_unstable();
        found
    }
}
