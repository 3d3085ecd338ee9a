//! Configuration and baselines.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_lints::policy::{Baseline, Config};

fuzz_target!(|text: &str| {
    match Config::from_text(text) {
        Ok(config) => drop(config.show("src/main.rs")),
        Err(error) => drop(error.to_string()),
    }
    if let Ok(baseline) = Baseline::parse(text) {
        let written = baseline.to_string();
        assert_eq!(Baseline::parse(&written).ok(), Some(baseline), "what is written is read back");
    }
});
