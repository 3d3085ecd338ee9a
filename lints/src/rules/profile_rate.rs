//! `profile-rate`: a sampling rate off the default with no benchmark beside it, or a profiler without a feature gate.

use runtime_policy_rules::{Op, lexicon};

use crate::rules::shapes::argument;
use crate::rules::shapes::justification::{attached, beside, has_evidence};
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "profile-rate";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    argument::judge(case, RULE, remarks, |used| {
        let name = short(&used.found.path);
        if starts_a_tool(used) {
            let gated = case.code.only_under_a_feature(case.facts, &used.found.site);
            return (!gated)
                .then(|| format!("`{name}` starts in production, behind no {}", case.code.switch()));
        }
        let measured = is_measured(&attached(case, &used.found.site).join(" "));
        (!measured)
            .then(|| format!("`{name}` samples faster than usual, and no benchmark is named beside it"))
    });
    for setting in case.settings(RULE).filter(|setting| !is_measured(&beside(case, setting))) {
        let message = format!("`{}={}` samples faster than usual", setting.name, setting.value);
        remarks.push(case.remark_on(RULE, setting, message));
    }
}

/// The entry is about being there at all, not about a rate.
fn starts_a_tool(used: &Used<'_>) -> bool {
    let about_rate = used.api.conditions.iter().filter(|condition| {
        condition.rule.as_deref().is_none_or(|rule| rule == RULE) && condition.op != Op::NoFeatureGate
    });
    about_rate.count() == 0
}

/// A comment names a link, a benchmark or figures; the rate itself is no figure.
fn is_measured(comments: &str) -> bool {
    has_evidence(lexicon(), &without_rates(&comments.to_lowercase()))
}

fn without_rates(text: &str) -> String {
    text.replace("hz", " ")
}
