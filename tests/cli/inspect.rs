//! `inspect`: why a file was skipped or parsed.

use super::tree::{TRIM, Tree};

#[test]
fn a_file_without_words_says_why_it_was_skipped() {
    let tree = Tree::package(&[
        ("src/lib.rs", "pub fn a() {}\n"),
        ("src/gen.rs", TRIM),
        ("target/x.rs", TRIM),
        (".gitignore", "/target\n"),
        ("runtime-policy.toml", "exclude = [\"src/gen.rs\"]\n"),
    ]);
    for (file, says) in [
        ("src/lib.rs", "words that rules care about occurs in it"),
        ("src/gen.rs", "not parsed: the configuration excludes it"),
        ("Cargo.toml", "not parsed: no rule looks at files of this kind"),
    ] {
        let (code, out, _) = tree.say(&["inspect", file]);
        assert!(code == 0 && out.starts_with(&format!("{file}: ")) && out.contains(says), "{out}");
    }
    assert_eq!(tree.say(&["inspect", "src"]).0, 2);
    assert_eq!(tree.say(&["inspect", "none.rs"]).0, 2);
}

#[test]
fn a_use_is_shown_with_its_rules_and_its_scope() {
    let main = "fn main() {\n    tune();\n    loop {\n        tidy();\n    }\n}\n\n\
                fn tune() {\n    unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };\n}\n\n\
                fn tidy() {\n    unsafe { libc::malloc_trim(0) };\n}\n";
    let tree = Tree::package(&[("src/main.rs", main)]);
    let (code, out, _) = tree.say(&["inspect", "src/main.rs"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out);
    let (_, json, _) = tree.say(&["inspect", "src/main.rs", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let uses = json["uses"].as_array().expect("a list");
    let scope = |at: usize| (uses[at]["api"].as_str(), uses[at]["start_up"].as_bool());
    assert_eq!(scope(0), (Some("libc::mallopt"), Some(true)));
    assert_eq!(scope(1), (Some("libc::malloc_trim"), Some(false)));
    assert_eq!(uses[1]["shown_at"], "src/main.rs:4:9");
}

#[test]
fn a_file_that_starts_a_process_is_shown_with_its_variables() {
    let docker = "FROM scratch\nENV TOKIO_WORKER_THREADS=1\nCMD [\"/app\"]\n";
    let tree =
        Tree::package(&[("src/main.rs", "fn main() {}\n"), ("Dockerfile", docker), ("a.sh", "exec app\n")]);
    let (_, out, _) = tree.say(&["inspect", "Dockerfile"]);
    assert!(out.contains("variables\n  line 2: TOKIO_WORKER_THREADS=1\n"), "{out}");
    let (_, out, _) = tree.say(&["inspect", "a.sh"]);
    assert!(out.starts_with("a.sh: not parsed: it sets no variable that a rule judges\n"), "{out}");
}
