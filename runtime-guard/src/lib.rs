//! The invariants of runtime-policy, checked while a program runs.
//!
//! ```no_run
//! let guard = runtime_guard::install()?;
//! // Start-up: limits, allocator options, pools of workers. Then
//! guard.seal();
//! // serve. What changes from here on is reported.
//! # Ok::<(), runtime_guard::InstallError>(())
//! ```
//!
//! A finding says which rule was broken, what was seen, where, and what to do: the words are the analyser's. It goes to
//! `tracing`, is counted with `metrics`, and is handed to callbacks; in tests it is a panic ([`test`](macro@test)).
//! Checks that a platform does not offer are named when the guard is installed ([`Guard::unavailable`]).
//!
//! The guard never panics in a program's way, never stops its threads, and connects to no socket but the process's own.

mod calls;
mod capture;
mod check;
mod core;
mod drift;
#[cfg(target_os = "linux")]
mod dump;
mod events;
mod exposition;
mod finding;
#[cfg(all(unix, not(miri)))]
mod fork;
mod guard;
#[cfg(interposed)]
mod interpose;
mod lease;
mod listeners;
mod options;
mod pins;
mod policy;
mod purges;
mod rules;
mod snapshot;
mod spin;
mod stack;
pub mod testing;

/// What the control group, the machine and the affinity leave a process: CPUs and memory, to size pools and caches by.
pub use runtime_guard_view::cgroup;
pub use runtime_guard_view::process::Process;

pub use runtime_guard_macros::{pinned, policy, purges, startup, test};

pub use capture::{Capture, CaptureError, capture};
pub use check::{Check, Unavailable};
pub use drift::{TuningScope, tuning, tuning_scope};
#[cfg(target_os = "linux")]
pub use dump::{Dump, dump_on_sigusr1};
pub use finding::{Finding, Level, Place, Related};
pub use guard::Guard;
pub use lease::{Lease, LeaseAlloc, Token, TooManyLeases, end, keep_alive, lease};
pub use listeners::debug_listener;
#[cfg(unix)]
pub use listeners::debug_socket;
pub use options::{InstallError, Options};
pub use pins::{Because, PinError, PinnedScope, pin_current_thread, pinned_scope};
pub use policy::Policy;
pub use purges::{PurgingScope, purging_scope};
pub use stack::Stack;

/// Installs a guard with the checklist's levels, as [`Options::install`] does.
///
/// # Errors
/// A guard is installed already.
#[track_caller]
pub fn install() -> Result<Guard, InstallError> {
    Options::new().install()
}
