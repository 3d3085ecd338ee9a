//! What a program sees of its guard, with real threads, sockets and limits.

use std::alloc::System;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime_guard::testing::observe;
use runtime_guard::{Because, Check, Finding, InstallError, LeaseAlloc, Level, Options, Place, Policy};

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

fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{}: {}", finding.rule, finding.seen)).collect()
}

fn set(name: &str, value: &str) {
    // SAFETY: tests that touch the environment take turns.
    unsafe { std::env::set_var(name, value) };
}

fn unset(name: &str) {
    // SAFETY: tests that touch the environment take turns.
    unsafe { std::env::remove_var(name) };
}

#[test]
fn a_variable_that_is_set_after_the_seal_is_reported_once() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    set("RAYON_NUM_THREADS", "2");
    assert_eq!(told(&guard.check()), [""; 0], "start-up may tune");
    guard.seal();
    set("RAYON_NUM_THREADS", "8");
    set("NOT_A_KNOB", "8");
    let findings = guard.check();
    assert_eq!(
        told(&findings),
        [
            "tuning-outside-main: after the seal the environment variable `RAYON_NUM_THREADS` was changed from `2` to `8`"
        ]
    );
    let shown = findings[0].to_string();
    assert!(shown.starts_with("error[tuning-outside-main]: after the seal"), "{shown}");
    assert!(shown.contains("= note: ") && shown.contains("= help: "), "{shown}");
    assert_eq!(told(&guard.check()), [""; 0]);
    unset("RAYON_NUM_THREADS");
}

#[test]
fn what_is_read_before_main_says_that_it_came_too_late() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    set("MALLOC_ARENA_MAX", "2");
    let findings = guard.check();
    unset("MALLOC_ARENA_MAX");
    assert!(findings[0].help.contains("before `main`"), "{}", findings[0]);
}

#[test]
fn a_second_owner_is_named_with_the_first() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    runtime_guard::tuning("boot", || set("OMP_NUM_THREADS", "2"));
    runtime_guard::tuning("boot", || set("OMP_NUM_THREADS", "3"));
    assert_eq!(told(&guard.check()), [""; 0], "an owner may change its mind");
    runtime_guard::tuning("metrics", || set("OMP_NUM_THREADS", "4"));
    let findings = guard.check();
    unset("OMP_NUM_THREADS");
    assert_eq!(
        told(&findings),
        [
            "tuning-outside-main: the environment variable `OMP_NUM_THREADS` has a second owner: it was changed from `3` \
          to `4` by `metrics`, after `boot`"
        ]
    );
    let place = |place: &Place| match place {
        Place::Line(location) => location.line(),
        other => panic!("{other}"),
    };
    assert!(place(&findings[0].related[0].place) < place(&findings[0].place));
}

#[runtime_guard::startup]
fn boot() {
    set("MKL_NUM_THREADS", "2");
}

#[test]
fn a_startup_function_after_the_seal_is_reported_with_what_it_changed() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    boot();
    let findings = guard.check();
    unset("MKL_NUM_THREADS");
    assert_eq!(
        told(&findings),
        [
            "tuning-outside-main: `guard::boot` tunes after the seal",
            "tuning-outside-main: after the seal the environment variable `MKL_NUM_THREADS` was set to `2` by `guard::boot`",
        ]
    );
}

#[cfg(unix)]
#[test]
fn a_limit_that_is_lowered_after_the_seal_is_reported() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let _alone = alone();
    let before = getrlimit(Resource::Core);
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    let mut lower = before;
    lower.current = Some(before.current.map_or(4096, |current| current / 2 + 1));
    let changed = setrlimit(Resource::Core, lower);
    let findings = guard.check();
    setrlimit(Resource::Core, before).expect("the soft limit may rise again");
    changed.expect("the soft limit may fall");
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(
        findings[0].seen.starts_with("after the seal the resource limit `core` was changed"),
        "{}",
        findings[0]
    );
}

#[test]
fn a_process_has_one_guard() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    let second = quiet().install().expect_err("there is one");
    assert!(matches!(second, InstallError::Installed(location) if location.file().ends_with("guard.rs")));
    drop(guard);
    drop(quiet().install().expect("the first is gone"));
}

#[test]
fn a_check_that_cannot_be_made_is_named_and_can_be_required() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    let missing: Vec<Check> = guard.unavailable().iter().map(|missing| missing.check).collect();
    drop(guard);
    let is_missing = |check: Check| missing.contains(&check);
    let has_calls = cfg!(all(feature = "interpose", target_os = "linux", target_env = "gnu"));
    assert_eq!(is_missing(Check::Calls), !has_calls || cfg!(target_feature = "crt-static"), "{missing:?}");
    assert_eq!(is_missing(Check::AllocatorOptions), !cfg!(any(feature = "jemalloc", feature = "mimalloc")));
    assert!(!is_missing(Check::KeepAlive) && !is_missing(Check::Environment), "{missing:?}");
    if is_missing(Check::AllocatorOptions) {
        let error = quiet().require(Check::AllocatorOptions).install().expect_err("it cannot be made");
        assert!(error.to_string().contains("switch on the feature `jemalloc`"), "{error}");
    }
}

#[test]
fn a_callback_is_told_and_its_panic_goes_no_further() {
    let _alone = alone();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let guard = quiet()
        .callback(|finding| panic!("on {}", finding.rule))
        .callback(move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .install()
        .expect("no other guard");
    guard.seal();
    set("POLARS_MAX_THREADS", "3");
    assert_eq!(guard.check().len(), 1);
    unset("POLARS_MAX_THREADS");
    assert_eq!(guard.check().len(), 1);
    assert_eq!(calls.load(Ordering::SeqCst), 2);
    assert!(guard.exposition().contains("runtime_guard_callback_panics_total 2\n"), "{}", guard.exposition());
    assert!(guard.exposition().contains("runtime_guard_findings_total{rule=\"tuning-outside-main\"} 2\n"));
}

#[test]
fn the_policy_has_the_last_word_on_levels() {
    let _alone = alone();
    static LEVELS: &[(&str, Level)] = &[("tuning-outside-main", Level::Off)];
    let guard = quiet().policy(Policy::new(LEVELS)).install().expect("no other guard");
    guard.seal();
    set("TOKIO_WORKER_THREADS", "3");
    let findings = guard.check();
    unset("TOKIO_WORKER_THREADS");
    assert_eq!(told(&findings), [""; 0]);
}

#[test]
fn a_pool_that_grows_after_the_seal_is_reported() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    let workers = Arc::new(AtomicUsize::new(4));
    let counted = workers.clone();
    guard.watch_workers("pool", move || counted.load(Ordering::SeqCst));
    guard.seal();
    assert!(guard.exposition().contains("runtime_guard_workers{pool=\"pool\"} 4\n"));
    workers.store(8, Ordering::SeqCst);
    assert_eq!(
        told(&guard.check()),
        ["tuning-outside-main: after the seal the worker count of `pool` was changed from `4` to `8`"]
    );
}

#[cfg(target_os = "linux")]
mod pins {
    use super::*;
    use rustix::thread::{CpuSet, sched_setaffinity};

    /// Whether there is more than one CPU to choose from.
    fn can_pin() -> bool {
        std::thread::available_parallelism().is_ok_and(|count| count.get() > 1)
    }

    fn pin_by_hand() {
        let mut cpus = CpuSet::new();
        cpus.set(0);
        sched_setaffinity(None, &cpus).expect("CPU 0 is there");
    }

    /// Runs `pin` on a thread that lives until the guard has looked.
    fn seen_of(pin: impl FnOnce() + Send) -> Vec<Finding> {
        let ((), findings) = observe_thread(pin);
        findings
    }

    fn observe_thread(pin: impl FnOnce() + Send) -> ((), Vec<Finding>) {
        let _alone = alone();
        let guard = quiet().install().expect("no other guard");
        guard.seal();
        let findings = std::thread::scope(|scope| {
            let (pinned, is_pinned) = std::sync::mpsc::channel();
            let (done, is_done) = std::sync::mpsc::channel::<()>();
            let body = move || {
                pin();
                pinned.send(()).expect("the test waits");
                let _ = is_done.recv();
            };
            std::thread::Builder::new()
                .name("receiver".to_owned())
                .spawn_scoped(scope, body)
                .expect("a thread");
            is_pinned.recv().expect("the thread pins");
            let findings = guard.check();
            assert_eq!(told(&guard.check()), [""; 0], "told once");
            drop(done);
            findings
        });
        ((), findings)
    }

    #[test]
    fn a_pin_that_nobody_justified_is_found() {
        if !can_pin() {
            return;
        }
        let findings = seen_of(pin_by_hand);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].rule, "unjustified-thread-pin");
        assert!(findings[0].seen.starts_with("thread `receiver` is bound to CPU 0 of "), "{}", findings[0]);
    }

    #[runtime_guard::pinned(because = "polls NIC queue 0, whose IRQ is on core 0")]
    fn with_a_cause() {
        pin_by_hand();
    }

    #[test]
    fn a_pin_with_a_cause_is_none_of_the_guards_business() {
        assert_eq!(told(&seen_of(with_a_cause)), [""; 0]);
        let through_guard = || {
            runtime_guard::pin_current_thread(
                &[0],
                Because::new("core 0 is isolated for the poller (isolcpus=0)"),
            )
            .expect("a cause");
        };
        assert_eq!(told(&seen_of(through_guard)), [""; 0]);
    }

    #[test]
    fn words_that_give_no_cause_pin_nothing() {
        let refused = runtime_guard::pin_current_thread(&[0], Because::new("it is faster this way"));
        let error = refused.expect_err("no cause").to_string();
        assert!(error.contains("`faster` speed without evidence"), "{error}");
        let cause = Because::new("core 0 is isolated for the poller (isolcpus=0)");
        assert!(runtime_guard::pin_current_thread(&[], cause).is_err());
        assert!(runtime_guard::pin_current_thread(&[1 << 20], cause).is_err());
    }
}

/// A server of `answers` requests that serves a profile.
fn profile_server(address: &str, answers: usize) -> (std::net::SocketAddr, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind(address).expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = move || {
        for stream in listener.incoming().take(answers).flatten() {
            let mut line = String::new();
            let mut reader = BufReader::new(&stream);
            if reader.read_line(&mut line).is_ok() {
                let mut header = String::new();
                while reader.read_line(&mut header).is_ok_and(|read| read > 2) {
                    header.clear();
                }
                let status = if line.contains(" /debug/pprof/ ") { "200 OK" } else { "404 Not Found" };
                let _ = write!(&stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            }
        }
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn a_debug_endpoint_that_others_reach_is_found() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    // Two questions that cannot be answered otherwise, and the one that can.
    let (address, server) = profile_server("0.0.0.0:0", 3);
    let findings = guard.check();
    assert_eq!(
        told(&findings),
        [format!(
            "exposed-debug-endpoint: `{address}`, which others reach, serves `/debug/pprof/` to anybody"
        )]
    );
    assert!(matches!(findings[0].place, Place::Socket(socket) if socket == address));
    server.join().expect("it ends");
}

#[test]
fn a_debug_endpoint_on_loopback_is_left_alone() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    let listener = runtime_guard::debug_listener("127.0.0.1:0").expect("loopback");
    assert_eq!(told(&guard.check()), [""; 0]);
    listener.set_nonblocking(true).expect("a socket");
    assert!(listener.accept().is_err(), "nobody has asked it");
}

#[test]
fn a_leased_buffer_that_goes_away_is_found_with_both_stacks() {
    #[inline(never)]
    fn register(buffer: &[u8]) -> runtime_guard::Lease<[u8]> {
        runtime_guard::lease(buffer, "io_uring fixed buffer").expect("room")
    }
    #[inline(never)]
    fn forget_too_early(buffer: Vec<u8>) {
        drop(buffer);
    }
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.seal();
    let buffer = vec![7u8; 4096];
    let lease = register(&buffer);
    forget_too_early(buffer);
    // SAFETY: the guard keeps the block as long as the lease.
    assert_eq!(unsafe { *lease.as_ptr().cast::<u8>() }, 7);
    let findings = guard.check();
    assert_eq!(
        told(&findings),
        [
            "missing-keep-alive: a block of 4096 bytes was given back while it is leased: io_uring fixed buffer"
        ]
    );
    let shown = findings[0].to_string();
    let (freed, leased) = shown.split_once(":::").expect("two places");
    assert!(freed.contains("forget_too_early") && leased.contains("register"), "{shown}");
}

#[test]
fn a_lease_that_ends_first_is_silent() {
    let _alone = alone();
    let ((), findings) = observe(|| {
        let buffer = vec![7u8; 4096];
        let lease = runtime_guard::lease(&buffer[..], "read(2)").expect("room");
        drop(lease);
        runtime_guard::keep_alive(&buffer);
    });
    assert_eq!(told(&findings), [""; 0]);
}

#[test]
fn the_exposition_holds_the_process() {
    let _alone = alone();
    let guard = quiet().install().expect("no other guard");
    guard.watch_gauge("app_queue", "Jobs \\ that\nwait.", || 2.5);
    let text = guard.exposition();
    assert!(
        text.contains("# HELP app_queue Jobs \\\\ that\\nwait.\n# TYPE app_queue gauge\napp_queue 2.5\n"),
        "{text}"
    );
    if cfg!(target_os = "linux") {
        for name in [
            "process_threads",
            "process_resident_memory_bytes",
            "process_open_fds",
            "runtime_guard_effective_cpus",
        ] {
            assert!(
                text.lines().any(|line| line.starts_with(&format!("{name} "))),
                "{name} is missing in\n{text}"
            );
        }
    }
}
