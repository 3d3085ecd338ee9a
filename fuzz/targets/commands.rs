//! What a stranger wrote, in workflow commands, log lines and on terminals.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_bot::escape::command::{data, log, property};
use runtime_policy_lints::visible::visible;

fuzz_target!(|text: &str| {
    let hostile = |shown: &str| shown.chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{200b}'));
    assert!(!hostile(&visible(text)), "visible");
    let shown = visible(text);
    assert!(!data(&shown).contains(['\n', '\r']) && !data(text).contains(['\n', '\r']), "data");
    assert!(!property(text).contains(['\n', '\r', ':', ',']), "property");
    let line = log(text);
    assert!(!hostile(&line) && !line.contains("##[") && !line.trim_start().starts_with("::"), "log: {line}");
});
