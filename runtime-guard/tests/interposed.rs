//! Calls of the C library, by whoever makes them.
#![cfg(all(feature = "interpose", target_os = "linux", target_env = "gnu"))]

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime_guard::{Check, Finding, Guard, Options, Place};

/// A process has one guard: tests take turns.
fn alone() -> (MutexGuard<'static, ()>, Guard) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let options = Options::new().log(false).metrics(false).every(None).require(Check::Calls);
    (alone, options.install().expect("the stand-ins are in place"))
}

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.seen)).collect()
}

/// The stack of a finding's call, as text.
fn stack(finding: &Finding) -> String {
    match &finding.place {
        Place::Call { stack, .. } => stack.names().join("\n"),
        other => panic!("no call: {other}"),
    }
}

#[inline(never)]
fn janitor() {
    // SAFETY: takes a number.
    unsafe { libc::malloc_trim(0) };
}

#[runtime_guard::purges(because = "gives 4 GiB back after the nightly import, issue #12")]
fn nightly() {
    janitor();
}

#[test]
fn a_collection_is_seen_with_who_forced_it() {
    let (_alone, guard) = alone();
    janitor();
    let findings = guard.check();
    assert_eq!(told(&findings), ["manual-gc: `malloc_trim` forces a collection"]);
    assert!(stack(&findings[0]).contains("janitor"), "{}", findings[0]);
}

#[test]
fn a_collection_with_a_reason_is_let_through() {
    let (_alone, guard) = alone();
    nightly();
    assert_eq!(told(&guard.check()), [""; 0]);
}

#[inline(never)]
fn tune_late() {
    // SAFETY: tests that touch the environment take turns.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", "9") };
}

#[test]
fn a_variable_that_is_set_late_is_told_once_and_by_whom() {
    let (_alone, guard) = alone();
    guard.seal();
    tune_late();
    let findings = guard.check();
    // SAFETY: as above.
    unsafe { std::env::remove_var("RAYON_NUM_THREADS") };
    assert_eq!(
        told(&findings),
        ["tuning-outside-main: after the seal the environment variable `RAYON_NUM_THREADS` was set to `9`"]
    );
    assert!(stack(&findings[0]).contains("tune_late"), "{}", findings[0]);
}

#[test]
fn limits_and_allocator_options_are_seen() {
    let (_alone, guard) = alone();
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the place has room.
    unsafe { libc::getrlimit(libc::RLIMIT_CORE, &mut limit) };
    let before = limit;
    limit.rlim_cur = if limit.rlim_cur == 4096 { 8192 } else { 4096 }.min(limit.rlim_max);
    guard.seal();
    // SAFETY: the limit is whole.
    let lowered = unsafe { libc::setrlimit(libc::RLIMIT_CORE, &limit) };
    // SAFETY: takes numbers; the value is glibc's own default.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 128 * 1024) };
    let findings = guard.check();
    // SAFETY: as above.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &before) };
    assert_eq!(lowered, 0);
    let told = told(&findings);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("resource limit `core`") && told[1].contains("`mallopt` was called: -3 = 131072"),
        "{told:?}"
    );
}

fn pin(cpus: impl Iterator<Item = usize>) {
    // SAFETY: an empty set is all zeroes.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    for cpu in cpus {
        // SAFETY: the numbers are small.
        unsafe { libc::CPU_SET(cpu, &mut set) };
    }
    // SAFETY: the set is whole.
    assert_eq!(unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) }, 0);
}

#[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
fn with_a_cause() {
    pin(0..1);
}

#[test]
fn a_pin_is_told_once_though_scan_and_call_both_show_it() {
    let count = std::thread::available_parallelism().map_or(1, |count| count.get());
    if count < 2 {
        return;
    }
    let (_alone, guard) = alone();
    std::thread::scope(|scope| {
        let pinned = || {
            pin(0..1);
            let findings = guard.check();
            // All CPUs again: no pin.
            pin(0..count);
            (findings, guard.check())
        };
        let (first, second) = scope.spawn(pinned).join().expect("no panic");
        assert_eq!(first.len(), 1, "{first:?}");
        assert!(first[0].seen.starts_with("`sched_setaffinity` binds the thread to CPU 0"), "{}", first[0]);
        assert_eq!(told(&second), [""; 0]);
        let justified = || {
            with_a_cause();
            guard.check()
        };
        assert_eq!(told(&scope.spawn(justified).join().expect("no panic")), [""; 0]);
    });
}

#[test]
fn threads_that_start_late_are_no_finding() {
    let (_alone, guard) = alone();
    guard.seal();
    std::thread::spawn(|| ()).join().expect("no panic");
    assert_eq!(told(&guard.check()), [""; 0]);
}

#[test]
fn a_listener_is_told_with_who_opened_it() {
    #[inline(never)]
    fn opens() -> std::net::TcpListener {
        std::net::TcpListener::bind("0.0.0.0:0").expect("a port")
    }
    let (_alone, guard) = alone();
    let listener = opens();
    let server = std::thread::spawn(move || answers(&listener));
    let findings = guard.check();
    server.join().expect("no panic");
    assert_eq!(findings.len(), 1, "{findings:?}");
    let shown = findings[0].to_string();
    assert!(shown.contains("::: it was opened: thread ") && shown.contains("opens at "), "{shown}");
}

/// Serves `/debug/pprof/` and nothing else, until it was asked for it.
fn answers(listener: &std::net::TcpListener) {
    use std::io::{BufRead, BufReader, Write};
    for stream in listener.incoming().flatten() {
        let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let is_there = first.starts_with("GET /debug/pprof/ ");
        let status = if is_there { "200 OK" } else { "404 Not Found" };
        let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        if is_there {
            return;
        }
    }
}

/// A library in C that the program loads while it runs.
#[test]
fn calls_of_a_library_that_is_loaded_later_are_seen() {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    let folder = std::env::temp_dir().join(format!("runtime-guard-plugin-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (source, library) = (folder.join("plugin.c"), folder.join("plugin.so"));
    std::fs::write(
        &source,
        "extern int malloc_trim(unsigned long);\nvoid plugin(void) { malloc_trim(0); }\n",
    )
    .expect("a file");
    let built =
        std::process::Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status();
    assert!(built.expect("a C compiler").success());
    let path = CString::new(library.as_os_str().as_bytes()).expect("no zero byte");
    let (_alone, guard) = alone();
    // SAFETY: the library has no initialisers, and the function takes nothing.
    unsafe {
        let plugin = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        let function = libc::dlsym(plugin, c"plugin".as_ptr());
        assert!(!function.is_null());
        std::mem::transmute::<*mut std::ffi::c_void, extern "C" fn()>(function)();
    }
    let findings = guard.check();
    std::fs::remove_dir_all(&folder).expect("a folder");
    assert_eq!(told(&findings), ["manual-gc: `malloc_trim` forces a collection"]);
}

/// Calls of allocators that are linked statically.
#[cfg(any(feature = "jemalloc", feature = "mimalloc"))]
mod purges {
    use super::*;
    #[cfg(feature = "jemalloc")]
    use std::{
        ffi::{c_char, c_int, c_void},
        ptr::null_mut,
    };

    #[cfg(feature = "jemalloc")]
    unsafe extern "C" {
        #[link_name = "_rjem_mallctl"]
        fn mallctl(
            name: *const c_char,
            old: *mut c_void,
            old_size: *mut usize,
            new: *mut c_void,
            new_size: usize,
        ) -> c_int;
        #[link_name = "_rjem_mallctlbymib"]
        fn mallctlbymib(
            numbers: *const usize,
            count: usize,
            old: *mut c_void,
            old_size: *mut usize,
            new: *mut c_void,
            new_size: usize,
        ) -> c_int;
    }

    /// Each way to purge, and what the guard says of it.
    fn ways() -> Vec<(fn(), &'static str)> {
        vec![
            #[cfg(feature = "jemalloc")]
            (by_name, "manual-gc: `mallctl` forces a collection: `arena.0.purge`"),
            #[cfg(feature = "jemalloc")]
            (by_numbers, "manual-gc: `mallctlbymib` forces a collection: `arena.0.decay`"),
            #[cfg(feature = "mimalloc")]
            (collect, "manual-gc: `mi_collect` forces a collection"),
        ]
    }

    #[cfg(feature = "jemalloc")]
    #[inline(never)]
    fn by_name() {
        // SAFETY: the control takes nothing and gives nothing.
        let done = unsafe { mallctl(c"arena.0.purge".as_ptr(), null_mut(), null_mut(), null_mut(), 0) };
        assert_eq!(done, 0);
    }

    #[cfg(feature = "jemalloc")]
    #[inline(never)]
    fn by_numbers() {
        let mut numbers = [0; 3];
        tikv_jemalloc_ctl::raw::name_to_mib(b"arena.0.decay\0", &mut numbers).expect("a control");
        // SAFETY: as above.
        let done = unsafe { mallctlbymib(numbers.as_ptr(), 3, null_mut(), null_mut(), null_mut(), 0) };
        assert_eq!(done, 0);
    }

    #[cfg(feature = "mimalloc")]
    #[inline(never)]
    fn collect() {
        // SAFETY: takes a flag.
        unsafe { libmimalloc_sys::mi_collect(true) };
    }

    #[runtime_guard::purges(because = "gives 4 GiB back after the nightly import, issue #12")]
    fn with_a_reason(purge: fn()) {
        purge();
    }

    #[test]
    fn a_purge_is_seen_with_who_forced_it_and_a_reason_lets_it_through() {
        let (_alone, guard) = alone();
        assert!(guard.unavailable().iter().all(|missing| missing.check != Check::Purges));
        #[cfg(feature = "jemalloc")]
        tikv_jemalloc_ctl::epoch::advance().expect("no purge");
        for (purge, told_of_it) in ways() {
            with_a_reason(purge);
            assert_eq!(told(&guard.check()), [""; 0]);
            purge();
            let findings = guard.check();
            assert_eq!(told(&findings), [told_of_it]);
            assert!(stack(&findings[0]).contains("purges::"), "{}", findings[0]);
        }
    }
}
