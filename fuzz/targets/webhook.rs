//! What comes from outside as JSON: deliveries, the file that an unprivileged run leaves, and reports.

#![no_main]

use libfuzzer_sys::fuzz_target;
use runtime_policy_bot::event::{self, Given};
use runtime_policy_bot::remark;
use runtime_policy_bot::review::{Review, is_sha};

const EVENTS: [&str; 7] = [
    "pull_request",
    "pull_request_review",
    "merge_group",
    "push",
    "workflow_dispatch",
    "issues",
    "pull_request_target",
];

fuzz_target!(|text: &str| {
    if let Ok(payload) = serde_json::from_str(text) {
        for name in EVENTS {
            if let Ok(event) = event::read(name, &payload, Given::default()) {
                assert!(is_sha(&event.base) && is_sha(&event.head), "{event:?}");
                assert!(!event.owner.contains('/') && !event.repository.starts_with('.'), "{event:?}");
            }
        }
        for name in ["check_run", "check_suite"] {
            if let Ok(again) = event::again(name, &payload) {
                let events = [again.queue(), again.push()];
                assert!(events.iter().flatten().all(|event| is_sha(&event.base)), "{again:?}");
            }
        }
        drop(event::ended(&payload));
    }
    if let Ok(review) = Review::read(text) {
        let again = serde_json::to_string(&serde_json::json!({ "review": review.distrusted() }));
        assert!(Review::read(&again.expect("JSON")).is_ok(), "what was taken is taken again");
    }
    drop(remark::read(text));
});
