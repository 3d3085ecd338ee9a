//! `stop-the-world-metrics`: statistics that cost the whole process, where they are read often.

use runtime_policy_rules::Effect;

use crate::rules::shapes::hot_path::hot_through_calls;
use crate::rules::{Case, Remark, short};

pub(super) const RULE: &str = "stop-the-world-metrics";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::MetricsHeavy) {
        let Some((why, place)) = hot_through_calls(case, &used.found.site) else { continue };
        let message = format!("`{}` is called {}", short(&used.found.path), why.said());
        let mut remark = case.remark(RULE, &used, message);
        remark.related.extend(place);
        remarks.push(remark);
    }
}
