//! Functions of the C library and of allocators, stood in for: each definition here notes who called it and calls the
//! one that it stands in for.
//!
//! The program's own definition of a symbol comes before the C library's for every shared object, so that calls of
//! dependencies and of C code are seen without their cooperation. What makes system calls itself (rustix, `syscall`) or
//! is called inside the C library is not seen here; drift and scans see its effects.

#[cfg(any(wraps, shared))]
mod allocators;
#[cfg(hooks)]
mod hooks;
mod judge;
#[cfg(hooks)]
mod next;
mod note;
#[cfg(shared)]
mod shared;
#[cfg(wraps)]
mod wraps;

pub(crate) use judge::judge;

/// Whether every stand-in for the C library is the one that the process calls.
#[cfg(hooks)]
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    next::all_are_first(hooks::ALL)
}

/// Whether purges of the allocators are seen.
pub(crate) fn attempt_purges() -> Result<(), (String, &'static str)> {
    #[cfg(shared)]
    shared::learn();
    #[cfg(wraps)]
    return wraps::attempt().map_err(|allocator| {
        (
            format!("the program was linked without leading calls of {allocator} to the guard"),
            "call `runtime_guard_build::wrap_allocators()` in the program's build script, or give the linker \
             `--wrap=NAME` for each of its names",
        )
    });
    #[cfg(all(shared, not(wraps)))]
    return next::all_are_first(shared::ALL);
    #[cfg(not(any(shared, wraps)))]
    Err((
        "the guard was built for no allocator whose purges can be seen".to_owned(),
        "switch on the feature `jemalloc` or `mimalloc` of the allocator that the program links",
    ))
}
