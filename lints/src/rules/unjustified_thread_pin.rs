//! `unjustified-thread-pin`: binding work to a CPU, or raising its priority, needs a named cause.

use runtime_policy_rules::Effect;

use crate::facts::comment::Comment;
use crate::facts::{Site, Value};
use crate::finding::Level;
use crate::rules::shapes::justification::{self, Verdict, Wanted};
use crate::rules::{Case, Place, Remark, short};

pub(super) const RULE: &str = "unjustified-thread-pin";

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    for used in case.uses(RULE) {
        let wanted = match used.api.effect {
            Effect::Pin => Wanted::Cpu,
            Effect::Priority => Wanted::Priority,
            Effect::ThreadLock => Wanted::Thread,
            _ => continue,
        };
        let site = &used.found.site;
        if justified_by_guard(case, &used) || is_another(case, &used) {
            continue;
        }
        let name = short(&used.found.path);
        let what = match wanted {
            Wanted::Cpu => "binds the thread to a CPU",
            Wanted::Priority => "changes the thread's priority",
            Wanted::Thread => "keeps work on one OS thread",
        };
        let (message, refused) = match justification::judge(case, site, wanted, &name) {
            Verdict::Accepted => match mistaken_for_a_pin(case, site, wanted) {
                Some(comment) => (format!("`{name}` binds to no CPU, as its comment says"), Some(comment)),
                None => continue,
            },
            Verdict::Missing => (format!("`{name}` {what} and no comment says why"), None),
            Verdict::Refused(why) => (
                format!("`{name}` {what} and its comment gives no cause: {why}"),
                justification::nearest(case, site),
            ),
        };
        let mut remark = case.remark(RULE, &used, message);
        remark.related.extend(refused.map(|comment| Place {
            file: site.file,
            span: comment.span,
            message: "this comment".to_owned(),
        }));
        if wanted != Wanted::Priority {
            // The way out is the rule's own, whatever the API.
            remark.help = None;
        }
        if used.found.args.iter().any(Value::is_configured) {
            remark.at_most = Some(Level::Warning);
        }
        remarks.push(remark);
    }
}

/// Words of a comment that speaks of binding to a processor.
const CPU: &[&str] = &[
    "same core",
    "to a core",
    "to one core",
    "to its core",
    "same cpu",
    "to a cpu",
    "to one cpu",
    "cpu affinity",
    "core affinity",
];

/// The comment of a lock on a thread that speaks of a processor, where nothing in the function binds to one.
fn mistaken_for_a_pin<'c>(case: &Case<'c>, site: &Site, wanted: Wanted) -> Option<&'c Comment> {
    let binds = || {
        case.facts.uses.iter().any(|other| {
            other.site.function == site.function && case.catalogue.api(other.api).effect == Effect::Pin
        })
    };
    let comment = justification::nearest(case, site).filter(|_| wanted == Wanted::Thread)?;
    let lower = comment.text.to_lowercase();
    (CPU.iter().any(|words| lower.contains(words)) && !binds()).then_some(comment)
}

/// `#[runtime_guard::pinned(because = "…")]` on the function, or the guard's own call.
fn justified_by_guard(case: &Case<'_>, used: &crate::rules::Used<'_>) -> bool {
    case.function(&used.found.site).is_some_and(|function| {
        function.attributes.iter().any(|text| text.starts_with("runtime_guard::pinned"))
    })
}

/// Calls of which the first argument says whose affinity or priority is set.
const TAKES_PID: &[&str] = &[
    "sched_setaffinity",
    "sched_setscheduler",
    "sched_setparam",
    "setpriority",
    "sched_setattr",
    "syscall",
    "pthread_setaffinity_np",
    "pthread_setschedparam",
];

/// Whether the call is about another process or thread: only the own one is a pin of our own work.
///
/// A process number that callers pass in counts as the own one where some caller passes that.
fn is_another(case: &Case<'_>, used: &crate::rules::Used<'_>) -> bool {
    // What runs between fork and exec is the child.
    if used.found.site.given_to.as_deref().is_some_and(|callee| callee.ends_with("pre_exec")) {
        return true;
    }
    let name = used.found.path.rsplit("::").next().unwrap_or("");
    if !TAKES_PID.contains(&name) {
        return false;
    }
    let at = usize::from(matches!(name, "setpriority" | "syscall"));
    let Some(pid) = used.found.args.get(at) else { return false };
    match pid {
        Value::Parameter(number) => {
            let given = case.code.given(case.facts, &used.found.site, *number);
            given.is_some_and(|given| !given.iter().any(is_own))
        }
        other => !is_own(other),
    }
}

/// 0, `None`, the own number.
fn is_own(pid: &Value) -> bool {
    match pid {
        Value::Int(number) => *number == 0,
        Value::Path(path) => path.ends_with("None"),
        Value::Call(path, args) => {
            let last = path.rsplit("::").next().unwrap_or(path);
            matches!(last, "getpid" | "gettid" | "this" | "id" | "pthread_self")
                && args.iter().all(is_own_or_nothing)
                || (last == "from_raw" && args.iter().any(is_own))
        }
        _ => false,
    }
}

fn is_own_or_nothing(value: &Value) -> bool {
    matches!(value, Value::Path(_)) || is_own(value)
}
