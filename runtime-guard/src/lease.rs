//! `missing-keep-alive`: memory that foreign code still holds and Rust gives back.
//!
//! A [`Lease`] says that foreign code holds a range; [`LeaseAlloc`] sees every block that is given back. A block that
//! reaches into a leased range is reported with both stacks, and kept until the last lease on it ends, so that what the
//! foreign code reads or writes until then stays its own.

mod alloc;
mod quarantine;
mod table;

use std::alloc::Layout;
use std::fmt;
use std::marker::PhantomData;

use crate::stack::Stack;

pub use alloc::LeaseAlloc;

/// Foreign code holds a range of memory, until the lease is dropped.
///
/// The lease borrows nothing: that the owner may go away before is what it is there to see. It sees blocks of the heap;
/// memory on the stack, from C's `malloc` or from `mmap` is given back without the allocator's knowledge.
pub struct Lease<T: ?Sized> {
    slot: table::Slot,
    of: *const T,
    on_what: PhantomData<*const T>,
}

// SAFETY: the pointer is only handed out, never followed; the table is made for every thread.
unsafe impl<T: ?Sized> Send for Lease<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized> Sync for Lease<T> {}

/// Why there is no lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyLeases;

impl fmt::Display for TooManyLeases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} leases are held already, which is as many as there can be", table::CAPACITY)
    }
}

impl std::error::Error for TooManyLeases {}

/// Leases the bytes of a value to foreign code; `why` says to whom, for the report.
///
/// Give the bytes themselves: `lease(&buffer[..], …)` for a `Vec`, `lease(&*boxed, …)` for a `Box`.
///
/// # Errors
/// There are as many leases as there can be.
pub fn lease<T: ?Sized>(value: &T, why: &'static str) -> Result<Lease<T>, TooManyLeases> {
    #[cfg(all(unix, not(miri)))]
    crate::fork::prepare();
    let start = std::ptr::from_ref(value).cast::<u8>().addr();
    let slot = table::insert(start, size_of_val(value), why, Stack::here()).ok_or(TooManyLeases)?;
    Ok(Lease { slot, of: value, on_what: PhantomData })
}

impl<T: ?Sized> Lease<T> {
    /// The pointer for the foreign code.
    pub fn as_ptr(&self) -> *const T {
        self.of
    }

    /// Gives the lease away as a number, which can go through foreign code as its user data; [`end`] ends it.
    pub fn into_token(self) -> Token {
        let token = Token(self.slot.number());
        std::mem::forget(self);
        token
    }
}

impl<T: ?Sized> Drop for Lease<T> {
    fn drop(&mut self) {
        finish(self.slot);
    }
}

impl<T: ?Sized> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("of", &self.of.cast::<u8>()).finish_non_exhaustive()
    }
}

/// A lease as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(u64);

impl Token {
    /// The number, never 0.
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// The token with a number that [`Token::to_u64`] gave.
    pub fn from_u64(number: u64) -> Token {
        Token(number)
    }
}

/// Ends the lease behind a token. One that has ended already, or never was, changes nothing.
pub fn end(token: Token) {
    if let Some(slot) = table::Slot::of(token.0) {
        finish(slot);
    }
}

fn finish(slot: table::Slot) {
    if table::remove(slot) {
        quarantine::release();
    }
}

/// Uses a value, so that it lives until here: written after the last foreign call that holds a pointer into it.
///
/// Costs nothing. Nothing is checked; the analyser takes it for the explicit keep-alive that
/// `[keep-alive] strict = true` asks for.
#[inline(always)]
pub fn keep_alive<T: ?Sized>(value: &T) {
    let _ = value;
}

/// Frees the locks of threads that a child does not have.
#[cfg(all(unix, not(miri)))]
pub(crate) fn begin_child() {
    table::begin_child();
    quarantine::begin_child();
}

/// Whether the program's allocator knows of leases: leases a block and gives it back.
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    let layout = Layout::new::<[u64; 4]>();
    // SAFETY: the layout is not empty.
    let block = unsafe { std::alloc::alloc(layout) };
    let slot = (!block.is_null()).then(|| table::insert_probe(block.addr(), layout.size())).flatten();
    if !block.is_null() {
        // SAFETY: the block is from the line above and nobody else knows it.
        unsafe { std::alloc::dealloc(block, layout) };
    }
    let is_asked = slot.is_some_and(|slot| {
        let is_asked = table::was_probed(slot);
        table::remove(slot);
        is_asked
    });
    match is_asked {
        true => Ok(()),
        false => Err((
            "the program's allocator knows of no leases".to_owned(),
            "declare `#[global_allocator] static ALLOCATOR: runtime_guard::LeaseAlloc<System> = \
             runtime_guard::LeaseAlloc::new(System);`, with your own allocator in it",
        )),
    }
}

#[cfg(test)]
mod tests;
