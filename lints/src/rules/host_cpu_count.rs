//! `host-cpu-count`: parallelism sized from the host instead of the container.

use std::sync::Arc;

use runtime_policy_rules::Effect;

use crate::facts::passed::{RANGE, REPEAT};
use crate::facts::{ApiUse, Outcome};
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::shapes::argument;
use crate::rules::{Case, Remark, short};
use crate::source::Span;

pub(super) const RULE: &str = "host-cpu-count";

/// Parts of names that tell a size or a limit of parallel work.
const SIZES: &[&str] =
    &["thread", "worker", "concurren", "pool", "jobs", "shards", "permits", "semaphore", "routine"];

/// Parts of names of functions that take one.
const TAKES_SIZE: &[&str] =
    &["parallel", "capacity", "buffer", "chunks", "limit", "bounded", "channel", "resize"];

/// Parts of names of figures about the machine.
const MACHINE: &[&str] = &["cpu", "core", "hardware", "physical", "host", "system", "total"];

/// Variables that are followed one into the other.
const MAX_STEPS: u32 = 4;

pub(super) fn judge(case: &Case<'_>, remarks: &mut Vec<Remark>) {
    let mut own = Vec::new();
    argument::judge(case, RULE, &mut own, |used| {
        let found = used.found;
        let place =
            Value { outcome: &found.outcome, field: found.field.as_deref(), statement: found.site.statement };
        let text = found.after.iter().any(|link| is_text(&link.name));
        let sized = !text && becomes_size(case, found, &place, MAX_STEPS);
        sized.then(|| {
            format!("`{}` counts the host's processors, and the count becomes a size", short(&found.path))
        })
    });
    for remark in &mut own {
        remark.fix = fix(case, remark);
    }
    remarks.append(&mut own);
}

/// A value on its way.
struct Value<'r> {
    outcome: &'r Outcome,
    field: Option<&'r str>,
    statement: Span,
}

/// Whether a count ends as a size or a limit; reports, logs and telemetry are none.
fn becomes_size(case: &Case<'_>, found: &ApiUse, value: &Value<'_>, steps: u32) -> bool {
    let Some(steps) = steps.checked_sub(1) else { return false };
    match value.outcome {
        Outcome::Argument(Some(callee)) if **callee == *RANGE => starts_tasks(case, value.statement),
        Outcome::Argument(Some(callee)) => {
            **callee == *REPEAT
                || takes_size(callee)
                // Through more variables than one it has become the cap of another value, such as the container's limit.
                || steps + 2 >= MAX_STEPS && tunes(case, callee)
        }
        Outcome::Stored => value.field.is_some_and(is_size),
        Outcome::Returned => case.function(&found.site).is_some_and(|function| is_size(&function.name)),
        Outcome::Bound(variable, name) => {
            let named = is_size(name);
            case.facts.passed.iter().any(|passed| {
                passed.variable == *variable
                    && passed.function == found.site.function
                    && !passed.through.iter().any(|method| is_text(method))
                    && (named && matches!(passed.outcome, Outcome::Argument(Some(_)))
                        || becomes_size(
                            case,
                            found,
                            &Value {
                                outcome: &passed.outcome,
                                field: passed.field.as_deref(),
                                statement: passed.statement,
                            },
                            steps,
                        ))
            })
        }
        _ => false,
    }
}

fn is_text(method: &str) -> bool {
    matches!(method, "to_string" | "fmt" | "serialize")
}

/// A loop or an iterator over the count that starts a thread or a task each.
fn starts_tasks(case: &Case<'_>, statement: Span) -> bool {
    case.facts
        .uses
        .iter()
        .any(|other| case.catalogue.is_task_start(other.api) && statement.contains(other.site.span))
        || case.facts.handoffs.iter().any(|handoff| statement.contains(handoff.given))
}

/// Whether a call turns a knob of the process that says how many run at once.
fn tunes(case: &Case<'_>, callee: &str) -> bool {
    let known = case.catalogue.by_path(callee).iter().map(|api| case.catalogue.api(*api));
    known.filter(|api| api.effect == Effect::Tuning).any(|api| {
        let knob = api.knob.as_deref().unwrap_or_default();
        ["procs", "threads", "workers"].iter().any(|size| knob.ends_with(size))
    })
}

fn takes_size(callee: &str) -> bool {
    // The type's name tells of `Semaphore::new`, not the modules above it.
    let lower = short(callee).to_lowercase();
    SIZES.iter().chain(TAKES_SIZE).any(|word| lower.contains(word))
}

/// Whether a name is that of a size, not of a figure about the machine: `worker_threads`, not `cpu_threads`.
fn is_size(name: &str) -> bool {
    let lower = name.to_lowercase();
    !MACHINE.iter().any(|word| lower.contains(word)) && SIZES.iter().any(|word| lower.contains(word))
}

/// The one count whose type is that of the replacement.
fn fix(case: &Case<'_>, remark: &Remark) -> Option<Fix> {
    let source = case.code.source(remark.file);
    let text = source.slice(remark.span);
    let instead = "std::thread::available_parallelism().map_or(1, usize::from)";
    let replacement = match text {
        "num_cpus::get_physical()" | "get_physical()" => instead.to_owned(),
        "num_cpus::get_physical" => format!("|| {instead}"),
        _ => return None,
    };
    Some(Fix {
        title: "use `std::thread::available_parallelism`".to_owned(),
        edits: vec![Edit {
            path: Arc::clone(&source.path),
            start: remark.span.start,
            end: remark.span.end,
            replacement,
        }],
        applicability: Applicability::Safe,
    })
}
