//! `runtime-api-outside-wrapper`: tuning or control APIs used outside the modules that the configuration names.

use runtime_policy_rules::{Class, Effect, Kind, Level};

use crate::facts::{ApiUse, Production};
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "runtime-api-outside-wrapper";

/// Once a file: the first use.
pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    if !case.config.has_wrapper(case.path) || case.config.level(RULE, case.path).is_none() {
        return;
    }
    let Some(found) = case.facts.uses.iter().find(|found| belongs_in_wrapper(case, found)) else { return };
    let used = Used { found, api: case.catalogue.api(found.api), level: None };
    let message = format!("`{}` is used outside the wrapper module", short(&found.path));
    let mut remark = case.remark(RULE, &used, message);
    (remark.why, remark.help) = (None, None);
    remarks.push(remark);
}

fn belongs_in_wrapper(case: &Case<'_>, found: &ApiUse) -> bool {
    let api = case.catalogue.api(found.api);
    let wrapped = match api.class {
        Class::Tuning | Class::Control => true,
        Class::Diagnostic => case.config.wraps_diagnostics(case.path),
        Class::Neutral => false,
    };
    let item = case.function(&found.site).map_or("", |function| &*function.path);
    wrapped
        && found.site.production == Production::Yes
        && api.level != Some(Level::Off)
        && !api.is_auxiliary()
        // `#[tokio::main]` is where a program begins.
        && api.kind != Kind::AttributeMacro
        && (api.effect != Effect::ReadOnly || api.class == Class::Diagnostic)
        // The team's own rules have APIs of their own.
        && api.rules.iter().any(|rule| runtime_policy_rules::rule(rule).is_some())
        && counts(case, found)
        && !case.config.is_wrapper(item, case.path)
}

/// Whether the use tunes or controls something: for one rule of the entry its conditions hold.
fn counts(case: &Case<'_>, found: &ApiUse) -> bool {
    let api = case.catalogue.api(found.api);
    api.rules.iter().any(|rule| super::conditions::fires(case, rule, api, found).is_some())
}
