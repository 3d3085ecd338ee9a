//! Rules of the team's own: the shapes of built-in rules over APIs that the configuration names.

use runtime_policy_rules::Shape;

use crate::facts::Value;
use crate::policy::file::Within;
use crate::policy::own::Own;
use crate::rules::shapes::justification::gives_a_reason;
use crate::rules::shapes::placement;
use crate::rules::{Case, Remark, Used};

/// Uses that one of the team's rules objects to.
pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for own in rules(case) {
        for used in case.uses(&own.rule.id) {
            remarks.extend(judge_use(case, own, &used));
        }
    }
}

/// Settings that two functions of a program's start-up change.
pub(super) fn second_owners(cases: &[Case<'_>], remarks: &mut Vec<Remark>) {
    let Some(any) = cases.first() else { return };
    for own in any.config.own_rules().iter().filter(|own| own.rule.shape == Shape::Placement) {
        placement::second_owners(cases, &own.rule.id, |_, _| true, remarks);
    }
}

fn rules<'r>(case: &Case<'r>) -> impl Iterator<Item = &'r Own> {
    let (config, path) = (case.config, case.path);
    config.own_rules().iter().filter(move |own| {
        own.rule.languages.contains(&case.catalogue.language()) && config.level(&own.rule.id, path).is_some()
    })
}

fn judge_use(case: &Case<'_>, own: &Own, used: &Used<'_>) -> Option<Remark> {
    let site = &used.found.site;
    let mut remark = case.remark(&own.rule.id, used, own.message.clone());
    match own.rule.shape {
        Shape::Placement => {
            let (_, witness) = placement::outside(case, used)?;
            remark.related.extend(witness);
        }
        Shape::Justification if gives_a_reason(case, site) => return None,
        Shape::Prohibition if !is_within(case, own, used) => return None,
        Shape::Argument if !is_fixed(used) => return None,
        Shape::Pairing if !is_opener(used) || is_closed(case, own, used) => return None,
        _ => {}
    }
    Some(remark)
}

fn is_within(case: &Case<'_>, own: &Own, used: &Used<'_>) -> bool {
    let site = &used.found.site;
    own.within.is_empty()
        || own.within.iter().any(|within| match within {
            Within::Handler => case.code.in_handler(case.facts, site),
            Within::Loop => site.context.in_loop || case.code.called_in_loop(case.facts, site).is_some(),
        })
}

/// Conditions of the entry have decided; without any, an argument written into the code counts.
fn is_fixed(used: &Used<'_>) -> bool {
    !used.api.conditions.is_empty() || used.found.args.iter().any(Value::is_literal)
}

/// Of several APIs of a pairing the first one opens and the others close.
fn is_opener(used: &Used<'_>) -> bool {
    used.api.pair.is_some() || ends_in_zero(&used.api.id)
}

fn ends_in_zero(id: &str) -> bool {
    id.trim_end_matches(".method").ends_with(".0")
}

/// Whether the function also uses what undoes the call.
fn is_closed(case: &Case<'_>, own: &Own, used: &Used<'_>) -> bool {
    case.facts.uses.iter().any(|other| {
        let api = case.catalogue.api(other.api);
        let undoes = match &used.api.pair {
            Some(pair) => api.id == *pair,
            None => api.rules.contains(&own.rule.id) && !ends_in_zero(&api.id),
        };
        undoes && other.site.function == used.found.site.function
    })
}
