//! What the kernel keeps for the process: resource limits, priority, scheduling class. What it refuses to tell is left
//! out.

use std::collections::BTreeMap;

use super::Knob;

/// Reads limits, and on Linux priority and class.
#[cfg(unix)]
pub(super) fn read(knobs: &mut BTreeMap<Knob, String>) {
    for (name, resource) in LIMITS {
        if let Some((soft, hard)) = limit(*resource) {
            knobs.insert(Knob::Limit(name), format!("{}:{}", shown(soft), shown(hard)));
        }
    }
    // By the number of the process, since on Linux 0 would be the calling thread's.
    if let Ok(priority) = rustix::process::getpriority_process(Some(rustix::process::getpid())) {
        knobs.insert(Knob::Priority, priority.to_string());
    }
    #[cfg(all(target_os = "linux", not(miri)))]
    if let Some(class) = class() {
        knobs.insert(Knob::Class, class);
    }
}

/// No platform but Unix has any of it.
#[cfg(not(unix))]
pub(super) fn read(_: &mut BTreeMap<Knob, String>) {}

/// How the platform numbers its limits.
#[cfg(unix)]
type Resource = std::ffi::c_int;

/// Limits by the name that a report gives them. The C library's constants differ in type.
#[cfg(unix)]
const LIMITS: &[(&str, Resource)] = &[
    ("as", libc::RLIMIT_AS as Resource),
    ("core", libc::RLIMIT_CORE as Resource),
    ("cpu", libc::RLIMIT_CPU as Resource),
    ("data", libc::RLIMIT_DATA as Resource),
    ("fsize", libc::RLIMIT_FSIZE as Resource),
    ("memlock", libc::RLIMIT_MEMLOCK as Resource),
    ("nofile", libc::RLIMIT_NOFILE as Resource),
    ("nproc", libc::RLIMIT_NPROC as Resource),
    ("rss", libc::RLIMIT_RSS as Resource),
    ("stack", libc::RLIMIT_STACK as Resource),
    #[cfg(target_os = "linux")]
    ("msgqueue", libc::RLIMIT_MSGQUEUE as Resource),
    #[cfg(target_os = "linux")]
    ("nice", libc::RLIMIT_NICE as Resource),
    #[cfg(target_os = "linux")]
    ("rtprio", libc::RLIMIT_RTPRIO as Resource),
    #[cfg(target_os = "linux")]
    ("rttime", libc::RLIMIT_RTTIME as Resource),
    #[cfg(target_os = "linux")]
    ("sigpending", libc::RLIMIT_SIGPENDING as Resource),
];

/// A limit, soft and hard; none where the kernel refuses, as it may under seccomp.
#[cfg(unix)]
pub(crate) fn limit(resource: Resource) -> Option<(libc::rlim_t, libc::rlim_t)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: there is room for the answer.
    let done = unsafe { libc::getrlimit(resource as _, &mut limit) };
    (done == 0).then_some((limit.rlim_cur, limit.rlim_max))
}

#[cfg(unix)]
fn shown(bound: libc::rlim_t) -> String {
    if bound == libc::RLIM_INFINITY { "unlimited".to_owned() } else { bound.to_string() }
}

/// The scheduling class of the process's first thread; none where the kernel refuses.
#[cfg(all(target_os = "linux", not(miri)))]
fn class() -> Option<String> {
    // The call itself, since musl's function of that name always refuses.
    // SAFETY: takes a number and gives one.
    let class = unsafe { libc::syscall(libc::SYS_sched_getscheduler, libc::getpid()) } as i32;
    let name = match class {
        ..0 => return None,
        libc::SCHED_OTHER => "other".to_owned(),
        libc::SCHED_BATCH => "batch".to_owned(),
        libc::SCHED_IDLE => "idle".to_owned(),
        libc::SCHED_FIFO => "fifo".to_owned(),
        libc::SCHED_RR => "round-robin".to_owned(),
        other => other.to_string(),
    };
    Some(name)
}
