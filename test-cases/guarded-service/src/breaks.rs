//! One way to break each invariant.

use std::ptr::null_mut;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// Breaks everything, and gives what has to stay until the end.
pub fn everything() -> Box<dyn Send> {
    tune_late();
    trim();
    purge();
    let lease = free_too_early();
    let (until_the_end, ended) = channel::<()>();
    let (pinned, is_pinned) = channel();
    thread::spawn(move || {
        pin();
        let _ = pinned.send(());
        wait(&ended);
    });
    let _ = is_pinned.recv();
    Box::new((lease, until_the_end))
}

/// A variable and an allocator option, after start-up.
fn tune_late() {
    // SAFETY: no other thread of this service reads or writes the environment.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", "64") };
    // SAFETY: the option is a bool.
    let _ = unsafe { tikv_jemalloc_ctl::raw::write(b"background_thread\0", true) };
}

fn trim() {
    // SAFETY: takes a number.
    unsafe { libc::malloc_trim(0) };
}

fn purge() {
    // SAFETY: the control takes nothing and gives nothing.
    unsafe { tikv_jemalloc_sys::mallctl(c"arena.0.purge".as_ptr(), null_mut(), null_mut(), null_mut(), 0) };
}

/// Foreign code holds the buffer, and its owner goes.
fn free_too_early() -> runtime_guard::Lease<[u8]> {
    let buffer = vec![0u8; 8192];
    runtime_guard::lease(&buffer[..], "a ring's fixed buffer").expect("room for a lease")
}

fn pin() {
    // SAFETY: an empty set is all zeroes, and CPU 0 is within it.
    unsafe {
        let mut cpus: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut cpus);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &cpus);
    }
}

fn wait(ended: &Receiver<()>) {
    let _ = ended.recv();
}
