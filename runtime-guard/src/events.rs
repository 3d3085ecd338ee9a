//! What hooks and the allocator saw and nobody has reported yet: a ring of fixed size, so that noting something
//! allocates nothing and never panics.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::spin::Spin;
use crate::stack::Stack;

/// Events that wait for a check.
const CAPACITY: usize = 256;

/// What was seen.
#[allow(clippy::large_enum_variant, reason = "nothing may be allocated here")]
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    /// A leased block was given back or moved.
    Freed {
        /// Bytes of the block.
        size: usize,
        /// Whether it was a reallocation.
        moved: bool,
        /// What the lease was for.
        why: &'static str,
        /// Where the lease was taken.
        leased: Stack,
    },
    /// A watched function of the C library was called.
    #[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks see calls"))]
    Called {
        /// Its name.
        function: &'static str,
        /// A text that says more, of fixed length, and its length.
        detail: ([u8; DETAIL], u8),
    },
}

/// Bytes of a call's detail, such as a variable's name.
pub(crate) const DETAIL: usize = 48;

/// Something seen, by whom and how it came there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event {
    pub(crate) what: What,
    pub(crate) thread: i32,
    pub(crate) stack: Stack,
}

struct Ring {
    events: [Option<Event>; CAPACITY],
    first: usize,
    count: usize,
}

static RING: Spin<Ring> = Spin::new(Ring { events: [None; CAPACITY], first: 0, count: 0 });
static LOST: AtomicU64 = AtomicU64::new(0);
/// Events are noted only while a guard is installed.
static ARMED: AtomicBool = AtomicBool::new(false);
/// Start-up is over.
static SEALED: AtomicBool = AtomicBool::new(false);

/// Tells hooks that start-up is over.
pub(crate) fn seal() {
    SEALED.store(true, Ordering::Release);
}

/// Whether start-up is over.
#[cfg(hooks)]
pub(crate) fn is_sealed() -> bool {
    SEALED.load(Ordering::Acquire)
}

/// Begins or ends noting events; ending forgets those that wait.
pub(crate) fn arm(armed: bool) {
    ARMED.store(armed, Ordering::Release);
    if !armed {
        SEALED.store(false, Ordering::Release);
        while take().is_some() {}
        LOST.store(0, Ordering::Relaxed);
    }
}

/// A child has no guard yet.
#[cfg(all(unix, not(miri)))]
pub(crate) fn begin_child() {
    RING.free_in_child();
    arm(false);
}

/// Whether events are noted.
#[inline]
pub(crate) fn is_armed() -> bool {
    ARMED.load(Ordering::Acquire)
}

/// Notes an event, or counts it as lost if the ring is full.
pub(crate) fn note(event: Event) {
    if !is_armed() {
        return;
    }
    let mut ring = RING.lock();
    if ring.count == CAPACITY {
        LOST.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let at = (ring.first + ring.count) % CAPACITY;
    ring.events[at] = Some(event);
    ring.count += 1;
}

/// Takes the oldest event.
pub(crate) fn take() -> Option<Event> {
    let mut ring = RING.lock();
    if ring.count == 0 {
        return None;
    }
    let at = ring.first;
    ring.first = (at + 1) % CAPACITY;
    ring.count -= 1;
    ring.events[at].take()
}

/// How many events found the ring full since the last call.
pub(crate) fn lost() -> u64 {
    LOST.swap(0, Ordering::Relaxed)
}

/// The kernel's number of the calling thread; 0 where the platform has none.
pub(crate) fn thread() -> i32 {
    #[cfg(all(target_os = "linux", not(miri)))]
    // SAFETY: takes nothing and always succeeds.
    return unsafe { libc::syscall(libc::SYS_gettid) as i32 };
    #[cfg(not(all(target_os = "linux", not(miri))))]
    0
}
