//! What a fork leaves to its child: a guard without its thread, and locks that threads held which are not there.

use std::sync::Once;

/// Lets children begin without a guard and with free locks.
pub(crate) fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function is there as long as the program, and does what is allowed between fork and exec.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    });
}

/// Runs in the child, on its only thread: nobody holds a lock of the guard.
///
/// What a lock was held for may be half done: entries are linked and counted so that a lost step costs a slot.
unsafe extern "C" fn in_child() {
    crate::events::begin_child();
    crate::lease::begin_child();
}
