//! Which calls are findings.

use runtime_guard_view::affinity::Cpus;

use crate::core::Core;
use crate::drift;
use crate::events::Event;
use crate::finding::{Finding, Place};
use crate::rules;
use crate::snapshot::{Knob, variable};

/// Functions on a stack that build a pool with the process's claim on the machine, and what that is.
const BUILDERS: [(&str, &str); 2] = [
    (
        "tokio::runtime::scheduler::multi_thread::worker::Launch::launch",
        "a multi-thread tokio runtime was built",
    ),
    ("rayon_core::ThreadPoolBuilder<S>::build_global", "rayon's global pool was built"),
];

/// What a call comes to.
pub(crate) fn judge(
    core: &Core,
    event: &Event,
    function: &'static str,
    detail: &str,
    place: Place,
) -> Option<Finding> {
    match function {
        "malloc_trim" | "mi_collect" | "mi_heap_collect" => {
            Some(Finding::new(rules::COLLECTION, format!("`{function}` forces a collection"), place))
        }
        "mallctl" | "mallctlbymib" => {
            let seen = format!("`{function}` forces a collection: `{detail}`");
            Some(Finding::new(rules::COLLECTION, seen, place))
        }
        "sched_setaffinity" | "pthread_setaffinity_np" => pin(core, event, function, detail, place),
        "setenv" | "unsetenv" | "putenv" => changed(core, Knob::Variable(variable(detail)?), place),
        "setrlimit" | "setrlimit64" | "prlimit" | "prlimit64" => {
            let knob = core.state().last.limit(detail)?;
            changed(core, knob, place)
        }
        "mallopt" | "prctl" if core.state().sealed => {
            let seen = format!("after the seal `{function}` was called: {detail}");
            Some(Finding::new(rules::TUNING, seen, place))
        }
        "bind" | "listen" => {
            let address = detail.parse().ok()?;
            core.state().listeners.opened(address, place);
            None
        }
        "pthread_create" => built(event, place),
        _ => None,
    }
}

fn pin(core: &Core, event: &Event, function: &str, cpus: &str, place: Place) -> Option<Finding> {
    let mut state = core.state();
    let whole = state.pins.whole()?;
    // To give all CPUs back is no pin; a list that was cut is one.
    let is_pin = Cpus::parse(cpus).is_none_or(|cpus| cpus.and(&whole).is_part_of(&whole));
    if !is_pin {
        return None;
    }
    state.pins.leave(event.thread);
    let seen = format!("`{function}` binds the thread to CPU {cpus} and nobody said why");
    Some(Finding::new(rules::PIN, seen, place))
}

/// A setting that a call has changed since the last look, after the seal.
fn changed(core: &Core, knob: Knob, place: Place) -> Option<Finding> {
    let change = {
        let mut state = core.state();
        if !state.sealed {
            return None;
        }
        state.look_at(&knob)?
    };
    Some(drift::drifted(&change, None, place))
}

fn built(event: &Event, place: Place) -> Option<Finding> {
    let names = event.stack.names();
    let built = BUILDERS.iter().find(|(function, _)| names.iter().any(|name| name.contains(function)));
    built.map(|(_, what)| Finding::new(rules::TUNING, format!("after the seal {what}"), place))
}
