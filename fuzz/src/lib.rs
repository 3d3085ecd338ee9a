//! What the targets share: a folder with one package, checked as the command line checks it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use jiff::civil::date;
use runtime_policy_lints::engine::{Options, check};
use runtime_policy_lints::finding::Report;
use runtime_policy_lints::fix::{self, Settings};
use runtime_policy_lints::policy::Config;
use tempfile::TempDir;

/// The folder of this process; in memory, where the system has such a place.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let make = || {
        let memory = Path::new("/dev/shm");
        let made = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() };
        let made = made.expect("a folder");
        for (path, text) in [
            ("Cargo.toml", "[package]\nname = \"x\"\nedition = \"2024\"\n\n[dependencies]\nlibc = \"0.2\"\ntokio = \"1\"\n"),
            ("go.mod", "module example.org/x\n\ngo 1.24\n"),
        ] {
            std::fs::write(made.path().join(path), text).expect("a file");
        }
        made
    };
    FOLDER.get_or_init(make).path()
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
    }
}

fn lines(report: &Report) -> Vec<String> {
    report.findings.iter().map(|finding| format!("{finding:?}")).collect()
}

/// Checks the folder: with and without selection, which has to come to the same.
pub fn checked() {
    let [fast, full] = [true, false].map(|select| check(&options(select)).expect("a report"));
    assert_eq!(lines(&fast), lines(&full), "selection loses findings");
}

/// Applies every fix to the folder, the doubtful ones as well.
pub fn fixed() {
    let settings = Settings { unsafe_fixes: true, allow_dirty: true };
    fix::run(folder(), settings, || check(&options(true))).expect("fixes are applied");
}
