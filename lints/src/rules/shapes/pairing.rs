//! Things that must be ended: guards and what they guard.

use runtime_policy_rules::Effect;

use crate::facts::exit::Exit;
use crate::facts::lifetime::Held;
use crate::facts::{ApiUse, Outcome, Site};
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::Case;
use crate::source::Span;

/// Lets a guard that its pattern drops at once live to the end of its block: `_` becomes `_guard`.
pub(crate) fn name_the_guard(case: &Case<'_>, site: &Site, held: &Held) -> Option<Fix> {
    let source = case.code.source(site.file);
    let around = case.function(site).map_or("", |function| source.slice(function.span));
    let text = source.slice(held.pattern);
    let at = text.rfind('_')?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if text[..at].ends_with(word) || text[at + 1..].starts_with(word) {
        return None;
    }
    let start = held.pattern.start + at as u32;
    let name = free_name(around);
    Some(Fix {
        title: format!("bind the guard to `{name}`"),
        edits: vec![Edit { path: source.path.clone(), start, end: start + 1, replacement: name }],
        applicability: Applicability::Safe,
    })
}

/// A name that the function does not use yet: another guard's name would mean that one.
fn free_name(function: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let is_used = |name: &str| function.split(|c: char| !part(c)).any(|word| word == name);
    let further = (2u32..).map(|number| format!("_guard_{number}"));
    std::iter::once("_guard".to_owned()).chain(further).find(|name| !is_used(name)).unwrap_or_default()
}

/// How something that was opened is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing closes it.
    Never,
    /// A way out of the function passes what closes it by.
    At(Span),
}

/// Whether the function that opens something may be left with it open; `closes` is the effect that closes it.
///
/// It is closed by what runs whenever the function ends, by a function that is given back to the caller, by a
/// counterpart of the function (`start` and `stop`), and by what stands before every way out.
pub(crate) fn left_open(case: &Case<'_>, opener: &ApiUse, closes: Effect) -> Option<Left> {
    // What is given to somebody else is theirs to close.
    if matches!(opener.outcome, Outcome::Returned | Outcome::Stored) || is_handed_on(case, opener) {
        return None;
    }
    let site = &opener.site;
    let closers = || case.facts.uses.iter().filter(|other| case.catalogue.api(other.api).effect == closes);
    let here: Vec<&ApiUse> = closers().filter(|other| other.site.function == site.function).collect();
    let given_back = |other: &ApiUse| {
        other.outcome == Outcome::Returned
            || other.site.context.in_closure
                && !other.site.context.in_task
                && other.site.span.start > site.span.end
    };
    if here.iter().any(|other| other.site.context.deferred || given_back(other))
        || closers().any(|other| is_counterpart(case, opener, other))
    {
        return None;
    }
    let later = |exit: &&Exit| exit.body.contains(site.span) && exit.span.start >= site.span.end;
    let closed = |exit: &Exit| {
        here.iter()
            .any(|other| site.span.end <= other.site.span.start && other.site.span.end <= exit.span.start)
    };
    let open = innermost(&case.facts.exits, site.span).filter(later).find(|exit| !closed(exit))?;
    let none = !here.iter().any(|other| other.site.span.start >= site.span.end);
    Some(if none { Left::Never } else { Left::At(open.span) })
}

/// Whether the variable that something is bound to is returned or kept.
fn is_handed_on(case: &Case<'_>, opener: &ApiUse) -> bool {
    let Outcome::Bound(variable, _) = &opener.outcome else { return false };
    case.facts.passed.iter().any(|passed| {
        passed.variable == *variable
            && passed.function == opener.site.function
            && matches!(passed.outcome, Outcome::Returned | Outcome::Stored)
    })
}

/// The ways out of the smallest function or closure around a place.
fn innermost(exits: &[Exit], place: Span) -> impl Iterator<Item = &Exit> {
    let around = exits.iter().filter(|exit| exit.body.contains(place)).map(|exit| exit.body);
    let body = around.min_by_key(|body| body.end - body.start);
    exits.iter().filter(move |exit| Some(exit.body) == body)
}

/// Words in the name of a function that undoes what its counterpart did.
const UNDOES: &[&str] =
    &["stop", "unlock", "release", "close", "end", "leave", "exit", "finish", "shutdown", "un"];

/// Whether the closing call stands in a function of its own that is there to undo: `stopProfile` for `startProfile`.
fn is_counterpart(case: &Case<'_>, opener: &ApiUse, closer: &ApiUse) -> bool {
    let (Some(opens), Some(closes)) = (case.function(&opener.site), case.function(&closer.site)) else {
        return false;
    };
    let name = closes.name.to_lowercase();
    opener.site.function != closer.site.function
        && opens.self_type == closes.self_type
        && UNDOES.iter().any(|word| name.starts_with(word) || word.len() > 2 && name.contains(word))
}
