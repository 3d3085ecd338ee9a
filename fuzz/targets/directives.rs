//! Comments that lift findings.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_lints::policy::directive::directives;

fuzz_target!(|text: &str| {
    for comment in [text.to_owned(), format!("// runtime-policy: {text}"), format!("/* runtime-policy: {text} */")] {
        directives(&comment);
    }
});
