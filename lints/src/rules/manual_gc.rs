//! `manual-gc`: a forced collection or purge in production code.

use runtime_policy_rules::{Effect, lexicon};

use crate::finding::Level;
use crate::rules::shapes::justification::{attached, has_evidence};
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "manual-gc";

/// Words in a function's name that tell a callback for memory pressure.
const PRESSURE: &[&str] = &["low_memory", "memory_warning", "memory_pressure", "oom", "near_heap_limit"];

/// Calls that offer a function to an engine's scripts: what those do with it is theirs.
const OFFERS: &[&str] = &[
    "create_function",
    "create_function_mut",
    "create_async_function",
    "add_function",
    "add_method",
    "add_method_mut",
    "register_fn",
    "register_global_callable",
];

/// Statements that an operator's endpoint may have and still do nothing else: a collection and an answer.
const WHOLE_BODY: u32 = 2;

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect != Effect::ReadOnly) {
        if is_offered(&used) || before_heap_profile(case, &used) {
            continue;
        }
        let name = short(&used.found.path);
        let mut remark = case.remark(RULE, &used, format!("`{name}` forces a collection"));
        if is_tolerated(case, &used) {
            remark.at_most = Some(Level::Warning);
        }
        remarks.push(remark);
    }
}

fn is_offered(used: &Used<'_>) -> bool {
    let callee = used.found.site.given_to.as_deref().unwrap_or("");
    OFFERS.contains(&callee.rsplit("::").next().unwrap_or(callee))
}

/// Collecting right before a heap profile is written makes the profile say what is alive.
fn before_heap_profile(case: &Case<'_>, used: &Used<'_>) -> bool {
    case.facts.uses.iter().any(|other| {
        other.site.function == used.found.site.function
            && other.site.span.start > used.found.site.span.end
            && matches!(
                case.catalogue.api(other.api).effect,
                Effect::Dump | Effect::Profiler | Effect::DebugEndpoint | Effect::CaptureGuard
            )
    })
}

/// What is shown, and does not fail a run: what an operator asks for, opt-in by the environment, a callback for memory
/// pressure, evidence.
fn is_tolerated(case: &Case<'_>, used: &Used<'_>) -> bool {
    let site = &used.found.site;
    let function = case.function(site);
    let for_pressure = function.is_some_and(|function| {
        let name = function.name.to_lowercase();
        PRESSURE.iter().any(|word| name.contains(word))
    });
    let for_operator = function.is_some_and(|function| function.statements <= WHOLE_BODY)
        && case.code.in_handler(case.facts, site);
    // The attribute takes checkable reasons only; the guard lets the call through for the same one.
    let for_a_reason = function.is_some_and(|function| {
        function.attributes.iter().any(|text| text.starts_with("runtime_guard::purges"))
    });
    for_pressure
        || for_operator
        || for_a_reason
        || site.context.env_gated
        || has_evidence(lexicon(), &attached(case, site).join(" ").to_lowercase())
}
