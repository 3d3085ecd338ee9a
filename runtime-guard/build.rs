//! Tells whether functions of the C library can be stood in for: `cfg(hooks)`.

use std::env;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(hooks)");
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| {
        env::var(name).is_ok_and(|found| found.split(',').any(|part| part == value))
    };
    // With a static C library there is no next definition to call, and musl defines several functions in one object.
    let is_dynamic_glibc = is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && !is("CARGO_CFG_TARGET_FEATURE", "crt-static");
    let is_wanted =
        env::var_os("CARGO_FEATURE_INTERPOSE").is_some() && env::var_os("CARGO_CFG_MIRI").is_none();
    if is_dynamic_glibc && is_wanted {
        println!("cargo::rustc-cfg=hooks");
    }
}
