//! `unpaired-thread-lock`: work tied to its OS thread that is never let go.

use runtime_policy_rules::Effect;

use crate::rules::shapes::justification::attached;
use crate::rules::shapes::pairing::{Left, left_open};
use crate::rules::{Case, Place, Remark, short};

pub(super) const RULE: &str = "unpaired-thread-lock";

/// What a comment says that means the thread to end with the work.
const MEANT: &[&str] = &[
    "die",
    "dying",
    "terminat",
    "destroy",
    "discard",
    "thrown away",
    "throw away",
    "never unlock",
    "not unlock",
    "don't unlock",
    "without unlock",
    "no unlock",
    "stays locked",
    "stay locked",
    "remain locked",
    "leave it locked",
    "leave locked",
    "main thread",
];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::ThreadLock) {
        if holds_the_main_thread(case, &used) || is_meant(&attached(case, &used.found.site).join(" ")) {
            continue;
        }
        let Some(left) = left_open(case, used.found, Effect::ThreadUnlock) else { continue };
        let name = short(&used.found.path);
        let (message, place) = match left {
            Left::Never => (format!("`{name}` is never undone"), None),
            Left::At(span) => (format!("`{name}` is not undone on every path"), Some(span)),
        };
        let mut remark = case.remark(RULE, &used, message);
        // The catalogue's words are about the lock itself; the way out is the rule's own.
        (remark.why, remark.help) = (None, None);
        remark.related.extend(place.map(|span| Place {
            file: used.found.site.file,
            span,
            message: "left here, still locked".to_owned(),
        }));
        remarks.push(remark);
    }
}

/// In `main`, and in what runs before it, the lock holds the main thread for good.
fn holds_the_main_thread(case: &Case<'_>, used: &crate::rules::Used<'_>) -> bool {
    let site = &used.found.site;
    !site.context.in_task
        && case
            .function(site)
            .is_none_or(|function| matches!(&*function.name, "main" | "init") && function.self_type.is_none())
}

fn is_meant(comments: &str) -> bool {
    let lower = comments.to_lowercase();
    MEANT.iter().any(|phrase| lower.contains(phrase))
}
