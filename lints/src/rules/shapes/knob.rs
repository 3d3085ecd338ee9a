//! Which setting a call changes, and whether it puts it back.

use runtime_policy_rules::{Api, environment};

use crate::facts::{ApiUse, Value};
use crate::rules::{Case, Used};

/// The identity of the setting that a use changes, with `<name>` filled in; `None` where it cannot be told.
pub(crate) fn knob_of(api: &Api, found: &ApiUse) -> Option<String> {
    let knob = api.knob.as_deref()?;
    let Some((before, rest)) = knob.split_once('<') else { return Some(knob.to_owned()) };
    let after = rest.split_once('>')?.1;
    let value = found.args.first().or(found.receiver.as_ref())?;
    let name = match value {
        Value::Str(text) => text.to_string(),
        Value::Path(path) | Value::Call(path, _) => path.rsplit("::").next()?.to_owned(),
        Value::Int(number) => number.to_string(),
        _ => return None,
    };
    Some(format!("{before}{name}{after}"))
}

/// Whether an environment write names a variable that was read before `main`.
pub(crate) fn is_read_before_main(found: &ApiUse) -> bool {
    let Some(name) = found.args.first().and_then(Value::str) else { return false };
    environment().any(|known| known.name == name && known.before_main)
}

/// Whether the setting is put back: later in the same function with what was saved, or by the `Drop` of the type whose
/// method sets it.
pub(crate) fn restored_by(case: &Case<'_>, used: &Used<'_>) -> bool {
    let Some(knob) = knob_of(used.api, used.found) else { return false };
    let own = case.function(&used.found.site).and_then(|function| function.self_type.clone());
    case.facts.uses.iter().any(|other| {
        if knob_of(case.catalogue.api(other.api), other).as_deref() != Some(&knob) {
            return false;
        }
        let later = other.site.function == used.found.site.function
            && other.site.span.start >= used.found.site.span.end
            && other.args.iter().any(|value| value.path() == Some(&*used.found.path));
        let on_drop = own.is_some()
            && case.function(&other.site).is_some_and(|function| {
                &*function.name == "drop" && function.trait_path.is_some() && function.self_type == own
            });
        later || on_drop
    })
}
