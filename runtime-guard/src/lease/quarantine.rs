//! Blocks that were given back while leased: they are kept until the last lease on them ends.

use std::alloc::Layout;

use super::table;
use crate::spin::Spin;

/// Blocks that can be kept; further ones are never given back, which costs memory and harms nobody.
const CAPACITY: usize = 256;

/// Gives a block back to the allocator that it is from.
pub(super) type Release = unsafe fn(allocator: *const (), block: *mut u8, layout: Layout);

/// A block and how to give it back.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) start: *mut u8,
    pub(super) layout: Layout,
    pub(super) allocator: *const (),
    pub(super) release: Release,
}

// SAFETY: a block in quarantine belongs to the quarantine alone, and allocators serve every thread.
unsafe impl Send for Block {}

struct Kept {
    blocks: [Option<Block>; CAPACITY],
    count: usize,
}

static KEPT: Spin<Kept> = Spin::new(Kept { blocks: [None; CAPACITY], count: 0 });

/// Frees the lock, in a child.
#[cfg(all(unix, not(miri)))]
pub(super) fn begin_child() {
    KEPT.free_in_child();
}

/// Keeps a block if it is still leased; gives it back otherwise.
///
/// The lease may have ended since the allocator asked. It is asked again under the lock that [`release`] takes after a
/// lease is out of the table, so that either sees the other.
///
/// # Safety
/// The block belongs to the caller, who never touches it again.
pub(super) unsafe fn keep(block: Block) {
    let mut kept = KEPT.lock();
    if table::go_through(block.start.addr(), block.layout.size()).is_some() {
        let free = kept.blocks.iter_mut().find(|place| place.is_none());
        if let Some(place) = free {
            *place = Some(block);
            kept.count += 1;
        }
        return;
    }
    drop(kept);
    // SAFETY: the caller gives the block away, and nobody has leased it.
    unsafe { (block.release)(block.allocator, block.start, block.layout) };
}

/// Gives back what no lease holds any more.
pub(super) fn release() {
    loop {
        let mut kept = KEPT.lock();
        if kept.count == 0 {
            return;
        }
        let ended = kept.blocks.iter_mut().find(|place| {
            place.is_some_and(|block| table::go_through(block.start.addr(), block.layout.size()).is_none())
        });
        let Some(block) = ended.and_then(Option::take) else { return };
        kept.count -= 1;
        // The allocator may take locks of its own.
        drop(kept);
        // SAFETY: the block was given to the quarantine by its owner, and is out of it now.
        unsafe { (block.release)(block.allocator, block.start, block.layout) };
    }
}
