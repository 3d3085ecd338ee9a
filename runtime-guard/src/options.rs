//! How a guard is to work.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use crate::check::{self, Check, Unavailable};
use crate::core::{self, Core};
use crate::finding::Finding;
use crate::guard::Guard;
use crate::policy::Policy;

/// What is called for each new finding.
pub(crate) type Callback = Box<dyn Fn(&Finding) + Send + Sync>;

/// How often the guard looks by itself after the seal, unless told otherwise.
const EVERY: Duration = Duration::from_secs(30);

/// How a guard is to work; [`install`](Options::install) makes it so.
pub struct Options {
    pub(crate) policy: Policy,
    pub(crate) log: bool,
    pub(crate) metrics: bool,
    pub(crate) callbacks: Vec<Callback>,
    pub(crate) every: Option<Duration>,
    required: Vec<Check>,
}

impl Default for Options {
    /// The checklist's levels; findings go to `tracing` and `metrics`; a check every 30 seconds after the seal.
    fn default() -> Options {
        let (policy, callbacks, required) = (Policy::default(), Vec::new(), Vec::new());
        Options { policy, log: true, metrics: true, callbacks, every: Some(EVERY), required }
    }
}

impl Options {
    /// The checklist's levels; findings go to `tracing` and `metrics`; a check every 30 seconds after the seal.
    pub fn new() -> Options {
        Options::default()
    }

    /// With levels of its own: `.policy(runtime_guard::policy!())`.
    pub fn policy(mut self, policy: Policy) -> Options {
        self.policy = policy;
        self
    }

    /// Whether findings become events of `tracing`, target `runtime_guard`.
    pub fn log(mut self, log: bool) -> Options {
        self.log = log;
        self
    }

    /// Whether findings are counted with `metrics`, as `runtime_guard_findings_total` by rule and level.
    pub fn metrics(mut self, metrics: bool) -> Options {
        self.metrics = metrics;
        self
    }

    /// Calls a function for each new finding: on the guard's thread, or on that of whoever tunes or calls
    /// [`Guard::check`]. A panic in it is counted and goes no further. It must not call the guard.
    pub fn callback(mut self, callback: impl Fn(&Finding) + Send + Sync + 'static) -> Options {
        self.callbacks.push(Box::new(callback));
        self
    }

    /// How often the guard looks by itself after the seal; none for only when [`Guard::check`] is called.
    pub fn every(mut self, every: impl Into<Option<Duration>>) -> Options {
        self.every = every.into();
        self
    }

    /// Makes the installation fail where this check cannot be made.
    pub fn require(mut self, check: Check) -> Options {
        self.required.push(check);
        self
    }

    /// Installs the guard: notes how the process is tuned now. Call it first in `main`, and seal when start-up is over.
    ///
    /// Checks that cannot be made here are named in a `tracing` warning each, and by [`Guard::unavailable`].
    ///
    /// # Errors
    /// A guard is installed already, or a required check cannot be made.
    #[track_caller]
    pub fn install(self) -> Result<Guard, InstallError> {
        let location = Location::caller();
        #[cfg(all(unix, not(miri)))]
        crate::fork::prepare();
        let unavailable = check::unavailable();
        if let Some(missing) = unavailable.iter().find(|missing| self.required.contains(&missing.check)) {
            return Err(InstallError::Unavailable(missing.clone()));
        }
        for missing in &unavailable {
            core::complain(&self, &missing.to_string());
        }
        match core::install(Core::new(self, unavailable, location)) {
            Ok(core) => Ok(Guard::new(core)),
            Err(there) => Err(InstallError::Installed(there.location)),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("policy", &self.policy)
            .field("log", &self.log)
            .field("metrics", &self.metrics)
            .field("callbacks", &self.callbacks.len())
            .field("every", &self.every)
            .field("required", &self.required)
            .finish()
    }
}

/// Why no guard was installed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum InstallError {
    /// A guard is there already: where it was installed. A process has one, since it has one environment.
    Installed(&'static Location<'static>),
    /// A required check cannot be made.
    Unavailable(Unavailable),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InstallError::Installed(location) => {
                write!(f, "a guard is installed already, at {location}: a process has one, hand it on")
            }
            InstallError::Unavailable(missing) => missing.fmt(f),
        }
    }
}

impl std::error::Error for InstallError {}
