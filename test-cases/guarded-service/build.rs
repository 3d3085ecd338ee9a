//! Leads purges of jemalloc, which is linked statically, to the guard.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "interpose")]
    runtime_guard_build::wrap_allocators();
}
