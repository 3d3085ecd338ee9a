//! Tells what can be stood in for: functions of the C library (`cfg(hooks)`), purges of allocators that are linked
//! statically (`cfg(wraps)`) or loaded (`cfg(shared)`), any of them (`cfg(interposed)`).

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(hooks, wraps, shared, interposed)");
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| {
        env::var(name).is_ok_and(|found| found.split(',').any(|part| part == value))
    };
    let has_feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    if !has_feature("INTERPOSE")
        || env::var_os("CARGO_CFG_MIRI").is_some()
        || !is("CARGO_CFG_TARGET_OS", "linux")
    {
        return;
    }
    // With a static C library there is no next definition to call, and musl defines several functions in one object.
    let has_hooks = is("CARGO_CFG_TARGET_ENV", "gnu") && !is("CARGO_CFG_TARGET_FEATURE", "crt-static");
    let has_wraps = has_feature("JEMALLOC") || has_feature("MIMALLOC");
    // mimalloc that is linked statically defines the same names.
    let has_shared = has_hooks && has_feature("INTERPOSE_SHARED") && !has_feature("MIMALLOC");
    for (name, is_set) in [
        ("hooks", has_hooks),
        ("wraps", has_wraps),
        ("shared", has_shared),
        ("interposed", has_hooks || has_wraps),
    ] {
        if is_set {
            println!("cargo::rustc-cfg={name}");
        }
    }
    // For the library's own tests; a program does the same with `runtime_guard_build::wrap_allocators`.
    if has_wraps {
        for name in ["_rjem_mallctl", "_rjem_mallctlbymib", "mi_collect", "mi_heap_collect"] {
            println!("cargo::rustc-link-arg-tests=-Wl,--wrap={name}");
        }
    }
}
