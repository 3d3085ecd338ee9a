//! A repository of both languages: one run, one configuration, one report.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use runtime_policy_lints::engine::{Options, check};
use runtime_policy_lints::policy::Config;

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        "[package]\nname = \"engine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\nlibc = \"0.2\"\n",
    ),
    ("src/lib.rs", "pub fn trim() {\n    unsafe { libc::malloc_trim(0) };\n}\n"),
    ("go.mod", "module example.com/engine\n\ngo 1.25\n"),
    (
        "engine.go",
        "package engine\n\n/*\n#cgo LDFLAGS: -lengine\n*/\nimport \"C\"\n\nimport \"runtime\"\n\n\
         // Trim calls into the library.\nfunc Trim() {\n\tC.engine_trim()\n\truntime.GC()\n}\n",
    ),
    (
        "boot/boot.go",
        "package boot\n\nimport \"runtime/debug\"\n\nfunc Tune() {\n\tdebug.SetGCPercent(50)\n}\n",
    ),
];

fn findings(config: &str) -> Vec<(String, u32, String)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in FILES {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("folders");
        fs::write(path, text).expect("a file");
    }
    let options = Options {
        root: folder.path().to_owned(),
        paths: Vec::new(),
        config: Arc::new(Config::from_text(config).expect("a configuration")),
        select: true,
        threads: 1,
        today: jiff::civil::date(2026, 1, 15),
        progress: None,
        timings: None,
    };
    let report = check(&options).expect("a report");
    assert!(report.notices.is_empty(), "{:?}", report.notices);
    let place = |finding: &runtime_policy_lints::finding::Finding| {
        (finding.location.path.to_string(), finding.location.start.line, finding.rule.to_string())
    };
    report.findings.iter().map(place).collect()
}

#[test]
fn both_languages_are_judged_in_one_run() {
    let found = findings("");
    let expected = [
        ("boot/boot.go", 6, "tuning-outside-main"),
        ("engine.go", 13, "manual-gc"),
        ("src/lib.rs", 2, "manual-gc"),
    ];
    assert_eq!(found, expected.map(|(path, line, rule)| (path.to_owned(), line, rule.to_owned())));
}

#[test]
fn one_configuration_speaks_for_both() {
    assert_eq!(findings("[levels]\nmanual-gc = \"off\"\n\n[startup]\nowners = [\"boot/**\"]\n"), []);
}
