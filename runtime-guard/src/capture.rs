//! Profiles and traces that always stop.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The captures that are running.
static RUNNING: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Starts a capture that stops when the value is dropped, and after `limit` at the latest.
///
/// `start` starts a profiler or a trace and gives what stops it; `stop` is called once, on a thread of its own. One
/// capture of a name runs at a time, so that an endpoint that is called twice does not profile twice.
///
/// ```
/// use std::time::Duration;
///
/// let capture = runtime_guard::capture("cpu", Duration::from_secs(30), || "a profiler", |profiler| {
///     assert_eq!(profiler, "a profiler");
/// })?;
/// drop(capture);
/// # Ok::<(), runtime_guard::CaptureError>(())
/// ```
///
/// # Errors
/// A capture of that name is running, or no thread can be started to stop it; then nothing was started.
pub fn capture<T: Send + 'static>(
    name: &'static str,
    limit: Duration,
    start: impl FnOnce() -> T,
    stop: impl FnOnce(T) + Send + 'static,
) -> Result<Capture, CaptureError> {
    if !RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(name) {
        return Err(CaptureError::Running(name));
    }
    let running = Running(name);
    let (give, given) = channel::<T>();
    let (end, ended) = channel::<()>();
    let until_the_end = move || {
        let _running = running;
        // Nothing is given where `start` has panicked.
        if let Ok(capture) = given.recv() {
            let _ = ended.recv_timeout(limit);
            stop(capture);
        }
    };
    let thread = thread::Builder::new().name("runtime-capture".to_owned()).spawn(until_the_end);
    let thread = thread.map_err(|error| CaptureError::NoThread(error.to_string()))?;
    // The thread waits for it.
    let _ = give.send(start());
    Ok(Capture { end: Some(end), thread: Some(thread) })
}

/// A capture that runs.
#[must_use = "the capture stops when it is dropped"]
#[derive(Debug)]
pub struct Capture {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Capture {
    /// Stops the capture, if time has not done so, and waits until it has stopped.
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // runtime-policy: allow(finalizer-for-correctness) -- whoever drops it wants no capture after that; the thread gives no result
            let _ = thread.join();
        }
    }
}

/// The name's entry among those that run.
struct Running(&'static str);

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(self.0);
    }
}

/// Why no capture was started.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaptureError {
    /// One of that name is running.
    Running(&'static str),
    /// There is no thread to stop it.
    NoThread(String),
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CaptureError::Running(name) => {
                write!(f, "a capture `{name}` is running already: wait for its end")
            }
            CaptureError::NoThread(error) => {
                write!(f, "no thread can be started to stop the capture: {error}")
            }
        }
    }
}

impl std::error::Error for CaptureError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_capture_stops_when_it_is_dropped_and_runs_once_at_a_time() {
        let (stopped, is_stopped) = channel();
        let long = Duration::from_secs(3600);
        let first = capture("dropped", long, || 7, move |value| stopped.send(value).expect("the test waits"));
        let first = first.expect("none is running");
        assert_eq!(capture("dropped", long, || (), |()| ()).err(), Some(CaptureError::Running("dropped")));
        drop(first);
        assert_eq!(is_stopped.recv(), Ok(7));
        assert!(capture("dropped", long, || (), |()| ()).is_ok());
    }

    #[test]
    fn a_capture_that_nobody_stops_stops_by_itself() {
        let (stopped, is_stopped) = channel();
        let short = Duration::from_millis(1);
        let capture = capture("forgotten", short, || (), move |()| stopped.send(()).expect("the test waits"));
        assert_eq!(is_stopped.recv(), Ok(()));
        drop(capture);
    }

    #[test]
    fn a_start_that_panics_leaves_nothing_running() {
        let start = || -> u8 { panic!("no profiler") };
        let panicked =
            std::panic::catch_unwind(|| capture("broken", Duration::from_secs(1), start, drop).map(drop));
        assert!(panicked.is_err());
        // The thread that waited has gone, or is about to.
        while capture("broken", Duration::from_secs(1), || (), drop).is_err() {
            thread::yield_now();
        }
    }
}
