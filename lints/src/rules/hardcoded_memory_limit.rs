//! `hardcoded-memory-limit`: a memory limit written as a literal.

use runtime_policy_rules::Effect;

use crate::rules::shapes::argument;
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "hardcoded-memory-limit";

/// Words of the limits that a deployment's file sets itself.
const LIMITS: &[&str] = &["mem_limit", "memory:", "MemoryMax", "MemoryHigh"];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    argument::judge(case, RULE, remarks, |used| {
        // The container's own limit is the one to go by.
        let fixes = !matches!(used.api.effect, Effect::ContainerLimit | Effect::HostMemory);
        fixes.then(|| format!("`{}` fixes a memory limit in the code", short(&used.found.path)))
    });
    for setting in case.settings(RULE).filter(|_| !limits_beside(case)) {
        let message = format!("`{}={}` fixes a memory limit", setting.name, setting.value);
        remarks.push(case.remark_on(RULE, setting, message));
    }
}

/// Whether the file that fixes the limit also sets the container's or the unit's, so that the two change together.
fn limits_beside(case: &Case<'_>) -> bool {
    let text = &case.code.source(case.facts.file).text;
    LIMITS.iter().any(|word| text.contains(word))
}
