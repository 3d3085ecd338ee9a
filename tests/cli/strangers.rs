//! Files that nobody wrote for this program: broken, huge, or named to do harm.

use super::tree::{TRIM, Tree};

const BROKEN: &str = "pub fn sweep() {\n    unsafe { libc::malloc_trim(0 };\n}\n";

#[test]
fn one_unparsable_file_costs_that_file_and_is_named() {
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/broken.rs", BROKEN)]);
    let (code, out, error) = tree.say(&["--format", "json"]);
    assert_eq!((code, out.lines().count()), (1, 1), "the other file is still judged");
    assert!(error.starts_with("warning: src/broken.rs:"), "{error}");
    assert_eq!(tree.say(&["--strict-parse"]).0, 2);
    assert_eq!(tree.say(&["--strict-parse", "--fail-on", "never"]).0, 2);
}

#[test]
fn an_unparsable_file_is_a_notification_in_sarif() {
    let tree = Tree::package(&[("src/broken.rs", BROKEN)]);
    let (code, out, _) = tree.say(&["--format", "sarif"]);
    assert_eq!(code, 0);
    let sarif: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let notification = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    let location = &notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(location, "src/broken.rs");
}

#[test]
fn a_file_that_is_no_text_is_named_and_skipped() {
    let tree = Tree::package(&[("src/lib.rs", TRIM)]);
    std::fs::write(tree.path().join("src/bytes.rs"), b"fn a() {}\n// \xff\n").expect("written");
    let (code, _, error) = tree.say(&[]);
    assert_eq!(code, 1);
    assert!(error.contains("src/bytes.rs:2:4: is not UTF-8"), "{error}");
}

#[test]
fn deep_nesting_ends_in_words_not_in_a_crash() {
    for (open, close) in
        [("(", ")"), ("{", "}"), ("!", ""), ("if x {} else ", "{}"), ("1 + ", ""), ("-(!!!!", ")")]
    {
        let nested = format!("{}1{}", open.repeat(20_000), close.repeat(20_000));
        let tree = Tree::package(&[
            ("src/lib.rs", TRIM),
            ("src/deep.rs", &format!("{TRIM}fn a() {{ {nested} }}\n")),
        ]);
        let (code, out, error) = tree.say(&["--format", "short"]);
        assert_eq!((code, out.lines().count()), (1, 1), "`{open}`: {error}");
        assert!(error.starts_with("warning: src/deep.rs:"), "`{open}`: {error}");
    }
}

#[cfg(unix)]
#[test]
fn names_made_to_harm_are_shown_and_not_obeyed() {
    let names = [
        "src/\u{1b}[31mred.rs",
        "src/two\nlines.rs",
        "src/$(touch marker).rs",
        "src/`touch marker`.rs",
        "src/--fix.rs",
        "src/::error file=x::boo.rs",
        "src/a\u{202e}sr.b.rs",
        "src/<&\"'>.rs",
    ];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, TRIM)).collect();
    let tree = Tree::package(&files);
    assert_eq!(tree.say(&["--format", "json"]).1.lines().count(), names.len());
    for format in
        ["human", "short", "github", "agent", "junit", "checkstyle", "json", "sarif", "rdjson", "gitlab"]
    {
        let (code, out, error) = tree.say(&["--format", format]);
        assert_eq!((code, error.as_str()), (1, ""), "{format}");
        assert!(!out.contains('\u{1b}'), "{format}");
        // Programs need the name as it is; people must not be misled by it.
        let for_people = matches!(format, "human" | "short" | "github" | "agent");
        assert!(!(for_people && out.contains('\u{202e}')), "{format}");
        assert!(
            !out.lines().any(|line| line.starts_with("lines.rs")),
            "{format} breaks a name over two lines"
        );
    }
    assert!(!tree.path().join("marker").exists());
}

#[cfg(unix)]
#[test]
fn links_that_lead_out_or_round_are_not_followed() {
    let tree = Tree::package(&[("src/lib.rs", TRIM)]);
    std::os::unix::fs::symlink("..", tree.path().join("src/up")).expect("linked");
    std::os::unix::fs::symlink("/dev/zero", tree.path().join("src/zero.rs")).expect("linked");
    assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc error"]);
}
