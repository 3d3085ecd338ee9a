//! Same input, same bytes out.

use super::tree::{TRIM, Tree, command, demo};

#[test]
fn threads_and_repetition_change_no_byte() {
    let names: Vec<String> = (0..40).map(|number| format!("src/m{number}.rs")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), TRIM)).collect();
    let broken = "fn a() {\n    unsafe { libc::malloc_trim(0 };\n}\n";
    files.extend([("src/x.rs", broken), ("src/y.rs", broken)]);
    let tree = Tree::package(&files);
    for format in ["human", "json", "sarif", "junit"] {
        let run = |threads: &str| {
            let run = tree.run(&["--format", format, "--statistics", "--threads", threads]);
            (run.status.code(), run.stdout, run.stderr)
        };
        let once = run("1");
        assert!(once.1.len() > 1000, "there is something to compare");
        assert_eq!(once, run("2"), "{format}");
        assert_eq!(once, run("2"), "{format}, again");
        assert_eq!(once, run("7"), "{format}, seven threads");
    }
}

#[test]
fn selection_changes_no_finding_of_the_demo() {
    let run = |arguments: &[&str]| {
        let run = command(&demo()).args(["--format", "json", "--pedantic"]).args(arguments).output();
        String::from_utf8(run.expect("runs").stdout).expect("text")
    };
    let selected = run(&[]);
    assert!(selected.lines().count() >= 3, "there is something to compare");
    assert_eq!(selected, run(&["--no-select"]));
    assert_eq!(selected, run(&["--threads", "1"]));
    assert_eq!(selected, run(&["--no-select", "--threads", "2"]));
}
