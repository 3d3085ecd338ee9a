//! A lock that never allocates, never sleeps and can be taken inside an allocator.

use std::cell::UnsafeCell;
use std::hint;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Turns before a waiter lets others run.
const TURNS: u32 = 64;

/// A value behind a spin lock. What is done while it is held is short and does not allocate.
pub(crate) struct Spin<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only by who holds the lock, one thread at a time.
unsafe impl<T: Send> Sync for Spin<T> {}

impl<T> Spin<T> {
    /// A lock that nobody holds.
    pub(crate) const fn new(value: T) -> Spin<T> {
        Spin { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Waits for the lock.
    pub(crate) fn lock(&self) -> Held<'_, T> {
        let mut turns = 0;
        loop {
            if let Some(held) = self.try_lock() {
                return held;
            }
            turns += 1;
            match turns % TURNS {
                0 => thread::yield_now(),
                _ => hint::spin_loop(),
            }
        }
    }

    /// Frees the lock of whoever held it, in a child that has no such thread.
    #[cfg(all(unix, not(miri)))]
    pub(crate) fn free_in_child(&self) {
        // Without need, nothing is written, so that the page stays shared.
        if self.taken.load(Ordering::Relaxed) {
            self.taken.store(false, Ordering::Release);
        }
    }

    /// Takes the lock if it is free.
    pub(crate) fn try_lock(&self) -> Option<Held<'_, T>> {
        let free = self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed);
        // Lazily: a `Held` that is dropped frees the lock.
        free.is_ok().then(|| Held(self))
    }
}

/// The lock, held.
pub(crate) struct Held<'a, T>(&'a Spin<T>);

impl<T> Deref for Held<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Held<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held, and `self` is borrowed mutably.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Held<'_, T> {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Release);
    }
}
