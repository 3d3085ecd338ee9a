//! `tuning-outside-main`: runtime tuning happens in start-up scope, once, by one owner.

use runtime_policy_rules::{Effect, Scope};
use rustc_hash::FxHashMap;

use crate::facts::ApiUse;
use crate::facts::code::{Outside, StartUp};
use crate::finding::Level;
use crate::rules::shapes::owner::{Owner, owner_of};
use crate::rules::{Case, Place, Remark, Used, short};

pub(super) const RULE: &str = "tuning-outside-main";

/// Names in a builder's chain that make its runtime a bridge or a pool of its own, not the process's.
const BRIDGE: &[&str] = &["new_current_thread", "basic_scheduler", "new_local", "build_local"];
const SIZED: &[&str] = &["worker_threads", "core_threads", "num_threads", "max_threads", "pool_size"];
const NAMED: &[&str] = &["thread_name", "thread_name_fn", "name_prefix", "thread_name_prefix"];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    let mut groups: Vec<(Owner, Vec<Used<'_>>)> = Vec::new();
    let mut by_owner: FxHashMap<Owner, usize> = FxHashMap::default();
    for used in case.uses(RULE).filter(|used| tunes(used)) {
        let owner = if is_built(&used) { owner_of(used.found) } else { Owner::Alone(used.found.site.span) };
        let at = *by_owner.entry(owner).or_insert_with(|| {
            groups.push((owner, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(used);
    }
    for (owner, uses) in groups {
        judge_group(case, owner, &uses, remarks);
    }
}

fn tunes(used: &Used<'_>) -> bool {
    matches!(
        used.api.effect,
        Effect::Tuning | Effect::EnvWrite | Effect::MemoryLimit | Effect::Priority | Effect::Gc | Effect::Pin
    )
}

/// Whether the API belongs to a builder whose calls make one thing together.
fn is_built(used: &Used<'_>) -> bool {
    matches!(used.api.scope, Some(Scope::Runtime | Scope::Pool | Scope::Engine))
}

fn judge_group(case: &Case<'_>, owner: Owner, uses: &[Used<'_>], remarks: &mut Vec<Remark>) {
    let Some(first) = uses.first() else { return };
    let chain = |names: &[&str]| in_chain(case, owner, uses, names);
    let in_static = first.found.site.context.in_static;
    if is_built(first) {
        if chain(BRIDGE) || is_current_thread(first.found) {
            return;
        }
        let local = chain(SIZED) || chain(NAMED);
        if local && !in_static {
            return;
        }
    }
    let start_up = case.code.start_up(case.facts, &first.found.site);
    let StartUp::No(outside, witness) = start_up else { return };
    if outside == Outside::Uncalled {
        return;
    }
    let name = short(&first.found.path);
    let message = format!("`{name}` {}", said(outside, is_built(first)));
    let mut remark = case.remark(RULE, first, message);
    remark.span = uses.iter().fold(first.found.chain, |span, used| {
        if used.found.chain.start <= span.end { span.join(used.found.chain) } else { span }
    });
    if let Some((file, span)) = witness {
        remark.related.push(Place { file, span, message: witnessed(outside).to_owned() });
    }
    if restores(case, first) && !case.code.in_library(first.found.site.file) {
        remark.at_most = Some(Level::Warning);
    }
    remarks.push(remark);
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

fn said(outside: Outside, built: bool) -> &'static str {
    match (outside, built) {
        (Outside::LazyStatic, true) => {
            "builds a runtime in a lazily filled static: whoever comes first starts its threads"
        }
        (Outside::LazyStatic, false) => {
            "tunes the process in a lazily filled static: it happens at first use"
        }
        (Outside::Task, _) => "tunes from within a task, thread or handler",
        (Outside::AfterServing, _) => "tunes after the program began to serve",
        (Outside::Loop, _) => "tunes again on each turn of a loop",
        (Outside::Value, _) => "tunes in a function that is handed around as a value",
        (Outside::Library, true) => "builds a runtime of its own in a library's public function",
        (Outside::Library, false) => "tunes the caller's process from a library's public function",
        (Outside::Uncalled, _) => "tunes in a function that nothing calls",
    }
}

fn witnessed(outside: Outside) -> &'static str {
    match outside {
        Outside::LazyStatic => "reached from this static's initialiser",
        Outside::Task => "reached from this task",
        Outside::AfterServing => "called here, after serving began",
        Outside::Loop => "called here, in a loop",
        Outside::Value => "given away as a value here",
        Outside::Library | Outside::Uncalled => "called here, which no program's start-up reaches",
    }
}

/// A guard whose `Drop` puts the setting back.
fn restores(case: &Case<'_>, used: &Used<'_>) -> bool {
    let Some(knob) = &used.api.knob else { return false };
    let own = case.function(&used.found.site).and_then(|function| function.self_type.clone());
    own.is_some()
        && case.facts.uses.iter().any(|other| {
            case.catalogue.api(other.api).knob.as_ref() == Some(knob)
                && case.function(&other.site).is_some_and(|function| {
                    &*function.name == "drop" && function.self_type == own && function.trait_path.is_some()
                })
        })
}
