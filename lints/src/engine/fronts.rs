//! The front ends of a run, each with the entries of its language.

use std::sync::Arc;

use runtime_policy_rules::Language;

use crate::catalogue::Catalogue;
use crate::facts::code::Code;
use crate::facts::exposure::Endpoint;
use crate::facts::{FileFacts, FileIndex};
use crate::finding::Notice;
use crate::go;
use crate::policy::Config;
use crate::rust;
use crate::rust::definition::with_definitions;
use crate::select::Work;
use crate::source::Source;
use crate::timings::Clock;
use crate::workspace::{FileKind, Workspace};

/// The entries of each language.
pub(super) struct Catalogues {
    pub rust: Catalogue,
    pub go: Catalogue,
}

impl Catalogues {
    /// The checklist's entries, the configuration's, and those of wrappers that the workspace itself defines.
    pub(super) fn new(workspace: &Workspace, config: &Config) -> Self {
        let on = |rule: &str| config.may_be_on(rule);
        let has = |kind: FileKind| workspace.files.iter().any(|file| file.kind == kind);
        let rust = match has(FileKind::Rust) {
            true => Catalogue::new(Language::Rust, &with_definitions(workspace, config.apis())),
            false => Catalogue::empty(Language::Rust),
        };
        let go = match has(FileKind::Go) {
            true => Catalogue::new(Language::Go, config.apis()),
            false => Catalogue::empty(Language::Go),
        };
        Self { rust: rust.without_rules_off(on), go: go.without_rules_off(on) }
    }
}

/// The workspace as each front end sees it, with what the configuration says of functions.
pub(super) struct Fronts<'r> {
    pub rust: rust::program::Program<'r>,
    pub go: go::program::Program<'r>,
    workspace: &'r Workspace,
    catalogues: &'r Catalogues,
    clock: Clock<'r>,
}

impl<'r> Fronts<'r> {
    pub(super) fn new(
        workspace: &'r Workspace,
        catalogues: &'r Catalogues,
        config: &'r Config,
        clock: Clock<'r>,
    ) -> Self {
        let mut rust = rust::program::Program::new(workspace, &catalogues.rust);
        let mut go = go::program::Program::new(workspace, &catalogues.go);
        let marks =
            |text: &str, path: &str| config.generated_markers(path).any(|marker| text.contains(marker));
        rust.owners = Some(Box::new(|item, path| config.is_startup_owner(item, path)));
        rust.handlers_named = config.names_handlers();
        rust.handlers = Some(Box::new(|name, path| config.is_handler_name(name, path)));
        rust.generated = Some(Box::new(marks));
        go.owners = Some(Box::new(|item, path| config.is_startup_owner(item, path)));
        go.handlers = Some(Box::new(|name, path| config.is_handler_name(name, path)));
        go.generated = Some(Box::new(marks));
        rust.clock = clock;
        Self { rust, go, workspace, catalogues, clock }
    }

    /// The facts of every file that matters, and what it took to find them.
    pub(super) fn review(&self, select: bool, done: &(dyn Fn() + Sync)) -> (Vec<FileFacts>, Work) {
        let (mut facts, rust) = self.rust.review(select, done);
        let (more, go) = self.clock.stage("Go", || self.go.review(select, done));
        facts.extend(more);
        let work = Work {
            bytes: rust.bytes + go.bytes,
            selected: rust.selected + go.selected,
            items: rust.items + go.items,
        };
        (facts, work)
    }

    /// The debugging endpoints of every program, told from the facts of all files; in order of file and place.
    pub(super) fn endpoints(&self, facts: &[FileFacts]) -> Vec<(FileIndex, Endpoint)> {
        let (go, rust): (Vec<&FileFacts>, Vec<&FileFacts>) =
            facts.iter().partition(|facts| self.is_go(facts.file));
        let mut found = self.rust.endpoints(&rust);
        found.extend(self.go.endpoints(&go));
        found.sort_by_key(|(file, endpoint)| (*file, endpoint.span));
        found
    }

    fn is_go(&self, file: FileIndex) -> bool {
        self.workspace.files[file as usize].kind == FileKind::Go
    }

    /// Whom to ask about a file.
    pub(super) fn code(&self, file: FileIndex) -> &dyn Code {
        if self.is_go(file) { &self.go } else { &self.rust }
    }

    /// The entries that a file's uses are of.
    pub(super) fn catalogue(&self, file: FileIndex) -> &'r Catalogue {
        if self.is_go(file) { &self.catalogues.go } else { &self.catalogues.rust }
    }

    /// A file's text, if it was read.
    pub(super) fn text(&self, file: FileIndex) -> Option<&Source> {
        if self.is_go(file) {
            self.go.file(file).map(|data| &data.source)
        } else {
            self.rust.file(file).map(|data| &data.source)
        }
    }

    /// The path of a file, relative to the root of the run.
    pub(super) fn path(&self, file: FileIndex) -> &'r Arc<str> {
        &self.workspace.files[file as usize].path
    }

    /// The file at a path relative to the root of the run.
    pub(super) fn file_at(&self, path: &str) -> Option<FileIndex> {
        self.rust.file_at(path)
    }

    /// Whether findings in a file are asked for.
    pub(super) fn is_reported(&self, file: FileIndex) -> bool {
        self.workspace.files[file as usize].reported
    }

    /// Everything that was wrong with files.
    pub(super) fn take_notices(&self) -> Vec<Notice> {
        self.rust.take_notices().into_iter().chain(self.go.take_notices()).collect()
    }
}
