//! `manual-gc`: a forced collection or purge in production code.

use runtime_policy_rules::{Effect, lexicon};

use crate::finding::Level;
use crate::rules::shapes::justification::{attached, has_evidence};
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "manual-gc";

/// Words in a function's name that tell a callback for memory pressure.
const PRESSURE: &[&str] =
    &["low_memory", "memory_warning", "memory_pressure", "oom", "near_heap_limit", "sigusr"];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect != Effect::ReadOnly) {
        let name = short(&used.found.path);
        let mut remark = case.remark(RULE, &used, format!("`{name}` forces a collection"));
        if is_tolerated(case, &used) {
            remark.at_most = Some(Level::Warning);
        }
        remarks.push(remark);
    }
}

/// What is shown, and does not fail a run: opt-in by the environment, a callback for memory pressure, evidence.
fn is_tolerated(case: &Case<'_>, used: &Used<'_>) -> bool {
    let site = &used.found.site;
    let by_name = case.function(site).is_some_and(|function| {
        let name = function.name.to_lowercase();
        PRESSURE.iter().any(|word| name.contains(word))
    });
    by_name
        || site.context.env_gated
        || has_evidence(lexicon(), &attached(case, site).join(" ").to_lowercase())
}
