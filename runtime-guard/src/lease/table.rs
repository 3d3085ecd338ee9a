//! The leases, so that the allocator can ask fast whether a block reaches into one.
//!
//! A lease is entered in one of six tiers by its size: each tier cuts memory into granules of its own, and the lease
//! takes the first in which it touches at most [`SPAN`] of them. A tier has a counting filter over granules, which
//! answers nearly every question with no, and chains of leases by granule for the rest. All memory is static: nothing
//! here allocates, since the allocator calls it.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

use crate::spin::Spin;
use crate::stack::Stack;

/// Leases at one time; few under miri, which takes a second for what takes a microsecond otherwise.
pub(super) const CAPACITY: usize = if cfg!(miri) { 64 } else { 4096 };

/// Granules that a lease may touch in its tier.
const SPAN: usize = 17;

/// Granules of a block that are looked up one by one; for larger blocks all leases of the tier are gone through.
const WALK: usize = 64;

/// Size of a tier's granule, as a power of two: 256 bytes to 1 GiB.
const SHIFTS: [u32; 6] = [8, 12, 16, 20, 25, 30];

/// Where leases are that are too large for every tier: they are gone through one by one.
const NO_TIER: usize = SHIFTS.len();

const FILTER: usize = 4096;
const CHAINS: usize = 512;

/// No node.
const END: u32 = u32::MAX;

/// Leases held: the one thing that is looked at while there is none.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

/// Leases by tier, the last for those in none.
static IN_TIER: [AtomicUsize; SHIFTS.len() + 1] = [const { AtomicUsize::new(0) }; SHIFTS.len() + 1];

static FILTERS: [[AtomicU16; FILTER]; SHIFTS.len()] =
    [const { [const { AtomicU16::new(0) }; FILTER] }; SHIFTS.len()];

/// The first node of each chain.
static HEADS: [[Spin<u32>; CHAINS]; SHIFTS.len()] =
    [const { [const { Spin::new(END) }; CHAINS] }; SHIFTS.len()];

/// The node after each; node `slot * SPAN + n` stands for the nth granule of a slot's lease. Guarded by the chain's lock.
static NEXT: [AtomicU32; CAPACITY * SPAN] = [const { AtomicU32::new(END) }; CAPACITY * SPAN];

/// One above the greatest slot ever used.
static USED: AtomicUsize = AtomicUsize::new(0);
static SLOTS: [Entry; CAPACITY] = [const { Entry::new() }; CAPACITY];

/// Slots that are free; what is not on it and below `USED` is taken.
static FREE: Spin<Free> = Spin::new(Free { slots: [0; CAPACITY], count: 0 });

struct Free {
    slots: [u16; CAPACITY],
    count: usize,
}

/// State of a slot.
const EMPTY: u8 = 0;
const HELD: u8 = 1;
const PROBE: u8 = 2;
const PROBED: u8 = 3;

struct Entry {
    state: AtomicU8,
    /// Goes up with every use of the slot, so that an old token ends nobody else's lease.
    generation: AtomicU32,
    start: AtomicUsize,
    len: AtomicUsize,
    about: Spin<About>,
}

/// What a report says of a lease.
#[derive(Clone, Copy)]
pub(super) struct About {
    pub(super) why: &'static str,
    pub(super) stack: Stack,
}

impl Entry {
    const fn new() -> Entry {
        Entry {
            state: AtomicU8::new(EMPTY),
            generation: AtomicU32::new(1),
            start: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            about: Spin::new(About { why: "", stack: Stack::EMPTY }),
        }
    }

    fn range(&self) -> (usize, usize) {
        (self.start.load(Ordering::Relaxed), self.len.load(Ordering::Relaxed))
    }

    /// Whether the lease is held and the block reaches into it.
    fn is_in(&self, start: usize, len: usize) -> bool {
        let state = self.state.load(Ordering::Acquire);
        let (own, own_len) = self.range();
        state != EMPTY && own < start + len && start < own + own_len
    }
}

/// A lease's place in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    index: usize,
    generation: u32,
}

impl Slot {
    /// As a number that is never 0.
    pub(super) fn number(self) -> u64 {
        u64::from(self.generation) << 32 | self.index as u64
    }

    /// The slot with a number.
    pub(super) fn of(number: u64) -> Option<Slot> {
        let (index, generation) = ((number & u64::from(u32::MAX)) as usize, (number >> 32) as u32);
        (index < CAPACITY && generation > 0).then_some(Slot { index, generation })
    }
}

/// Whether any lease is held. Relaxed is enough: who gives back a leased block has it from who leased it.
#[inline(always)]
pub(super) fn is_empty() -> bool {
    ACTIVE.load(Ordering::Relaxed) == 0
}

/// Frees the locks, in a child.
#[cfg(all(unix, not(miri)))]
pub(super) fn begin_child() {
    FREE.free_in_child();
    HEADS.iter().flatten().for_each(Spin::free_in_child);
    let used = USED.load(Ordering::Acquire);
    SLOTS[..used].iter().for_each(|slot| slot.about.free_in_child());
}

/// Enters a lease; none if the table is full.
pub(super) fn insert(start: usize, len: usize, why: &'static str, stack: Stack) -> Option<Slot> {
    enter(start, len, HELD, About { why, stack })
}

/// Enters a lease that only tries whether the allocator asks.
pub(super) fn insert_probe(start: usize, len: usize) -> Option<Slot> {
    enter(start, len, PROBE, About { why: "", stack: Stack::EMPTY })
}

/// Whether the allocator has asked about a probe that is still entered.
pub(super) fn was_probed(slot: Slot) -> bool {
    SLOTS[slot.index].state.load(Ordering::Acquire) == PROBED
}

fn enter(start: usize, len: usize, state: u8, about: About) -> Option<Slot> {
    let index = {
        let mut free = FREE.lock();
        if free.count > 0 {
            free.count -= 1;
            usize::from(free.slots[free.count])
        } else {
            let index = USED.load(Ordering::Relaxed);
            if index == CAPACITY {
                return None;
            }
            USED.store(index + 1, Ordering::Release);
            index
        }
    };
    let entry = &SLOTS[index];
    *entry.about.lock() = about;
    entry.start.store(start, Ordering::Relaxed);
    entry.len.store(len, Ordering::Relaxed);
    entry.state.store(state, Ordering::Release);
    let tier = tier(start, len);
    if tier < NO_TIER {
        for (nth, granule) in granules(tier, start, len).enumerate() {
            FILTERS[tier][spread(granule) % FILTER].fetch_add(1, Ordering::Relaxed);
            let node = (index * SPAN + nth) as u32;
            let mut head = HEADS[tier][spread(granule) % CHAINS].lock();
            NEXT[node as usize].store(*head, Ordering::Relaxed);
            *head = node;
        }
    }
    IN_TIER[tier].fetch_add(1, Ordering::Relaxed);
    ACTIVE.fetch_add(1, Ordering::Release);
    Some(Slot { index, generation: entry.generation.load(Ordering::Relaxed) })
}

/// Takes a lease out; false if it has been taken out before.
pub(super) fn remove(slot: Slot) -> bool {
    let entry = &SLOTS[slot.index];
    let (held, next) = (slot.generation, slot.generation.wrapping_add(1).max(1));
    let is_first = entry.generation.compare_exchange(held, next, Ordering::AcqRel, Ordering::Relaxed).is_ok();
    if !is_first {
        return false;
    }
    entry.state.store(EMPTY, Ordering::Release);
    let (start, len) = entry.range();
    let tier = tier(start, len);
    if tier < NO_TIER {
        for (nth, granule) in granules(tier, start, len).enumerate() {
            unchain(tier, granule, (slot.index * SPAN + nth) as u32);
            FILTERS[tier][spread(granule) % FILTER].fetch_sub(1, Ordering::Relaxed);
        }
    }
    IN_TIER[tier].fetch_sub(1, Ordering::Relaxed);
    ACTIVE.fetch_sub(1, Ordering::Release);
    let mut free = FREE.lock();
    let at = free.count;
    free.slots[at] = slot.index as u16;
    free.count += 1;
    true
}

fn unchain(tier: usize, granule: usize, node: u32) {
    let mut head = HEADS[tier][spread(granule) % CHAINS].lock();
    let next = NEXT[node as usize].load(Ordering::Relaxed);
    if *head == node {
        *head = next;
        return;
    }
    let mut at = *head;
    while at != END {
        let after = NEXT[at as usize].load(Ordering::Relaxed);
        if after == node {
            NEXT[at as usize].store(next, Ordering::Relaxed);
            return;
        }
        at = after;
    }
}

/// A lease that a block reaches into, with what there is to say of it. A probe is marked and not given.
pub(super) fn find(start: usize, len: usize) -> Option<About> {
    let len = len.max(1);
    let index = (0..SHIFTS.len()).find_map(|tier| find_in(tier, start, len)).or_else(|| {
        (IN_TIER[NO_TIER].load(Ordering::Relaxed) > 0).then(|| go_through(start, len)).flatten()
    })?;
    let entry = &SLOTS[index];
    if entry.state.load(Ordering::Acquire) == HELD {
        return Some(*entry.about.lock());
    }
    let _ = entry.state.compare_exchange(PROBE, PROBED, Ordering::AcqRel, Ordering::Relaxed);
    None
}

fn find_in(tier: usize, start: usize, len: usize) -> Option<usize> {
    if IN_TIER[tier].load(Ordering::Relaxed) == 0 {
        return None;
    }
    if count(tier, start, len) > WALK {
        return go_through(start, len);
    }
    granules(tier, start, len).find_map(|granule| {
        if FILTERS[tier][spread(granule) % FILTER].load(Ordering::Relaxed) == 0 {
            return None;
        }
        let head = HEADS[tier][spread(granule) % CHAINS].lock();
        let mut node = *head;
        while node != END {
            let index = node as usize / SPAN;
            if SLOTS[index].is_in(start, len) {
                return Some(index);
            }
            node = NEXT[node as usize].load(Ordering::Relaxed);
        }
        None
    })
}

/// Looks at every lease.
pub(super) fn go_through(start: usize, len: usize) -> Option<usize> {
    let used = USED.load(Ordering::Acquire);
    (0..used).find(|index| SLOTS[*index].is_in(start, len))
}

/// The first tier in which a range touches few granules.
fn tier(start: usize, len: usize) -> usize {
    (0..SHIFTS.len()).find(|tier| count(*tier, start, len) <= SPAN).unwrap_or(NO_TIER)
}

fn count(tier: usize, start: usize, len: usize) -> usize {
    let last = start + len.max(1) - 1;
    (last >> SHIFTS[tier]) - (start >> SHIFTS[tier]) + 1
}

fn granules(tier: usize, start: usize, len: usize) -> impl Iterator<Item = usize> {
    let last = start + len.max(1) - 1;
    (start >> SHIFTS[tier])..=(last >> SHIFTS[tier])
}

/// Spreads neighbouring granules over a table (Fibonacci hashing).
fn spread(granule: usize) -> usize {
    ((granule as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
}
