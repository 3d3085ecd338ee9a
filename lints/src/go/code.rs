//! The Go front end's answers to rules' questions.

use std::sync::Arc;

use memchr::memmem;

use runtime_policy_rules::path::without_major;

use crate::calls::{self, Callable, Caller, Calls};
use crate::facts::code::{Code, Outside, StartUp};
use crate::facts::comment::Comment;
use crate::facts::{FileFacts, FileIndex, Site, Value};
use crate::go::outline::ItemKind;
use crate::go::program::Program;
use crate::source::{Source, Span};
use crate::workspace::{FileKind, Role};

impl Program<'_> {
    fn function_of(facts: &FileFacts, site: &Site) -> Option<Callable> {
        facts.functions.get(site.function? as usize).map(|function| (site.file, function.item))
    }

    fn start_up_of(&self, function: Callable) -> StartUp {
        if let Some(known) = self.started.lock().expect("no panic while held").get(&function) {
            return known.clone();
        }
        let found = calls::start_up(self, function);
        self.started.lock().expect("no panic while held").insert(function, found.clone());
        found
    }
}

impl Calls for Program<'_> {
    fn callers(&self, function: Callable) -> Arc<Vec<Caller>> {
        self.find_callers(function)
    }

    fn is_main(&self, function: Callable) -> bool {
        self.begins(function)
    }

    fn is_owner(&self, function: Callable) -> bool {
        self.owners.as_ref().is_some_and(|owned| owned(&self.item_path(function), self.path(function.0)))
    }

    fn without_callers(&self, (file, index): Callable) -> Outside {
        let Some(data) = self.file(file) else { return Outside::Uncalled };
        let item = data.outline.item(index);
        if item.kind == ItemKind::Func && item.name() == "init" {
            return Outside::Load;
        }
        let importable = self.is_importable(self.package_id(file));
        if importable && item.is_exported() { Outside::Library } else { Outside::Uncalled }
    }

    fn outside_functions(&self, site: &Site) -> Option<Outside> {
        // A program's own variables are set before its `main`, as a part of its start.
        (!self.is_program(self.package_id(site.file))).then_some(Outside::Load)
    }

    fn is_bound(&self, function: Callable) -> bool {
        self.serves(function)
    }

    fn is_widely_named(&self, function: Callable) -> bool {
        self.is_named_widely(function)
    }
}

impl Code for Program<'_> {
    fn source(&self, file: FileIndex) -> &Source {
        &self.file(file).expect("facts come from files that were read").source
    }

    fn comments(&self, file: FileIndex) -> &[Comment] {
        &self.file(file).expect("facts come from files that were read").comments
    }

    fn governed(&self, file: FileIndex, comment: &Comment) -> Option<Span> {
        self.governed_by(file, comment)
    }

    fn start_up(&self, facts: &FileFacts, site: &Site) -> StartUp {
        let function = Self::function_of(facts, site);
        calls::start_up_of_site(self, site, function, |function| self.start_up_of(function))
    }

    fn fills_static(&self, facts: &FileFacts, site: &Site) -> bool {
        calls::fills_static(self, site, Self::function_of(facts, site))
    }

    fn in_handler(&self, facts: &FileFacts, site: &Site) -> bool {
        site.context.in_route
            || Self::function_of(facts, site).is_some_and(|function| self.is_handler(function))
    }

    fn given(&self, facts: &FileFacts, site: &Site, parameter: u32) -> Option<Vec<Value>> {
        calls::given(self, Self::function_of(facts, site)?, parameter)
    }

    fn called_in_loop(&self, facts: &FileFacts, site: &Site) -> Option<(FileIndex, Span)> {
        calls::loop_around(self, Self::function_of(facts, site)?)
    }

    fn in_library(&self, file: FileIndex) -> bool {
        self.is_importable(self.package_id(file))
    }

    fn program(&self, file: FileIndex) -> Option<u32> {
        // Programs of the other language are counted from 0.
        self.program_of(self.package_id(file)).map(|program| u32::MAX - program)
    }

    fn only_under_a_feature(&self, facts: &FileFacts, site: &Site) -> bool {
        calls::only_under_a_feature(self, site, Self::function_of(facts, site))
    }

    fn declares(&self, line: &str) -> bool {
        line.trim_start().starts_with("var ") && !line.contains('(') || line.contains(":= make(")
    }

    fn program_holds(&self, file: FileIndex, words: &[&str]) -> bool {
        let finders: Vec<memmem::Finder<'_>> =
            words.iter().map(|word| memmem::Finder::new(word.as_bytes())).collect();
        let module = self.package(file).module;
        let packages = self.packages.iter().filter(|package| package.module == module);
        packages.flat_map(|package| &package.files).any(|file| {
            let entry = &self.workspace.files[*file as usize];
            let holds = |text: &[u8]| finders.iter().any(|finder| finder.find(text).is_some());
            entry.kind == FileKind::Go
                && entry.role == Role::Production
                && match self.known(*file) {
                    Some(data) => holds(data.source.text.as_bytes()),
                    None => self.workspace.bytes(entry).is_some_and(|text| holds(&text)),
                }
        })
    }

    fn package(&self, file: FileIndex) -> Option<&str> {
        self.module(file).map(|module| &*module.path)
    }

    fn depends_on(&self, file: FileIndex, package: &str) -> bool {
        self.module(file)
            .is_some_and(|module| module.requires.iter().any(|path| without_major(path) == package))
    }

    fn foreign(&self, file: FileIndex) -> Vec<Arc<str>> {
        self.bound_by(self.package_id(file))
    }

    fn release(&self, file: FileIndex) -> Option<(u32, u32)> {
        self.module(file).map(|module| module.go)
    }

    fn switch(&self) -> &'static str {
        "build tag"
    }

    fn defaults(&self, file: FileIndex) -> Option<(u32, u32)> {
        self.module(file).map(|module| module.defaults)
    }
}
