//! What a `runtime-policy.toml` changes about findings.

use super::tree::{TRIM, Tree};

#[test]
fn levels_hold_by_path_and_the_last_override_counts() {
    let tree = Tree::package(&[
        ("src/lib.rs", TRIM),
        ("tools/a.rs", TRIM),
        ("tools/server/b.rs", TRIM),
        (
            "runtime-policy.toml",
            "[levels]\nmanual-gc = \"warning\"\n\
             [[override]]\npaths = [\"tools/**\"]\nlevels = { manual-gc = \"off\" }\n\
             [[override]]\npaths = [\"tools/server/**\"]\nlevels = { manual-gc = \"error\" }\n",
        ),
    ]);
    assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc warning", "tools/server/b.rs:2 manual-gc error"]);
}

#[test]
fn a_nested_file_refines_the_one_above_and_root_cuts_it_off() {
    let tree = Tree::package(&[
        ("src/lib.rs", TRIM),
        ("web/src/lib.rs", TRIM),
        ("own/src/lib.rs", TRIM),
        ("runtime-policy.toml", "[levels]\nmanual-gc = \"info\"\n"),
        ("web/runtime-policy.toml", "[levels]\nmanual-gc = \"warning\"\n"),
        ("own/runtime-policy.toml", "root = true\n"),
    ]);
    assert_eq!(
        tree.found(&[]),
        [
            "own/src/lib.rs:2 manual-gc error",
            "src/lib.rs:2 manual-gc info",
            "web/src/lib.rs:2 manual-gc warning"
        ]
    );
    assert_eq!(
        tree.found(&["--root", "web"]),
        ["src/lib.rs:2 manual-gc warning"],
        "the file above the root has a say"
    );
    assert_eq!(tree.found(&["--no-config", "src"]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn a_mistake_in_a_nested_file_stops_the_check_and_is_shown_at_its_place() {
    let tree = Tree::package(&[
        ("src/lib.rs", TRIM),
        ("web/runtime-policy.toml", "[levels]\nmanual-gc = \"loud\"\n"),
    ]);
    let (code, out, error) = tree.say(&["check"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(error.contains("web/runtime-policy.toml:2:13") && error.contains("^^^^^^"), "{error}");
}

#[test]
fn what_is_excluded_is_not_looked_at() {
    let tree = Tree::package(&[
        ("src/lib.rs", TRIM),
        ("src/gen/api.rs", TRIM),
        ("web/old/lib.rs", TRIM),
        ("runtime-policy.toml", "exclude = [\"src/gen/**\"]\n"),
        ("web/runtime-policy.toml", "exclude = [\"old\"]\n"),
    ]);
    assert_eq!(tree.found(&[]), ["src/lib.rs:2 manual-gc error"]);
}

#[test]
fn owners_of_start_up_may_tune() {
    let tune = "pub fn size() {\n    unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };\n}\n";
    let tree = Tree::package(&[("src/lib.rs", "pub mod boot;\n"), ("src/boot.rs", tune)]);
    assert_eq!(tree.found(&[]), ["src/boot.rs:2 tuning-outside-main error"]);
    for owner in ["crate::boot", "a_case::boot::size", "src/boot.rs"] {
        tree.write("runtime-policy.toml", &format!("[startup]\nowners = [\"{owner}\"]\n"));
        assert_eq!(tree.found(&[]), [""; 0], "{owner}");
    }
}

#[test]
fn what_a_generator_of_ones_own_wrote_is_left_alone() {
    let tree = Tree::package(&[("src/lib.rs", &format!("// Made by acme-idl 3.\n\n{TRIM}"))]);
    assert_eq!(tree.found(&[]), ["src/lib.rs:4 manual-gc error"]);
    tree.write("runtime-policy.toml", "generated = [\"Made by acme-idl\"]\n");
    assert_eq!(tree.found(&[]), [""; 0]);
}
