//! What the stand-ins for allocators' functions look for: purges, by name or by number.

use std::ffi::c_char;
use std::sync::OnceLock;

use super::note::{bytes, note, text};
use crate::purges;

/// Numbers that jemalloc uses in place of a control's name, at most so many for one that purges.
const NUMBERS: usize = 3;

/// Controls that purge, each with an arena's number that stands for any.
const PURGES: [&[u8]; 6] = [
    b"arena.0.purge\0",
    b"arena.0.decay\0",
    b"arena.0.reset\0",
    b"arena.0.destroy\0",
    b"thread.tcache.flush\0",
    b"tcache.flush\0",
];

/// The controls that purge, by the numbers of one jemalloc.
pub(super) struct Numbers(OnceLock<[[usize; NUMBERS]; PURGES.len()]>);

impl Numbers {
    pub(super) const fn new() -> Numbers {
        Numbers(OnceLock::new())
    }

    /// Learns the numbers, once; `find` fills in those of a name, and gives whether there are such.
    pub(super) fn learn(&self, find: impl Fn(&'static [u8], &mut [usize]) -> bool) {
        let numbers = |name: &&'static [u8]| {
            let mut numbers = [usize::MAX; NUMBERS];
            let count = name.iter().filter(|byte| **byte == b'.').count() + 1;
            match find(name, &mut numbers[..count]) {
                true => numbers,
                false => [usize::MAX; NUMBERS],
            }
        };
        self.0.get_or_init(|| PURGES.each_ref().map(numbers));
    }

    /// The name of a control that purges.
    ///
    /// # Safety
    /// The pointer leads to as many numbers.
    unsafe fn name(&self, numbers: *const usize, count: usize) -> Option<&'static [u8]> {
        if numbers.is_null() || count == 0 || count > NUMBERS {
            return None;
        }
        // SAFETY: as the caller promises.
        let given = unsafe { std::slice::from_raw_parts(numbers, count) };
        let at = self.0.get()?.iter().zip(PURGES).find(|(known, name)| {
            // In the middle stands the arena, whichever it is.
            let is_arena = |at: usize| at == 1 && name.starts_with(b"arena.");
            let count_of_name = known.iter().take_while(|number| **number != usize::MAX).count();
            count_of_name == count && (0..count).all(|at| given[at] == known[at] || is_arena(at))
        });
        at.map(|(_, name)| name)
    }
}

/// Notes a control of jemalloc that purges, by its name.
///
/// # Safety
/// The pointer is null or leads to a C string.
pub(super) unsafe fn note_name(name: *const c_char) {
    // SAFETY: as the caller promises.
    let name = unsafe { bytes(name) };
    if is_purge(name) && !purges::is_wanted_here() {
        note("mallctl", text(name));
    }
}

/// Notes a control of jemalloc that purges, by its numbers.
///
/// # Safety
/// The pointer leads to as many numbers.
pub(super) unsafe fn note_numbers(table: &Numbers, numbers: *const usize, count: usize) {
    // SAFETY: as the caller promises.
    let name = unsafe { table.name(numbers, count) };
    if let Some(name) = name.filter(|_| !purges::is_wanted_here()) {
        note("mallctlbymib", text(name.strip_suffix(b"\0").unwrap_or(name)));
    }
}

/// Notes a collection of mimalloc.
pub(super) fn note_collection(function: &'static str) {
    if !purges::is_wanted_here() {
        note(function, |_| ());
    }
}

/// Whether a control of jemalloc gives memory back by hand: `arena.7.purge`, `tcache.flush`.
fn is_purge(name: &[u8]) -> bool {
    let of_arena = name.strip_prefix(b"arena.").and_then(|rest| {
        let dot = rest.iter().position(|byte| *byte == b'.')?;
        Some(&rest[dot + 1..])
    });
    match of_arena {
        Some(control) => matches!(control, b"purge" | b"decay" | b"reset" | b"destroy"),
        None => matches!(name, b"thread.tcache.flush" | b"tcache.flush"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purges_are_told_from_other_controls() {
        for name in
            ["arena.0.purge", "arena.4096.decay", "arena.7.reset", "tcache.flush", "thread.tcache.flush"]
        {
            assert!(is_purge(name.as_bytes()), "{name}");
        }
        for name in
            ["arena.0.dirty_decay_ms", "arenas.dirty_decay_ms", "background_thread", "version", "arena.", ""]
        {
            assert!(!is_purge(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn numbers_are_learned_and_the_arenas_own_is_left_out() {
        let numbers = Numbers::new();
        // A jemalloc without `tcache.flush`, where `arena.0.purge` is 5, 0, 2.
        numbers.learn(|name, numbers| {
            let at = PURGES.iter().position(|known| *known == name);
            numbers[0] = 5;
            numbers[1] = 0;
            if let Some(last) = numbers.get_mut(2) {
                *last = 2 + at.unwrap_or_default();
            }
            name != b"tcache.flush\0"
        });
        // SAFETY: the numbers are there.
        let name = |given: &[usize]| unsafe { numbers.name(given.as_ptr(), given.len()) };
        assert_eq!(name(&[5, 4096, 2]), Some(PURGES[0]));
        assert_eq!(name(&[5, 1, 3]), Some(PURGES[1]));
        for other in [&[5, 4096, 99][..], &[6, 0, 2], &[5, 0], &[], &[5, 0, 2, 1]] {
            assert_eq!(name(other), None, "{other:?}");
        }
    }
}
