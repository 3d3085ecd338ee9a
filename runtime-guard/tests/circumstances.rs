//! The guard where something is missing or in the way: forks, filters of system calls, no `/proc`. Each in a child of its
//! own, which can spoil itself.
#![cfg(target_os = "linux")]

use std::alloc::System;
use std::ffi::{c_int, c_long};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runtime_guard::{Check, Guard, LeaseAlloc, Options};

#[global_allocator]
static ALLOCATOR: LeaseAlloc<System> = LeaseAlloc::new(System);

/// A process has one guard: tests take turns.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn quiet() -> Options {
    Options::new().log(false).metrics(false).every(None)
}

/// Runs a body in a fork; gives what it says.
fn in_fork(body: impl FnOnce() -> String) -> String {
    use std::io::Read;
    use std::os::fd::{FromRawFd, IntoRawFd};
    let mut ends: [c_int; 2] = [0; 2];
    // SAFETY: there is room for both.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: the descriptors are new and nobody else's.
    let (mut read, write) =
        unsafe { (std::fs::File::from_raw_fd(ends[0]), std::fs::File::from_raw_fd(ends[1])) };
    // SAFETY: the child ends by itself, without going back to the test.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        let said = said.unwrap_or_else(|_| "it panicked".to_owned());
        let write = write.into_raw_fd();
        // SAFETY: the text is that long, and the descriptor is open; nothing of the test runs on.
        unsafe {
            libc::write(write, said.as_ptr().cast(), said.len());
            libc::_exit(0);
        }
    }
    drop(write);
    let mut said = String::new();
    read.read_to_string(&mut said).expect("the child speaks");
    // SAFETY: waits for a child of its own.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
    said
}

/// The checks that a guard says it cannot make, without those that these builds never can.
fn missing(guard: &Guard) -> Vec<String> {
    let always = [Check::AllocatorOptions, Check::Calls, Check::Purges];
    let missing = guard.unavailable().iter().filter(|missing| !always.contains(&missing.check));
    missing.map(|missing| missing.to_string()).collect()
}

fn set(name: &str, value: &str) {
    // SAFETY: tests that touch the environment take turns, and a child has one thread.
    unsafe { std::env::set_var(name, value) };
}

#[test]
fn a_fork_has_no_guard_until_it_installs_one() {
    let _alone = alone();
    let guard = quiet().every(Duration::from_secs(3600)).install().expect("no other guard");
    guard.seal();
    let buffer = vec![7u8; 64];
    let lease = runtime_guard::lease(&buffer[..], "a test").expect("room");
    let (mut inherited, mut held) = (Some(guard), Some((lease, buffer)));
    let said = in_fork(|| {
        set("RAYON_NUM_THREADS", "3");
        runtime_guard::tuning("child", || set("RAYON_NUM_THREADS", "4"));
        let parents = inherited.take().map_or(0, |guard| guard.check().len());
        // The parent's guard went with it, though its thread is not here to end.
        let own = quiet().install().expect("the parent's is none of the child's");
        own.seal();
        set("RAYON_NUM_THREADS", "5");
        // The lease was inherited, and this copy of the block goes.
        let (lease, buffer) = held.take().expect("the parent's");
        drop(buffer);
        let mut found: Vec<String> = own.check().iter().map(|finding| finding.rule.to_owned()).collect();
        // A call that was seen comes before what only a look shows.
        found.sort_unstable();
        drop(lease);
        format!("{parents} {}", found.join(" "))
    });
    assert_eq!(said, "0 missing-keep-alive tuning-outside-main");
    let guard = inherited.expect("the parent's own");
    assert_eq!(guard.check().len(), 0, "what the child did is none of the parent's");
}

#[test]
fn forks_while_threads_lease_and_free_never_hang() {
    let _alone = alone();
    let is_over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    let buffer = Box::new([7u8; 64]);
                    drop(runtime_guard::lease(&buffer[..], "a test"));
                }
            });
        }
        for _ in 0..50 {
            let said = in_fork(|| {
                let buffer = vec![7u8; 64];
                let lease = runtime_guard::lease(&buffer[..], "a test").expect("room");
                drop(lease);
                drop(buffer);
                "went on".to_owned()
            });
            assert_eq!(said, "went on");
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

/// Lets the kernel answer some system calls with `EPERM`, for good.
fn forbid(calls: &[c_long]) {
    const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
    const IS: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
    const ANSWER: u16 = (libc::BPF_RET | libc::BPF_K) as u16;
    let step = |code, yes, no, k| libc::sock_filter { code, jt: yes, jf: no, k };
    // The number of the call is the first thing in what a filter sees.
    let mut steps = vec![step(LOAD, 0, 0, 0)];
    for call in calls {
        steps.push(step(IS, 0, 1, u32::try_from(*call).expect("a small number")));
        steps.push(step(ANSWER, 0, 0, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32));
    }
    steps.push(step(ANSWER, 0, 0, libc::SECCOMP_RET_ALLOW));
    let program = libc::sock_fprog { len: steps.len() as u16, filter: steps.as_mut_ptr() };
    // SAFETY: the program is whole, and lives until the kernel has copied it.
    let done = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program)
    };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

const ASKED: [c_long; 5] = [
    libc::SYS_sched_getaffinity,
    libc::SYS_prlimit64,
    libc::SYS_getpriority,
    libc::SYS_sched_getscheduler,
    libc::SYS_getdents64,
];

#[test]
fn what_seccomp_forbids_is_named_and_the_rest_works() {
    let _alone = alone();
    let said = in_fork(|| {
        forbid(&ASKED);
        #[cfg(target_arch = "x86_64")]
        forbid(&[libc::SYS_getrlimit]);
        let guard = quiet().install().expect("a guard all the same");
        guard.seal();
        set("RAYON_NUM_THREADS", "7");
        let found: Vec<String> = guard.check().iter().map(|finding| finding.seen.clone()).collect();
        format!("{}\n{}", missing(&guard).join("\n"), found.join("\n"))
    });
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "resource limits cannot be checked: the kernel refuses to tell; allow `getrlimit` and `prlimit64`",
            "priority and scheduling class cannot be checked: the kernel refuses to tell; allow `getpriority` and \
             `sched_getscheduler`",
            "pinned threads cannot be checked: the threads cannot be listed: Operation not permitted (os error 1); \
             mount /proc and allow `sched_getaffinity`",
            "debug endpoints cannot be checked: the process's descriptors cannot be listed: Operation not permitted \
             (os error 1); mount /proc, or /dev/fd",
            "after the seal the environment variable `RAYON_NUM_THREADS` was set to `7`",
        ]
    );
}

#[test]
fn a_filter_that_comes_after_the_seal_is_no_drift() {
    let _alone = alone();
    let said = in_fork(|| {
        let guard = quiet().install().expect("no other guard");
        guard.seal();
        forbid(&ASKED);
        guard.check().iter().map(|finding| finding.seen.clone()).collect()
    });
    assert_eq!(said, "");
}

#[test]
fn without_proc_the_checks_that_read_it_are_named_and_the_rest_works() {
    let _alone = alone();
    let said = in_fork(|| {
        // SAFETY: takes flags, and strings that end in a zero byte.
        let is_hidden = unsafe {
            let is_root = libc::geteuid() == 0;
            let namespaces = libc::CLONE_NEWNS | if is_root { 0 } else { libc::CLONE_NEWUSER };
            let none = std::ptr::null();
            libc::unshare(namespaces) == 0
                && libc::mount(none, c"/".as_ptr(), none, libc::MS_REC | libc::MS_PRIVATE, none.cast()) == 0
                && libc::mount(c"none".as_ptr(), c"/proc".as_ptr(), c"tmpfs".as_ptr(), 0, none.cast()) == 0
        };
        if !is_hidden {
            return "no rights to hide /proc".to_owned();
        }
        let guard = quiet().install().expect("a guard all the same");
        guard.seal();
        set("RAYON_NUM_THREADS", "8");
        let found: Vec<String> = guard.check().iter().map(|finding| finding.seen.clone()).collect();
        assert!(runtime_guard::cgroup::effective(runtime_guard::Process::Own).is_err());
        assert!(guard.exposition().contains("process_cpu_seconds_total"));
        format!("{}\n{}", missing(&guard).join("\n"), found.join("\n"))
    });
    if said == "no rights to hide /proc" {
        eprintln!("passed by: {said}");
        return;
    }
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "pinned threads cannot be checked: the threads cannot be listed: No such file or directory (os error 2); \
             mount /proc and allow `sched_getaffinity`",
            "debug endpoints cannot be checked: the process's descriptors cannot be listed: No such file or directory \
             (os error 2); mount /proc, or /dev/fd",
            "after the seal the environment variable `RAYON_NUM_THREADS` was set to `8`",
        ]
    );
}

#[test]
fn priority_and_class_that_change_after_the_seal_are_reported() {
    let _alone = alone();
    let said = in_fork(|| {
        let guard = quiet().install().expect("no other guard");
        guard.seal();
        // SAFETY: nothing but numbers; musl has more of them.
        let plain: libc::sched_param = unsafe { std::mem::zeroed() };
        // SAFETY: takes numbers, and a parameter that is whole.
        let done = unsafe {
            libc::setpriority(libc::PRIO_PROCESS, 0, libc::getpriority(libc::PRIO_PROCESS, 0) + 1)
                | libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_BATCH, &plain) as c_int
        };
        let found = guard.check();
        let told: Vec<&str> = found.iter().map(|finding| finding.seen.as_str()).collect();
        format!("{done}\n{}", told.join("\n"))
    });
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert_eq!(lines[0], "0", "both calls are allowed to everybody");
    assert!(lines[1].starts_with("after the seal the priority of the process was changed from `"), "{said}");
    let class = "after the seal the scheduling class of the process was changed from `other` to `batch`";
    assert_eq!(lines[2], class);
}
