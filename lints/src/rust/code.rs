//! The Rust front end's answers to rules' questions.

use std::sync::Arc;

use crate::calls::{self, Callable, Caller, Calls};
use crate::facts::code::{Code, Outside, StartUp};
use crate::facts::comment::Comment;
use crate::facts::{FileFacts, FileIndex, Site, Value};
use crate::rust::outline::ItemIndex;
use crate::rust::program::{ModuleId, Program};
use crate::source::{Source, Span};

impl Program<'_> {
    fn item_of(facts: &FileFacts, site: &Site) -> Option<ItemIndex> {
        facts.functions.get(site.function? as usize).map(|function| function.item)
    }
}

impl Calls for Program<'_> {
    fn callers(&self, (file, item): Callable) -> Arc<Vec<Caller>> {
        self.callers(file, item)
    }

    fn is_main(&self, (file, item): Callable) -> bool {
        self.is_main(file, item)
    }

    fn is_owner(&self, (file, item): Callable) -> bool {
        self.is_owner(file, item)
    }

    fn without_callers(&self, (file, item): Callable) -> Outside {
        self.without_callers(file, item)
    }

    fn outside_functions(&self, site: &Site) -> Option<Outside> {
        // A macro's text runs wherever the macro is called.
        Some(if site.context.in_macro_rules { Outside::Uncalled } else { Outside::LazyStatic })
    }

    fn is_bound(&self, (file, item): Callable) -> bool {
        self.is_bound(file, item)
    }

    fn is_widely_named(&self, (file, item): Callable) -> bool {
        self.is_widely_named(file, item)
    }
}

impl Code for Program<'_> {
    fn source(&self, file: FileIndex) -> &Source {
        &self.file(file).expect("facts come from files that were read").source
    }

    fn comments(&self, file: FileIndex) -> &[Comment] {
        self.file(file).expect("facts come from files that were read").comments()
    }

    fn governed(&self, file: FileIndex, comment: &Comment) -> Option<Span> {
        self.governed_by(file, comment)
    }

    fn start_up(&self, facts: &FileFacts, site: &Site) -> StartUp {
        self.start_up_of(site, Self::item_of(facts, site))
    }

    fn fills_static(&self, facts: &FileFacts, site: &Site) -> bool {
        calls::fills_static(self, site, Self::item_of(facts, site).map(|item| (site.file, item)))
    }

    fn in_handler(&self, facts: &FileFacts, site: &Site) -> bool {
        site.context.in_route
            || Self::item_of(facts, site).is_some_and(|item| self.is_handler(site.file, item))
    }

    fn given(&self, facts: &FileFacts, site: &Site, parameter: u32) -> Option<Vec<Value>> {
        calls::given(self, (site.file, Self::item_of(facts, site)?), parameter)
    }

    fn called_in_loop(&self, facts: &FileFacts, site: &Site) -> Option<(FileIndex, Span)> {
        let item = Self::item_of(facts, site)?;
        calls::loop_around(self, (site.file, item))
    }

    fn in_library(&self, file: FileIndex) -> bool {
        self.library_file(file)
    }

    fn program(&self, file: FileIndex) -> Option<u32> {
        let id = self.crate_of(ModuleId { file, item: None })?;
        self.is_program(id).then(|| id.package.0 * 4096 + id.target)
    }

    fn only_under_a_feature(&self, facts: &FileFacts, site: &Site) -> bool {
        calls::only_under_a_feature(self, site, Self::item_of(facts, site).map(|item| (site.file, item)))
    }

    fn declares(&self, line: &str) -> bool {
        line.trim_start().starts_with("let ") && !line.contains('(')
    }

    fn program_holds(&self, file: FileIndex, words: &[&str]) -> bool {
        self.package_holds(file, words)
    }

    fn foreign(&self, file: FileIndex) -> Vec<Arc<str>> {
        let Some(package) = self.package_of(file) else { return Vec::new() };
        let links = package.links.iter().map(|links| links.as_str().into());
        let mut names: Vec<Arc<str>> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.package.ends_with("-sys"))
            .map(|dependency| (*dependency.package).into())
            .chain(links)
            .collect();
        names.sort_unstable();
        names
    }

    fn switch(&self) -> &'static str {
        "cargo feature"
    }

    fn release(&self, file: FileIndex) -> Option<(u32, u32)> {
        let mut parts = self.package_of(file)?.rust_version.as_deref()?.split('.');
        Some((parts.next()?.parse().ok()?, parts.next().unwrap_or("0").parse().ok()?))
    }

    fn package(&self, file: FileIndex) -> Option<&str> {
        self.package_of(file).map(|package| &*package.name)
    }

    fn depends_on(&self, file: FileIndex, package: &str) -> bool {
        self.package_of(file).is_some_and(|found| {
            let mut dependencies = found.dependencies.iter();
            dependencies
                .any(|known| known.package == package && known.name_in_code == package.replace('-', "_"))
        })
    }

    fn methods_around(&self, of: (FileIndex, u32)) -> Vec<Arc<str>> {
        self.methods_around(of)
    }
}
