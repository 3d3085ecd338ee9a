//! `tuning-outside-main`: runtime tuning happens in start-up scope, once, by one owner.

use runtime_policy_rules::{Effect, Kind, Scope};
use rustc_hash::FxHashMap;

use crate::facts::code::Outside;
use crate::facts::{ApiUse, Value};
use crate::finding::Level;
use crate::rules::shapes::justification::has_cause_or_evidence;
use crate::rules::shapes::knob::{is_read_before_main, restored_by};
use crate::rules::shapes::owner::{Owner, owner_of};
use crate::rules::shapes::placement;
use crate::rules::{Case, Remark, Used, short};

pub(super) const RULE: &str = "tuning-outside-main";

/// Names in a builder's chain that make its runtime a bridge from synchronous code, not the process's own.
const BRIDGE: &[&str] = &["new_current_thread", "basic_scheduler", "new_local", "build_local"];
/// Names of the scheduler with workers: a builder that may be either is not a bridge.
const SHARED: &[&str] = &["new_multi_thread", "threaded_scheduler"];
/// Names that give a pool its size, and so its own claim.
const SIZED: &[&str] = &["worker_threads", "core_threads", "num_threads", "max_threads", "pool_size"];
/// Names that say whose pool it is.
const NAMED: &[&str] = &["thread_name", "thread_name_fn", "name_prefix", "thread_name_prefix"];

/// Uses outside start-up scope.
pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for (owner, uses) in groups(case) {
        if let Some(remark) = judge_group(case, owner, &uses) {
            remarks.push(remark);
        }
    }
}

/// Knobs of a program that two functions of its start-up set.
pub(super) fn second_owners(cases: &[Case<'_>], remarks: &mut Vec<Remark>) {
    let owns = |case: &Case<'_>, used: &Used<'_>| {
        tunes(used) && used.api.scope == Some(Scope::Process) && !(is_rate(case, used) && is_off(used.found))
    };
    placement::second_owners(cases, RULE, owns, remarks);
}

/// Uses by what they build together, in order of place.
fn groups<'c>(case: &'c Case<'_>) -> Vec<(Owner, Vec<Used<'c>>)> {
    let mut groups: Vec<(Owner, Vec<Used<'_>>)> = Vec::new();
    let mut by_owner: FxHashMap<Owner, usize> = FxHashMap::default();
    for used in case.uses(RULE).filter(tunes) {
        let owner = if is_built(&used) { owner_of(used.found) } else { Owner::Alone(used.found.site.span) };
        let at = *by_owner.entry(owner).or_insert_with(|| {
            groups.push((owner, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(used);
    }
    groups
}

/// Whether a use changes the process or something that it shares; a thread's own priority is another rule's.
fn tunes(used: &Used<'_>) -> bool {
    used.api.scope != Some(Scope::Thread)
        && !used.found.args.iter().any(is_own_thread)
        && matches!(
            used.api.effect,
            Effect::Tuning
                | Effect::EnvWrite
                | Effect::MemoryLimit
                | Effect::Priority
                | Effect::Gc
                | Effect::Pin
        )
}

/// The calling thread's number: on Linux, what is set for it is set for that thread alone.
fn is_own_thread(value: &Value) -> bool {
    let Value::Call(path, args) = value else { return false };
    let asks = |value: &Value| value.path().is_some_and(|path| path.ends_with("SYS_gettid"));
    path.ends_with("gettid") || (path.ends_with("syscall") && args.iter().any(asks))
}

/// Whether the API belongs to a builder whose calls make one thing together.
fn is_built(used: &Used<'_>) -> bool {
    matches!(used.api.scope, Some(Scope::Runtime | Scope::Pool))
}

fn judge_group(case: &Case<'_>, owner: Owner, uses: &[Used<'_>]) -> Option<Remark> {
    let first = uses.first()?;
    let built = is_built(first);
    if built && (is_local(case, owner, uses) || !constructs(case, owner, uses)) {
        return None;
    }
    let library = case.code.in_library(first.found.site.file);
    if !library && uses.iter().any(|used| is_restoring(case, used)) {
        return None;
    }
    if is_capture(case, first) {
        return None;
    }
    if first.api.effect == Effect::EnvWrite && is_read_before_main(first.found) {
        return Some(too_late(case, first));
    }
    let (outside, witness) = placement::outside(case, first)?;
    let lowered = !library && restored_by(case, first);
    if lowered && has_cause_or_evidence(case, &first.found.site) {
        return None;
    }
    let mut remark =
        case.remark(RULE, first, format!("`{}` {}", short(&first.found.path), said(outside, built)));
    remark.span = whole(uses);
    remark.related.extend(witness);
    if lowered {
        remark.at_most = Some(Level::Warning);
    }
    Some(remark)
}

/// A pool of its own: a bridge from synchronous code, or one with a size or a name. In a lazily filled static it has no
/// owner who could stop or size it, and counts.
fn is_local(case: &Case<'_>, owner: Owner, uses: &[Used<'_>]) -> bool {
    let chain = |names: &[&str]| in_chain(case, owner, uses, names);
    let in_static = || uses.iter().any(|used| case.code.fills_static(case.facts, &used.found.site));
    (chain(BRIDGE) && !chain(SHARED))
        || uses.iter().any(|used| is_current_thread(used.found))
        || ((chain(SIZED) || chain(NAMED)) && !in_static())
}

/// Whether the group makes the thing: settings on a builder that somebody else made are reported where it is made.
fn constructs(case: &Case<'_>, owner: Owner, uses: &[Used<'_>]) -> bool {
    let makes = |found: &ApiUse| {
        let kind = case.catalogue.api(found.api).kind;
        matches!(kind, Kind::Constructor | Kind::Function | Kind::AttributeMacro | Kind::StructLiteral)
            || found
                .before
                .first()
                .is_some_and(|link| link.name.starts_with("new") || &*link.name == "default")
    };
    uses.iter().any(|used| makes(used.found))
        || case.facts.uses.iter().any(|found| owner_of(found) == owner && makes(found))
}

fn in_chain(case: &Case<'_>, owner: Owner, uses: &[Used<'_>], names: &[&str]) -> bool {
    let linked = |found: &ApiUse| {
        let last = found.path.rsplit("::").next().unwrap_or("");
        names.contains(&last)
            || found.before.iter().chain(&found.after).any(|link| names.contains(&&*link.name))
    };
    uses.iter().any(|used| linked(used.found))
        || case.facts.uses.iter().any(|found| owner_of(found) == owner && linked(found))
}

/// `#[tokio::main(flavor = "current_thread")]`.
fn is_current_thread(found: &ApiUse) -> bool {
    found.keys.iter().any(|(key, value)| &**key == "flavor" && value.str() == Some("current_thread"))
}

/// The second half of save and restore: the first half is what is reported.
fn is_restoring(case: &Case<'_>, used: &Used<'_>) -> bool {
    case.uses(RULE).any(|other| {
        other.found.site.function == used.found.site.function
            && other.found.site.span.end <= used.found.site.span.start
            && used.found.args.iter().any(|value| value.path() == Some(&*other.found.path))
    }) || case
        .function(&used.found.site)
        .is_some_and(|function| &*function.name == "drop" && function.trait_path.is_some())
}

/// Whether a call sets a sampling rate.
fn is_rate(case: &Case<'_>, used: &Used<'_>) -> bool {
    let known = case.catalogue.by_path(&used.found.path).iter();
    known.into_iter().any(|api| case.catalogue.api(*api).effect == Effect::Rate)
}

/// Whether a rate is given that switches sampling off.
fn is_off(found: &ApiUse) -> bool {
    found.args.first() == Some(&Value::Int(0))
}

/// One end of a capture: a rate is raised, and the same function puts it back, or switches it off as it ends or in a
/// closure that it hands out. How high it is raised is `profile-rate`'s.
fn is_capture(case: &Case<'_>, used: &Used<'_>) -> bool {
    let ends =
        |found: &ApiUse| is_off(found) && (found.site.context.deferred || found.site.context.in_closure);
    let together = |other: &Used<'_>| {
        other.found.path == used.found.path
            && other.found.site.function == used.found.site.function
            && (ends(other.found) && !is_off(used.found) || ends(used.found) && !is_off(other.found))
    };
    is_rate(case, used)
        && (is_restoring(case, used)
            || restored_by(case, used)
            || case.uses(RULE).any(|other| together(&other)))
}

fn too_late(case: &Case<'_>, used: &Used<'_>) -> Remark {
    let name = used.found.args.first().and_then(Value::str).unwrap_or("the variable").to_owned();
    let message = format!(
        "`{name}` is read before `main`: writing it here changes nothing but the environment of children"
    );
    let mut remark = case.remark(RULE, used, message);
    remark.why = Some("the runtime took its settings when the process started".to_owned());
    remark.help = Some("set it where the process is started: unit file, container or shell".to_owned());
    remark.at_most = Some(Level::Warning);
    remark
}

fn whole(uses: &[Used<'_>]) -> crate::source::Span {
    let first = uses[0].found.chain;
    uses.iter().fold(first, |span, used| {
        if used.found.chain.start <= span.end { span.join(used.found.chain) } else { span }
    })
}

fn said(outside: Outside, built: bool) -> &'static str {
    match (outside, built) {
        (Outside::LazyStatic, true) => {
            "builds a runtime in a lazily filled static: whoever comes first starts its threads"
        }
        (Outside::LazyStatic, false) => {
            "tunes the process in a lazily filled static: it happens at first use"
        }
        (Outside::Load, _) => "tunes every program that the package is part of, as it is loaded",
        (Outside::Task, _) => "tunes from within a task, thread or handler",
        (Outside::AfterServing, _) => "tunes after the program began to serve",
        (Outside::Loop, _) => "tunes again on each turn of a loop",
        (Outside::Value, _) => "tunes in a function that is handed around as a value",
        (Outside::Library, true) => "builds a runtime of its own in a library's public function",
        (Outside::Library, false) => "tunes the caller's process from a library's public function",
        (Outside::Uncalled, _) => "tunes in a function that nothing calls",
    }
}
