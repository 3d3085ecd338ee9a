//! The catalogue's `match` conditions over one use.

use runtime_policy_rules::{Api, Arg, Condition, Effect, EnvVar, Level, Op, Value as Wanted};

use crate::facts::setting::Setting;
use crate::facts::{ApiUse, Outcome, Value};
use crate::rules::Case;
use crate::rules::shapes::hot_path::ends_the_process;

/// Whether a use counts for a rule; the level that the condition asks for, if any.
///
/// A rule that some condition names counts only where one of those holds; any other rule counts where the conditions
/// that name none hold, or always if there are none.
pub(crate) fn fires(case: &Case<'_>, rule: &str, api: &Api, found: &ApiUse) -> Option<Option<Level>> {
    let named = |condition: &&Condition| condition.rule.as_deref() == Some(rule);
    let free = |condition: &&Condition| condition.rule.is_none();
    let has_named = api.conditions.iter().any(|condition| named(&condition));
    let mut candidates = api
        .conditions
        .iter()
        .filter(|condition| if has_named { named(condition) } else { free(condition) })
        .peekable();
    if candidates.peek().is_none() {
        return Some(None);
    }
    candidates.find(|condition| holds(case, api, condition, found)).map(|condition| condition.level)
}

fn holds(case: &Case<'_>, api: &Api, condition: &Condition, found: &ApiUse) -> bool {
    let arg = condition.arg.as_ref().or(api.arg.as_ref());
    if !test(case, arg, condition.op, condition.value.as_ref(), found) {
        return false;
    }
    if !condition.then.is_empty() {
        let later = |word: &str| {
            found
                .after
                .iter()
                .any(|link| &*link.name == word || link.args.iter().any(|arg| arg.str() == Some(word)))
        };
        if !condition.then.iter().any(|word| later(word)) {
            return false;
        }
    }
    if condition.target.is_some() && !case.code.in_library(found.site.file) {
        return false;
    }
    condition.and.as_ref().is_none_or(|and| {
        test(case, and.arg.as_ref().or(api.arg.as_ref()), and.op, and.value.as_ref(), found)
    })
}

fn test(case: &Case<'_>, arg: Option<&Arg>, op: Op, wanted: Option<&Wanted>, found: &ApiUse) -> bool {
    let values = given(arg, found);
    let any = |holds: &dyn Fn(&Value) -> bool| values.iter().any(|value| holds(value));
    match op {
        Op::Always | Op::AttributePresent | Op::Defined | Op::WithAttribute => true,
        Op::Eq => any(&|value| equals(value, wanted)),
        Op::Ne => any(&|value| *value != Value::Unknown && !equals(value, wanted)),
        Op::In => any(&|value| in_list(value, wanted)),
        Op::Gt => compares(&values, wanted, |a, b| a > b),
        Op::Lt => compares(&values, wanted, |a, b| a < b),
        Op::NotLt => !compares(&values, wanted, |a, b| a < b),
        Op::Matches => any(&|value| text_of(value).is_some_and(|text| matches(&text, wanted))),
        Op::NotMatches => any(&|value| text_of(value).is_some_and(|text| !matches(&text, wanted))),
        Op::Contains => any(&|value| texts(value).iter().any(|text| contains(text, wanted))),
        Op::NotContains => any(&|value| text_of(value).is_some_and(|text| !contains(&text, wanted))),
        Op::Literal => any(&Value::is_literal),
        Op::KnobVariable => any(&|value| value.str().is_some_and(is_knob_variable)),
        Op::ContainsPath => contains_path(case, arg, wanted, found),
        Op::ContainsEffect => contains_effect(case, arg, wanted, found),
        Op::UsedAsCount => used_as_count(case, wanted, found),
        Op::ChainEndsIn => words(wanted).iter().any(|word| found.followed_by(&[word])),
        Op::ChainLacks => !words(wanted).iter().any(|word| found.followed_by(&[word])),
        Op::NameIn => words(wanted).iter().any(|word| ends_with_path(&found.path, word)),
        Op::DroppedAtOnce => matches!(found.outcome, Outcome::Underscore | Outcome::Discarded),
        Op::NoFeatureGate => !found.site.context.feature_gated && !found.site.context.debug_only,
        Op::GoesOn => !ends_the_process(case, &found.site),
        Op::InHandlerOrLoop => found.site.context.in_loop || case.code.in_handler(case.facts, &found.site),
        Op::ReachedFromRoute => case.code.in_handler(case.facts, &found.site),
        // Told by the rules that use them, from facts of their own.
        Op::NotLoopback
        | Op::ContainsPointer
        | Op::DroppedBeforeMainEnds
        | Op::MemForget
        | Op::HeldAcrossAwait
        | Op::CargoFeatureMissing
        | Op::PairMissing
        | Op::CrateVersion => true,
    }
}

/// Whether a setting's value counts for a rule: one of the variable's conditions about the rule holds.
pub(crate) fn holds_for_setting(rule: &str, known: &EnvVar, setting: &Setting) -> bool {
    holds_for_value(rule, known, &setting.value)
}

/// Whether a value that a running process was given counts for a rule: one of the variable's conditions about the rule
/// holds.
pub fn holds_for_value(rule: &str, known: &EnvVar, value: &str) -> bool {
    let text = Value::Str(value.into());
    let number = value.parse().map_or(Value::Unknown, Value::Int);
    known.conditions.iter().filter(|condition| condition.rule.as_deref() == Some(rule)).any(|condition| {
        let wanted = condition.value.as_ref();
        match condition.op {
            Op::Eq => equals(&text, wanted) || equals(&number, wanted),
            Op::Gt => compares(&[&number], wanted, |a, b| a > b),
            Op::Lt => compares(&[&number], wanted, |a, b| a < b),
            Op::Matches => matches(value, wanted),
            _ => false,
        }
    })
}

/// The values that an argument selector names; all of them without one.
pub(crate) fn given<'u>(arg: Option<&Arg>, found: &'u ApiUse) -> Vec<&'u Value> {
    let by_name = |name: &str| -> Vec<&'u Value> {
        match name {
            "last" => found.args.last().into_iter().collect(),
            "receiver" => found.receiver.iter().collect(),
            "value" => found.args.first().into_iter().collect(),
            key => found.keys.iter().filter(|(known, _)| **known == *key).map(|(_, value)| value).collect(),
        }
    };
    match arg {
        Some(Arg::Position(number)) => found.args.get(*number as usize).into_iter().collect(),
        Some(Arg::Name(name)) => by_name(name),
        Some(Arg::Names(names)) => names.iter().flat_map(|name| by_name(name)).collect(),
        None => found.args.iter().chain(found.keys.iter().map(|(_, value)| value)).collect(),
    }
}

fn words(wanted: Option<&Wanted>) -> Vec<&str> {
    match wanted {
        Some(Wanted::Text(text)) => vec![text],
        Some(Wanted::List(items)) => items
            .iter()
            .filter_map(|item| match item {
                Wanted::Text(text) => Some(&**text),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn equals(value: &Value, wanted: Option<&Wanted>) -> bool {
    match wanted {
        Some(Wanted::Int(number)) => match value {
            Value::Call(_, args) => matches!(args.as_slice(), [only] if equals(only, wanted)),
            other => other.int() == Some(i128::from(*number)),
        },
        Some(Wanted::Bool(wanted)) => *value == Value::Bool(*wanted),
        Some(Wanted::Text(text)) => match value {
            Value::Str(found) => **found == **text,
            Value::Path(path) | Value::Call(path, _) => ends_with_path(path, text),
            _ => false,
        },
        _ => false,
    }
}

fn in_list(value: &Value, wanted: Option<&Wanted>) -> bool {
    match wanted {
        Some(Wanted::List(items)) => items.iter().any(|item| equals(value, Some(item))),
        one => equals(value, one),
    }
}

fn compares(values: &[&Value], wanted: Option<&Wanted>, holds: impl Fn(i128, i128) -> bool) -> bool {
    let Some(Wanted::Int(limit)) = wanted else { return false };
    let number = |value: &Value| match value {
        Value::Default(_, inner) => inner.int(),
        other => other.int(),
    };
    values.iter().any(|value| number(value).is_some_and(|number| holds(number, i128::from(*limit))))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) | Value::Path(text) => Some(text.to_string()),
        Value::Int(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) | Value::Call(_, items) => items.iter().flat_map(texts).collect(),
        other => text_of(other).into_iter().collect(),
    }
}

fn contains(text: &str, wanted: Option<&Wanted>) -> bool {
    words(wanted).iter().any(|word| text.contains(word))
}

fn matches(text: &str, wanted: Option<&Wanted>) -> bool {
    words(wanted)
        .iter()
        .any(|pattern| regex_lite::Regex::new(pattern).is_ok_and(|expression| expression.is_match(text)))
}

/// Whether a path ends in the wanted segments.
pub(crate) fn ends_with_path(path: &str, wanted: &str) -> bool {
    path == wanted || path.strip_suffix(wanted).is_some_and(|rest| rest.ends_with("::"))
}

/// Whether a variable's name is that of a setting which some runtime reads.
pub(crate) fn is_knob_variable(name: &str) -> bool {
    runtime_policy_rules::environment().any(|known| known.name == name && known.effect.is_some())
}

fn contains_path(case: &Case<'_>, arg: Option<&Arg>, wanted: Option<&Wanted>, found: &ApiUse) -> bool {
    let wanted = words(wanted);
    let named =
        |value: &Value| value.path().is_some_and(|path| wanted.iter().any(|word| ends_with_path(path, word)));
    given(arg, found).iter().any(|value| named(value))
        || inside(case, arg, found).any(|inner| wanted.iter().any(|word| ends_with_path(&inner.path, word)))
}

fn contains_effect(case: &Case<'_>, arg: Option<&Arg>, wanted: Option<&Wanted>, found: &ApiUse) -> bool {
    let wanted: Vec<Effect> = words(wanted).iter().filter_map(|word| effect(word)).collect();
    inside(case, arg, found).any(|inner| wanted.contains(&case.catalogue.api(inner.api).effect))
}

fn inside<'r>(case: &Case<'r>, arg: Option<&Arg>, found: &ApiUse) -> impl Iterator<Item = &'r ApiUse> {
    let span = match arg {
        Some(Arg::Position(number)) => found.arg_spans.get(*number as usize).copied(),
        _ => None,
    };
    let span = span.unwrap_or(found.site.span);
    let own = found.site.span;
    case.facts.uses.iter().filter(move |inner| inner.site.span != own && span.contains(inner.site.span))
}

/// The value ends in a count: `.len()`, `.count()`, in the chain, in a closure of it, or by way of one variable.
fn used_as_count(case: &Case<'_>, wanted: Option<&Wanted>, found: &ApiUse) -> bool {
    let names = words(wanted);
    let names = if names.is_empty() { vec!["len", "count"] } else { names };
    let counted = |value: &Value| calls(value, &names);
    let by_variable = |variable: u32| {
        case.facts.passed.iter().any(|passed| {
            passed.variable == variable
                && passed.function == found.site.function
                && passed.through.iter().any(|method| names.contains(&&**method))
        })
    };
    found.followed_by(&names)
        || found.after.iter().any(|link| link.args.iter().any(counted))
        || matches!(found.outcome, Outcome::Bound(variable, _) if by_variable(variable))
}

/// Whether a value is what a method of one of these names gives, or the method itself.
fn calls(value: &Value, names: &[&str]) -> bool {
    match value {
        Value::Call(path, args) => {
            names.contains(&path.rsplit("::").next().unwrap_or(path))
                || args.iter().any(|arg| calls(arg, names))
        }
        Value::Path(path) => names.contains(&path.rsplit("::").next().unwrap_or(path)),
        _ => false,
    }
}

fn effect(word: &str) -> Option<Effect> {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    let name: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = word.into_deserializer();
    Effect::deserialize(name).ok()
}
