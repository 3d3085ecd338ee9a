//! From what hooks and the allocator noted to findings.

use crate::core::Core;
use crate::events::{self, Event, What};
use crate::finding::{Finding, Place};
use crate::rules;

/// Whether calls of the C library are seen.
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    #[cfg(hooks)]
    return crate::interpose::attempt();
    #[cfg(not(hooks))]
    if cfg!(feature = "interpose") {
        Err((
            "functions of the C library can be stood in for only on Linux with glibc, linked dynamically"
                .to_owned(),
            "let the analyser look for the calls, and watch a build for that target in staging",
        ))
    } else {
        Err(not_built())
    }
}

/// Whether purges of allocators are seen.
pub(crate) fn attempt_purges() -> Result<(), (String, &'static str)> {
    #[cfg(interposed)]
    return crate::interpose::attempt_purges();
    #[cfg(not(interposed))]
    if cfg!(feature = "interpose") {
        Err((
            "allocators can be stood in for only on Linux".to_owned(),
            "let the analyser look for the calls, and watch a build for Linux in staging",
        ))
    } else {
        Err(not_built())
    }
}

#[cfg(not(all(interposed, hooks)))]
fn not_built() -> (String, &'static str) {
    ("the guard was built without it".to_owned(), "switch on the feature `interpose`")
}

/// Reports everything that was noted.
pub(crate) fn drain(core: &Core) {
    while let Some(event) = events::take() {
        if let Some(finding) = finding(core, &event) {
            core.report(finding);
        }
    }
    let lost = events::lost();
    if lost > 0 {
        crate::core::complain(
            &core.options,
            &format!("{lost} events came faster than checks and were not reported: check more often"),
        );
    }
}

fn finding(core: &Core, event: &Event) -> Option<Finding> {
    let place = Place::Call { thread: event.thread, stack: Box::new(event.stack) };
    match event.what {
        What::Freed { size, moved, why, leased } => {
            let how = if moved { "reallocated" } else { "given back" };
            let seen = format!("a block of {size} bytes was {how} while it is leased: {why}");
            let finding = Finding::new(rules::KEEP_ALIVE, seen, place);
            let leased = Place::Call { thread: event.thread, stack: Box::new(leased) };
            Some(finding.related("the lease was taken", leased).help(
                "keep the owner until the foreign code is done, and end the lease before the owner goes",
            ))
        }
        What::Called { function, detail: (detail, len) } => {
            let detail = String::from_utf8_lossy(&detail[..usize::from(len)]).into_owned();
            crate::calls::called(core, event, function, &detail, place)
        }
    }
}

/// A call that a hook let through.
#[cfg(interposed)]
fn called(core: &Core, event: &Event, function: &'static str, detail: &str, place: Place) -> Option<Finding> {
    crate::interpose::judge(core, event, function, detail, place)
}

/// There are no hooks in this build.
#[cfg(not(interposed))]
fn called(_: &Core, _: &Event, _: &'static str, _: &str, _: Place) -> Option<Finding> {
    None
}
