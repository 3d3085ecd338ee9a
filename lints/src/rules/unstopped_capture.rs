//! `unstopped-capture`: guards of captures that are dropped where they are made, or never.

use runtime_policy_rules::{Effect, Op};

use crate::facts::lifetime::Held;
use crate::facts::{ApiUse, Outcome};
use crate::rules::shapes::pairing::{Left, left_open, name_the_guard};
use crate::rules::{Case, Place, Remark, Used, short};
use crate::source::Span;

pub(super) const RULE: &str = "unstopped-capture";

/// Calls after the one that makes a guard which hand the guard on.
const PLAIN: &[&str] = &["unwrap", "expect", "ok", "unwrap_or_else", "map_err", "context", "with_context"];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    never_stopped(case, remarks);
    for used in case.uses(RULE).filter(makes_guard) {
        let found = used.found;
        if !found.after.iter().all(|link| PLAIN.contains(&&*link.name)) {
            continue;
        }
        let name = short(&found.path);
        let held = case.facts.held.iter().find(|held| held.made == found.site.span);
        let dropped = matches!(found.outcome, Outcome::Underscore | Outcome::Discarded)
            || held.is_some_and(|held| held.names.last().is_some_and(Option::is_none));
        if dropped {
            let mut remark = case.remark(RULE, &used, format!("the guard of `{name}` is dropped at once"));
            remark.fix = held.and_then(|held| name_the_guard(case, &found.site, held));
            remarks.push(remark);
        } else if let Some((span, message)) = forgotten(found, held) {
            let mut remark = case.remark(RULE, &used, format!("the guard of `{name}` is forgotten"));
            remark.related.push(Place { file: found.site.file, span, message });
            remarks.push(remark);
        }
    }
}

/// Captures that are stopped by a call of their own, and are not on every path.
fn never_stopped(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::CaptureStart) {
        let Some(left) = left_open(case, used.found, Effect::CaptureStop) else { continue };
        let name = short(&used.found.path);
        let (message, place) = match left {
            // Another function of the program may stop it; which one, and when, is not seen.
            Left::Never if stops_elsewhere(case, &used) => continue,
            Left::Never => (format!("`{name}` starts a capture that nothing stops"), None),
            Left::At(span) => {
                (format!("`{name}` starts a capture that is not stopped on every path"), Some(span))
            }
        };
        let mut remark = case.remark(RULE, &used, message);
        remark.related.extend(place.map(|span| Place {
            file: used.found.site.file,
            span,
            message: "left here, still capturing".to_owned(),
        }));
        remarks.push(remark);
    }
}

/// Whether another function of the program has a call that stops such captures.
fn stops_elsewhere(case: &Case<'_>, used: &Used<'_>) -> bool {
    let Some(pair) = used.api.pair.as_deref() else { return false };
    let stops = case.catalogue.apis().map(|(_, api)| api).filter(|api| api.id == pair);
    let names: Vec<&str> =
        stops.flat_map(|api| api.paths.iter()).filter_map(|path| path.rsplit("::").next()).collect();
    // `Stop` alone is everybody's name.
    let telling: Vec<&str> = names.into_iter().filter(|name| name.len() > 6).collect();
    let in_file = case.facts.uses.iter().any(|other| case.catalogue.api(other.api).id == pair);
    in_file || !telling.is_empty() && case.code.program_holds(used.found.site.file, &telling)
}

/// Whether the catalogue says of an entry that its value must not be dropped at once.
fn makes_guard(used: &Used<'_>) -> bool {
    used.api.conditions.iter().any(|condition| {
        condition.op == Op::DroppedAtOnce && condition.rule.as_deref().is_none_or(|rule| rule == RULE)
    })
}

fn forgotten(found: &ApiUse, held: Option<&Held>) -> Option<(Span, String)> {
    let message = "forgotten here, so that it never writes its end".to_owned();
    match &found.outcome {
        Outcome::Argument(Some(callee)) if is_forget(callee) => Some((found.site.statement, message)),
        _ => Some((held?.forgotten?, message)),
    }
}

fn is_forget(callee: &str) -> bool {
    matches!(callee, "std::mem::forget" | "std::mem::ManuallyDrop::new")
}
