//! One text as each kind of settings that is read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_fuzz::{checked, folder, put};

const NAMES: [&str; 8] = [
    "Dockerfile",
    "compose.yaml",
    "Makefile",
    "x.service",
    "x.sh",
    "deployment.yaml",
    ".goreleaser.yaml",
    "Cargo.toml",
];

fuzz_target!(|text: &str| {
    std::fs::create_dir_all(folder().join("below")).expect("a folder");
    for name in NAMES {
        put(&format!("below/{name}"), text);
    }
    let _ = checked();
});
