//! Functions of the C library, stood in for: each definition here notes who called it and calls the next one.
//!
//! The program's own definition of a symbol comes before the C library's for every shared object, so that calls of
//! dependencies and of C code are seen without their cooperation. What makes system calls itself (rustix, `syscall`) or
//! is called inside the C library is not seen here; drift and scans see its effects.

mod hooks;
mod judge;
mod next;

pub(crate) use judge::judge;

/// Whether every stand-in is the one that the process calls.
pub(crate) fn attempt() -> Result<(), (String, &'static str)> {
    let missed: Vec<&str> =
        hooks::ALL.iter().filter(|(name, own)| !next::is_first(name, *own)).map(|(name, _)| *name).collect();
    match missed.is_empty() {
        true => Ok(()),
        false => Err((
            format!("something else stands in for {}", missed.join(", ")),
            "link the guard into the program itself, not into a library that is loaded later",
        )),
    }
}
