//! What the kernel keeps for the process: resource limits, priority, scheduling class.

use std::collections::BTreeMap;

use super::Knob;

/// Reads limits, and on Linux priority and class.
#[cfg(unix)]
pub(super) fn read(knobs: &mut BTreeMap<Knob, String>) {
    use rustix::process::{Resource, getpriority_process, getrlimit};

    let limits = [
        ("as", Resource::As),
        ("core", Resource::Core),
        ("cpu", Resource::Cpu),
        ("data", Resource::Data),
        ("fsize", Resource::Fsize),
        ("memlock", Resource::Memlock),
        ("nofile", Resource::Nofile),
        ("nproc", Resource::Nproc),
        ("rss", Resource::Rss),
        ("stack", Resource::Stack),
    ];
    #[cfg(target_os = "linux")]
    let of_linux = [
        ("msgqueue", Resource::Msgqueue),
        ("nice", Resource::Nice),
        ("rtprio", Resource::Rtprio),
        ("rttime", Resource::Rttime),
        ("sigpending", Resource::Sigpending),
    ];
    #[cfg(not(target_os = "linux"))]
    let of_linux = [];
    for (name, resource) in limits.into_iter().chain(of_linux) {
        let limit = getrlimit(resource);
        let shown =
            |bound: Option<u64>| bound.map_or_else(|| "unlimited".to_owned(), |bound| bound.to_string());
        knobs.insert(Knob::Limit(name), format!("{}:{}", shown(limit.current), shown(limit.maximum)));
    }
    // By the number of the process, since on Linux 0 would be the calling thread's.
    if let Ok(priority) = getpriority_process(Some(rustix::process::getpid())) {
        knobs.insert(Knob::Priority, priority.to_string());
    }
    #[cfg(all(target_os = "linux", not(miri)))]
    knobs.insert(Knob::Class, class());
}

/// No platform but Unix has any of it.
#[cfg(not(unix))]
pub(super) fn read(_: &mut BTreeMap<Knob, String>) {}

/// The scheduling class of the process's first thread.
#[cfg(all(target_os = "linux", not(miri)))]
fn class() -> String {
    // SAFETY: takes a number and gives one.
    match unsafe { libc::sched_getscheduler(libc::getpid()) } {
        libc::SCHED_OTHER => "other".to_owned(),
        libc::SCHED_BATCH => "batch".to_owned(),
        libc::SCHED_IDLE => "idle".to_owned(),
        libc::SCHED_FIFO => "fifo".to_owned(),
        libc::SCHED_RR => "round-robin".to_owned(),
        other => other.to_string(),
    }
}
