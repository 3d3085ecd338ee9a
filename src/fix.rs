//! `check --fix` and `check --diff`.

use std::path::Path;

use runtime_policy_lints::finding::Report;
use runtime_policy_lints::fix::{self, Plan, Settings};
use runtime_policy_lints::visible::visible;

use crate::arguments::{Common, Fixes};
use crate::output::{self, Failure};

/// Applies fixes until none is left; gives the report of what remains.
pub fn apply(
    common: &Common,
    arguments: &Fixes,
    root: &Path,
    check: impl FnMut() -> Result<Report, Failure>,
) -> Result<Report, Failure> {
    let settings = Settings { unsafe_fixes: arguments.unsafe_fixes, allow_dirty: arguments.allow_dirty };
    let outcome = fix::run(root, settings, check)?;
    for refusal in &outcome.refused {
        output::warn(common, &format!("`{}` was not fixed: {}", visible(&refusal.path), refusal.reason));
    }
    let plural = if outcome.applied == 1 { "" } else { "es" };
    output::say(&format!("applied {} fix{plural}", outcome.applied));
    Ok(outcome.report)
}

/// Prints what fixes would change.
pub fn print_diff(root: &Path, report: &Report, unsafe_fixes: bool) -> Result<(), Failure> {
    let Plan { changes, .. } = fix::plan(root, report, unsafe_fixes);
    output::print(&fix::diff(&changes))
}
