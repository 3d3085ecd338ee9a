//! What the guard can check here, and what it cannot.

use std::fmt;

use crate::snapshot::{Knob, Snapshot};

/// Something that the guard checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Check {
    /// Environment variables that tune, after the seal and by a second owner.
    Environment,
    /// Resource limits.
    Limits,
    /// Priority and scheduling class.
    Priority,
    /// Options of jemalloc and mimalloc.
    AllocatorOptions,
    /// The affinity of every thread.
    Pins,
    /// Blocks that are given back while foreign code holds them.
    KeepAlive,
    /// Listening sockets that serve debug paths.
    Listeners,
    /// Calls of the C library: collections, pins, tuning, by whoever makes them.
    Calls,
    /// Calls of allocators that purge.
    Purges,
}

impl Check {
    /// Every check.
    pub const ALL: [Check; 9] = [
        Check::Environment,
        Check::Limits,
        Check::Priority,
        Check::AllocatorOptions,
        Check::Pins,
        Check::KeepAlive,
        Check::Listeners,
        Check::Calls,
        Check::Purges,
    ];

    fn name(self) -> &'static str {
        match self {
            Check::Environment => "environment variables",
            Check::Limits => "resource limits",
            Check::Priority => "priority and scheduling class",
            Check::AllocatorOptions => "allocator options",
            Check::Pins => "pinned threads",
            Check::KeepAlive => "freed buffers",
            Check::Listeners => "debug endpoints",
            Check::Calls => "calls of the C library",
            Check::Purges => "purges of allocators",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A check that cannot be made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// Which.
    pub check: Check,
    /// Why.
    pub why: String,
    /// What would make it possible.
    pub instead: &'static str,
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be checked: {}; {}", self.check, self.why, self.instead)
    }
}

/// Tries every check and names those that cannot be made.
pub(crate) fn unavailable() -> Vec<Unavailable> {
    let try_one = |check: Check| {
        let (why, instead) = attempt(check).err()?;
        Some(Unavailable { check, why, instead })
    };
    Check::ALL.into_iter().filter_map(try_one).collect()
}

const SCHEDULING: &str = "allow `getpriority` and `sched_getscheduler`";

/// Whether the kernel tells a knob.
fn can_read(is_knob: impl Fn(&Knob) -> bool, instead: &'static str) -> Result<(), Obstacle> {
    match Snapshot::take(&[]).has(is_knob) {
        true => Ok(()),
        false => Err(("the kernel refuses to tell".to_owned(), instead)),
    }
}

/// Why not, and what to do about it.
type Obstacle = (String, &'static str);

fn attempt(check: Check) -> Result<(), Obstacle> {
    match check {
        Check::Environment => Ok(()),
        Check::Limits if cfg!(not(unix)) => Err(("this platform has none".to_owned(), "nothing is lost")),
        Check::Limits => can_read(|knob| matches!(knob, Knob::Limit(_)), "allow `getrlimit` and `prlimit64`"),
        Check::Priority if cfg!(not(target_os = "linux")) => {
            Err(("only Linux tells the scheduling class of a process".to_owned(), "check it on Linux"))
        }
        Check::Priority => can_read(|knob| *knob == Knob::Priority, SCHEDULING)
            .and_then(|()| can_read(|knob| *knob == Knob::Class, SCHEDULING)),
        Check::AllocatorOptions if !crate::snapshot::known_allocators().is_empty() => Ok(()),
        Check::AllocatorOptions => Err((
            "the guard was built for no allocator with options that can be read".to_owned(),
            "switch on the feature `jemalloc` or `mimalloc` of the allocator that the program links",
        )),
        Check::Pins => crate::pins::attempt(),
        Check::KeepAlive => crate::lease::attempt(),
        Check::Listeners => crate::listeners::attempt(),
        Check::Calls => crate::calls::attempt(),
        Check::Purges => crate::calls::attempt_purges(),
    }
}
