//! `stop-the-world-metrics`: statistics that cost the whole process, where they are read often.

use runtime_policy_rules::{Effect, metric_mistakes, metrics};

use crate::facts::Value;
use crate::rules::shapes::hot_path::hot_through_calls;
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "stop-the-world-metrics";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    unknown_names(case, remarks);
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::MetricsHeavy) {
        let Some((why, place)) = hot_through_calls(case, &used.found.site) else { continue };
        let message = format!("`{}` is called {}", short(&used.found.path), why.said());
        let mut remark = case.remark(RULE, &used, message);
        remark.related.extend(place);
        remarks.push(remark);
    }
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::MetricName) {
        remarks.extend(unknown(case, &used));
    }
}

/// A metric that no release of the runtime knows: reading it as a number panics.
fn unknown(case: &Case<'_>, used: &Used<'_>) -> Option<Remark> {
    let name = used.found.keys.iter().find(|(key, _)| &**key == "Name").and_then(|(_, value)| value.str())?;
    if !name.starts_with('/') || metrics().iter().any(|known| known.name == name) {
        return None;
    }
    let mut remark = case.remark(RULE, used, format!("no release of Go has a metric `{name}`"));
    let meant = metric_mistakes().iter().find(|mistake| mistake.wrong == name);
    remark.help = Some(match meant {
        Some(mistake) => format!("it is called `{}`", mistake.right),
        None => "take the name from `metrics.All()`".to_owned(),
    });
    Some(remark)
}

/// Metrics that are read by a name which no release knows.
fn unknown_names(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE).filter(|used| used.api.effect == Effect::MetricName) {
        let names = used.found.keys.iter().map(|(_, value)| value).chain(&used.found.args);
        let name = names.into_iter().find_map(Value::str).filter(|name| name.starts_with('/'));
        let Some(name) = name.filter(|name| !metrics().iter().any(|known| *known.name == **name)) else {
            continue;
        };
        let mut remark = case.remark(RULE, &used, format!("`{name}` is a metric of no release"));
        let meant = metric_mistakes().iter().find(|mistake| *mistake.wrong == *name);
        remark.help = Some(match meant {
            Some(mistake) => format!("read `{}`", mistake.right),
            None => "look the name up in the release's list of metrics".to_owned(),
        });
        remarks.push(remark);
    }
}
