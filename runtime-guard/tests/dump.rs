//! Stacks on SIGUSR1, in a process of its own.
#![cfg(target_os = "linux")]

use std::io::{self, Write};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use runtime_guard::{Dump, dump_on_sigusr1};

/// Sends what is written.
struct Channel(Sender<String>);

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[inline(never)]
fn waits_for_work(work: &std::sync::mpsc::Receiver<()>) {
    let _ = work.recv();
}

fn signal() {
    // SAFETY: the signal is handled.
    unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
}

#[test]
fn a_signal_writes_every_threads_stack_and_not_too_often() {
    let (dumps, dumped) = channel();
    let dump = Dump::to(Channel(dumps))
        .pause(Duration::from_secs(3600))
        .section("tasks", || "task 7 waits".to_owned());
    dump_on_sigusr1(dump).expect("handlers");
    assert_eq!(
        dump_on_sigusr1(Dump::to(io::sink())).expect_err("there is one").kind(),
        io::ErrorKind::AlreadyExists
    );
    let (work, to_do) = channel();
    let worker = std::thread::Builder::new().name("worker".to_owned());
    let worker = worker.spawn(move || waits_for_work(&to_do)).expect("a thread");
    let has_begun = || {
        let threads = std::fs::read_dir("/proc/self/task").expect("proc").flatten();
        threads
            .map(|thread| thread.path().join("comm"))
            .any(|comm| std::fs::read_to_string(comm).is_ok_and(|name| name == "worker\n"))
    };
    while !has_begun() {
        std::thread::yield_now();
    }
    signal();
    let text = dumped.recv().expect("a dump");
    assert!(text.contains(" threads of process "), "{text}");
    let (_, worker_on) = text.split_once(" `worker`\n").unwrap_or_else(|| panic!("no worker in\n{text}"));
    assert!(worker_on.contains("waits_for_work"), "{text}");
    assert!(text.contains("== tasks\ntask 7 waits\n"), "{text}");
    signal();
    assert!(dumped.recv_timeout(Duration::from_millis(300)).is_err(), "the second came too soon");
    drop(work);
    worker.join().expect("no panic");
}
