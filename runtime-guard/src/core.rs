//! The one guard of a process: its state, and how findings leave it.

use std::collections::{BTreeMap, HashSet};
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::check::Unavailable;
use crate::finding::{Finding, Level};
use crate::options::{Callback, Options};
use crate::snapshot::{Knob, Pool, Snapshot};

/// Different findings that are remembered, so that each is reported once; more than a process with so many needs.
const REMEMBERED: usize = 10_000;

/// The guard that is installed.
static INSTALLED: RwLock<Option<Arc<Core>>> = RwLock::new(None);

/// Who tuned a knob.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    /// None: start-up code outside of every scope.
    pub(crate) name: Option<&'static str>,
    pub(crate) location: &'static Location<'static>,
}

/// What changes while the guard works.
#[derive(Default)]
pub(crate) struct State {
    /// The settings when they were last looked at.
    pub(crate) last: Snapshot,
    /// Who tuned what, before the seal.
    pub(crate) owners: BTreeMap<Knob, Owner>,
    /// Start-up is over.
    pub(crate) sealed: bool,
    pub(crate) pools: Vec<Pool>,
    pub(crate) pins: crate::pins::Seen,
    pub(crate) listeners: crate::listeners::Seen,
    reported: HashSet<(&'static str, String)>,
    /// What was found since the last check by other ways than a check.
    fresh: Vec<Finding>,
}

impl State {
    /// Looks at one knob: the change since the last look, which is then known.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see single changes"))]
    pub(crate) fn look_at(&mut self, knob: &Knob) -> Option<crate::snapshot::Change> {
        let now = Snapshot::take(&self.pools);
        self.last.adopt(knob, &now)
    }
}

pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) unavailable: Vec<Unavailable>,
    pub(crate) location: &'static Location<'static>,
    /// After a fork, the child has no thread of the guard and locks as they happened to be.
    process: u32,
    state: Mutex<State>,
    /// Findings by rule, for the exposition.
    counts: Mutex<BTreeMap<&'static str, u64>>,
    pub(crate) gauges: Mutex<Vec<crate::exposition::Gauge>>,
    callback_panics: AtomicU64,
}

/// The guard that is installed in this process, if there is one; a fork has none.
pub(crate) fn current() -> Option<Arc<Core>> {
    let installed = INSTALLED.read().unwrap_or_else(PoisonError::into_inner);
    installed.clone().filter(|core| core.is_own())
}

/// Installs a guard; gives the one that is there already, if it is this process's.
pub(crate) fn install(core: Core) -> Result<Arc<Core>, Arc<Core>> {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    match installed.as_ref().filter(|there| there.is_own()) {
        Some(there) => Err(there.clone()),
        None => Ok(installed.insert(Arc::new(core)).clone()),
    }
}

/// Removes the guard.
pub(crate) fn uninstall(core: &Arc<Core>) {
    let mut installed = INSTALLED.write().unwrap_or_else(PoisonError::into_inner);
    if installed.as_ref().is_some_and(|there| Arc::ptr_eq(there, core)) {
        *installed = None;
    }
}

impl Core {
    pub(crate) fn new(
        options: Options,
        unavailable: Vec<Unavailable>,
        location: &'static Location<'static>,
    ) -> Core {
        let state = State { last: Snapshot::take(&[]), pins: crate::pins::Seen::now(), ..State::default() };
        Core {
            options,
            unavailable,
            location,
            process: std::process::id(),
            state: Mutex::new(state),
            counts: Mutex::default(),
            gauges: Mutex::default(),
            callback_panics: AtomicU64::new(0),
        }
    }

    /// Whether the guard is this process's; in a fork it is not.
    pub(crate) fn is_own(&self) -> bool {
        self.process == std::process::id()
    }

    /// A panic elsewhere while the state was held leaves nothing half done that matters.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Findings so far, by rule.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Panics of callbacks so far.
    pub(crate) fn callback_panics(&self) -> u64 {
        self.callback_panics.load(Ordering::Relaxed)
    }

    /// Counts a finding, and tells it if it is new; keeps it for the next check's answer.
    ///
    /// No lock of the guard may be held.
    pub(crate) fn report(&self, mut finding: Finding) {
        if let Some(level) = self.options.policy.level(finding.rule) {
            // Where a finding weighs less than its rule, the policy still cannot make it heavier than it said.
            let is_lighter = finding.level < crate::policy::default_level(finding.rule);
            finding.level = if is_lighter { finding.level.min(level) } else { level };
        }
        if finding.level == Level::Off {
            return;
        }
        let is_new = {
            let mut state = self.state();
            let is_new = state.reported.len() < REMEMBERED && state.reported.insert(finding.identity());
            if is_new {
                state.fresh.push(finding.clone());
            }
            is_new
        };
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).entry(finding.rule).or_default() += 1;
        count(&self.options, &finding);
        if is_new {
            log(&self.options, &finding);
            for callback in &self.options.callbacks {
                self.call(callback, &finding);
            }
        }
    }

    /// A panic of a callback is its own: it is counted, and the guard works on.
    fn call(&self, callback: &Callback, finding: &Finding) {
        if catch_unwind(AssertUnwindSafe(|| callback(finding))).is_err() {
            self.callback_panics.fetch_add(1, Ordering::Relaxed);
            complain(&self.options, "a callback of runtime-guard panicked; the guard works on");
        }
    }

    /// Makes every check once; gives what was found since the last time.
    pub(crate) fn check(&self) -> Vec<Finding> {
        if !self.is_own() {
            return Vec::new();
        }
        crate::calls::drain(self);
        crate::drift::check(self);
        crate::pins::check(self);
        crate::listeners::check(self);
        std::mem::take(&mut self.state().fresh)
    }
}

fn count(options: &Options, finding: &Finding) {
    #[cfg(feature = "metrics")]
    if options.metrics {
        let level = finding.level.name();
        metrics::counter!("runtime_guard_findings_total", "rule" => finding.rule, "level" => level)
            .increment(1);
    }
    let _ = (options, finding);
}

fn log(options: &Options, finding: &Finding) {
    #[cfg(feature = "tracing")]
    if options.log {
        let (rule, place, help) = (finding.rule, &finding.place, finding.help);
        let seen = finding.seen.as_str();
        let related: String =
            finding.related.iter().map(|related| format!("{}: {}; ", related.what, related.place)).collect();
        match finding.level {
            Level::Error => {
                tracing::error!(target: "runtime_guard", rule, %place, related, help, "{seen}");
            }
            Level::Warning => {
                tracing::warn!(target: "runtime_guard", rule, %place, related, help, "{seen}");
            }
            Level::Info | Level::Off => {
                tracing::info!(target: "runtime_guard", rule, %place, related, help, "{seen}");
            }
        }
    }
    let _ = (options, finding);
}

/// Says something about the guard itself.
pub(crate) fn complain(options: &Options, message: &str) {
    #[cfg(feature = "tracing")]
    if options.log {
        tracing::warn!(target: "runtime_guard", "{message}");
    }
    let _ = (options, message);
}
