//! Words in, words out: mistakes, help, lists.

use std::process::Stdio;

use super::tree::{Tree, command};

fn empty() -> Tree {
    Tree::new(&[])
}

#[test]
fn mistakes_on_the_command_line_exit_with_2_and_say_what_was_meant() {
    let tree = empty();
    for (arguments, says) in [
        (&["check", "--select", "manual-gcc"][..], "unknown rule `manual-gcc`; did you mean `manual-gc`?"),
        (
            &["--ignore", "profile-rate,nope"],
            "unknown rule `nope`; `cargo runtime-policy rules` lists all rules",
        ),
        (&["explain", "host-cpu"], "did you mean `host-cpu-count`?"),
        (&["chekc"], "did you mean `check`?"),
        (&["no/such/path"], "cannot open `no/such/path`"),
        (&["--format", "sarrif"], "'sarif'"),
        (&["--fail-on", "info"], "possible values: error, warning, never"),
        (&["--unsafe-fixes"], "`--unsafe-fixes` needs `--fix` or `--diff`"),
        (&["--today", "2026-13-01"], "`2026-13-01` is not a day: write YYYY-MM-DD"),
        (&["--baseline", "none.txt"], "cannot read the baseline `none.txt`"),
        (&["--output", "no/such/folder/report.json"], "cannot write `no/such/folder/report.json`"),
        (&["--config", "none.toml"], "cannot read the configuration"),
        (&["--root", "nowhere"], "cannot open `nowhere`"),
        (&["--deny-warnings", "--fail-on", "never"], "cannot be used with"),
        (&["config"], "Usage:"),
    ] {
        let (code, _, error) = tree.say(arguments);
        assert_eq!(code, 2, "{arguments:?}: {error}");
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[test]
fn a_wrong_configuration_is_shown_at_its_place() {
    let tree = Tree::new(&[
        ("runtime-policy.toml", "[levels]\nmanual-gc = \"warn\"\n"),
        ("other.toml", "exclude = [\"gen/**\"]\n[startup]\nowner = []\n"),
    ]);
    for command in [&["check"][..], &["config", "verify"], &["rules"], &["explain", "manual-gc"]] {
        let (code, out, error) = tree.say(command);
        assert_eq!((code, out.as_str()), (2, ""), "{command:?}");
        insta::assert_snapshot!("wrong_level", error);
    }
    let (code, _, error) = tree.say(&["--config", "other.toml"]);
    assert_eq!(code, 2);
    insta::assert_snapshot!("wrong_key", error);
    assert_eq!(tree.say(&["rules", "--no-config"]).0, 0);
}

#[test]
fn a_wrong_nested_configuration_is_found() {
    let tree = Tree::new(&[
        ("runtime-policy.toml", "[levels]\nmanual-gc = \"warning\"\n"),
        ("web/runtime-policy.toml", "[levels]\nmanual-cg = \"warning\"\n"),
    ]);
    let (code, _, error) = tree.say(&["config", "verify"]);
    assert_eq!(code, 2);
    assert!(error.contains("web/runtime-policy.toml:2:1"), "{error}");
    assert!(error.contains("did you mean `manual-gc`?"), "{error}");
}

#[test]
fn init_writes_a_file_that_changes_nothing_and_overwrites_none() {
    let tree = empty();
    let before = tree.say(&["rules"]);
    assert_eq!(tree.say(&["init"]).0, 0);
    assert_eq!(tree.say(&["rules"]), before);
    assert_eq!(tree.say(&["config", "verify"]).1, "runtime-policy.toml: ok\n");
    std::fs::write(tree.path().join("runtime-policy.toml"), "# mine\n").expect("written");
    let (code, _, error) = tree.say(&["init"]);
    assert_eq!(
        (code, error.as_str()),
        (2, "error: `ROOT/runtime-policy.toml` is there already and stays as it is\n")
    );
    assert_eq!(std::fs::read_to_string(tree.path().join("runtime-policy.toml")).expect("read"), "# mine\n");
}

#[test]
fn rules_are_listed_for_people_and_for_programs() {
    let tree = empty();
    let (code, table, _) = tree.say(&["rules"]);
    assert_eq!(code, 0);
    let (_, json, _) = tree.say(&["rules", "--format", "json"]);
    let ids: Vec<String> = json
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
        .map(|rule| rule["id"].as_str().expect("an id").to_owned())
        .collect();
    let names: Vec<&str> = table.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names, ids);
    assert!(ids.is_sorted() && ids.iter().any(|id| id == "manual-gc"));
    for id in &ids {
        let (code, page, _) = tree.say(&["explain", id]);
        assert_eq!(code, 0);
        assert!(page.starts_with(&format!("# {id}\n")), "{page}");
    }
}

#[test]
fn a_rule_of_ones_own_is_listed_and_explained() {
    let rule = r#"
        [[rule]]
        id = "flags-only-in-main"
        shape = "placement"
        apis = ["acme_flags::Client::connect"]
        message = "a feature-flag client is connected outside of start-up"
        why = "each client polls the flag service by itself"
        help = "connect once in main and pass the client on"
        level = "error"
    "#;
    let tree = Tree::new(&[("runtime-policy.toml", rule)]);
    let (_, table, _) = tree.say(&["rules"]);
    assert!(table.contains("flags-only-in-main           error"), "{table}");
    let (_, page, _) = tree.say(&["explain", "flags-only-in-main"]);
    assert!(page.contains("each client polls the flag service by itself"), "{page}");
    assert_eq!(tree.say(&["--select", "flags-only-in-main"]).0, 0);

    let below = Tree::new(&[("web/runtime-policy.toml", rule)]);
    assert_eq!(below.say(&["explain", "flags-only-in-main"]).1, page.replace("`runtime", "`web/runtime"));
    assert_eq!(below.say(&["--select", "flags-only-in-main"]).0, 0);
}

#[test]
fn the_schema_and_the_shown_configuration_can_be_read_back() {
    let tree =
        Tree::new(&[("runtime-policy.toml", "levels = { manual-gc = \"info\" }\nexclude = [\"gen\"]\n")]);
    let (_, schema, _) = tree.say(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert!(jsonschema::validator_for(&schema).is_ok());
    let (_, shown, _) = tree.say(&["config", "show", "src/a.rs"]);
    assert!(shown.contains("manual-gc = \"info\"") && shown.contains("exclude = [\"gen\"]"), "{shown}");
    let again = Tree::new(&[("runtime-policy.toml", &shown)]);
    assert_eq!(again.say(&["config", "show", "src/a.rs"]).1, shown);
}

#[test]
fn every_shell_and_man_are_served() {
    let tree = empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (code, text, _) = tree.say(&["completions", shell]);
        assert_eq!(code, 0);
        assert!(text.contains("--fail-on") || text.contains("fail-on"), "{shell}");
    }
    assert!(tree.say(&["man"]).1.contains(".TH cargo-runtime-policy"));
}

#[test]
fn cargos_own_call_and_the_bare_program_agree() {
    let tree = empty();
    let bare = command(tree.path()).arg("rules").output().expect("runs");
    assert_eq!(bare.stdout, tree.run(&["rules"]).stdout);
}

#[test]
fn inside_actions_annotations_are_the_usual_format() {
    let tree = empty();
    let run = |arguments: &[&str]| {
        command(tree.path()).env("GITHUB_ACTIONS", "true").args(arguments).output().expect("runs").stdout
    };
    assert_eq!(String::from_utf8_lossy(&run(&["check"])), "", "no annotation, no word");
    assert!(String::from_utf8_lossy(&run(&["check", "--format", "human"])).starts_with("no findings in "));
}

#[test]
fn statistics_leave_the_report_alone() {
    let tree = empty();
    let (plain, counted) =
        (tree.say(&["--format", "sarif"]), tree.say(&["--format", "sarif", "--statistics"]));
    assert_eq!((counted.0, &counted.1), (plain.0, &plain.1));
    assert!(counted.2.contains("files found") && !plain.2.contains("files found"));
}

#[test]
fn a_report_in_a_file_leaves_a_summary_on_standard_error() {
    let tree = empty();
    let (code, out, error) = tree.say(&["--format", "sarif", "--output", "report.sarif"]);
    assert_eq!((code, out.as_str()), (0, ""));
    assert!(error.starts_with("no findings in "), "{error}");
    let report = std::fs::read_to_string(tree.path().join("report.sarif")).expect("written");
    assert!(serde_json::from_str::<serde_json::Value>(&report).is_ok());
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let tree = empty();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("cargo-runtime-policy"))
        .current_dir(tree.path())
        .args(["completions", "zsh"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_damaged_baseline_is_refused_with_its_line() {
    let tree = Tree::new(&[("base.txt", "# header\n<<<<<<< ours\n")]);
    let (code, _, error) = tree.say(&["--baseline", "base.txt"]);
    assert_eq!(code, 2);
    assert!(error.contains("`base.txt` is damaged: line 2: an unresolved merge conflict"), "{error}");
}
