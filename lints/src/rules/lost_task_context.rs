//! `lost-task-context`: tasks and threads that lose the span they were started in.

use runtime_policy_rules::{Effect, Kind, Op};

use crate::facts::lifetime::{Handoff, Held};
use crate::facts::{ApiUse, Outcome, Site};
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::shapes::pairing::name_the_guard;
use crate::rules::{Case, Place, Remark, Used, short};
use crate::source::Span;

pub(super) const RULE: &str = "lost-task-context";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE) {
        match used.api.effect {
            Effect::SpanGuard => guard(case, &used, remarks),
            Effect::Spawn => spawn(case, &used, remarks),
            Effect::ContextCarrier => carrier(case, &used, remarks),
            _ => {}
        }
    }
}

/// What should carry the caller's context on, and is given one that knows nothing of it or is thrown away.
fn carrier(case: &Case<'_>, used: &Used<'_>, remarks: &mut Vec<Remark>) {
    let about =
        used.api.conditions.iter().find(|condition| matches!(condition.op, Op::In | Op::DroppedAtOnce));
    let message = match about.map(|condition| condition.op) {
        Some(Op::In) if used.found.site.context.has_context => {
            format!("`{}` is given a context that knows nothing of the caller's", short(&used.found.path))
        }
        Some(Op::DroppedAtOnce) => format!("what `{}` returns is thrown away", short(&used.found.path)),
        _ => return,
    };
    let mut remark = case.remark(RULE, used, message);
    remark.why = Some("labels and spans travel in the context: what follows counts for nobody".to_owned());
    remark.help = Some("give it the context that the function was given, and use what it returns".to_owned());
    remarks.push(remark);
}

/// A guard that is dropped at once, or held while the task waits.
fn guard(case: &Case<'_>, used: &Used<'_>, remarks: &mut Vec<Remark>) {
    let found = used.found;
    let name = short(&found.path);
    if !found.after.is_empty() {
        return;
    }
    let held = case.facts.held.iter().find(|held| held.made == found.site.span);
    if matches!(found.outcome, Outcome::Underscore | Outcome::Discarded) {
        let message = format!("`{name}` enters the span and leaves it at once");
        let mut remark = case.remark(RULE, used, message);
        remark.help = Some("bind the guard to a name: `let _guard = …`".to_owned());
        // Where the task waits later on, a guard that lives is the next mistake.
        let lives = held.filter(|held| held.wait.is_none());
        remark.fix = lives.and_then(|held| keep(case, &found.site, held));
        remarks.push(remark);
        return;
    }
    if let Some((held, wait)) = held.and_then(|held| Some((held, held.wait?))) {
        let name = held.names.iter().flatten().next().map_or("the guard", |name| &**name);
        let message = format!("`{name}` keeps the span entered across `.await`");
        let mut remark = case.remark(RULE, used, message);
        let message = "other tasks run here, and log into the span".to_owned();
        remark.related.push(Place { file: found.site.file, span: wait, message });
        remark.help =
            Some("put `.instrument(span)` on the future, or drop the guard before the wait".to_owned());
        remarks.push(remark);
    }
}

/// Gives a guard a name. A guard borrows its span: of a span that only this expression holds, it has to own it.
fn keep(case: &Case<'_>, site: &Site, held: &Held) -> Option<Fix> {
    let mut fix = name_the_guard(case, site, held)?;
    let source = case.code.source(site.file);
    let receiver = source.slice(Span { start: site.span.start, end: site.anchor.start });
    let is_temporary = receiver.contains(['(', '{', '[']);
    if source.slice(site.anchor) == "enter" && is_temporary {
        let receiver = receiver.trim_end().strip_suffix('.')?;
        if !receiver.ends_with(')') {
            return None;
        }
        fix.edits.push(Edit {
            path: source.path.clone(),
            start: site.anchor.start,
            end: site.anchor.end,
            replacement: "entered".to_owned(),
        });
    }
    Some(fix)
}

/// Work started elsewhere while a span is active.
fn spawn(case: &Case<'_>, used: &Used<'_>, remarks: &mut Vec<Remark>) {
    let found = used.found;
    let Some(source) = active(case, &found.site) else { return };
    let given = match &used.api.arg {
        Some(runtime_policy_rules::Arg::Position(number)) => found.arg_spans.get(*number as usize),
        _ => found.arg_spans.first(),
    };
    let Some(handoff) = given.and_then(|given| handoff(case, *given)) else { return };
    if is_carried(case, handoff) || is_lost_outside(case, found.site.span) {
        return;
    }
    let message = format!("`{}` starts work that loses the span {source}", short(&found.path));
    let mut remark = case.remark(RULE, used, message);
    // The page's order is shorter than any entry's.
    remark.help = None;
    remark.fix = carry(case, found, handoff);
    remarks.push(remark);
}

fn handoff<'r>(case: &Case<'r>, given: Span) -> Option<&'r Handoff> {
    case.facts.handoffs.iter().find(|handoff| handoff.given == given)
}

/// The span that is active at a place, as a message says it.
fn active(case: &Case<'_>, site: &Site) -> Option<String> {
    if let Some(held) = case.facts.held.iter().find(|held| is_entered(case, held, site.span)) {
        let name = held.names.iter().flatten().next().map_or("", |name| &**name);
        return Some(format!("entered by `{name}`"));
    }
    let instrumented = case.facts.uses.iter().any(|other| {
        let api = case.catalogue.api(other.api);
        other.site.function == site.function
            && api.kind == Kind::AttributeMacro
            && api.effect == Effect::ContextCarrier
    });
    let function = case.function(site)?;
    instrumented.then(|| format!("of `{}`", function.name))
}

fn is_entered(case: &Case<'_>, held: &Held, place: Span) -> bool {
    held.alive.contains(place)
        && !held.deferred.iter().any(|later| later.contains(place))
        && case.facts.uses.iter().any(|used| {
            used.site.span == held.made && case.catalogue.api(used.api).effect == Effect::SpanGuard
        })
}

/// Whether a span goes with the work: put on it before it is given away, or entered within it.
fn is_carried(case: &Case<'_>, handoff: &Handoff) -> bool {
    handoff.names_span
        || case.facts.uses.iter().any(|used| {
            let place = used.site.span;
            let within = handoff.work.contains(place) || handoff.given.contains(place);
            let later = handoff.deferred.iter().any(|later| later.contains(place));
            match case.catalogue.api(used.api).effect {
                Effect::ContextCarrier => within && (!later || has_own_span(used)),
                Effect::SpanGuard => within,
                _ => false,
            }
        })
}

/// `.instrument(span)` with a span that is not merely the one that happens to be current.
fn has_own_span(used: &ApiUse) -> bool {
    used.path.ends_with("::instrument")
        && used.args.last().is_some_and(|span| span.path() != Some("tracing::Span::current"))
}

/// Whether the place is within work that has lost the span already.
fn is_lost_outside(case: &Case<'_>, place: Span) -> bool {
    let spawned = |handoff: &&Handoff| {
        case.facts.uses.iter().any(|used| {
            case.catalogue.api(used.api).effect == Effect::Spawn && used.arg_spans.contains(&handoff.given)
        })
    };
    case.facts
        .handoffs
        .iter()
        .filter(|handoff| handoff.work.contains(place) && handoff.work != place)
        .filter(spawned)
        .any(|handoff| !is_carried(case, handoff))
}

/// Puts the current span on an `async` block.
fn carry(case: &Case<'_>, found: &ApiUse, handoff: &Handoff) -> Option<Fix> {
    let source = case.code.source(found.site.file);
    if !handoff.is_future_body || !case.code.depends_on(found.site.file, "tracing") {
        return None;
    }
    let by_method = case.facts.uses.iter().any(|used| {
        used.site.function == found.site.function
            && used.path.starts_with("tracing::Instrument::")
            && source.slice(used.site.anchor) == used.path.rsplit("::").next().unwrap_or("")
    });
    let at = |at: u32, text: &str| Edit {
        path: source.path.clone(),
        start: at,
        end: at,
        replacement: text.to_owned(),
    };
    let Span { start, end } = handoff.given;
    Some(Fix {
        title: "put the current span on the task".to_owned(),
        edits: if by_method {
            vec![at(end, ".in_current_span()")]
        } else {
            vec![at(start, "tracing::Instrument::in_current_span("), at(end, ")")]
        },
        applicability: Applicability::Safe,
    })
}
