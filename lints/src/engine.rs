//! One run: what to check, and the check.

mod change;
mod fronts;
mod inspect;

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use rayon::prelude::*;
use runtime_policy_rules::Language;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::Catalogue;
use crate::facts::comment::Comment;
use crate::facts::exposure::Endpoint;
use crate::facts::{FileFacts, FileIndex};
use crate::finding::{Approvals, Counts, Finding, Related, Report};
use crate::fingerprint::fingerprint;
use crate::policy::suppress::{Commented, Outcome};
use crate::policy::{Config, ConfigError, suppress};
use crate::rules::{Case, Remark, judge, judge_endpoints, judge_together};
use crate::select::Work;
use crate::settings;
use crate::source::Source;
use crate::timings::{Clock, Timings};
use crate::workspace::{self, Discovery, FileKind, Tree, Workspace};
pub use change::Review;
use fronts::{Catalogues, Fronts};
pub use inspect::{Inspection, Judge, Parsed, Use, Variable, Word};

/// Told how far a run is, from any of its threads.
pub trait Progress: Send + Sync {
    /// The files are known; there are `total` of them.
    fn files(&self, total: u64);
    /// One more file is done.
    fn file_done(&self);
}

/// What to check and how.
#[derive(Clone)]
pub struct Options {
    /// Folder that paths in the report are relative to.
    pub root: PathBuf,
    /// Files and folders to report on, absolute or relative to the root; empty for all of the root.
    pub paths: Vec<PathBuf>,
    /// Levels, owners, excludes and further rules, after the command line.
    pub config: Arc<Config>,
    /// Decide on bytes which files are parsed at all. Off, every file is parsed, with the same findings.
    pub select: bool,
    /// Threads; 0 for as many as the machine has to give.
    pub threads: usize,
    /// The day that suppressions expire by.
    pub today: Date,
    /// Whom to tell how far the run is.
    pub progress: Option<Arc<dyn Progress>>,
    /// Where to note how long its parts take.
    pub timings: Option<Arc<Timings>>,
}

/// Why a run did not come to a report.
#[derive(Debug)]
pub enum Error {
    /// A nested configuration file is wrong.
    Config(ConfigError),
    /// There is nothing to look at.
    Workspace(workspace::Error),
    /// The system gives no threads; its answer.
    Threads(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Config(error) => error.fmt(f),
            Error::Workspace(error) => error.fmt(f),
            Error::Threads(message) => write!(f, "no threads could be started: {message}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Error::Config(error)
    }
}

impl From<workspace::Error> for Error {
    fn from(error: workspace::Error) -> Self {
        Error::Workspace(error)
    }
}

/// Checks what `options` say.
///
/// # Errors
/// The root or a path cannot be opened, or a nested `runtime-policy.toml` is wrong.
pub fn check(options: &Options) -> Result<Report, Error> {
    on_threads(options, || check_here(options))
}

/// Checks both sides of a change and gives what the change brings: findings and suppressions that the side after has
/// and the side before has not, told by fingerprint and counted. Findings in files that the change does not touch are
/// among them if the change causes them. Both sides are judged by the configuration of the side after.
///
/// # Errors
/// As [`check`].
pub fn check_change(options: &Options, review: &Review<'_>) -> Result<Report, Error> {
    on_threads(options, || change::check(options, review))
}

/// Checks the side after a change as it is, whatever the side before has.
///
/// # Errors
/// As [`check`].
pub fn check_after(options: &Options, review: &Review<'_>) -> Result<Report, Error> {
    on_threads(options, || change::check_after(options, review))
}

/// The words that make the analyser look into a Rust file under a configuration, sorted.
pub fn words(config: &Config) -> Vec<String> {
    let catalogue =
        Catalogue::new(Language::Rust, config.apis()).without_rules_off(|rule| config.may_be_on(rule));
    crate::rust::vocabulary::Vocabulary::new(&catalogue).words().to_vec()
}

/// Why a file was skipped or parsed, and what was found in it. `file` is absolute, symbolic links resolved.
///
/// # Errors
/// As [`check`].
pub fn inspect(options: &Options, file: &Path) -> Result<Inspection, Error> {
    on_threads(options, || inspect::inspect(options, file))
}

/// Stack of each worker: the parser recurses with the nesting of what it reads.
const STACK: usize = 64 << 20;

fn on_threads<T: Send>(
    options: &Options,
    work: impl FnOnce() -> Result<T, Error> + Send,
) -> Result<T, Error> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .stack_size(STACK)
        .build()
        .map_err(|error| Error::Threads(error.to_string()))?;
    pool.install(work)
}

fn clock(options: &Options) -> Clock<'_> {
    Clock::new(options.timings.as_deref())
}

fn check_here(options: &Options) -> Result<Report, Error> {
    let workspace = clock(options).stage("files and manifests", || discover(options, &Tree::default()))?;
    let config = nested(options, &workspace)?;
    Ok(report(options, &workspace, &config))
}

/// What a run finds in a workspace, under the configuration with its nested files.
fn report(options: &Options, workspace: &Workspace, config: &Config) -> Report {
    let clock = clock(options);
    let catalogues = clock.stage("checklist", || Catalogues::new(workspace, config));
    let fronts = Fronts::new(workspace, &catalogues, config, clock);
    if let Some(progress) = &options.progress {
        progress.files(workspace.files.len() as u64);
    }
    let done = || {
        if let Some(progress) = &options.progress {
            progress.file_done();
        }
    };
    let (mut facts, work) = fronts.review(options.select, &done);
    let (settings, notices) = clock.stage("settings files", || settings::review(workspace, options.select));
    for read in settings {
        fronts.rust.keep(read.facts.file, read.source, read.comments);
        facts.push(read.facts);
    }
    let run = Run { fronts: &fronts, config, today: options.today, clock };
    let mut outcomes = clock.stage("rules, endpoints and suppressions", || run.judge(&facts));
    let mut report = Report { counts: counts(workspace, &work, &facts), ..Report::default() };
    for outcome in &mut outcomes {
        report.findings.append(&mut outcome.findings);
        report.suppressed.append(&mut outcome.suppressed);
    }
    report.findings.sort_by(in_order);
    report.suppressed.sort_by(|a, b| in_order(&a.finding, &b.finding));
    remember(&mut report, &fronts);
    report.own_rules = config.own_rules().iter().map(|own| own.rule.clone()).collect();
    report.notices = workspace.notices.iter().cloned().chain(fronts.take_notices()).chain(notices).collect();
    report.notices.sort();
    report.notices.dedup();
    report
}

fn in_order(a: &Finding, b: &Finding) -> std::cmp::Ordering {
    (&a.location, &a.rule, &a.message).cmp(&(&b.location, &b.rule, &b.message))
}

/// Notes the texts that fixes edit, so that a fix refuses a file that has changed since.
fn remember(report: &mut Report, fronts: &Fronts<'_>) {
    let fixes = report.findings.iter().filter_map(|finding| finding.fix.as_ref());
    let edited: BTreeSet<Arc<str>> =
        fixes.flat_map(|fix| fix.edits.iter().map(|edit| edit.path.clone())).collect();
    for path in edited {
        if let Some(source) = fronts.file_at(&path).and_then(|file| fronts.text(file)) {
            report.remember(source);
        }
    }
}

fn discover(options: &Options, tree: &Tree) -> Result<Workspace, Error> {
    let discovery = Discovery {
        paths: options.paths.clone(),
        exclude: options.config.walk_excludes(),
        threads: options.threads,
        max_file_bytes: options.config.max_file_bytes().unwrap_or(workspace::MAX_FILE_BYTES),
        tree: tree.clone(),
        ..Discovery::default()
    };
    Ok(Workspace::discover(&options.root, &discovery)?)
}

fn nested(options: &Options, workspace: &Workspace) -> Result<Config, Error> {
    Ok(Config::clone(&options.config).with_nested(&workspace.root, policies(workspace))?)
}

/// Paths of configuration files.
fn policies(workspace: &Workspace) -> impl Iterator<Item = &str> {
    workspace.files.iter().filter(|file| file.kind == FileKind::Policy).map(|file| &*file.path)
}

fn counts(workspace: &Workspace, work: &Work, facts: &[FileFacts]) -> Counts {
    Counts {
        files: workspace.files.len() as u64,
        bytes: work.bytes,
        selected: work.selected,
        items: work.items,
        uses: facts.iter().map(|facts| facts.uses.len() as u64).sum(),
    }
}

/// Empty facts for the files of endpoints that no case is about.
fn without_facts(endpoints: &[(FileIndex, Endpoint)], cases: &[Case<'_>]) -> Vec<FileFacts> {
    let known: FxHashSet<FileIndex> = cases.iter().map(|case| case.facts.file).collect();
    let mut files: Vec<FileIndex> =
        endpoints.iter().map(|(file, _)| *file).filter(|file| !known.contains(file)).collect();
    files.dedup();
    files.into_iter().map(|file| FileFacts { file, ..FileFacts::default() }).collect()
}

/// What judging one file needs.
struct Run<'r> {
    fronts: &'r Fronts<'r>,
    config: &'r Config,
    today: Date,
    clock: Clock<'r>,
}

impl Run<'_> {
    /// Judges each file by itself, then all together, and then sorts out what each file's comments lift.
    fn judge(&self, facts: &[FileFacts]) -> Vec<Outcome> {
        let mut cases: Vec<Case<'_>> = facts.iter().filter_map(|facts| self.case(facts)).collect();
        // Following endpoints to their listeners takes one thread as long as all other judging takes the others.
        let (endpoints, mut remarks) = rayon::join(
            || self.clock.rule("exposed-debug-endpoint", || self.fronts.endpoints(facts)),
            || {
                let judged = cases.par_iter().with_max_len(1).map(|case| judge(case, self.clock));
                judged.collect::<Vec<Vec<Remark>>>()
            },
        );
        let bare = without_facts(&endpoints, &cases);
        cases.extend(bare.iter().filter_map(|facts| self.case(facts)));
        remarks.resize_with(cases.len(), Vec::new);
        let at: FxHashMap<FileIndex, usize> =
            cases.iter().enumerate().map(|(at, case)| (case.facts.file, at)).collect();
        for of_file in endpoints.chunk_by(|(file, _), (next, _)| file == next) {
            if let Some(at) = at.get(&of_file[0].0) {
                let endpoints = of_file.iter().map(|(_, endpoint)| endpoint);
                remarks[*at].extend(judge_endpoints(&cases[*at], endpoints));
            }
        }
        for remark in judge_together(&cases) {
            if let Some(at) = at.get(&remark.file) {
                remarks[*at].push(remark);
            }
        }
        cases.par_iter().zip(remarks).map(|(case, remarks)| self.settle(case.facts, remarks)).collect()
    }

    fn case<'f>(&'f self, facts: &'f FileFacts) -> Option<Case<'f>> {
        let file = facts.file;
        self.fronts.text(file)?;
        let path = self.fronts.path(file);
        if !self.fronts.is_reported(file) || self.config.excluded(path) {
            return None;
        }
        Some(Case {
            code: self.fronts.code(file),
            catalogue: self.fronts.catalogue(file),
            config: self.config,
            facts,
            path,
        })
    }

    fn settle(&self, facts: &FileFacts, remarks: Vec<Remark>) -> Outcome {
        if self.fronts.text(facts.file).is_none() {
            return Outcome::default();
        }
        let code = self.fronts.code(facts.file);
        let findings = remarks.into_iter().filter_map(|remark| self.finding(remark)).collect();
        let governs = |comment: &Comment| code.governed(facts.file, comment);
        let commented = Commented {
            source: code.source(facts.file),
            comments: code.comments(facts.file),
            governs: &governs,
        };
        suppress::apply(&commented, findings, self.config, self.today)
    }

    fn source(&self, file: FileIndex) -> &Source {
        self.fronts.code(file).source(file)
    }

    fn finding(&self, remark: Remark) -> Option<Finding> {
        let source = self.source(remark.file);
        let level = self.config.level_or(&remark.rule, &source.path, remark.by_default)?;
        let rule = self.config.rule(&remark.rule);
        let text =
            |own: Option<String>, page: Option<&str>| own.or(page.map(str::to_owned)).unwrap_or_default();
        Some(Finding {
            level: remark.at_most.map_or(level, |most| level.min(most)),
            location: source.location(remark.span),
            fingerprint: fingerprint(&remark.rule, &source.path, &remark.item, source.slice(remark.span)),
            message: remark.message,
            why: text(remark.why, rule.map(|rule| &*rule.why)),
            help: text(remark.help, rule.map(|rule| &*rule.help)),
            related: remark
                .related
                .into_iter()
                .map(|place| Related {
                    location: self.source(place.file).location(place.span),
                    message: place.message,
                })
                .collect(),
            fix: remark.fix,
            approvals: rule
                .filter(|rule| rule.approvals > 0)
                .map(|rule| Approvals { needed: rule.approvals, given: Vec::new() }),
            rule: remark.rule,
        })
    }
}
