//! `unjustified-thread-pin`: binding work to a CPU, or raising its priority, needs a named cause.

use runtime_policy_rules::Effect;

use crate::finding::Level;
use crate::rules::shapes::justification::{self, Verdict, Wanted};
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "unjustified-thread-pin";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE) {
        let wanted = match used.api.effect {
            Effect::Pin | Effect::Tuning => Wanted::Cpu,
            Effect::Priority => Wanted::Priority,
            _ => continue,
        };
        let site = &used.found.site;
        if justified_by_guard(case, &used) {
            continue;
        }
        let name = short(&used.found.path);
        let what = match wanted {
            Wanted::Cpu => "binds the thread to a CPU",
            Wanted::Priority => "changes the thread's priority",
        };
        let message = match justification::judge(case, site, wanted, name) {
            Verdict::Accepted => continue,
            Verdict::Missing => format!("`{name}` {what} and no comment says why"),
            Verdict::Refused(why) => format!("`{name}` {what} and its comment gives no cause: {why}"),
        };
        let mut remark = case.remark(RULE, &used, message);
        if used.found.args.iter().any(crate::facts::Value::is_configured) {
            remark.at_most = Some(Level::Warning);
        }
        remarks.push(remark);
    }
}

/// `#[runtime_guard::pinned(because = "…")]` on the function, or the guard's own call.
fn justified_by_guard(case: &Case<'_>, used: &crate::rules::Used<'_>) -> bool {
    case.function(&used.found.site).is_some_and(|function| {
        function.attributes.iter().any(|text| text.starts_with("runtime_guard::pinned"))
    })
}
