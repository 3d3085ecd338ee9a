//! What the targets share: a folder with one package, checked as the command line checks it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::date;
use runtime_policy_lints::engine::{Options, check};
use runtime_policy_lints::finding::Report;
use runtime_policy_lints::fix::{self, Settings};
use runtime_policy_lints::policy::Config;
use runtime_policy_rules::Language;
use tempfile::TempDir;

/// The folder of this process; in memory, where the system has such a place.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let made = made.expect("a folder");
        std::fs::write(made.path().join("Cargo.toml"), manifest()).expect("a file");
        std::fs::write(made.path().join("go.mod"), "module example.org/x\n\ngo 1.24\n").expect("a file");
        made
    };
    FOLDER.get_or_init(make).path()
}

/// A manifest that depends on every crate of the catalogue.
fn manifest() -> String {
    let crates: BTreeSet<String> = runtime_policy_rules::apis(Language::Rust)
        .iter()
        .flat_map(|api| api.paths.iter().filter_map(|path| Some(path.split_once("::")?.0.replace('_', "-"))))
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .collect();
    let lines: String = crates.iter().map(|name| format!("{name} = \"*\"\n")).collect();
    format!("[package]\nname = \"x\"\nedition = \"2024\"\n\n[dependencies]\n{lines}")
}

/// Puts a file there.
pub fn put(path: &str, text: &str) {
    std::fs::write(folder().join(path), text).expect("a file");
}

/// A configuration in which every rule is on.
fn config() -> Arc<Config> {
    static CONFIG: OnceLock<Arc<Config>> = OnceLock::new();
    let make = || {
        let levels: String = Config::default().rules().map(|rule| format!("{} = \"warning\"\n", rule.id)).collect();
        Arc::new(Config::from_text(&format!("[levels]\n{levels}")).expect("a configuration"))
    };
    CONFIG.get_or_init(make).clone()
}

fn options(select: bool) -> Options {
    Options {
        root: folder().to_owned(),
        paths: Vec::new(),
        config: config(),
        select,
        threads: 1,
        today: date(2026, 1, 1),
        progress: None,
        timings: None,
    }
}

fn lines(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{finding:?}")).collect()
}

/// Checks the folder: with and without selection, which has to come to the same. What does not parse may be judged by
/// what is left of it, which is not the same.
pub fn checked() -> Report {
    let [fast, full] = [true, false].map(|select| check(&options(select)).expect("a report"));
    if full.notices.is_empty() {
        assert_eq!(lines(&fast), lines(&full), "selection loses findings");
    }
    fast
}

/// Applies every fix to the folder, the doubtful ones as well, if there are any.
pub fn fixed(report: &Report) {
    if report.findings.iter().any(|finding| finding.fix.is_some()) {
        let settings = Settings { unsafe_fixes: true, allow_dirty: true };
        fix::run(folder(), settings, || check(&options(true))).expect("fixes are applied");
    }
}
