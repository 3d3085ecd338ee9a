//! Diffs: as the analyser takes them, applied backwards to files, and as the bot takes them, for places of comments.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_bot::diff::Diff;
use runtime_policy_fuzz::{folder, put};
use runtime_policy_lints::change::{Change, Comparison};

fuzz_target!(|text: &str| {
    put("a.rs", "fn one() {}\n\nfn two() {\n    three();\n}\n");
    if let Ok(comparison) = Comparison::open(folder(), &Change::Diff(text.to_owned())) {
        for changed in &comparison.changed {
            let inside = |path: &str| !path.starts_with('/') && path.split('/').all(|part| part != "..");
            assert!(changed.paths().all(|path| inside(path)), "{changed:?}");
            changed.paths().for_each(|path| drop(comparison.hunks(path)));
        }
    }
    let diff = Diff::parse(text);
    for path in diff.paths() {
        diff.hunks(path).unwrap_or_default().iter().for_each(|hunk| drop(hunk.end()));
    }
});
