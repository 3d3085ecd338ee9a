//! A Rust file is checked and mended: nothing panics, selection loses nothing, and what parsed before parses after.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_fuzz::{checked, fixed, folder, put};

fuzz_target!(|text: &str| {
    put("main.rs", text);
    fixed(&checked());
    let after = std::fs::read_to_string(folder().join("main.rs")).expect("a file");
    // The parser recurses, and what the analyser does not give to it has no fixes.
    if after != text {
        assert!(syn::parse_file(&after).is_ok(), "a fix leaves what does not parse:\n{after}");
    }
});
