//! `finalizer-for-correctness`: clean-up code that blocks, or whose failure matters.

use runtime_policy_rules::{Effect, Level};

use crate::facts::finalizer::{DropCall, Fate, Finalizer};
use crate::facts::{ApiUse, Production};
use crate::rules::{Case, Place, Remark, Used, short};
use crate::source::Span;

pub(super) const RULE: &str = "finalizer-for-correctness";

/// Words in a method's name by which a type offers its end explicitly.
const RELEASES: &[&str] = &[
    "close",
    "shutdown",
    "stop",
    "finish",
    "finalize",
    "flush",
    "join",
    "wait",
    "commit",
    "rollback",
    "cancel",
    "abort",
    "release",
    "unmount",
    "terminate",
    "kill",
    "destroy",
    "dispose",
    "disconnect",
    "teardown",
    "end",
    "exit",
    "quit",
    "drain",
    "sync",
    "complete",
    "shut",
];

/// Calls without arguments whose failure means that something was not written or not ended.
const ENDS: &[&str] = &[
    "flush",
    "force_flush",
    "shutdown",
    "sync_all",
    "sync_data",
    "commit",
    "rollback",
    "finish",
    "try_finish",
];

/// Endings of the names of types whose whole purpose is their `Drop`.
const GUARDS: &[&str] = &["Guard", "Lock", "Permit", "Token", "OnDrop"];

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for finalizer in &case.facts.finalizers {
        if finalizer.production != Production::Yes || offers_an_end(finalizer) {
            continue;
        }
        let mut told: Vec<Remark> = Vec::new();
        for call in &finalizer.calls {
            let Some(fault) = fault(case, finalizer, call) else { continue };
            let mine = format!("`{}` in `Drop` of `{}` {fault}", call.name, finalizer.type_name);
            match told.iter_mut().find(|remark| remark.message == mine) {
                Some(remark) => remark.related.push(Place {
                    file: finalizer.file,
                    span: call.span,
                    message: "and here".to_owned(),
                }),
                None => told.push(remark(finalizer, call, mine)),
            }
        }
        remarks.append(&mut told);
    }
    engines(case, remarks);
}

/// Finalizers of embedded engines that wait: they run late, on another thread, or never.
fn engines(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    let closures: Vec<Span> = case
        .uses(RULE)
        .filter(|used| used.api.effect == Effect::Finalizer)
        .flat_map(|used| used.found.arg_spans.iter().copied())
        .collect();
    for found in case.facts.uses.iter().filter(|found| found.site.production == Production::Yes) {
        let api = case.catalogue.api(found.api);
        let waits = api.effect == Effect::BlockingDrop && !is_unwrap(&found.path);
        let given = || closures.iter().any(|closure| closure.contains(found.site.span));
        if waits && (given() || is_engine_finalizer(case, found)) {
            let used = Used { found, api, level: None };
            let message = format!("`{}` in a finalizer of an embedded engine may wait", short(&found.path));
            remarks.push(case.remark(RULE, &used, message));
        }
    }
}

fn is_unwrap(path: &str) -> bool {
    path.ends_with("::unwrap") || path.ends_with("::expect")
}

/// In `gc::Finalize::finalize` and the like.
fn is_engine_finalizer(case: &Case<'_>, found: &ApiUse) -> bool {
    let path = case.function(&found.site).and_then(|function| {
        let of_trait = function.trait_path.as_ref().filter(|path| &***path != "std::ops::Drop")?;
        Some(format!("{of_trait}::{}", function.name))
    });
    path.is_some_and(|path| {
        let apis = case.catalogue.by_path(&path);
        apis.iter().any(|api| case.catalogue.api(*api).effect == Effect::Finalizer)
    })
}

fn offers_an_end(finalizer: &Finalizer) -> bool {
    finalizer.methods.iter().any(|name| name.split('_').any(|word| RELEASES.contains(&word)))
}

/// What is wrong with a call, as the message goes on.
fn fault(case: &Case<'_>, finalizer: &Finalizer, call: &DropCall) -> Option<&'static str> {
    let api = call.api.map(|api| case.catalogue.api(api)).filter(|api| api.effect == Effect::BlockingDrop);
    let is_guard = GUARDS.iter().any(|ending| finalizer.type_name.ends_with(ending));
    match (&*call.name, call.fate) {
        ("block_on", _) => Some("blocks the thread that drops the value"),
        ("block_in_place" | "shutdown_timeout" | "blocking_recv" | "blocking_send", fate)
            if api.is_some() && fate != Fate::Used =>
        {
            Some("blocks the thread that drops the value")
        }
        ("join", fate) if call.is_method && call.args == 0 && !is_guard => match fate {
            Fate::Unwrapped => Some("waits for a thread and panics if that did"),
            Fate::Ignored | Fate::Bare => Some("waits for a thread and drops its result"),
            Fate::Used => None,
        },
        (name, fate) if call.is_method && call.args == 0 && ENDS.contains(&name) => match fate {
            Fate::Unwrapped => Some("may fail, and panics then"),
            Fate::Ignored => Some("may fail, and nobody learns of it"),
            _ => None,
        },
        ("unwrap" | "expect" | "lock" | "read" | "write", _) => None,
        (_, Fate::Unwrapped) => {
            api.filter(|api| api.level != Some(Level::Pedantic)).map(|_| "may fail, and panics then")
        }
        _ => None,
    }
}

fn remark(finalizer: &Finalizer, call: &DropCall, message: String) -> Remark {
    Remark {
        rule: RULE.into(),
        by_default: None,
        at_most: None,
        file: finalizer.file,
        span: call.span,
        message,
        why: None,
        help: None,
        related: Vec::new(),
        fix: None,
        item: finalizer.path.clone(),
    }
}
