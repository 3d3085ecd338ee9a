//! `undocumented-queue-policy`: a queue in a request path with no written bound, time-out or drop policy.

use runtime_policy_rules::Effect;

use crate::facts::Outcome;
use crate::finding::Level;
use crate::rules::shapes::argument;
use crate::rules::shapes::justification::attached;
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "undocumented-queue-policy";

/// What a comment says that tells what happens under load.
const POLICY: &[&str] = &[
    "full",
    "drop",
    "bound",
    "pressure",
    "stall",
    "wait",
    "time-out",
    "timeout",
    "time out",
    "times out",
    "capacity",
    "overflow",
    "limit",
    "backlog",
    "block",
    "slow",
    "lag",
    "shed",
    "at most",
    "never more",
];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    if case.config.level_or(RULE, case.path, Some(Level::Warning)).is_none() {
        return;
    }
    let pedantic = case.config.level(RULE, case.path).is_some();
    let mut own = Vec::new();
    argument::judge(case, RULE, &mut own, |used| {
        let waits = match used.api.effect {
            Effect::BlockingSend => true,
            Effect::Unbounded => false,
            _ => return None,
        };
        if is_written(case, used) || is_timed(used) {
            return None;
        }
        // Looking at every `send` there is costs too much where the rule is not asked for.
        if waits && !pedantic {
            return None;
        }
        let handles = case.code.in_handler(case.facts, &used.found.site);
        if !handles && (waits || !pedantic) {
            return None;
        }
        let name = short(&used.found.path);
        Some(match (waits, handles) {
            (true, _) => {
                format!("`{name}` waits for room in a handler, with no time-out and no word on what then")
            }
            (false, true) => {
                format!("`{name}` makes a queue without a bound in a handler, and no comment says why")
            }
            (false, false) => format!("`{name}` makes a queue without a bound, and no comment says why"),
        })
    });
    for remark in &mut own {
        remark.by_default = remark.message.contains("handler").then_some(Level::Warning);
    }
    remarks.append(&mut own);
}

fn is_written(case: &Case<'_>, used: &Used<'_>) -> bool {
    let text = attached(case, &used.found.site).join(" ").to_lowercase();
    POLICY.iter().any(|word| text.contains(word))
}

/// The send is given to a time-out.
fn is_timed(used: &Used<'_>) -> bool {
    let named = |name: &str| name.contains("timeout") || name.contains("deadline");
    matches!(&used.found.outcome, Outcome::Argument(Some(callee)) if named(callee))
        || used.found.after.iter().any(|link| named(&link.name))
}
