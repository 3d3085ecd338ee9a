//! The stand-ins for allocators that the program loads as shared libraries.
//!
//! They are no part of a usual build: an allocator that is linked statically defines the same names.

use std::ffi::{c_char, c_int, c_void};

use super::allocators::{Numbers, note_collection, note_name, note_numbers};
use super::next::stand_ins;

/// Filled in when the guard is installed.
static NUMBERS: Numbers = Numbers::new();

stand_ins! {
    /// Stands in for jemalloc's controls by name.
    fn mallctl(
        name: *const c_char,
        old: *mut c_void,
        old_size: *mut usize,
        new: *mut c_void,
        new_size: usize,
    ) -> c_int, or libc::ENOENT; {
        // SAFETY: the caller gives a C string.
        unsafe { note_name(name) };
    };

    /// Stands in for jemalloc's controls by number.
    fn mallctlbymib(
        numbers: *const usize,
        count: usize,
        old: *mut c_void,
        old_size: *mut usize,
        new: *mut c_void,
        new_size: usize,
    ) -> c_int, or libc::ENOENT; {
        // SAFETY: the caller gives as many numbers.
        unsafe { note_numbers(&NUMBERS, numbers, count) };
    };

    /// Stands in for mimalloc's collection.
    fn mi_collect(force: bool) -> (), or (); note_collection("mi_collect");

    /// Stands in for mimalloc's collection of one heap.
    fn mi_heap_collect(heap: *mut c_void, force: bool) -> (), or (); note_collection("mi_heap_collect");
}

/// Learns the numbers of the jemalloc that is loaded, if one is.
pub(super) fn learn() {
    // SAFETY: the name ends in a zero byte.
    let find = unsafe { libc::dlsym(libc::RTLD_NEXT, c"mallctlnametomib".as_ptr()) };
    if find.is_null() {
        return;
    }
    // SAFETY: the symbol has this type in jemalloc.
    let find: unsafe extern "C" fn(*const c_char, *mut usize, *mut usize) -> c_int =
        unsafe { std::mem::transmute(find) };
    NUMBERS.learn(|name, numbers| {
        let mut count = numbers.len();
        // SAFETY: the name ends in a zero byte, and there is room for as many numbers.
        unsafe { find(name.as_ptr().cast(), numbers.as_mut_ptr(), &mut count) == 0 }
    });
}
