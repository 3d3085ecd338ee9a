//! `missing-stack-dumper`: a service with no way to dump its stacks or tasks on a signal.

use runtime_policy_rules::Effect;

use crate::facts::Production;
use crate::facts::code::StartUp;
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "missing-stack-dumper";

/// Words of a program that installs a handler for a signal other than those that end it.
const HOOKS: &[&str] = &[
    "SIGUSR1",
    "SIGUSR2",
    "SIGQUIT",
    "SIGINFO",
    "user_defined1",
    "user_defined2",
    "SignalKind::quit",
    "SignalKind::info",
    "SignalKind::from_raw",
    "taskdump_tree",
    "PrintTrace",
];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    if case.config.level(RULE, case.path).is_none() {
        return;
    }
    let package = case.code.package(case.facts.file);
    let serve = case.facts.uses.iter().find(|found| {
        let api = case.catalogue.api(found.api);
        let is_own = package.is_some_and(|package| case.catalogue.is_made_by(api, package));
        api.effect == Effect::Serve
            && !is_own
            && found.site.production == Production::Yes
            && is_reached(case, found)
    });
    let Some(found) = serve else { return };
    if case.code.program_holds(found.site.file, HOOKS) {
        return;
    }
    let used = Used { found, api: case.catalogue.api(found.api), level: None };
    let message =
        format!("`{}` starts serving in a program that dumps nothing on a signal", short(&found.path));
    let mut remark = case.remark(RULE, &used, message);
    (remark.why, remark.help) = (None, None);
    remarks.push(remark);
}

/// In a program, or in a function that the start of one calls.
fn is_reached(case: &Case<'_>, found: &crate::facts::ApiUse) -> bool {
    !case.code.in_library(found.site.file) || case.code.start_up(case.facts, &found.site) == StartUp::Yes
}
