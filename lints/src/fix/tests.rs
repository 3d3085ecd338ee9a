use std::cell::Cell;
use std::convert::Infallible;
use std::path::PathBuf;

use super::*;
use crate::finding::tests::finding;
use crate::finding::{Applicability, Edit, Finding, Fix};
use crate::source::Source;

/// A folder with files, and reports about them.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Tree {
        let tree = Tree(tempfile::tempdir().expect("a folder"));
        for (path, text) in files {
            std::fs::write(tree.0.path().join(path), text).expect("written");
        }
        tree
    }

    fn root(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.0.path().join(path)).expect("read")
    }

    /// A finding, with a fix, at every occurrence of each text.
    fn report(&self, path: &str, replacements: &[(&str, &str, Applicability)]) -> Report {
        let text = self.text(path);
        let mut report = Report::default();
        for (from, to, applicability) in replacements {
            for (at, _) in text.match_indices(from) {
                report.findings.push(fixed(path, at, from, to, *applicability));
            }
        }
        report.remember(&Source::new(path.into(), text));
        report
    }

    fn git(&self, arguments: &[&str]) {
        let config = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let done = std::process::Command::new("git")
            .current_dir(self.0.path())
            .args(config)
            .args(arguments)
            .output()
            .expect("git");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

fn fixed(path: &str, at: usize, from: &str, to: &str, applicability: Applicability) -> Finding {
    let edit = Edit {
        path: path.into(),
        start: at as u32,
        end: (at + from.len()) as u32,
        replacement: to.to_owned(),
    };
    let fix = Fix { title: "mend it".to_owned(), edits: vec![edit], applicability };
    Finding { fix: Some(fix), ..finding("host-cpu-count", path, 1) }
}

const SAFE: Applicability = Applicability::Safe;

fn reasons(refused: &[Refusal]) -> Vec<&'static str> {
    refused.iter().map(|refusal| refusal.reason).collect()
}

#[test]
fn fixes_keep_all_else_and_unsafe_ones_wait_to_be_asked_for() {
    let tree = Tree::new(&[("a.rs", "fn a() { one( ); /* two() */\r\n  two(); }\n")]);
    let report = tree.report("a.rs", &[("one( )", "won()", SAFE), ("two();", "2;", Applicability::Unsafe)]);
    let careful = plan(&tree.root(), &report, false);
    assert_eq!(careful.changes[0].after, "fn a() { won(); /* two() */\r\n  two(); }\n");
    let bold = plan(&tree.root(), &report, true);
    assert_eq!(bold.changes[0].after, "fn a() { won(); /* two() */\r\n  2; }\n");
    assert_eq!((careful.fixes, bold.fixes), (1, 2));
}

#[test]
fn a_fix_that_breaks_the_code_is_refused_and_the_others_are_not() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(); two(); }\n")]);
    let report = tree.report("a.rs", &[("one()", "one(", SAFE), ("two()", "2", SAFE)]);
    let plan = plan(&tree.root(), &report, false);
    assert_eq!(plan.changes[0].after, "fn a() { one(); 2; }\n");
    assert_eq!(reasons(&plan.refused), ["a fix would leave code that does not parse"]);
}

#[test]
fn a_file_that_changed_since_it_was_checked_is_refused() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(); }\n")]);
    let report = tree.report("a.rs", &[("one()", "1", SAFE)]);
    std::fs::write(tree.root().join("a.rs"), "fn b() { one(); }\n").expect("written");
    let changed = plan(&tree.root(), &report, false);
    assert_eq!(
        (changed.changes.len(), reasons(&changed.refused)),
        (0, vec!["it has changed since it was checked"])
    );
    std::fs::remove_file(tree.root().join("a.rs")).expect("removed");
    assert_eq!(reasons(&plan(&tree.root(), &report, false).refused), ["it cannot be read again"]);
}

#[test]
fn overlapping_fixes_take_turns_until_none_is_left() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(two()); }\n")]);
    let outcome = run(&tree.root(), Settings::default(), || {
        Ok::<_, Infallible>(tree.report("a.rs", &[("one(two())", "one(2)", SAFE), ("one(", "won(", SAFE)]))
    });
    let outcome = outcome.expect("fixed");
    assert_eq!(tree.text("a.rs"), "fn a() { won(2); }\n");
    assert_eq!((outcome.applied, outcome.report.findings.len()), (2, 0));
}

#[test]
fn fixes_that_undo_each_other_end() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(); }\n")]);
    let rounds = Cell::new(0);
    let outcome = run(&tree.root(), Settings::default(), || {
        rounds.set(rounds.get() + 1);
        let (from, to) = if rounds.get() % 2 == 1 { ("one()", "two()") } else { ("two()", "one()") };
        Ok::<_, Infallible>(tree.report("a.rs", &[(from, to, SAFE)]))
    });
    assert_eq!(outcome.expect("ends").applied, ROUNDS);
}

#[test]
fn the_same_mend_asked_for_twice_is_made_once() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(); }\n")]);
    let mut report = tree.report("a.rs", &[("one()", "1", SAFE)]);
    report.findings.push(report.findings[0].clone());
    assert_eq!(plan(&tree.root(), &report, false).fixes, 1);
}

#[test]
fn what_git_does_not_have_is_not_touched() {
    let tree = Tree::new(&[("a.rs", "fn a() { one(); }\n"), ("b.rs", "fn b() { one(); }\n")]);
    tree.git(&["init", "-q"]);
    tree.git(&["add", "a.rs"]);
    tree.git(&["commit", "-q", "-m", "first"]);
    let fix = |path: &'static str, allow_dirty| {
        let settings = Settings { allow_dirty, ..Settings::default() };
        run(&tree.root(), settings, || Ok::<_, Infallible>(tree.report(path, &[("one()", "1", SAFE)])))
    };
    let refusal = |path| fix(path, false).expect_err("dirty").to_string();
    assert!(refusal("b.rs").contains("not in git") && refusal("b.rs").contains("b.rs"), "not tracked");
    assert_eq!(fix("a.rs", false).expect("clean").applied, 1);
    std::fs::write(tree.root().join("a.rs"), "fn a() { one(); one(); }\n").expect("written");
    assert!(refusal("a.rs").contains("a.rs"), "changed");
    assert_eq!(tree.text("a.rs"), "fn a() { one(); one(); }\n");
    tree.git(&["add", "a.rs"]);
    assert_eq!(fix("a.rs", false).expect("staged").applied, 2);
    assert_eq!(fix("b.rs", true).expect("asked for").applied, 1);
}

#[test]
fn the_diff_is_one_that_patch_takes() {
    let tree = Tree::new(&[("a.rs", "fn a() {\n    one();\n}\n")]);
    let report = tree.report("a.rs", &[("one()", "1", SAFE)]);
    insta::assert_snapshot!(diff(&plan(&tree.root(), &report, false).changes), @r"
    --- a/a.rs
    +++ b/a.rs
    @@ -1,3 +1,3 @@
     fn a() {
    -    one();
    +    1;
     }
    ");
}
