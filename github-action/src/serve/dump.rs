//! What the server is doing, for whoever asks with `SIGUSR1` why it hangs.

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tracing::{info, warn};

use super::queue::Queue;

/// Least time between two dumps: nobody reads faster, and signals are cheap to send.
const GAP: Duration = Duration::from_secs(30);

/// The review under way: its delivery, its step, and since when.
#[derive(Debug, Default)]
pub(super) struct Progress(Mutex<Option<(String, &'static str, Instant)>>);

impl Progress {
    /// A review has come to a step.
    pub fn at(&self, name: &str, step: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((name.to_owned(), step, Instant::now()));
    }

    /// No review is under way.
    pub fn idle(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn text(&self, queue: &Queue) -> String {
        let mut text = match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((name, step, since)) => format!("{name}: {step}, for {} s\n", since.elapsed().as_secs()),
            None => "no review is under way\n".to_owned(),
        };
        match queue.names() {
            Ok(names) => names.iter().for_each(|name| text.push_str(&format!("waiting: {name}\n"))),
            Err(error) => text.push_str(&format!("the queue cannot be read: {error}\n")),
        }
        text
    }
}

/// Writes a dump to `file` whenever it is asked for, until the server is told to stop.
#[cfg(unix)]
pub(super) async fn on_signal(
    file: &Path,
    progress: &Progress,
    queue: &Queue,
    mut told: watch::Receiver<bool>,
) {
    use tokio::signal::unix::{SignalKind, signal};
    let mut asked = match signal(SignalKind::user_defined1()) {
        Ok(asked) => asked,
        Err(error) => return warn!(%error, "no dumps: cannot listen for SIGUSR1"),
    };
    let mut last: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = asked.recv() => {}
            _ = told.wait_for(|stopped| *stopped) => return,
        }
        if last.is_some_and(|last| last.elapsed() < GAP) {
            continue;
        }
        last = Some(Instant::now());
        match std::fs::write(file, progress.text(queue)) {
            Ok(()) => info!(file = %file.display(), "dumped"),
            Err(error) => warn!(%error, "cannot write a dump"),
        }
    }
}

/// There is no such signal.
#[cfg(not(unix))]
pub(super) async fn on_signal(_: &Path, _: &Progress, _: &Queue, _: watch::Receiver<bool>) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::Job;

    #[test]
    fn a_dump_says_what_is_under_way_and_what_waits() {
        let folder = tempfile::TempDir::new().unwrap();
        let queue = Queue::open(folder.path()).unwrap();
        let job = Job { event: String::new(), payload: serde_json::Value::Null, attempts: 0 };
        queue.add("x", &job).unwrap();
        let progress = Progress::default();
        assert!(progress.text(&queue).starts_with("no review is under way\nwaiting: 0000"));
        progress.at("one", "fetching");
        assert!(progress.text(&queue).starts_with("one: fetching, for 0 s\n"));
    }
}
