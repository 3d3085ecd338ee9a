//! What a change brings: the side after less the side before.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{Error, Options, discover, policies, report};
use crate::change::{Comparison, Filter, Hunk};
use crate::finding::{Finding, Lift, Location, Report, Suppressed};
use crate::policy::{Baseline, Config};
use crate::workspace::Tree;

/// A change to check, and what is wanted of it.
#[derive(Debug, Clone, Copy)]
pub struct Review<'c> {
    /// The two sides.
    pub comparison: &'c Comparison,
    /// Which of the findings that the change brings are asked for.
    pub filter: Filter,
    /// Findings accepted on both sides.
    pub baseline: Option<&'c Baseline>,
}

/// Lines around a touched one that [`Filter::Context`] takes in: what diffs show.
const CONTEXT: u32 = 3;

pub(super) fn check(options: &Options, review: &Review<'_>) -> Result<Report, Error> {
    let comparison = review.comparison;
    let mut result = Report { notices: comparison.notices.clone(), ..Report::default() };
    if !comparison.matters() {
        return Ok(result);
    }
    let (after, config) = after(options, review)?;
    result.counts = after.counts;
    result.digests = after.digests;
    result.own_rules = after.own_rules;
    // What cannot be read elsewhere hides nothing that the change brings.
    let of_change = after.notices.into_iter().filter(|notice| comparison.touches(&notice.path));
    result.notices.extend(of_change);
    result.notices.sort();
    let mut lines = Lines { comparison, hunks: FxHashMap::default() };
    (result.findings, result.suppressed) = (after.findings.clone(), after.suppressed.clone());
    // First a look at the files that matter, which mostly settles it; what seems new is looked for in all files, for
    // some findings need more than the files that they name.
    for files in [named(&after.findings, &after.suppressed, comparison), Vec::new()] {
        let suppressed = result.suppressed.iter().map(|suppressed| &suppressed.finding);
        if !result.findings.iter().chain(suppressed).any(|finding| may_be_old(finding, comparison)) {
            break;
        }
        let before = before(options, review, &config, files)?;
        let was_suppressed: Vec<Finding> = before.suppressed.into_iter().map(|old| old.finding).collect();
        result.findings = fresh(&after.findings, &before.findings, |finding| finding, &mut lines);
        result.suppressed =
            fresh(&after.suppressed, &was_suppressed, |suppressed| &suppressed.finding, &mut lines);
    }
    result.findings.retain(|finding| lines.keeps(review.filter, &finding.location));
    result.suppressed.retain(|suppressed| lines.keeps(review.filter, &suppressed.finding.location));
    Ok(result)
}

pub(super) fn check_after(options: &Options, review: &Review<'_>) -> Result<Report, Error> {
    Ok(after(options, review)?.0)
}

/// Whether the side before had the file, perhaps by another name.
fn may_be_old(finding: &Finding, comparison: &Comparison) -> bool {
    let path = &finding.location.path;
    !comparison.touches(path) || comparison.origin(path).is_some()
}

/// The side after, and the configuration with its nested files.
fn after(options: &Options, review: &Review<'_>) -> Result<(Report, Config), Error> {
    let workspace = discover(options, &review.comparison.after)?;
    let read = |file: &std::path::Path| review.comparison.read_policy(file);
    let config =
        Config::clone(&options.config).with_nested_in(&workspace.root, policies(&workspace), &read)?;
    let mut report = accepted(report(options, &workspace, &config), review);
    let is_foreign = |finding: &Finding| review.comparison.is_foreign(&finding.location.path);
    report.findings.retain(|finding| !is_foreign(finding));
    report.suppressed.retain(|suppressed| !is_foreign(&suppressed.finding));
    Ok((report, config))
}

/// The side before, with findings in some files or, where none are given, in all.
fn before(
    options: &Options,
    review: &Review<'_>,
    config: &Config,
    files: Vec<PathBuf>,
) -> Result<Report, Error> {
    let options = Options { paths: files, progress: None, ..options.clone() };
    let workspace = discover(&options, &review.comparison.before)?;
    Ok(accepted(report(&options, &workspace, config), review))
}

/// Without what the baseline accepts, which is old on either side.
fn accepted(mut report: Report, review: &Review<'_>) -> Report {
    if let Some(baseline) = review.baseline {
        baseline.apply(&mut report);
        report.suppressed.retain(|suppressed| suppressed.by != Lift::Baseline);
    }
    report
}

/// Files of the side before in which the findings would be, had they been there: their own and those they point at.
fn named(shown: &[Finding], suppressed: &[Suppressed], comparison: &Comparison) -> Vec<PathBuf> {
    let findings = shown.iter().chain(suppressed.iter().map(|suppressed| &suppressed.finding));
    let paths: BTreeSet<&Arc<str>> = findings
        .flat_map(|finding| {
            let related = finding.related.iter().map(|related| &related.location);
            std::iter::once(&finding.location).chain(related).map(|location| &location.path)
        })
        .collect();
    let old = |path: &Arc<str>| match comparison.touches(path) {
        true => comparison.origin(path).cloned(),
        false => Some(path.clone()),
    };
    paths.into_iter().filter_map(old).map(|path| PathBuf::from(&*path)).collect()
}

/// Those of `after` that `before` has not: each finding of the side before accounts for one of the same fingerprint, or
/// of the same rule and text where the file was renamed. Of several alike, those on touched lines are the new ones.
fn fresh<T: Clone>(
    after: &[T],
    before: &[Finding],
    finding: impl Fn(&T) -> &Finding,
    lines: &mut Lines<'_>,
) -> Vec<T> {
    let mut known: FxHashMap<Identity, u32> = FxHashMap::default();
    for old in before {
        let path = &old.location.path;
        let identity = match lines.comparison.is_renamed(path) {
            true => Identity::moved(old, path, &lines.text(&lines.comparison.before, &old.location)),
            false => Identity::of(old),
        };
        *known.entry(identity).or_default() += 1;
    }
    let mut order: Vec<usize> = (0..after.len()).collect();
    order.sort_by_cached_key(|at| lines.touched(&finding(&after[*at]).location, 0));
    let mut is_new = vec![false; after.len()];
    for at in order {
        let found = finding(&after[at]);
        let path = &found.location.path;
        let identity = match lines.comparison.origin(path).filter(|origin| *origin != path) {
            Some(origin) => {
                Identity::moved(found, origin, &lines.text(&lines.comparison.after, &found.location))
            }
            None => Identity::of(found),
        };
        match known.get_mut(&identity).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => is_new[at] = true,
        }
    }
    after.iter().zip(is_new).filter(|(_, is_new)| *is_new).map(|(one, _)| one.clone()).collect()
}

/// By what a finding is known again.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Fingerprint(String),
    /// Rule, path before and text: a fingerprint does not survive that its file gets another name.
    Moved(Arc<str>, Arc<str>, String),
}

impl Identity {
    fn of(finding: &Finding) -> Identity {
        Identity::Fingerprint(finding.fingerprint.clone())
    }

    fn moved(finding: &Finding, path: &Arc<str>, text: &str) -> Identity {
        let words: Vec<&str> = text.split_whitespace().collect();
        Identity::Moved(finding.rule.clone(), path.clone(), words.join(" "))
    }
}

/// The touched lines of files, each file compared once.
struct Lines<'c> {
    comparison: &'c Comparison,
    hunks: FxHashMap<Arc<str>, Vec<Hunk>>,
}

impl Lines<'_> {
    fn keeps(&mut self, filter: Filter, location: &Location) -> bool {
        match filter {
            Filter::All => true,
            Filter::File => self.comparison.touches(&location.path),
            Filter::Context => self.touched(location, CONTEXT),
            Filter::Added => self.touched(location, 0),
        }
    }

    /// Whether a touched line is among those of a place, or `around` lines away.
    fn touched(&mut self, location: &Location, around: u32) -> bool {
        let comparison = self.comparison;
        let hunks =
            self.hunks.entry(location.path.clone()).or_insert_with(|| comparison.hunks(&location.path));
        hunks.iter().any(|hunk| hunk.meets(location.start.line, location.end.line, around))
    }

    fn text(&self, tree: &Tree, location: &Location) -> String {
        let text = tree.shown(&self.comparison.root, &location.path).unwrap_or_default();
        let (start, end) = (location.start.byte as usize, location.end.byte as usize);
        text.get(start..end).unwrap_or_default().to_owned()
    }
}
