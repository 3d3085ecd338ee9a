//! The guard in the hands of `main`.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::check::Unavailable;
use crate::core::{self, Core};
use crate::finding::Finding;
use crate::snapshot::Pool;
use crate::{drift, events};

/// The installed guard. Keep it as long as the process is to be watched: dropping it ends the watch.
#[must_use = "the guard watches as long as it is kept"]
pub struct Guard {
    core: Arc<Core>,
    watcher: Mutex<Option<Watcher>>,
}

/// The thread that looks by itself.
struct Watcher {
    /// Closing it ends the thread.
    stop: SyncSender<()>,
    thread: JoinHandle<()>,
}

impl Guard {
    pub(crate) fn new(core: Arc<Core>) -> Guard {
        events::arm(true);
        Guard { core, watcher: Mutex::default() }
    }

    /// The checks that cannot be made here, and why.
    pub fn unavailable(&self) -> &[Unavailable] {
        &self.core.unavailable
    }

    /// Counts the workers of a pool with every check: `guard.watch_workers("rayon", rayon::current_num_threads)`.
    ///
    /// Call it before the seal. The name must be the pool's own: a second pool of the same name is a finding.
    #[track_caller]
    pub fn watch_workers(&self, name: &'static str, count: impl Fn() -> usize + Send + Sync + 'static) {
        drift::second_pool(&self.core, name);
        let mut state = self.core.state();
        state.pools.push(Pool { name, count: Box::new(count) });
        state.last = crate::snapshot::Snapshot::take(&state.pools);
    }

    /// Ends start-up: from now on, what changes is a finding. Starts the thread that looks by itself, if wanted.
    ///
    /// Sealing a second time changes nothing.
    pub fn seal(&self) {
        drift::seal(&self.core);
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(every) = self.core.options.every.filter(|_| watcher.is_none()) {
            *watcher = Watcher::start(self.core.clone(), every);
        }
    }

    /// Makes every check now, and gives what was found since the last call; each finding is told once.
    ///
    /// In a fork it finds nothing: a child that is to be watched installs a guard of its own.
    ///
    /// It reads `/proc` and connects to exposed listeners of this process, so call it on a thread that may wait, never
    /// on one that serves them.
    pub fn check(&self) -> Vec<Finding> {
        self.core.check()
    }

    pub(crate) fn core(&self) -> &Core {
        &self.core
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("unavailable", &self.core.unavailable).finish_non_exhaustive()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Watcher { stop, thread }) =
            self.watcher.get_mut().unwrap_or_else(PoisonError::into_inner).take()
        {
            drop(stop);
            // A fork has no such thread. A panic there has been told already.
            let _ = self.core.is_own().then(|| thread.join());
        }
        if self.core.is_own() {
            events::arm(false);
            core::uninstall(&self.core);
        }
    }
}

impl Watcher {
    fn start(core: Arc<Core>, every: Duration) -> Option<Watcher> {
        let (stop, stopped) = sync_channel(0);
        let look = {
            let core = core.clone();
            move || {
                while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                    core.check();
                }
            }
        };
        match thread::Builder::new().name("runtime-guard".to_owned()).spawn(look) {
            Ok(thread) => Some(Watcher { stop, thread }),
            Err(error) => {
                core::complain(&core.options, &format!("the guard's thread cannot start: {error}"));
                None
            }
        }
    }
}
