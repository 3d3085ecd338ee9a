//! What is found, how it is printed, and how the run ends.

use super::tree::{TRIM, Tree, command};

fn broken() -> Tree {
    Tree::package(&[("src/lib.rs", TRIM)])
}

#[test]
fn a_finding_fails_the_run_and_is_told_in_every_format() {
    let tree = broken();
    let mut formats = 0;
    for name in
        ["human", "short", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "agent"]
    {
        let (code, out, error) = tree.say(&["--format", name]);
        assert_eq!((code, error.as_str()), (1, ""), "{name}");
        for seen in ["manual-gc", "src/lib.rs", "malloc_trim"] {
            assert!(out.contains(seen), "{name} does not say {seen}: {out}");
        }
        formats += 1;
    }
    let (_, help, _) = tree.say(&["check", "--help"]);
    let listed =
        help.lines().skip_while(|line| !line.contains("--format")).filter(|line| line.contains("- "));
    assert!(listed.count() >= formats, "{help}");
}

#[test]
fn the_json_line_says_what_where_why_and_what_to_do() {
    let (_, out, _) = broken().say(&["--format", "json"]);
    let line: serde_json::Value = serde_json::from_str(&out).expect("one line");
    assert_eq!(line["path"], "src/lib.rs");
    assert_eq!([&line["line"], &line["column"], &line["end_line"]], [2, 14, 2]);
    for key in ["message", "why", "help"] {
        assert!(!line[key].as_str().expect("text").is_empty(), "{key}");
    }
    assert_eq!(line["fingerprint"].as_str().expect("text").len(), 32);
}

#[test]
fn a_fingerprint_survives_moved_lines() {
    let fingerprint = |text: &str| {
        let (_, out, _) = Tree::package(&[("src/lib.rs", text)]).say(&["--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&out).expect("one line")["fingerprint"].clone()
    };
    assert_eq!(fingerprint(TRIM), fingerprint(&format!("//! Moved.\n\n\n{TRIM}")));
    assert_ne!(fingerprint(TRIM), fingerprint(&TRIM.replace("tidy", "sweep")));
}

#[test]
fn the_level_and_the_command_line_decide_how_the_run_ends() {
    let tree = broken();
    for (level, arguments, ends) in [
        ("error", &[][..], 1),
        ("error", &["--fail-on", "never"], 0),
        ("warning", &[], 0),
        ("warning", &["--fail-on", "warning"], 1),
        ("warning", &["--deny-warnings"], 1),
        ("info", &["--deny-warnings"], 0),
        ("off", &["--deny-warnings"], 0),
        ("off", &["--deny-warnings", "--select", "manual-gc"], 1),
        ("error", &["--ignore", "manual-gc"], 0),
        ("error", &["--select", "profile-rate"], 0),
    ] {
        tree.write("runtime-policy.toml", &format!("[levels]\nmanual-gc = \"{level}\"\n"));
        assert_eq!(tree.say(arguments).0, ends, "{level} {arguments:?}");
    }
}

#[test]
fn code_that_does_not_run_in_production_is_left_alone() {
    let test =
        "#[cfg(test)]\nmod tests {\n    fn tidy() {\n        unsafe { libc::malloc_trim(0) };\n    }\n}\n";
    let tree = Tree::package(&[
        ("src/lib.rs", test),
        ("tests/all.rs", TRIM),
        ("benches/speed.rs", TRIM),
        ("examples/show.rs", TRIM),
        ("build.rs", "fn main() {\n    unsafe { libc::malloc_trim(0) };\n}\n"),
    ]);
    assert_eq!(tree.found(&[]), [""; 0]);
}

#[test]
fn paths_narrow_what_is_reported_and_not_what_is_known() {
    let tree = Tree::package(&[
        ("src/main.rs", "mod boot;\nfn main() {\n    boot::size();\n}\n"),
        ("src/boot.rs", "pub fn size() {\n    unsafe { libc::mallopt(libc::M_ARENA_MAX, 2) };\n}\n"),
        ("src/other.rs", TRIM),
    ]);
    assert_eq!(tree.found(&["src/other.rs"]), ["src/other.rs:2 manual-gc error"]);
    // That only `main` calls `size` is known although `main.rs` is not reported on.
    assert_eq!(tree.found(&["src/boot.rs"]), [""; 0]);
    assert_eq!(tree.found(&["src"]), ["src/other.rs:2 manual-gc error"]);
}

#[test]
fn a_lone_file_and_a_folder_without_a_manifest_are_checked_as_well() {
    let tree = Tree::new(&[("notes/tidy.rs", TRIM)]);
    let expected = ["notes/tidy.rs:2 manual-gc error"];
    assert_eq!(tree.found(&[]), expected);
    assert_eq!(tree.found(&["notes/tidy.rs"]), expected);
    assert_eq!(tree.found(&["--root", "notes"]), ["tidy.rs:2 manual-gc error"]);
}

#[test]
fn an_empty_folder_is_clean() {
    assert_eq!(Tree::new(&[]).say(&[]), (0, "no findings in 0 files\n".into(), String::new()));
}

#[test]
fn inside_actions_a_finding_is_an_annotation_under_the_checkouts_path() {
    let tree = Tree::new(&[("service/src/lib.rs", TRIM)]);
    let run = command(&tree.path().join("service"))
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_WORKSPACE", tree.path())
        .output()
        .expect("runs");
    let out = String::from_utf8_lossy(&run.stdout);
    assert!(out.starts_with("::error file=service/src/lib.rs,line=2,"), "{out}");
}

#[test]
fn colours_are_used_when_asked_for_alone() {
    let tree = broken();
    assert!(!tree.say(&[]).1.contains('\u{1b}'));
    assert!(tree.say(&["--color", "always"]).1.contains('\u{1b}'));
}

#[test]
fn what_to_do_instead_depends_on_the_defaults_that_a_go_program_runs_under() {
    let tuned = "package main\n\nimport (\n\t\"net/http\"\n\t\"runtime\"\n)\n\nfunc main() {\n\t\
                 http.HandleFunc(\"/\", func(http.ResponseWriter, *http.Request) { runtime.GOMAXPROCS(4) })\n\t\
                 _ = http.ListenAndServe(\"localhost:80\", nil)\n}\n";
    let help = |directives: &str, work: &[(&str, &str)]| {
        let manifest = format!("module example.com/m\n\n{directives}\n");
        let files = [("app/go.mod", manifest.as_str()), ("app/main.go", tuned)];
        let tree = Tree::new(&[&files[..], work].concat());
        let (_, out, _) = tree.say(&["--format", "json"]);
        let line = out.lines().find(|line| line.contains("GOMAXPROCS")).expect("a finding").to_owned();
        (line.contains("leave it out"), line.contains("automaxprocs"))
    };
    let (present, older) = ((true, false), (false, true));
    assert_eq!(help("go 1.25.1", &[]), present);
    assert_eq!(help("go 1.24", &[]), older);
    assert_eq!(help("go 1.24\ntoolchain go1.26.0", &[]), older, "what builds changes no defaults");
    assert_eq!(help("go 1.24", &[("go.work", "go 1.25\n\nuse ./app\n")]), present);
    assert_eq!(
        help("go 1.24", &[("go.work", "go 1.25\n\nuse ./other\n"), ("other/go.mod", "module o\n")]),
        older
    );
}

#[test]
fn many_findings_of_the_same_words_are_shown_once_with_all_places() {
    let calls: String = (0..6).map(|n| format!("func F{n}() {{ runtime.GC() }}\n")).collect();
    let text = format!("package p\n\nimport \"runtime\"\n\n{calls}");
    let tree = Tree::new(&[("go.mod", "module example.com/p\n\ngo 1.25\n"), ("p.go", text.as_str())]);
    let (_, out, _) = tree.say(&["--format", "human"]);
    assert_eq!(out.matches("error[manual-gc]").count(), 1, "{out}");
    assert!(out.contains("the same at 5 more places:") && out.contains("p.go:6,7,8,9,10"), "{out}");
    assert!(out.contains("6 errors in 1 file"), "{out}");
    assert_eq!(tree.found(&[]).len(), 6);
}
