//! Accepting what is there, so that an old code base can begin today.

use super::tree::{TRIM, Tree};

#[test]
fn it_accepts_what_is_there_and_nothing_new() {
    let tree = Tree::package(&[("src/lib.rs", TRIM)]);
    let write = tree.say(&["baseline", "write"]);
    assert_eq!(write, (0, String::new(), "accepted 1 finding in `runtime-policy-baseline.txt`\n".into()));
    let with = &["--baseline", "runtime-policy-baseline.txt"];
    assert_eq!(tree.say(with), (0, "no findings in 1 file (1 suppressed)\n".into(), String::new()));
    tree.write("src/lib.rs", &format!("//! Moved.\n{TRIM}"));
    assert_eq!(tree.found(with), [""; 0], "moved lines are no new finding");
    tree.write("src/more.rs", TRIM);
    assert_eq!(tree.found(with), ["src/more.rs:2 manual-gc error"]);
    let twice = TRIM.replace("};\n", "};\n    unsafe { libc::malloc_trim(0) };\n");
    tree.write("src/lib.rs", &twice);
    assert_eq!(tree.found(&[&with[..], &["src/lib.rs"]].concat()).len(), 1, "a second one of the same kind");
}

#[test]
fn what_is_mended_has_to_leave_it() {
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/more.rs", TRIM)]);
    tree.say(&["baseline", "write", "--baseline", "base.txt"]);
    assert_eq!(tree.say(&["baseline", "check", "--baseline", "base.txt"]), (0, String::new(), String::new()));
    tree.write("src/more.rs", "pub fn tidy() {}\n");
    let (code, out, _) = tree.say(&["baseline", "check", "--baseline", "base.txt"]);
    assert_eq!((code, out.as_str()), (1, "src/more.rs: manual-gc is mended but still accepted\n"));
    let pruned = tree.say(&["baseline", "prune", "--baseline", "base.txt"]);
    assert_eq!(pruned, (0, String::new(), "removed 1 finding from `base.txt`\n".into()));
    assert_eq!(tree.say(&["baseline", "check", "--baseline", "base.txt"]).0, 0);
    assert_eq!(tree.found(&["--baseline", "base.txt"]), [""; 0]);
}

#[test]
fn it_says_the_same_whatever_the_order_of_the_run() {
    let tree = Tree::package(&[("src/lib.rs", TRIM), ("src/a.rs", TRIM), ("src/b.rs", TRIM)]);
    tree.say(&["baseline", "write", "--baseline", "one.txt", "--threads", "1"]);
    tree.say(&["baseline", "write", "--baseline", "two.txt", "--threads", "2"]);
    assert_eq!(tree.read("one.txt"), tree.read("two.txt"));
}
