//! `unjustified-thread-pin`: threads that may run on fewer CPUs than the process, and nobody said why.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

use runtime_guard_view::affinity::{Cpus, of_thread};
use runtime_guard_view::cgroup::cpuset;
use runtime_guard_view::process::Process;
use runtime_policy_rules::justify::{Wanted, weigh};

use crate::core::Core;
use crate::events;
use crate::finding::{Finding, Place};
use crate::rules;

/// A cause for a pin, to be weighed by the rule `unjustified-thread-pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Because(&'static str);

impl Because {
    /// A cause in words: the kernel state, library or measurement that needs the pin.
    pub const fn new(cause: &'static str) -> Because {
        Because(cause)
    }
}

/// Why a thread was not pinned.
#[derive(Debug)]
#[non_exhaustive]
pub enum PinError {
    /// The words give no cause: why not.
    NoCause(String),
    /// No CPU was named.
    NoCpu,
    /// The system refused, or has no pins.
    System(io::Error),
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PinError::NoCause(why) => {
                write!(f, "the thread was not pinned, since the reason gives no cause: {why}")
            }
            PinError::NoCpu => f.write_str("the thread was not pinned, since no CPU was named"),
            PinError::System(error) => write!(f, "the thread was not pinned: {error}"),
        }
    }
}

impl std::error::Error for PinError {}

/// Threads with a cause, by the kernel's number.
static JUSTIFIED: Mutex<BTreeMap<i32, Because>> = Mutex::new(BTreeMap::new());

thread_local! {
    /// How many scopes with a cause the thread is in.
    static SCOPES: Cell<usize> = const { Cell::new(0) };
    /// Takes the thread off the list when it ends, since its number may come again.
    static ON_LIST: Cell<Option<Listed>> = const { Cell::new(None) };
}

/// A thread's entry in the list of those with a cause.
struct Listed(i32);

impl Drop for Listed {
    fn drop(&mut self) {
        JUSTIFIED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

fn justify(because: Because) {
    let thread = events::thread();
    JUSTIFIED.lock().unwrap_or_else(PoisonError::into_inner).insert(thread, because);
    // A thread that is ending is not pinned any more when the list is read.
    let _ = ON_LIST.try_with(|listed| {
        // The entry is the same: dropping the earlier mark would take it away.
        let earlier = listed.replace(Some(Listed(thread)));
        std::mem::forget(earlier);
    });
}

/// Whether the calling thread may pin itself now.
#[cfg_attr(not(hooks), allow(dead_code, reason = "only hooks ask"))]
pub(crate) fn is_justified_here() -> bool {
    SCOPES.try_with(|scopes| scopes.get() > 0).unwrap_or(false)
}

/// Lets the calling thread pin itself until the value is dropped; what `#[runtime_guard::pinned]` puts around a function,
/// having weighed the cause.
pub fn pinned_scope(because: Because) -> PinnedScope {
    let before = of_thread(0).ok();
    let _ = SCOPES.try_with(|scopes| scopes.set(scopes.get() + 1));
    PinnedScope { because, before, on_one_thread: PhantomData }
}

/// A scope in which the calling thread may pin itself.
#[must_use = "the scope ends when it is dropped"]
#[derive(Debug)]
pub struct PinnedScope {
    because: Because,
    before: Option<Cpus>,
    on_one_thread: PhantomData<*const ()>,
}

impl Drop for PinnedScope {
    fn drop(&mut self) {
        let _ = SCOPES.try_with(|scopes| scopes.set(scopes.get().saturating_sub(1)));
        // The pin outlives the scope, and its cause with it.
        if of_thread(0).ok() != self.before {
            justify(self.because);
        }
    }
}

/// Pins the calling thread to CPUs, by number, for a cause.
///
/// # Errors
/// The words give no cause that the rule `unjustified-thread-pin` accepts, or the system refuses.
pub fn pin_current_thread(cpus: &[usize], because: Because) -> Result<(), PinError> {
    weigh(because.0, Wanted::Cpu, "sched_setaffinity").map_err(PinError::NoCause)?;
    if cpus.is_empty() {
        return Err(PinError::NoCpu);
    }
    let _scope = pinned_scope(because);
    set(cpus).map_err(PinError::System)?;
    justify(because);
    Ok(())
}

#[cfg(target_os = "linux")]
fn set(cpus: &[usize]) -> io::Result<()> {
    // SAFETY: an empty set is all zeroes.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let capacity = 8 * size_of::<libc::cpu_set_t>();
    for cpu in cpus {
        if *cpu >= capacity {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: the number is within the set.
        unsafe { libc::CPU_SET(*cpu, &mut set) };
    }
    // SAFETY: the set is whole and of the size that is said.
    // runtime-policy: allow(unjustified-thread-pin) -- the cause is what the caller's `Because` says, weighed before
    match unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn set(_: &[usize]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What is known of the threads' affinity.
#[derive(Default)]
pub(crate) struct Seen {
    /// What the process may use, as it was when the guard came.
    whole: Option<Cpus>,
    /// Threads that were reported, with what they were bound to.
    reported: BTreeMap<i32, String>,
}

impl Seen {
    pub(crate) fn now() -> Seen {
        Seen { whole: of_thread(std::process::id().cast_signed()).ok(), reported: BTreeMap::new() }
    }

    /// The CPUs of the process, where the platform tells.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see calls"))]
    pub(crate) fn whole(&self) -> Option<Cpus> {
        self.whole
    }

    /// Leaves a thread to the hook that saw it pin itself.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see calls"))]
    pub(crate) fn leave(&mut self, thread: i32) {
        if let Ok(cpus) = of_thread(thread) {
            self.reported.insert(thread, cpus.to_string());
        }
    }
}

/// Whether affinity can be asked for.
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    if !cfg!(target_os = "linux") {
        return Err((
            "this platform does not tell which CPUs a thread may run on".to_owned(),
            "check it on Linux",
        ));
    }
    Process::Own.threads().and_then(|_| of_thread(0)).map(drop).map_err(|error| {
        (format!("the threads cannot be listed: {error}"), "mount /proc and allow `sched_getaffinity`")
    })
}

/// Looks at every thread.
pub(crate) fn check(core: &Core) {
    let Ok(threads) = Process::Own.threads() else { return };
    let mut state = core.state();
    let Some(whole) = state.pins.whole else { return };
    state.pins.reported.retain(|thread, _| threads.binary_search(thread).is_ok());
    let justified = JUSTIFIED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut bound = Vec::new();
    for thread in threads {
        let Ok(cpus) = of_thread(thread) else { continue };
        if !cpus.is_part_of(&whole) || justified.contains_key(&thread) {
            continue;
        }
        let earlier = state.pins.reported.insert(thread, cpus.to_string());
        if earlier.is_none_or(|earlier| earlier != cpus.to_string()) {
            bound.push((thread, cpus));
        }
    }
    drop(state);
    if bound.is_empty() {
        return;
    }
    // A cpuset that shrank while the process ran takes CPUs from every thread: nobody pinned anything.
    let whole = cpuset(Process::Own).map_or(whole, |cpuset| whole.and(&cpuset));
    bound.retain(|(_, cpus)| cpus.is_part_of(&whole));
    for (thread, cpus) in bound {
        core.report(pinned(thread, &cpus, &whole, &justified));
    }
}

fn pinned(thread: i32, cpus: &Cpus, whole: &Cpus, justified: &BTreeMap<i32, Because>) -> Finding {
    let name = Process::Own.thread_name(thread);
    let like = justified.keys().any(|other| of_thread(*other).is_ok_and(|theirs| theirs == *cpus));
    let (more, help) = match like {
        true => (
            ", as is a thread with a cause, which it may have been started by",
            "start threads before the pin, or give them all of the process's CPUs back: a thread inherits its starter's",
        ),
        false => (
            " and nobody said why",
            "pin it with `runtime_guard::pin_current_thread` or in a function marked `#[runtime_guard::pinned]`, naming \
             the cause, or remove the pin",
        ),
    };
    let seen = format!("thread `{name}` is bound to CPU {cpus} of {whole}{more}");
    Finding::new(rules::PIN, seen, Place::Thread { id: thread, name }).help(help)
}
