//! `finalizer-for-correctness`: clean-up code that blocks, or whose failure matters.

use runtime_policy_rules::{Effect, Level};

use crate::facts::finalizer::{Attached, DropCall, Fate, Finalizer};
use crate::facts::{ApiUse, Production};
use crate::finding;
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

/// Beginnings of the names of methods by which values with finalizers are ended.
const ENDS_OF_VALUES: &[&str] = &[
    "cancel",
    "cleanup",
    "close",
    "dealloc",
    "delete",
    "destroy",
    "dispose",
    "finish",
    "free",
    "release",
    "shutdown",
    "stop",
    "terminate",
    "unlock",
    "unref",
    "unset",
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

const ON_COLLECTION: &str = "what is attached to a value runs some time after its last use, on one thread for all \
                             values, or never, and can report no error";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for finalizer in &case.facts.finalizers {
        if finalizer.production != Production::Yes {
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
        if !told.is_empty() && !offers_an_end(case, finalizer) {
            remarks.append(&mut told);
        }
    }
    engines(case, remarks);
    remarks.extend(case.facts.attached.iter().filter_map(|attached| on_collection(case, attached)));
}

/// What is attached to a value and runs too late, twice or never.
fn on_collection(case: &Case<'_>, attached: &Attached) -> Option<Remark> {
    let name = short(&attached.api);
    let ty = attached.type_path.as_deref();
    let shown = ty.map_or_else(|| "the value".to_owned(), |ty| format!("`{}`", short(ty)));
    let never = ty.is_some_and(|ty| {
        let known = case.catalogue.by_path(ty).iter().map(|api| case.catalogue.api(*api));
        known.into_iter().any(|api| api.effect == Effect::BlockingDrop)
    });
    let release = attached.methods.iter().find(|name| is_release(name));
    let cleanup = attached.api.ends_with("AddCleanup");
    let (message, help, certain) = match (attached.captures, never, release) {
        (Some(_), ..) => (
            format!("`{name}` on {shown} never runs: what it calls holds the value itself"),
            "hand over what it needs, a descriptor or a pointer to another struct, and nothing of the value",
            true,
        ),
        (None, true, _) => (
            format!("`{name}` ends {shown} some time, or never"),
            "end it where its last user is done with it",
            true,
        ),
        (None, false, None) if !attached.foreign => (
            format!("`{name}` is the only end of {shown}: it has no method that ends it"),
            "offer a `Close`, and keep this for those who forget it",
            false,
        ),
        (None, false, Some(release)) if !attached.cleared && !cleanup => (
            format!("`{name}` stays on {shown} after `{release}`, and ends it a second time"),
            "clear it there: `runtime.SetFinalizer(x, nil)`",
            false,
        ),
        _ => return None,
    };
    let mut help = help.to_owned();
    if !cleanup
        && attached.captures.is_none()
        && case.code.release(case.facts.file).is_some_and(|go| go >= (1, 24))
    {
        help.push_str("; `runtime.AddCleanup` has fewer traps");
    }
    Some(Remark {
        rule: RULE.into(),
        by_default: None,
        // The rule warns; what can never work is an error where the configuration says so.
        at_most: (!certain).then_some(finding::Level::Warning),
        file: case.facts.file,
        span: attached.span,
        message,
        why: Some(ON_COLLECTION.to_owned()),
        help: Some(help),
        related: attached.captures.map_or_else(Vec::new, |span| {
            vec![Place { file: case.facts.file, span, message: "it is held here".to_owned() }]
        }),
        fix: None,
        item: attached.item.clone(),
    })
}

/// Whether a method's name is that of an explicit end.
fn is_release(name: &str) -> bool {
    let lower = name.to_lowercase();
    ENDS_OF_VALUES.iter().any(|word| lower.starts_with(word))
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

fn offers_an_end(case: &Case<'_>, finalizer: &Finalizer) -> bool {
    case.code
        .methods_around(finalizer.of)
        .iter()
        .any(|name| name.split('_').any(|word| RELEASES.contains(&word)))
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
