//! Why a file was skipped or parsed, and what the analyser sees in it. Asks the stages of a check, adds none.

use std::path::Path;

use serde::Serialize;

use super::fronts::{Catalogues, Fronts};
use super::{Error, Options, discover, nested};
use crate::facts::code::{Outside, StartUp};
use crate::facts::setting::Setting;
use crate::facts::{ApiUse, Certainty, FileFacts, FileIndex, Production};
use crate::finding::Level;
use crate::go;
use crate::policy::Config;
use crate::rust::collect::is_unit;
use crate::rust::outline::{Item, ItemIndex};
use crate::rust::program::FileData;
use crate::select::{Hit, Selected};
use crate::settings;
use crate::source::{Source, Span};
use crate::workspace::{FileEntry, FileKind, Role, Tree, Workspace};

/// What the analyser makes of one file.
#[derive(Debug, Default, Serialize)]
pub struct Inspection {
    /// Relative to the root of the run.
    pub path: String,
    /// Package that owns it.
    pub package: Option<String>,
    /// What its place says that it is for: `production`, `test`, …
    pub role: Option<&'static str>,
    /// Why no item of it was parsed; none where at least one was.
    pub skipped: Option<String>,
    /// The words that selected it, with their places.
    pub words: Vec<Word>,
    /// Functions, initialisers and macros that could be parsed.
    pub items: usize,
    /// Those of them that were.
    pub parsed: Vec<Parsed>,
    /// Uses of catalogued APIs in them.
    pub uses: Vec<Use>,
    /// Variables that it gives to the processes it starts.
    pub settings: Vec<Variable>,
    /// What could not be read or parsed.
    pub notices: Vec<String>,
}

/// A word that a rule cares about, or a name that stands for one.
#[derive(Debug, Serialize)]
pub struct Word {
    /// The word.
    pub word: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

/// A variable that a container, unit or workflow file or a script sets.
#[derive(Debug, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value, without quotes.
    pub value: String,
    /// Line, from 1.
    pub line: u32,
}

/// An item that was parsed.
#[derive(Debug, Serialize)]
pub struct Parsed {
    /// `fn`, `static`, …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// First line.
    pub line: u32,
    /// Last line.
    pub end_line: u32,
}

/// A use of a catalogued API.
#[derive(Debug, Serialize)]
pub struct Use {
    /// Canonical path of the API.
    pub api: String,
    /// Rules that may look at it.
    pub rules: Vec<Judge>,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The function around it.
    pub function: Option<String>,
    /// `production`, `test`, …
    pub role: &'static str,
    /// Whether the name was resolved; else it was recognised because no other crate has such a method.
    pub resolved: bool,
    /// Whether it runs once, before the program serves.
    pub start_up: bool,
    /// Why it does not.
    pub because: Option<&'static str>,
    /// The place that shows it: `src/main.rs:3:5`.
    pub shown_at: Option<String>,
    /// Runs while a request is served.
    pub handler: bool,
    /// Stands in a loop.
    pub in_loop: bool,
    /// Stands in a task or thread.
    pub in_task: bool,
}

/// A rule that may look at a use.
#[derive(Debug, Serialize)]
pub struct Judge {
    /// Its id.
    pub rule: String,
    /// Its level in this file; none where it is off.
    pub level: Option<Level>,
}

/// See [`super::inspect`].
pub(super) fn inspect(options: &Options, file: &Path) -> Result<Inspection, Error> {
    let options = Options { paths: vec![file.to_owned()], ..options.clone() };
    let workspace = discover(&options, &Tree::default())?;
    let config = nested(&options, &workspace)?;
    let catalogues = Catalogues::new(&workspace, &config);
    let fronts = Fronts::new(&workspace, &catalogues, &config, super::clock(&options));
    let path = relative(&workspace, file);
    let mut inspection = Inspection { path: path.clone(), ..Inspection::default() };
    let Some(index) = fronts.file_at(&path) else {
        inspection.skipped = Some(not_found(file, &path, &config).to_owned());
        return Ok(inspection);
    };
    let entry = &workspace.files[index as usize];
    inspection.package = entry.package.map(|id| workspace.package(id).name.to_string());
    inspection.role = Some(role(entry.role));
    if entry.kind == FileKind::Go {
        inspection.package = workspace.module_of(&path).map(|module| module.path.to_string());
    }
    let look = Look { fronts: &fronts, workspace: &workspace, config: &config };
    look.fill(&mut inspection, index, entry, options.select);
    let notices = workspace.notices.iter().cloned().chain(fronts.take_notices());
    inspection.notices =
        notices.filter(|notice| *notice.path == *path).map(|notice| notice.message).collect();
    Ok(inspection)
}

fn relative(workspace: &Workspace, file: &Path) -> String {
    let path = file.strip_prefix(&workspace.root).unwrap_or(file);
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}

fn not_found(file: &Path, path: &str, config: &Config) -> &'static str {
    if FileKind::of(file).is_none() {
        "no rule looks at files of this kind"
    } else if config.excluded(path) {
        "the configuration excludes it"
    } else {
        "it is ignored, hidden or vendored"
    }
}

struct Look<'r> {
    fronts: &'r Fronts<'r>,
    workspace: &'r Workspace,
    config: &'r Config,
}

impl Look<'_> {
    fn fill(&self, inspection: &mut Inspection, file: FileIndex, entry: &FileEntry, select: bool) {
        if self.config.excluded(&entry.path) {
            inspection.skipped = Some("the configuration excludes it".to_owned());
            return;
        }
        match entry.kind {
            FileKind::Rust => self.fill_rust(inspection, file, select),
            FileKind::Go => self.fill_go(inspection, file, select),
            _ => self.fill_settings(inspection, file, select),
        }
    }

    fn fill_rust(&self, inspection: &mut Inspection, file: FileIndex, select: bool) {
        let program = &self.fronts.rust;
        let (selected, _) = program.selected(select);
        let Some(data) = program.file(file).cloned() else {
            inspection.skipped = Some("it could not be read".to_owned());
            return;
        };
        let units = || (0u32..).zip(&data.outline.items).filter(|(_, item)| is_unit(&data, item));
        inspection.items = units().count();
        let known = program.vocabulary().words();
        let Some(one) = self.selected(inspection, &selected, file, known) else { return };
        let look = |index: ItemIndex| program.look(one, &data, index, select);
        inspection.words = found_words(one, &data.source, known);
        let looked_at = units().filter(|(index, _)| look(*index).any());
        inspection.parsed = looked_at.map(|(_, item)| parsed(item, &data)).collect();
        let (facts, _) = program.facts(file, &look);
        self.fill_uses(inspection, &facts);
    }

    fn fill_go(&self, inspection: &mut Inspection, file: FileIndex, select: bool) {
        let program = &self.fronts.go;
        let (selected, _) = program.selected(select);
        let Some(data) = program.file(file).cloned() else {
            inspection.skipped = Some("it could not be read".to_owned());
            return;
        };
        let units = || data.outline.items.iter().filter(|item| item.is_unit());
        inspection.items = units().count();
        let known = program.vocabulary().words();
        let Some(one) = self.selected(inspection, &selected, file, known) else { return };
        let wanted =
            |item: &go::outline::Item| !select || go::review::is_wanted(item, &data.outline, &one.hits);
        inspection.words = found_words(one, &data.source, known);
        inspection.parsed = units()
            .filter(|item| wanted(item))
            .map(|item| parsed_item(item.kind.keyword(), item.name(), item.span, &data.source))
            .collect();
        let (facts, _) = program.facts(file, &wanted);
        self.fill_uses(inspection, &facts);
    }

    /// The file's place among the selected ones; where it has none, that is why it was skipped.
    fn selected<'s>(
        &self,
        inspection: &mut Inspection,
        selected: &'s [Selected],
        file: FileIndex,
        known: &[String],
    ) -> Option<&'s Selected> {
        let found = selected.iter().find(|one| one.file == file);
        if found.is_none() {
            let known = known.len();
            inspection.skipped =
                Some(format!("none of the {known} words that rules care about occurs in it"));
        }
        found
    }

    fn fill_uses(&self, inspection: &mut Inspection, facts: &FileFacts) {
        if inspection.parsed.is_empty() {
            inspection.skipped = Some("its words stand in no function, initialiser or macro".to_owned());
        }
        let catalogue = self.fronts.catalogue(facts.file);
        let of_rules = |found: &&ApiUse| !catalogue.api(found.api).is_auxiliary();
        inspection.uses = facts.uses.iter().filter(of_rules).map(|found| self.found(found, facts)).collect();
    }

    fn fill_settings(&self, inspection: &mut Inspection, file: FileIndex, select: bool) {
        let (read, notices) = settings::review(self.workspace, select);
        inspection.notices.extend(notices.into_iter().map(|notice| notice.message));
        let Some(read) = read.into_iter().find(|read| read.facts.file == file) else {
            inspection.skipped = Some("it sets no variable that a rule judges".to_owned());
            return;
        };
        let variable = |setting: &Setting| Variable {
            name: setting.name.to_string(),
            value: setting.value.to_string(),
            line: read.source.position(setting.span.start).line,
        };
        inspection.settings = read.facts.settings.iter().map(variable).collect();
    }

    fn found(&self, found: &ApiUse, facts: &FileFacts) -> Use {
        let site = &found.site;
        let code = self.fronts.code(site.file);
        let source = code.source(site.file);
        let at = source.position(site.span.start);
        let (start_up, because, shown_at) = match code.start_up(facts, site) {
            StartUp::Yes => (true, None, None),
            StartUp::No(outside, place) => (false, Some(because(outside)), place),
        };
        let judge = |rule: &std::borrow::Cow<'static, str>| Judge {
            rule: rule.to_string(),
            level: self.config.level(rule, &source.path),
        };
        Use {
            api: found.path.to_string(),
            rules: self.fronts.catalogue(site.file).api(found.api).rules.iter().map(judge).collect(),
            line: at.line,
            column: at.column,
            function: site
                .function
                .and_then(|index| facts.functions.get(index as usize))
                .map(|function| function.path.to_string()),
            role: production(site.production),
            resolved: found.certainty == Certainty::Resolved,
            start_up,
            because,
            shown_at: shown_at.map(|(file, span)| self.place(file, span)),
            handler: code.in_handler(facts, site),
            in_loop: site.context.in_loop,
            in_task: site.context.in_task,
        }
    }

    fn place(&self, file: FileIndex, span: Span) -> String {
        let source = self.fronts.code(file).source(file);
        let at = source.position(span.start);
        format!("{}:{}:{}", source.path, at.line, at.column)
    }
}

fn parsed(item: &Item, data: &FileData) -> Parsed {
    parsed_item(item.kind.keyword(), &item.name, item.span, &data.source)
}

fn parsed_item(kind: &'static str, name: &str, span: Span, source: &Source) -> Parsed {
    Parsed {
        kind,
        name: name.to_owned(),
        line: source.position(span.start).line,
        end_line: source.position(span.end.saturating_sub(1)).line,
    }
}

fn found_words(one: &Selected, source: &Source, known: &[String]) -> Vec<Word> {
    let word = |hit: &Hit| {
        // What is none of the words is a name that the code gives to one.
        let rest = source.text.get(hit.at as usize..).unwrap_or("");
        let name = || rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned();
        let at = source.position(hit.at);
        let word = known.get(hit.word as usize).cloned().unwrap_or_else(name);
        Word { word, line: at.line, column: at.column }
    };
    one.hits.places.iter().map(word).collect()
}

fn because(outside: Outside) -> &'static str {
    match outside {
        Outside::LazyStatic => "it stands in the initialiser of a lazily filled static",
        Outside::Load => "it runs when the program is loaded",
        Outside::Task => "it runs in a task, thread or handler",
        Outside::AfterServing => "it runs after the call that starts serving",
        Outside::Loop => "it runs in a loop",
        Outside::Value => "its function is handed around as a value",
        Outside::Library => "nothing in the workspace calls its function, and other programs can",
        Outside::Uncalled => "nothing in the workspace calls its function",
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Production => "production",
        Role::Test => "test",
        Role::Bench => "bench",
        Role::Example => "example",
        Role::Fuzz => "fuzz",
        Role::BuildScript => "build script",
        Role::TestSupport => "test support",
    }
}

fn production(production: Production) -> &'static str {
    match production {
        Production::Yes => "production",
        Production::Test => "test",
        Production::Bench => "bench",
        Production::Example => "example",
        Production::BuildScript => "build script",
        Production::Fuzz => "fuzz",
        Production::Generated => "generated",
    }
}
