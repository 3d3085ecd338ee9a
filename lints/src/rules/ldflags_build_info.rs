//! `ldflags-build-info`: a version that the linker writes, where the build information has it.

use crate::rules::{Case, Remark};

pub(super) const RULE: &str = "ldflags-build-info";

/// Parts of the names of variables that the build information makes needless.
const KNOWN: &[&str] = &[
    "version",
    "commit",
    "revision",
    "gitsha",
    "githash",
    "git_sha",
    "tag",
    "dirty",
    "branch",
    "builddate",
    "buildtime",
];

/// Once for the variables of one command: those on one line.
pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    if case.facts.linked.is_empty() || case.config.level(RULE, case.path).is_none() {
        return;
    }
    let source = case.code.source(case.facts.file);
    let mut line = None;
    for linked in case.facts.linked.iter().filter(|linked| is_known(&linked.name)) {
        let own = source.line_of(linked.span.start);
        if line.replace(own) == Some(own) {
            continue;
        }
        let message = format!("the linker writes `{}`, which the build information says", linked.name);
        remarks.push(case.remark_at(RULE, linked.span, linked.name.clone(), message));
    }
}

fn is_known(variable: &str) -> bool {
    let name = variable.rsplit('.').next().unwrap_or(variable).to_lowercase();
    KNOWN.iter().any(|word| name.contains(word))
}
