//! Arguments for the linker, so that `runtime-guard` sees purges of allocators that are linked statically. For the build
//! script of a program; a library's cannot do it.

use std::env;

/// Functions of jemalloc and mimalloc that purge, with the prefix that jemalloc's crate gives and without.
const NAMES: [&str; 6] =
    ["_rjem_mallctl", "_rjem_mallctlbymib", "mallctl", "mallctlbymib", "mi_collect", "mi_heap_collect"];

/// Leads calls of purges to the guard, in every program, test and example of the package that is built for Linux.
///
/// The program must link `runtime-guard` with the features `interpose` and that of its allocator (`jemalloc`,
/// `mimalloc`): otherwise the linker finds no `__wrap_…` for the calls, and says so.
pub fn wrap_allocators() {
    for argument in arguments(env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux")) {
        println!("cargo::rustc-link-arg={argument}");
    }
}

fn arguments(is_linux: bool) -> impl Iterator<Item = String> {
    NAMES.iter().filter(move |_| is_linux).map(|name| format!("-Wl,--wrap={name}"))
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn only_linux_has_the_argument() {
        assert_eq!(arguments(false).count(), 0);
        assert_eq!(arguments(true).next().as_deref(), Some("-Wl,--wrap=_rjem_mallctl"));
    }
}
