//! The stand-ins for allocators that are linked statically: the linker's `--wrap=NAME` leads calls of `NAME` to
//! `__wrap_NAME`, and calls of `__real_NAME` to what it is.
//!
//! Without the argument, which `runtime_guard_build::wrap_allocators` gives, nobody calls them. What each stands in for
//! is therefore named weakly: an address of 0 tells that the argument was missing.

use std::ffi::{c_char, c_int, c_void};

use super::allocators::{Numbers, note_collection, note_name, note_numbers};

/// Filled in when the guard is installed.
static NUMBERS: Numbers = Numbers::new();

/// Declares a stand-in by the names of what it stands in for, of the stand-in, and of where the former's address is.
macro_rules! wrap {
    (
        $(#[$doc:meta])*
        fn $name:literal, $wrap:literal, $real:literal as $function:ident($($argument:ident: $type:ty),*) -> $result:ty,
        or $missing:expr; $note:expr
    ) => {
        mod $function {
            // A name that is weak for the assembler is weak for the linker; the language has no such thing.
            std::arch::global_asm!(
                ".pushsection .data.rel.ro.runtime_guard,\"aw\",%progbits",
                concat!(".weak __real_", $name),
                concat!(".hidden ", $real),
                concat!(".globl ", $real),
                ".balign 8",
                concat!($real, ":"),
                concat!(".quad __real_", $name),
                ".popsection",
            );
            unsafe extern "C" {
                #[link_name = $real]
                pub(super) static REAL: usize;
            }
        }

        $(#[$doc])*
        ///
        /// # Safety
        /// As for the function that it stands in for.
        #[allow(clippy::unused_unit, reason = "some give nothing")]
        #[unsafe(export_name = $wrap)]
        pub unsafe extern "C" fn $function($($argument: $type),*) -> $result {
            $note;
            // SAFETY: the linker has filled it in.
            let real = unsafe { $function::REAL };
            if real == 0 {
                return $missing;
            }
            // SAFETY: what has this name in the allocator has this type.
            let real: unsafe extern "C" fn($($type),*) -> $result = unsafe { std::mem::transmute(real) };
            // SAFETY: as the caller promises.
            unsafe { real($($argument),*) }
        }
    };
}

/// Stand-ins for jemalloc, whose names may have a prefix.
macro_rules! wrap_jemalloc {
    ($by_name:ident, $name:literal, $name_wrap:literal, $name_real:literal,
     $by_numbers:ident, $numbers:literal, $numbers_wrap:literal, $numbers_real:literal) => {
        wrap! {
            /// Stands in for jemalloc's controls by name.
            fn $name, $name_wrap, $name_real as $by_name(
                name: *const c_char, old: *mut c_void, old_size: *mut usize, new: *mut c_void, new_size: usize
            ) -> c_int, or libc::ENOENT;
            // SAFETY: the caller gives a C string.
            unsafe { note_name(name) }
        }
        wrap! {
            /// Stands in for jemalloc's controls by number.
            fn $numbers, $numbers_wrap, $numbers_real as $by_numbers(
                numbers: *const usize, count: usize,
                old: *mut c_void, old_size: *mut usize, new: *mut c_void, new_size: usize
            ) -> c_int, or libc::ENOENT;
            // SAFETY: the caller gives as many numbers.
            unsafe { note_numbers(&NUMBERS, numbers, count) }
        }
    };
}

wrap_jemalloc!(
    rjem_mallctl,
    "_rjem_mallctl",
    "__wrap__rjem_mallctl",
    "runtime_guard_real_rjem_mallctl",
    rjem_mallctlbymib,
    "_rjem_mallctlbymib",
    "__wrap__rjem_mallctlbymib",
    "runtime_guard_real_rjem_mallctlbymib"
);
wrap_jemalloc!(
    mallctl,
    "mallctl",
    "__wrap_mallctl",
    "runtime_guard_real_mallctl",
    mallctlbymib,
    "mallctlbymib",
    "__wrap_mallctlbymib",
    "runtime_guard_real_mallctlbymib"
);
wrap! {
    /// Stands in for mimalloc's collection.
    fn "mi_collect", "__wrap_mi_collect", "runtime_guard_real_mi_collect" as mi_collect(force: bool) -> (), or ();
    note_collection("mi_collect")
}
wrap! {
    /// Stands in for mimalloc's collection of one heap.
    fn "mi_heap_collect", "__wrap_mi_heap_collect", "runtime_guard_real_mi_heap_collect" as mi_heap_collect(
        heap: *mut c_void, force: bool
    ) -> (), or ();
    note_collection("mi_heap_collect")
}

/// Whether calls of every allocator that the guard was built for come here; the first that does not.
pub(super) fn attempt() -> Result<(), &'static str> {
    // SAFETY: the linker has filled them in.
    let (jemalloc, mimalloc) = unsafe { (rjem_mallctl::REAL | mallctl::REAL, mi_collect::REAL) };
    if cfg!(feature = "jemalloc") && jemalloc == 0 {
        return Err("jemalloc");
    }
    if cfg!(feature = "mimalloc") && mimalloc == 0 {
        return Err("mimalloc");
    }
    #[cfg(feature = "jemalloc")]
    NUMBERS.learn(|name, numbers| tikv_jemalloc_ctl::raw::name_to_mib(name, numbers).is_ok());
    Ok(())
}
