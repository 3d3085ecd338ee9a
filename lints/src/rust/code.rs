//! The Rust front end's answers to rules' questions.

use crate::facts::code::{Code, StartUp};
use crate::facts::comment::Comment;
use crate::facts::{FileFacts, FileIndex, Production, Site, Value};
use crate::rust::outline::ItemIndex;
use crate::rust::program::{ModuleId, Program};
use crate::source::{Source, Span};

/// Calls between a loop and what runs in it that are followed.
const LOOP_DEPTH: u32 = 2;

impl Program<'_> {
    /// A call in a loop that leads to a function in at most `depth` calls.
    fn loop_around(&self, file: FileIndex, item: ItemIndex, depth: u32) -> Option<(FileIndex, Span)> {
        let callers = self.callers(file, item);
        let live = || {
            callers
                .iter()
                .filter(|caller| caller.mention.called && caller.mention.site.production == Production::Yes)
        };
        let place = |site: &Site| (site.file, site.span);
        live()
            .find(|caller| caller.mention.site.context.in_loop)
            .map(|caller| place(&caller.mention.site))
            .or_else(|| {
                let deeper = live().filter(|caller| depth > 1 && caller.function.is_some());
                deeper
                    .into_iter()
                    .find_map(|caller| self.loop_around(caller.mention.site.file, caller.item, depth - 1))
            })
    }

    fn item_of(facts: &FileFacts, site: &Site) -> Option<ItemIndex> {
        facts.functions.get(site.function? as usize).map(|function| function.item)
    }
}

impl Code for Program<'_> {
    fn source(&self, file: FileIndex) -> &Source {
        &self.file(file).expect("facts come from files that were read").source
    }

    fn comments(&self, file: FileIndex) -> &[Comment] {
        &self.file(file).expect("facts come from files that were read").comments
    }

    fn start_up(&self, facts: &FileFacts, site: &Site) -> StartUp {
        self.start_up_of(site, Self::item_of(facts, site))
    }

    fn in_handler(&self, facts: &FileFacts, site: &Site) -> bool {
        site.context.in_route
            || Self::item_of(facts, site).is_some_and(|item| self.is_handler(site.file, item))
    }

    fn given(&self, facts: &FileFacts, site: &Site, parameter: u32) -> Option<Vec<Value>> {
        let item = Self::item_of(facts, site)?;
        let callers = self.callers(site.file, item);
        let live: Vec<_> =
            callers.iter().filter(|caller| caller.mention.site.production == Production::Yes).collect();
        if live.is_empty() || live.iter().any(|caller| !caller.mention.called) {
            return None;
        }
        live.iter().map(|caller| caller.mention.args.get(parameter as usize).cloned()).collect()
    }

    fn called_in_loop(&self, facts: &FileFacts, site: &Site) -> Option<(FileIndex, Span)> {
        let item = Self::item_of(facts, site)?;
        self.loop_around(site.file, item, LOOP_DEPTH)
    }

    fn in_library(&self, file: FileIndex) -> bool {
        self.library_file(file)
    }

    fn program(&self, file: FileIndex) -> Option<u32> {
        let id = self.crate_of(ModuleId { file, item: None })?;
        self.is_program(id).then(|| id.package.0 * 4096 + id.target)
    }

    fn only_under_a_feature(&self, facts: &FileFacts, site: &Site) -> bool {
        let gated = |site: &Site| site.context.feature_gated || site.context.debug_only;
        if gated(site) {
            return true;
        }
        let Some(item) = Self::item_of(facts, site) else { return false };
        let callers = self.callers(site.file, item);
        let mut live = callers
            .iter()
            .map(|caller| &caller.mention.site)
            .filter(|site| site.production == Production::Yes)
            .peekable();
        live.peek().is_some() && live.all(gated)
    }

    fn program_holds(&self, file: FileIndex, words: &[&str]) -> bool {
        self.package_holds(file, words)
    }

    fn package(&self, file: FileIndex) -> Option<&str> {
        self.package_of(file).map(|package| &*package.name)
    }

    fn depends_on(&self, file: FileIndex, package: &str) -> bool {
        self.package_of(file)
            .is_some_and(|found| found.dependencies.iter().any(|dependency| dependency.package == package))
    }
}
