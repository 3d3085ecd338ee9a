//! The bot keeps the rules that it holds others to.

use std::path::PathBuf;
use std::sync::Arc;

use runtime_policy_lints::engine::{Options, check};
use runtime_policy_lints::policy::{Config, Selection};

#[test]
fn the_bot_passes_its_own_rules() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let selection = Selection { pedantic: true, ..Selection::default() };
    let options = Options {
        paths: vec![root.join("src")],
        root,
        config: Arc::new(Config::default().with_selection(selection)),
        select: true,
        threads: 1,
        today: "2026-01-01".parse().expect("a day"),
        progress: None,
        timings: None,
    };
    let report = check(&options).expect("a report");
    let found: Vec<String> = report
        .findings
        .iter()
        .map(|finding| format!("{}:{} {}", finding.location.path, finding.location.start.line, finding.rule))
        .collect();
    assert!(report.counts.files > 30, "{}", report.counts.files);
    assert_eq!(found, [""; 0]);
    assert!(report.suppressed.is_empty());
}
