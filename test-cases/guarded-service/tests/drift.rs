//! Options of allocators and counts of workers that change after the seal, with real ones.

use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime_guard::{Finding, Guard, Options};

/// A process has one guard: tests take turns.
fn alone() -> (MutexGuard<'static, ()>, Guard) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let options = Options::new().log(false).metrics(false).every(None);
    (alone, options.install().expect("no other guard"))
}

fn told(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.seen.as_str()).collect()
}

fn decay(milliseconds: isize) {
    // SAFETY: the option is of that type.
    unsafe { tikv_jemalloc_ctl::raw::write(b"arenas.dirty_decay_ms\0", milliseconds) }.expect("an option");
}

#[test]
fn an_allocators_option_that_changes_after_the_seal_is_reported() {
    let (_alone, guard) = alone();
    decay(5_000);
    guard.seal();
    decay(1_000);
    let findings = guard.check();
    let expected = "after the seal the allocator option `jemalloc arenas.dirty_decay_ms` was changed from `5000` to `1000`";
    assert_eq!(told(&findings), [expected]);
}

#[test]
fn an_allocators_option_with_two_owners_is_reported_before_the_seal() {
    let (_alone, guard) = alone();
    runtime_guard::tuning("boot", || decay(3_000));
    runtime_guard::tuning("cache", || decay(2_000));
    let findings = guard.check();
    let expected = "the allocator option `jemalloc arenas.dirty_decay_ms` has a second owner: it was changed from `3000` \
                    to `2000` by `cache`, after `boot`";
    assert_eq!(told(&findings), [expected]);
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads")
}

#[test]
fn a_second_runtime_is_reported_whether_it_is_watched_or_only_built() {
    let (_alone, guard) = alone();
    let first = runtime();
    guard.watch_tokio("tokio", first.handle());
    let second = runtime();
    guard.watch_tokio("tokio", second.handle());
    assert_eq!(told(&guard.check()), ["a second pool of workers is called `tokio`"]);
    guard.seal();
    let third = runtime();
    let findings = guard.check();
    // Only the call shows it, since nobody watches it.
    let expected: &[&str] = if cfg!(feature = "interpose") {
        &["after the seal a multi-thread tokio runtime was built"]
    } else {
        &[]
    };
    assert_eq!(told(&findings), expected);
    guard.watch_tokio("late", third.handle());
    assert_eq!(told(&guard.check()), ["the pool of workers `late` was made after the seal"]);
}

#[test]
fn rayons_pool_that_is_built_after_the_seal_is_reported() {
    let (_alone, guard) = alone();
    guard.seal();
    rayon::ThreadPoolBuilder::new().num_threads(3).build_global().expect("the first");
    let findings = guard.check();
    let expected: &[&str] =
        if cfg!(feature = "interpose") { &["after the seal rayon's global pool was built"] } else { &[] };
    assert_eq!(told(&findings), expected);
}
