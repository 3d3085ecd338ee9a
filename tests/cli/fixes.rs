//! `--fix` and `--diff`, on findings of the real engine.

use super::tree::Tree;

const UNUSED: &str =
    "pub fn a() -> u8 {\n    // runtime-policy: allow(manual-gc) -- after the import\n    1\n}\n";
const MENDED: &str = "pub fn a() -> u8 {\n    1\n}\n";

#[test]
fn a_suppression_that_lifts_nothing_is_removed() {
    let tree = Tree::package(&[("src/lib.rs", UNUSED)]);
    let (code, diff, _) = tree.say(&["--diff"]);
    assert_eq!(code, 0);
    assert!(diff.contains("\n-    // runtime-policy: allow(manual-gc) -- after the import\n"), "{diff}");
    assert_eq!(tree.read("src/lib.rs"), UNUSED, "--diff changes nothing");
    let (code, out, error) = tree.say(&["--fix"]);
    assert_eq!((code, out.as_str(), error.as_str()), (0, "no findings in 1 file\n", "applied 1 fix\n"));
    assert_eq!(tree.read("src/lib.rs"), MENDED);
    assert_eq!(tree.say(&["--fix"]).2, "applied 0 fixes\n");
}

#[test]
fn a_file_that_git_could_not_bring_back_is_left_alone() {
    let tree = Tree::package(&[("src/lib.rs", UNUSED)]);
    let git = |arguments: &[&str]| {
        let run = std::process::Command::new("git").arg("-C").arg(tree.path()).args(arguments).output();
        assert!(run.expect("git").status.success(), "{arguments:?}");
    };
    git(&["init", "-q"]);
    let (code, _, error) = tree.say(&["--fix"]);
    assert_eq!(code, 2);
    assert!(error.contains("src/lib.rs") && error.contains("--allow-dirty"), "{error}");
    assert_eq!(tree.read("src/lib.rs"), UNUSED);
    git(&["add", "."]);
    assert_eq!(tree.say(&["--fix"]).0, 0);
    assert_eq!(tree.read("src/lib.rs"), MENDED);
}
