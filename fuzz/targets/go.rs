//! A Go file is checked and mended: nothing panics, selection loses nothing, and what parsed before parses after.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_fuzz::{checked, fixed, folder, put};

fn parses(text: &str) -> bool {
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).expect("a grammar");
    parser.parse(text, None).is_some_and(|tree| !tree.root_node().has_error())
}

fuzz_target!(|text: &str| {
    put("main.go", text);
    fixed(&checked());
    let after = std::fs::read_to_string(folder().join("main.go")).expect("a file");
    if after != text {
        assert!(parses(&after), "a fix leaves what does not parse:\n{after}");
    }
});
