//! `check --since`, `--staged` and `--diff FILE`: what a change brings.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use runtime_policy_lints::change::{Change, Comparison, Filter};
use runtime_policy_lints::engine::{self, Options, Review};
use runtime_policy_lints::finding::Report;
use runtime_policy_lints::policy::{Baseline, Config};
use runtime_policy_lints::report::Sources;
use runtime_policy_lints::source::Source;
use runtime_policy_lints::visible::visible;

use crate::arguments::{Check, Common};
use crate::output::Failure;
use crate::run;

/// The change that the options are about, if they are about one.
pub fn asked(arguments: &Check) -> Result<Option<Change>, Failure> {
    let changes = &arguments.changes;
    let change = match (&changes.since, changes.staged, &arguments.fixes.diff) {
        (Some(revision), ..) => Some(Change::Since(revision.clone())),
        (None, true, _) => Some(Change::Staged),
        (None, false, Some(Some(file))) => Some(Change::Diff(diff(file)?)),
        _ => None,
    };
    if change.is_none() && changes.filter != Filter::All {
        return Err(Failure::new("`--filter` needs a change: `--since REF`, `--staged` or `--diff FILE`"));
    }
    Ok(change)
}

fn diff(file: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else if file.is_dir() {
        let name = file.to_string_lossy();
        let message = format!(
            "`{0}` is a folder; `--diff` prints fixes where no file follows it: write `{0} --diff`",
            visible(&name)
        );
        return Err(Failure::new(message));
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| {
        Failure::new(format!("cannot read the diff `{}`: {error}", visible(&file.to_string_lossy())))
    })?;
    // Files in other encodings may be in there; what is looked at is UTF-8.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Both sides of a change.
pub fn open(common: &Common, change: &Change) -> Result<Comparison, Failure> {
    Ok(Comparison::open(&run::root(common)?, change)?)
}

/// The configuration that the options name or the side after has.
pub fn config(common: &Common, comparison: &Comparison) -> Result<Config, Failure> {
    if common.config.is_some() || common.no_config {
        return run::config(common);
    }
    Ok(Config::find_in(&comparison.root, &|file| comparison.read_policy(file))?)
}

/// Checks what a change brings.
pub fn check(
    options: &Options,
    comparison: &Comparison,
    filter: Filter,
    baseline: Option<&Baseline>,
) -> Result<Report, Failure> {
    let review = Review { comparison, filter, baseline };
    run::with_bar(options, |options| engine::check_change(options, &review))
}

/// Texts of the side after, for excerpts.
pub struct After<'c>(&'c Comparison);

impl<'c> After<'c> {
    /// Of a change.
    pub fn new(comparison: &'c Comparison) -> Self {
        After(comparison)
    }
}

impl Sources for After<'_> {
    fn read(&self, path: &str) -> Option<Arc<Source>> {
        let text = self.0.after.shown(&self.0.root, path)?;
        Some(Arc::new(Source::new(path.into(), text)))
    }
}
