//! Judged by the value of an argument: the catalogue's conditions decide, a rule says what was seen and what lifts it.

use runtime_policy_rules::Effect;

use crate::rules::{Case, Remark, Used};
use crate::source::Span;

/// Remarks on each use of a rule's APIs whose conditions hold, once a place. `says` gives the message, or nothing where
/// the use is fine.
pub(crate) fn judge<'r>(
    case: &Case<'r>,
    rule: &str,
    remarks: &mut Vec<Remark>,
    says: impl Fn(&Used<'r>) -> Option<String>,
) {
    let mut last: Option<Span> = None;
    for used in case.uses(rule).filter(|used| used.api.effect != Effect::ReadOnly) {
        if last == Some(place(&used)) {
            continue;
        }
        let Some(message) = says(&used) else { continue };
        last = Some(place(&used));
        let mut remark = case.remark(rule, &used, message);
        remark.span = place(&used);
        remarks.push(remark);
    }
}

/// From the name to the closing bracket: of `builder().worker_threads(1)` the last call alone.
pub(crate) fn place(used: &Used<'_>) -> Span {
    let site = &used.found.site;
    Span { start: site.anchor.start.max(site.span.start), end: site.span.end.max(site.anchor.end) }
}
