//! The allocator that looks at the leases.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr;

use super::quarantine::{self, Block};
use super::table::{self, About};
use crate::events::{self, Event, What};
use crate::stack::Stack;

/// Wraps an allocator, and looks at the leases with every block that is given back or moved.
///
/// ```
/// use std::alloc::System;
/// use runtime_guard::LeaseAlloc;
///
/// #[global_allocator]
/// static ALLOCATOR: LeaseAlloc<System> = LeaseAlloc::new(System);
/// # fn main() {}
/// ```
#[derive(Debug, Default)]
pub struct LeaseAlloc<A> {
    inner: A,
}

impl<A> LeaseAlloc<A> {
    /// Wraps an allocator: `System`, jemalloc, mimalloc.
    pub const fn new(inner: A) -> LeaseAlloc<A> {
        LeaseAlloc { inner }
    }

    #[cfg(test)]
    pub(super) fn inner(&self) -> &A {
        &self.inner
    }
}

// SAFETY: every block is from the inner allocator and goes back to it once, at once or when its leases have ended.
unsafe impl<A: GlobalAlloc> GlobalAlloc for LeaseAlloc<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.inner.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if table::is_empty() {
            // SAFETY: as the caller promises.
            return unsafe { self.inner.dealloc(block, layout) };
        }
        // SAFETY: as the caller promises.
        unsafe { self.dealloc_with_leases(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if table::is_empty() {
            // SAFETY: as the caller promises.
            return unsafe { self.inner.realloc(block, layout, size) };
        }
        // SAFETY: as the caller promises.
        unsafe { self.realloc_with_leases(block, layout, size) }
    }
}

impl<A: GlobalAlloc> LeaseAlloc<A> {
    /// # Safety
    /// As for [`GlobalAlloc::dealloc`].
    #[cold]
    #[inline(never)]
    unsafe fn dealloc_with_leases(&self, block: *mut u8, layout: Layout) {
        match table::find(block.addr(), layout.size()) {
            // SAFETY: as the caller promises.
            None => unsafe { self.inner.dealloc(block, layout) },
            Some(about) => {
                note(layout.size(), false, about);
                // SAFETY: the caller gives the block away.
                unsafe { self.quarantine(block, layout) };
            }
        }
    }

    /// # Safety
    /// As for [`GlobalAlloc::realloc`].
    #[cold]
    #[inline(never)]
    unsafe fn realloc_with_leases(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Some(about) = table::find(block.addr(), layout.size()) else {
            // SAFETY: as the caller promises.
            return unsafe { self.inner.realloc(block, layout, size) };
        };
        note(layout.size(), true, about);
        // SAFETY: the caller promises a size that is no 0 and fits the alignment.
        let moved = unsafe { self.inner.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: both blocks are at least that long, and the new one is elsewhere.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            // SAFETY: the caller has the new block now and never touches the old one again.
            unsafe { self.quarantine(block, layout) };
        }
        moved
    }

    /// # Safety
    /// The block is the inner allocator's, and the caller never touches it again.
    unsafe fn quarantine(&self, block: *mut u8, layout: Layout) {
        /// # Safety
        /// `allocator` is an `A`, and the block is from it.
        unsafe fn release<A: GlobalAlloc>(allocator: *const (), block: *mut u8, layout: Layout) {
            // SAFETY: as the caller promises.
            unsafe { (*allocator.cast::<A>()).dealloc(block, layout) }
        }
        let allocator = ptr::from_ref(&self.inner).cast();
        // SAFETY: the caller gives the block away.
        unsafe { quarantine::keep(Block { start: block, layout, allocator, release: release::<A> }) };
    }
}

thread_local! {
    /// A report is being made: what it frees itself is nobody's finding.
    static NOTING: Cell<bool> = const { Cell::new(false) };
}

fn note(size: usize, moved: bool, about: About) {
    let is_outer = NOTING.try_with(|noting| !noting.replace(true)).unwrap_or(false);
    if is_outer {
        let what = What::Freed { size, moved, why: about.why, leased: about.stack };
        events::note(Event { what, thread: events::thread(), stack: Stack::here() });
        let _ = NOTING.try_with(|noting| noting.set(false));
    }
}
