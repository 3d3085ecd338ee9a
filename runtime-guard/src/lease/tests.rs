//! The table and the allocator, with an allocator of the test's own, so that they run under miri as well.

use std::alloc::{GlobalAlloc, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::*;
use crate::events::{self, What};

/// Counts what really goes back.
struct Counting {
    returned: AtomicUsize,
}

// SAFETY: passes everything on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.returned.fetch_add(1, Ordering::SeqCst);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(block, layout) }
    }
}

fn allocator() -> LeaseAlloc<Counting> {
    LeaseAlloc::new(Counting { returned: AtomicUsize::new(0) })
}

/// The table and the events are the process's: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    events::arm(false);
    events::arm(true);
    alone
}

/// A block of an allocator, for tests that give it back themselves.
fn block(allocator: &impl GlobalAlloc, size: usize) -> (*mut u8, Layout) {
    let layout = Layout::from_size_align(size, 8).expect("a layout");
    // SAFETY: the size is not 0.
    let start = unsafe { allocator.alloc(layout) };
    assert!(!start.is_null());
    // SAFETY: the block is that long.
    unsafe { start.write_bytes(7, size) };
    (start, layout)
}

/// Leases a part of a block.
fn lease_part(start: *mut u8, from: usize, len: usize) -> Lease<[u8]> {
    // SAFETY: every caller's block is longer, and written.
    lease(unsafe { std::slice::from_raw_parts(start.add(from), len) }, "a test").expect("room")
}

fn freed() -> Vec<(usize, bool)> {
    std::iter::from_fn(events::take)
        .filter_map(|event| match event.what {
            What::Freed { size, moved, .. } => Some((size, moved)),
            What::Called { .. } => None,
        })
        .collect()
}

#[test]
fn a_leased_block_is_reported_and_kept_until_the_lease_ends() {
    let (_alone, allocator) = (alone(), allocator());
    for (size, from, len) in [(64, 0, 64), (64, 63, 1), (5000, 2500, 10), (3 << 20, 1 << 20, 1 << 20)] {
        let before = allocator.inner_returned();
        let (start, layout) = block(&allocator, size);
        let lease = lease_part(start, from, len);
        // SAFETY: the block is the allocator's.
        unsafe { allocator.dealloc(start, layout) };
        assert_eq!(freed(), [(size, false)]);
        assert_eq!(allocator.inner_returned(), before, "foreign code still reads it");
        // SAFETY: the block is kept.
        assert_eq!(unsafe { *lease.as_ptr().cast::<u8>() }, 7);
        drop(lease);
        assert_eq!(allocator.inner_returned(), before + 1);
    }
}

#[test]
fn blocks_beside_a_lease_and_after_it_are_nobodys_business() {
    let (_alone, allocator) = (alone(), allocator());
    let (leased, layout) = block(&allocator, 256);
    let lease = lease_part(leased, 0, 256);
    for size in [8, 64, 4096, 100_000] {
        let (other, layout) = block(&allocator, size);
        // SAFETY: the block is the allocator's.
        unsafe { allocator.dealloc(other, layout) };
    }
    drop(lease);
    // SAFETY: the block is the allocator's.
    unsafe { allocator.dealloc(leased, layout) };
    assert_eq!(freed(), []);
    assert_eq!(allocator.inner_returned(), 5);
}

#[test]
fn a_reallocation_moves_the_bytes_and_keeps_the_old_ones() {
    let (_alone, allocator) = (alone(), allocator());
    let (start, layout) = block(&allocator, 128);
    let lease = lease_part(start, 0, 16);
    // SAFETY: the block is the allocator's.
    let moved = unsafe { allocator.realloc(start, layout, 4096) };
    assert_ne!(moved, start);
    // SAFETY: both blocks are that long.
    unsafe { assert_eq!((*moved.add(127), *start.add(127)), (7, 7)) };
    assert_eq!(freed(), [(128, true)]);
    drop(lease);
    // SAFETY: the block is the allocator's.
    unsafe { allocator.dealloc(moved, Layout::from_size_align(4096, 8).expect("a layout")) };
    assert_eq!(allocator.inner_returned(), 2);
}

#[test]
fn the_last_of_two_leases_lets_a_block_go() {
    let (_alone, allocator) = (alone(), allocator());
    let (start, layout) = block(&allocator, 64);
    let (first, second) = (lease_part(start, 0, 8), lease_part(start, 32, 8));
    // SAFETY: the block is the allocator's.
    unsafe { allocator.dealloc(start, layout) };
    drop(second);
    assert_eq!(allocator.inner_returned(), 0);
    drop(first);
    assert_eq!(allocator.inner_returned(), 1);
}

#[test]
fn a_token_ends_its_own_lease_once() {
    let (_alone, allocator) = (alone(), allocator());
    let (start, layout) = block(&allocator, 64);
    let token = Token::from_u64(lease_part(start, 0, 8).into_token().to_u64());
    end(token);
    // The slot is used again: the old token must not end the new lease.
    let lease = lease_part(start, 0, 8);
    end(token);
    end(Token::from_u64(0));
    end(Token::from_u64(u64::MAX));
    // SAFETY: the block is the allocator's.
    unsafe { allocator.dealloc(start, layout) };
    assert_eq!(freed(), [(64, false)]);
    drop(lease);
    assert_eq!(allocator.inner_returned(), 1);
}

#[test]
fn a_full_table_says_so_and_has_room_again() {
    let _alone = alone();
    let value = [0u8; 4];
    let held: Vec<_> = std::iter::from_fn(|| lease(&value, "a test").ok()).collect();
    assert_eq!(held.len(), table::CAPACITY);
    let refused = lease(&value, "a test").expect_err("the table is full").to_string();
    assert!(refused.starts_with(&table::CAPACITY.to_string()), "{refused}");
    drop(held);
    assert!(lease(&value, "a test").is_ok());
}

#[test]
fn threads_that_lease_and_free_see_no_finding_that_is_none() {
    let (_alone, allocator) = (alone(), allocator());
    let rounds = if cfg!(miri) { 3 } else { 20_000 };
    let is_wrong = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (allocator, is_wrong) = (&allocator, &is_wrong);
            scope.spawn(move || {
                for round in 0..rounds {
                    let (start, layout) = block(allocator, 16 << ((round + thread) % 10));
                    let lease = lease_part(start, 0, 16);
                    // SAFETY: the block is written and leased.
                    if unsafe { *start } != 7 {
                        is_wrong.store(true, Ordering::SeqCst);
                    }
                    drop(lease);
                    // SAFETY: the block is the allocator's.
                    unsafe { allocator.dealloc(start, layout) };
                }
            });
        }
    });
    assert!(!is_wrong.load(Ordering::SeqCst));
    assert_eq!(freed(), []);
    assert_eq!(allocator.inner_returned(), 4 * rounds);
}

#[test]
fn leases_that_end_while_blocks_go_lose_none() {
    let (_alone, allocator) = (alone(), allocator());
    let rounds = if cfg!(miri) { 5 } else { 5_000 };
    for _ in 0..rounds {
        let (start, layout) = block(&allocator, 64);
        let lease = lease_part(start, 0, 8);
        std::thread::scope(|scope| {
            scope.spawn(move || drop(lease));
            // SAFETY: the block is the allocator's, and only this thread gives it back.
            unsafe { allocator.dealloc(start, layout) };
        });
        let _ = freed();
    }
    assert_eq!(allocator.inner_returned(), rounds, "every block went back, at once or when its lease ended");
}

impl LeaseAlloc<Counting> {
    fn inner_returned(&self) -> usize {
        self.inner().returned.load(Ordering::SeqCst)
    }
}
