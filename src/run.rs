//! From the command line to a report: the root, the configuration, the day, the check.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use runtime_policy_lints::engine::{self, Options, Progress};
use runtime_policy_lints::finding::Report;
use runtime_policy_lints::policy::{Baseline, Config, Selection, nested, suggestion};
use runtime_policy_lints::visible::visible;

use crate::arguments::{Common, Scan};
use crate::output::{self, Failure};
use crate::progress;

/// The folder that paths are relative to: absolute, symbolic links resolved.
pub fn root(common: &Common) -> Result<PathBuf, Failure> {
    let given = common.root.clone().unwrap_or_else(|| PathBuf::from("."));
    given.canonicalize().map_err(|error| Failure::new(format!("cannot open `{}`: {error}", given.display())))
}

/// The configuration that the options name or the tree has.
pub fn config(common: &Common) -> Result<Config, Failure> {
    Ok(match &common.config {
        Some(file) => Config::read(file)?,
        None if common.no_config => Config::default(),
        None => Config::find(&root(common)?)?,
    })
}

/// What to check and how.
pub fn options(common: &Common, scan: &Scan) -> Result<Options, Failure> {
    options_under(common, scan, config(common)?)
}

/// What to check and how, under a configuration.
pub fn options_under(common: &Common, scan: &Scan, config: Config) -> Result<Options, Failure> {
    let root = root(common)?;
    for rule in scan.select.iter().chain(&scan.ignore) {
        known(&config, &root, rule)?;
    }
    let config = config.with_selection(Selection {
        select: scan.select.iter().cloned().collect(),
        ignore: scan.ignore.iter().cloned().collect(),
        pedantic: scan.pedantic,
    });
    Ok(Options {
        paths: absolute(&scan.paths)?,
        root,
        config: Arc::new(config),
        select: !scan.no_select,
        threads: scan.threads,
        today: today(scan)?,
        progress: None,
        timings: None,
    })
}

/// Paths on the command line are relative to the current folder, which need not be the root.
fn absolute(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let one = |path: &PathBuf| {
        path.canonicalize().map_err(|error| {
            let message = format!("cannot open `{}`: {error}", visible(&path.to_string_lossy()));
            let commands = [
                "check",
                "explain",
                "inspect",
                "rules",
                "init",
                "config",
                "baseline",
                "watch",
                "completions",
                "man",
            ];
            match suggestion(&path.to_string_lossy(), commands) {
                Some(help) => Failure::new(format!("{message}\nno such command either; {help}")),
                None => Failure::new(message),
            }
        })
    };
    paths.iter().map(one).collect()
}

/// Fails with the most likely name if a rule does not exist.
pub fn known(config: &Config, root: &Path, rule: &str) -> Result<(), Failure> {
    // Only a name that is not known yet is worth the walk to files further down, which may bring rules of their own.
    if config.rule(rule).is_some() || with_nested(config.clone(), root)?.rule(rule).is_some() {
        return Ok(());
    }
    let help = suggestion(rule, config.rules().map(|known| known.id.as_ref()))
        .unwrap_or_else(|| "`cargo runtime-policy rules` lists all rules".to_owned());
    Err(Failure::new(format!("unknown rule `{}`; {help}", visible(rule))))
}

/// With the configuration files of the whole tree.
pub fn with_nested(config: Config, root: &Path) -> Result<Config, Failure> {
    Ok(config.with_nested(root, nested(root).iter().map(String::as_str))?)
}

/// The day by which suppressions expire: today in UTC, so that it is the same everywhere.
fn today(scan: &Scan) -> Result<Date, Failure> {
    match &scan.today {
        Some(day) => day
            .parse()
            .map_err(|_| Failure::new(format!("`{}` is not a day: write YYYY-MM-DD", visible(day)))),
        None => Ok(Offset::UTC.to_datetime(Timestamp::now()).date()),
    }
}

/// Checks, and leaves out what a baseline accepts.
pub fn check(options: &Options, baseline: Option<&Baseline>) -> Result<Report, Failure> {
    let mut report = with_bar(options, engine::check)?;
    if let Some(baseline) = baseline {
        baseline.apply(&mut report);
    }
    Ok(report)
}

/// Checks with a progress bar.
pub fn with_bar(
    options: &Options,
    check: impl FnOnce(&Options) -> Result<Report, engine::Error>,
) -> Result<Report, Failure> {
    let bar = progress::on_terminal();
    let progress = bar.clone().map(|bar| bar as Arc<dyn Progress>);
    let checked = check(&Options { progress, ..options.clone() });
    if let Some(bar) = bar {
        bar.end();
    }
    Ok(checked?)
}

/// Names what could not be parsed on standard error.
pub fn name_notices(common: &Common, report: &Report) {
    for notice in &report.notices {
        let place = notice.place.map_or(String::new(), |(line, column)| format!(":{line}:{column}"));
        output::warn(common, &format!("{}{place}: {}", visible(&notice.path), visible(&notice.message)));
    }
}
