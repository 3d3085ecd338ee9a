//! Asks the analyser what a change brings. Both sides come from git's objects: nothing is checked out, built or run,
//! and what the change says about the policy has no say in its own review.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use runtime_policy_lints::change::{self, Change, Comparison, Filter};
use runtime_policy_lints::engine::{self, Options, Review as Asked};
use runtime_policy_lints::finding::{Level, Lift, Report};
use runtime_policy_lints::fingerprint::fingerprint;
use runtime_policy_lints::policy::{Baseline, Config, FILE_NAME};
use runtime_policy_lints::report::{self, Context, Format, Sources};
use runtime_policy_lints::source::Source;

use crate::preview::Preview;
use crate::remark::Remark;
use crate::review::{Lifted, Notice, Review};

/// The rule's name of the remark that a change alters the policy.
pub const POLICY_CHANGED: &str = "policy-changed";

/// A change in a repository on this machine.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The top of the repository's work tree. What lies in it has no say.
    pub root: PathBuf,
    /// The commit that the change goes to: its policy holds.
    pub base: String,
    /// The last commit of the change.
    pub head: String,
    /// Path of the baseline in the repository; taken from the base, if it has one.
    pub baseline: String,
    /// The day by which suppressions expire.
    pub today: Date,
}

/// What the analyser has found.
#[derive(Debug)]
pub struct Analysis {
    /// What is to be said.
    pub review: Review,
    /// The same for code scanning.
    pub sarif: String,
    comparison: Comparison,
}

impl Analysis {
    /// A file as it is at the head commit.
    pub fn text(&self, path: &str) -> Option<String> {
        self.comparison.after.shown(&self.comparison.root, path)
    }
}

/// Why there is no analysis.
#[derive(Debug)]
pub enum Error {
    /// The sides cannot be had.
    Change(change::Error),
    /// The check failed.
    Check(engine::Error),
    /// The base's baseline is damaged.
    Baseline(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Change(error) => error.fmt(f),
            Error::Check(error) => error.fmt(f),
            Error::Baseline(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Error {}

impl From<change::Error> for Error {
    fn from(error: change::Error) -> Self {
        Error::Change(error)
    }
}

impl From<engine::Error> for Error {
    fn from(error: engine::Error) -> Self {
        Error::Check(error)
    }
}

/// Finds what a change brings.
///
/// # Errors
/// A commit or an object is not there, or the base's policy is wrong: never a silent nothing.
pub fn analyse(subject: &Subject) -> Result<Analysis, Error> {
    let commits = Change::Commits { base: subject.base.clone(), head: subject.head.clone() };
    let comparison = Comparison::open(&subject.root, &commits)?;
    let config = change::config_at(&subject.root, &subject.base)?;
    let baseline = baseline(subject, &subject.base)?;
    let options = options(subject, &comparison, config);
    let asked = Asked { comparison: &comparison, filter: Filter::All, baseline: baseline.as_ref() };
    let report = engine::check_change(&options, &asked)?;
    let sarif = sarif(&report, &comparison);
    let mut review = Review {
        base: subject.base.clone(),
        head: subject.head.clone(),
        remarks: report.findings.iter().map(Remark::from).collect(),
        lifted: lifted(&report),
        policy: policy(subject, &comparison),
        preview: None,
        notices: notices(&report),
        incomplete: None,
    };
    if !review.policy.is_empty() {
        let preview = preview(subject, &options, baseline.as_ref())
            .unwrap_or_else(|error| Preview::wrong(&error.to_string()));
        let message = preview.sentence();
        let touched = review.policy.iter().filter(|path| comparison.touches(path));
        review.remarks.extend(touched.map(|path| policy_changed(path, &message)));
        review.preview = Some(preview);
    }
    Ok(Analysis { review, sarif, comparison })
}

fn options(subject: &Subject, comparison: &Comparison, config: Config) -> Options {
    Options {
        root: comparison.root.clone(),
        paths: Vec::new(),
        config: Arc::new(config),
        select: true,
        threads: 0,
        today: subject.today,
        progress: None,
        timings: None,
    }
}

fn baseline(subject: &Subject, commit: &str) -> Result<Option<Baseline>, Error> {
    let Some(text) = change::text_at(&subject.root, commit, &subject.baseline)? else {
        return Ok(None);
    };
    let damaged = |error| {
        Error::Baseline(format!("the baseline `{}` of {commit} is damaged: {error}", subject.baseline))
    };
    Baseline::parse(&text).map(Some).map_err(damaged)
}

fn lifted(report: &Report) -> Vec<Lifted> {
    let by_comment = report.suppressed.iter().filter(|suppressed| suppressed.by == Lift::InSource);
    by_comment
        .map(|suppressed| Lifted {
            remark: Remark::from(&suppressed.finding),
            reason: suppressed.reason.clone(),
        })
        .collect()
}

fn notices(report: &Report) -> Vec<Notice> {
    let notice = |notice: &runtime_policy_lints::finding::Notice| Notice {
        path: notice.path.to_string(),
        line: notice.place.map(|(line, _)| line),
        message: notice.message.clone(),
    };
    report.notices.iter().map(notice).collect()
}

/// Files of the policy that the change touches, by either name.
fn policy(subject: &Subject, comparison: &Comparison) -> Vec<String> {
    let is_policy =
        |path: &&Arc<str>| path.rsplit('/').next() == Some(FILE_NAME) || ***path == subject.baseline;
    let touched = comparison.changed.iter().flat_map(|changed| changed.paths());
    let mut paths: Vec<String> = touched.filter(is_policy).map(|path| path.to_string()).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// All that the head commit has, by the policy that holds and by its own.
fn preview(subject: &Subject, options: &Options, baseline: Option<&Baseline>) -> Result<Preview, Error> {
    let whole = Comparison::whole(&subject.root, &subject.head)?;
    let config = Config::find_in(&whole.root, &|file: &Path| whole.read_policy(file));
    let new = Options { config: Arc::new(config.map_err(engine::Error::from)?), ..options.clone() };
    let new_baseline = self::baseline(subject, &subject.head)?;
    let check = |options: &Options, baseline: Option<&Baseline>| {
        engine::check_after(options, &Asked { comparison: &whole, filter: Filter::All, baseline })
    };
    let then = check(&new, new_baseline.as_ref())?;
    Ok(Preview::of(&check(options, baseline)?.findings, &then.findings))
}

/// The remark on a file of the policy.
fn policy_changed(path: &str, message: &str) -> Remark {
    Remark {
        rule: POLICY_CHANGED.to_owned(),
        level: Level::Info,
        path: path.to_owned(),
        line: 1,
        column: 1,
        end_line: 1,
        end_column: 1,
        message: message.to_owned(),
        why: "this review goes by the policy of the base commit, and all later ones by the new one"
            .to_owned(),
        help: "read it as what it is, a decision of the team".to_owned(),
        fingerprint: fingerprint(POLICY_CHANGED, path, "", ""),
        related: Vec::new(),
        fix: None,
        approvals: None,
    }
}

/// Texts of the side after.
struct After<'c>(&'c Comparison);

impl Sources for After<'_> {
    fn read(&self, path: &str) -> Option<Arc<Source>> {
        let text = self.0.after.shown(&self.0.root, path)?;
        Some(Arc::new(Source::new(path.into(), text)))
    }
}

fn sarif(report: &Report, comparison: &Comparison) -> String {
    let mut rules: Vec<_> = runtime_policy_rules::rules().iter().chain(&report.own_rules).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let context = Context { sources: &After(comparison), rules: &rules, color: false, prefix: "" };
    let mut text = Vec::new();
    // Writing to memory does not fail.
    let _ = report::write(Format::Sarif, report, &context, &mut text);
    String::from_utf8(text).unwrap_or_default()
}
