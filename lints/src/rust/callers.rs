//! Who calls a function, asked only when a rule wants to know.

use std::sync::Arc;

use memchr::memmem;

use crate::calls::{self, Caller};
use crate::facts::code::{Outside, StartUp};
use crate::facts::{Function, Production, Site};
use crate::identifiers::{Hashed, Identifiers, words_at};
use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{CrateId, FileData, FileIndex, ModuleId, Parent, Program};
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::use_tree::imports;
use crate::rust::walk::Target;
use crate::workspace::{FileKind, PackageId, Role, TargetKind};

/// Methods of the standard library's traits: the compiler or the library calls them, no call site is to be found.
const CALLED_BY_TRAITS: &[&str] = &[
    "default", "from", "drop", "fmt", "eq", "hash", "next", "deref", "clone", "poll", "call", "into",
    "try_from",
];

impl Program<'_> {
    /// Whether a place runs in start-up scope.
    pub(crate) fn start_up_of(&self, site: &Site, item: Option<ItemIndex>) -> StartUp {
        let function = item.map(|item| (site.file, item));
        calls::start_up_of_site(self, site, function, |function| {
            if let Some(known) = self.started.lock().expect("no panic while held").get(&function) {
                return known.clone();
            }
            let found = calls::start_up(self, function);
            self.started.lock().expect("no panic while held").insert(function, found.clone());
            found
        })
    }

    pub(super) fn without_callers(&self, file: FileIndex, item: ItemIndex) -> Outside {
        let Some(data) = self.file(file) else { return Outside::Uncalled };
        let found = data.outline.item(item);
        let of_trait = found
            .parent
            .filter(|parent| data.outline.item(*parent).kind == ItemKind::Impl)
            .and_then(|parent| self.impl_head(file, parent))
            .is_some_and(|(of_trait, _)| of_trait.is_some());
        let module = self.enclosing_module(data, found.parent, file);
        let library = self.crate_of(module).is_some_and(|id| !self.is_program(id));
        if library && (found.public || of_trait) { Outside::Library } else { Outside::Uncalled }
    }

    /// `fn main` of a program.
    pub(crate) fn is_main(&self, file: FileIndex, item: ItemIndex) -> bool {
        let Some(data) = self.file(file) else { return false };
        let found = data.outline.item(item);
        if found.kind != ItemKind::Fn || &*found.name != "main" || found.parent.is_some() {
            return false;
        }
        match self.parent(ModuleId { file, item: None }) {
            Parent::Root(id) => matches!(self.target(id).kind, TargetKind::Bin),
            // A lone file with a `main` is a program.
            Parent::Orphan => self.package_of(file).is_none(),
            Parent::Module(..) => false,
        }
    }

    /// Owners by attribute or by configuration.
    pub(super) fn is_owner(&self, file: FileIndex, item: ItemIndex) -> bool {
        let Some(data) = self.file(file) else { return false };
        let marked = data
            .attributes(item)
            .any(|text| self.whole_attribute(file, text).starts_with("runtime_guard::startup"));
        marked
            || self.owners.as_ref().is_some_and(|owned| owned(&self.owner_path(file, item), self.path(file)))
    }

    /// The text of an attribute, one of the guard's with its whole path: `pinned(…)` where `use` brings it from there.
    pub(super) fn whole_attribute(&self, file: FileIndex, text: &str) -> String {
        let name = text.split('(').next().unwrap_or(text).trim();
        let of_guard = matches!(name, "startup" | "pinned" | "purges")
            && matches!(
                self.name(ModuleId { file, item: None }, name, Space::Values),
                Some(Def::Extern(path)) if path.starts_with("runtime_guard")
            );
        if of_guard { format!("runtime_guard::{text}") } else { text.to_owned() }
    }

    fn owner_path(&self, file: FileIndex, item: ItemIndex) -> String {
        let Some(data) = self.file(file) else { return String::new() };
        let module = self.enclosing_module(data, data.outline.item(item).parent, file);
        format!("{}::{}", self.module_path(module), data.outline.item(item).name)
    }

    /// Every mention of a function in the workspace.
    pub(crate) fn callers(&self, file: FileIndex, item: ItemIndex) -> Arc<Vec<Caller>> {
        let key = (file, item);
        if let Some(known) = self.callers.lock().expect("no panic while held").get(&key) {
            return known.clone();
        }
        let found = Arc::new(self.find_callers(file, item));
        self.callers.lock().expect("no panic while held").insert(key, found.clone());
        found
    }

    fn find_callers(&self, file: FileIndex, item: ItemIndex) -> Vec<Caller> {
        let Some(data) = self.file(file).cloned() else { return Vec::new() };
        let found = data.outline.item(item);
        let mut target = self.target_of(file, item);
        let scope = self.reach(file, found.public || found.parent.is_some());
        let mut names = vec![found.name.clone()];
        let mut callers = Vec::new();
        let mut at = 0;
        while at < names.len() && at < 8 {
            let name = names[at].clone();
            target.called = name.to_string();
            for candidate in self.files_mentioning(&name, &scope) {
                self.mentions_in(candidate, &name, (file, item), &target, &mut callers, &mut names);
            }
            at += 1;
        }
        proc_macro2::extra::invalidate_current_thread_spans();
        callers
    }

    fn mentions_in(
        &self,
        file: FileIndex,
        name: &str,
        own: (FileIndex, ItemIndex),
        target: &Target,
        callers: &mut Vec<Caller>,
        names: &mut Vec<Box<str>>,
    ) {
        let Some(data) = self.file(file).cloned() else { return };
        let mut seen = Vec::new();
        for place in words_at(&data.source.text, name) {
            let Some(mut index) = data.outline.innermost(place) else { continue };
            // What a macro's brackets hold at item level belongs to the macro.
            while data.outline.item(index).kind == ItemKind::Foreign {
                let Some(parent) = data.outline.item(index).parent else { break };
                index = parent;
            }
            if (file, index) == own && data.outline.item(index).body.is_none_or(|body| !body.covers(place)) {
                continue;
            }
            if data.outline.item(index).kind == ItemKind::Fn && data.outline.item(index).body.is_none() {
                continue;
            }
            if data.outline.item(index).kind == ItemKind::Use {
                renamed(data.source.slice(data.outline.item(index).head), name, names);
                continue;
            }
            if seen.contains(&index) {
                continue;
            }
            seen.push(index);
            if !matches!(
                data.outline.item(index).kind,
                ItemKind::Fn
                    | ItemKind::Static
                    | ItemKind::Const
                    | ItemKind::MacroRules
                    | ItemKind::MacroCall
            ) {
                continue;
            }
            if !self.may_mention(&data, index, target) {
                continue;
            }
            let Some(found) = self.walk_item(&data, file, index, Some(target)) else { continue };
            let functions: Vec<Arc<Function>> = found.functions.into_iter().map(Arc::new).collect();
            callers.extend(found.mentions.into_iter().map(|mention| Caller {
                function: mention.site.function.and_then(|at| functions.get(at as usize).cloned()),
                item: index,
                mention,
            }));
        }
    }

    /// Whether an item can mention a function: one that belongs to a type and takes no receiver is named through the
    /// type, or through `Self`.
    fn may_mention(&self, data: &FileData, index: ItemIndex, target: &Target) -> bool {
        let Some(Def::Item(file, of)) = &target.self_type else { return true };
        if target.takes_self || target.by_trait {
            return true;
        }
        let Some(owner) = self.file(*file) else { return true };
        let name = &owner.outline.item(*of).name;
        let text = data.source.slice(data.outline.item(index).span);
        text.contains("Self") || text.contains(&**name)
    }

    fn target_of(&self, file: FileIndex, item: ItemIndex) -> Target {
        let Some(data) = self.file(file) else {
            return Target {
                def: Def::Item(file, item),
                name: String::new(),
                called: String::new(),
                self_type: None,
                takes_self: false,
                takes: 0,
                by_trait: false,
            };
        };
        let found = data.outline.item(item);
        let holder = found
            .parent
            .filter(|parent| matches!(data.outline.item(*parent).kind, ItemKind::Impl | ItemKind::Trait));
        let self_type = holder.and_then(|parent| self.impl_type(file, parent)).and_then(|ty| match ty {
            Ty::Named(def, _) => Some(def),
            _ => None,
        });
        let of_trait = holder
            .and_then(|parent| self.impl_head(file, parent))
            .is_some_and(|(of_trait, _)| of_trait.is_some());
        let by_trait = of_trait && !CALLED_BY_TRAITS.contains(&&*found.name);
        let signature = self.signature(file, item);
        let inputs = signature.as_ref().map(|signature| &signature.inputs);
        let takes_self = inputs.is_some_and(|inputs| matches!(inputs.first(), Some(syn::FnArg::Receiver(_))));
        let takes = inputs.map_or(0, |inputs| inputs.len() - usize::from(takes_self));
        let name = found.name.to_string();
        let def = Def::Item(file, item);
        Target { def, called: name.clone(), name, self_type, takes_self, takes, by_trait }
    }

    /// Packages in which a function can be named: its own, and those that depend on it.
    pub(super) fn reach(&self, file: FileIndex, beyond: bool) -> Vec<PackageId> {
        let Some(own) = self.workspace.files[file as usize].package else { return Vec::new() };
        let mut found = vec![own];
        let mut at = 0;
        while beyond && at < found.len() {
            for id in &self.dependents[found[at].0 as usize] {
                if !found.contains(id) {
                    found.push(*id);
                }
            }
            at += 1;
        }
        found
    }

    /// Files of some packages (of none: those without a package) that hold a word. What is no production code by its
    /// place calls nothing in production.
    pub(super) fn files_mentioning(&self, word: &str, packages: &[PackageId]) -> Vec<FileIndex> {
        let wanted = Hashed::of(word);
        let homes: Vec<usize> = match packages {
            [] => vec![self.workspace.packages.len()],
            some => some.iter().map(|id| id.0 as usize).collect(),
        };
        // One file after the other: a thread that waits for others takes up their work, in the midst of its own.
        let files = homes.iter().flat_map(|home| &self.files_of[*home]).copied();
        let mut found: Vec<FileIndex> = files
            .filter(|file| self.production_by_role(*file) == Production::Yes)
            .filter(|file| self.identifiers(*file).may_hold(wanted))
            .collect();
        found.sort_unstable();
        found
    }

    /// The identifiers of a file, comments' and strings' words among them: one pass, so that each further question
    /// costs a look-up.
    fn identifiers(&self, file: FileIndex) -> &Identifiers {
        self.identifiers[file as usize].get_or_init(|| match self.known(file) {
            Some(data) => Identifiers::of(data.source.text.as_bytes()),
            None => (self.workspace.bytes(&self.workspace.files[file as usize]))
                .map_or_else(Identifiers::default, |bytes| Identifiers::of(&bytes)),
        })
    }

    /// Whether production code of a file's package, or of the packages of the workspace below it, holds a word.
    pub(crate) fn package_holds(&self, file: FileIndex, words: &[&str]) -> bool {
        let Some(own) = self.workspace.files[file as usize].package else { return false };
        let mut packages = vec![own];
        let mut at = 0;
        while at < packages.len() {
            for dependency in &self.workspace.packages[packages[at].0 as usize].dependencies {
                packages.extend(dependency.local.filter(|local| !packages.contains(local)));
            }
            at += 1;
        }
        let finders: Vec<memmem::Finder<'_>> =
            words.iter().map(|word| memmem::Finder::new(word.as_bytes())).collect();
        self.workspace.files.iter().enumerate().any(|(number, entry)| {
            entry.kind == FileKind::Rust
                && entry.role == Role::Production
                && entry.package.is_some_and(|package| packages.contains(&package))
                && finders.iter().any(|finder| self.holds(number as FileIndex, finder))
        })
    }

    fn holds(&self, file: FileIndex, finder: &memmem::Finder<'_>) -> bool {
        if let Some(data) = self.known(file) {
            return finder.find(data.source.text.as_bytes()).is_some();
        }
        let bytes = self.workspace.bytes(&self.workspace.files[file as usize]);
        bytes.is_some_and(|bytes| finder.find(&bytes).is_some())
    }

    /// Crates whose root modules are programs, for tests of what reaches what.
    pub(crate) fn library_file(&self, file: FileIndex) -> bool {
        let id: Option<CrateId> = self.crate_of(ModuleId { file, item: None });
        id.is_some_and(|id| matches!(self.target(id).kind, TargetKind::Lib { .. }))
    }
}

/// Names that `use … name as other` gives to a function.
fn renamed(text: &str, name: &str, names: &mut Vec<Box<str>>) {
    let Some((_, tree)) = text.split_once("use") else { return };
    for import in imports(tree.trim_end_matches(';')) {
        let same = import.path.last().is_some_and(|last| **last == *name);
        if let Some(other) = import.name.filter(|other| same && **other != *name && &**other != "_")
            && !names.contains(&other)
        {
            names.push(other);
        }
    }
}
