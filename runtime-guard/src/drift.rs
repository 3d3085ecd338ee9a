//! `tuning-outside-main`: settings that change after the seal, and settings with two owners.

use std::panic::Location;

use crate::core::{self, Core, Owner, State};
use crate::events;
use crate::finding::{Finding, Place};
use crate::rules;
use crate::snapshot::{Change, Snapshot};

/// Tunes inside a closure, in the name of an owner.
///
/// What the closure changes belongs to the owner. Two owners of one setting, and tuning after the seal, are findings.
/// Without a guard it only calls the closure.
///
/// ```
/// let workers = runtime_guard::tuning("boot", || {
///     // set limits, allocator options, thread pools here
///     4
/// });
/// assert_eq!(workers, 4);
/// ```
#[track_caller]
pub fn tuning<R>(owner: &'static str, tune: impl FnOnce() -> R) -> R {
    let _scope = tuning_scope(owner);
    tune()
}

/// As [`tuning`], until the value is dropped; what `#[runtime_guard::startup]` puts around a function.
#[track_caller]
pub fn tuning_scope(owner: &'static str) -> TuningScope {
    let owner = Owner { name: Some(owner), location: Location::caller() };
    if let Some(core) = core::current() {
        enter(&core, owner);
    }
    TuningScope { owner }
}

/// Tuning that goes on.
#[must_use = "the scope ends when it is dropped"]
#[derive(Debug)]
pub struct TuningScope {
    owner: Owner,
}

impl Drop for TuningScope {
    fn drop(&mut self) {
        if let Some(core) = core::current() {
            leave(&core, self.owner);
        }
    }
}

/// What has changed until now was somebody else's doing.
fn enter(core: &Core, owner: Owner) {
    let mut state = core.state();
    if state.sealed {
        drop(state);
        let name = owner.name.unwrap_or_default();
        let seen = format!("`{name}` tunes after the seal");
        core.report(
            Finding::new(rules::TUNING, seen, Place::Line(owner.location))
                .help("call it before `guard.seal()`, from `main`"),
        );
        return check(core);
    }
    let nobody = Owner { name: None, location: core.location };
    attribute(&mut state, nobody);
}

fn leave(core: &Core, owner: Owner) {
    let mut state = core.state();
    let (is_sealed, changes) = (state.sealed, attribute(&mut state, owner));
    drop(state);
    for (change, earlier) in changes {
        match earlier {
            _ if is_sealed => core.report(drifted(&change, Some(owner), Place::Line(owner.location))),
            Some(earlier) => core.report(second_owner(&change, earlier, owner)),
            None => {}
        }
    }
}

/// Gives what has changed since the last look to an owner; gives the changes, each with another owner that the knob
/// had already.
fn attribute(state: &mut State, owner: Owner) -> Vec<(Change, Option<Owner>)> {
    let now = Snapshot::take(&state.pools);
    let changes: Vec<Change> = state.last.changes(&now).collect();
    state.last = now;
    let mut attributed = Vec::new();
    for change in changes {
        let earlier = state.owners.insert(change.knob.clone(), owner);
        attributed.push((change, earlier.filter(|earlier| earlier.name != owner.name)));
    }
    attributed
}

fn second_owner(change: &Change, earlier: Owner, owner: Owner) -> Finding {
    let seen = format!(
        "the {} has a second owner: it {change} by `{}`, after {}",
        change.knob,
        owner.name.unwrap_or_default(),
        called(earlier),
    );
    Finding::new(rules::TUNING, seen, Place::Line(owner.location))
        .related("the first owner", Place::Line(earlier.location))
        .help("let one owner set it, once")
}

fn called(owner: Owner) -> String {
    owner.name.map_or_else(
        || "start-up code outside of every `tuning` scope".to_owned(),
        |name| format!("`{name}`"),
    )
}

/// A setting that changed after the seal, perhaps inside somebody's scope.
pub(crate) fn drifted(change: &Change, owner: Option<Owner>, place: Place) -> Finding {
    let by = owner.map(|owner| format!(" by {}", called(owner))).unwrap_or_default();
    let seen = format!("after the seal the {} {change}{by}", change.knob);
    let finding = Finding::new(rules::TUNING, seen, place);
    match change.knob.help() {
        Some(help) => finding.help(help),
        None => finding,
    }
}

/// Ends start-up.
pub(crate) fn seal(core: &Core) {
    let mut state = core.state();
    if !state.sealed {
        state.last = Snapshot::take(&state.pools);
        state.sealed = true;
        events::seal();
    }
}

/// Reports what has changed since the seal or the last look.
pub(crate) fn check(core: &Core) {
    let mut state = core.state();
    if !state.sealed {
        return;
    }
    let now = Snapshot::take(&state.pools);
    let changes: Vec<(Change, Option<Owner>)> = state
        .last
        .changes(&now)
        .map(|change| {
            let owner = state.owners.get(&change.knob).copied();
            (change, owner)
        })
        .collect();
    state.last = now;
    drop(state);
    for (change, owner) in changes {
        let mut finding = drifted(&change, None, Place::Process);
        if let Some(owner) = owner {
            finding =
                finding.related(format!("it belongs to {}", called(owner)), Place::Line(owner.location));
        }
        core.report(finding);
    }
}

/// Reports a second pool under a name that is taken.
#[track_caller]
pub(crate) fn second_pool(core: &Core, name: &'static str) {
    let location = Location::caller();
    let state = core.state();
    let (is_taken, is_sealed) = (state.pools.iter().any(|pool| pool.name == name), state.sealed);
    drop(state);
    let seen = match (is_taken, is_sealed) {
        (true, _) => format!("a second pool of workers is called `{name}`"),
        (false, true) => format!("the pool of workers `{name}` was made after the seal"),
        (false, false) => return,
    };
    core.report(Finding::new(rules::TUNING, seen, Place::Line(location)));
}
