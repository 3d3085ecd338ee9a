//! runtime-guard as a library to preload. See the README for the variables that it reads.
#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use runtime_guard::{Check, Guard, Options};

/// Runs before the program's `main`.
#[used]
#[unsafe(link_section = ".init_array")]
static BEGIN: extern "C" fn() = begin;

/// Never dropped: the guard lives as long as the program.
static GUARD: OnceLock<Guard> = OnceLock::new();

extern "C" fn begin() {
    let output = Arc::new(Mutex::new(std::env::var_os("RUNTIME_GUARD_OUTPUT").and_then(open)));
    let options = Options::new().log(false).metrics(false).every(None);
    let findings = output.clone();
    let Ok(guard) = options.callback(move |finding| tell(&findings, finding)).install() else { return };
    // What a program that knows nothing of the guard never offers is not worth a word.
    let never = [Check::AllocatorOptions, Check::KeepAlive];
    for missing in guard.unavailable().iter().filter(|missing| !never.contains(&missing.check)) {
        tell(&output, &format!("warning: {missing}"));
    }
    if GUARD.set(guard).is_err() {
        return;
    }
    let (every, seal) = (milliseconds("RUNTIME_GUARD_EVERY_MS"), milliseconds("RUNTIME_GUARD_SEAL_MS"));
    let every = every.unwrap_or(Duration::from_secs(1)).max(Duration::from_millis(10));
    // Without a thread, the last look at the end is the only one.
    let _ = thread::Builder::new().name("runtime-guard".to_owned()).spawn(move || look(every, seal));
    // SAFETY: the function is there as long as the library, which is never unloaded.
    unsafe { libc::atexit(end) };
}

/// Looks again and again.
fn look(every: Duration, seal: Option<Duration>) {
    let start = Instant::now();
    let Some(guard) = GUARD.get() else { return };
    loop {
        thread::sleep(every);
        if seal.is_some_and(|seal| start.elapsed() >= seal) {
            guard.seal();
        }
        guard.check();
    }
}

/// Looks a last time.
extern "C" fn end() {
    if let Some(guard) = GUARD.get() {
        // A panic must not leave a function that C calls.
        let _ = catch_unwind(AssertUnwindSafe(|| guard.check()));
    }
}

fn open(path: std::ffi::OsString) -> Option<File> {
    OpenOptions::new().create(true).append(true).open(path).ok()
}

fn tell(output: &Mutex<Option<File>>, message: &dyn Display) {
    let text = format!("{message}\n\n");
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    // That nobody can read it is no reason to disturb the program.
    let _ = match output.as_mut() {
        Some(file) => file.write_all(text.as_bytes()),
        None => std::io::stderr().write_all(text.as_bytes()),
    };
}

fn milliseconds(variable: &str) -> Option<Duration> {
    std::env::var(variable).ok()?.parse().ok().map(Duration::from_millis)
}
