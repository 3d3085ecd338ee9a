//! What the documents say is true.

use std::path::{Path, PathBuf};

use super::tree::Tree;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn documents() -> Vec<(PathBuf, String)> {
    let files = std::fs::read_dir(root().join("docs")).expect("docs").flatten().map(|entry| entry.path());
    let pages = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    pages.map(|file| (file.clone(), std::fs::read_to_string(file).expect("read"))).collect()
}

/// Fenced blocks in a language.
fn blocks<'t>(text: &'t str, language: &'t str) -> impl Iterator<Item = &'t str> {
    let blocks = text.split("\n```").skip(1).step_by(2);
    blocks.filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}

#[test]
fn every_configuration_in_the_documents_is_valid() {
    let mut checked = 0;
    for (file, text) in documents() {
        for block in blocks(&text, "toml") {
            let tree = Tree::new(&[("runtime-policy.toml", block)]);
            let (code, _, error) = tree.say(&["config", "verify"]);
            assert_eq!(code, 0, "{}: {error}", file.display());
            checked += 1;
        }
    }
    assert!(checked >= 5, "{checked}");
}

#[test]
fn every_suppression_in_the_documents_is_understood() {
    let mut checked = 0;
    for (file, text) in documents() {
        for block in blocks(&text, "rust") {
            let found = Tree::package(&[("src/lib.rs", block)]).found(&["--today", "2027-01-01"]);
            assert_eq!(found, [""; 0], "{}: {block}", file.display());
            checked += 1;
        }
    }
    assert!(checked >= 1, "{checked}");
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let text = std::fs::read_to_string(root().join("docs/architecture.md")).expect("read");
    let mut named = 0;
    for row in text.lines().filter(|line| line.starts_with('|') && line.contains(".rs`: ")) {
        let tests = row.trim_end_matches([' ', '|']).rsplit('|').next().unwrap_or("");
        for group in tests.split(';') {
            let mut names = group.split('`').skip(1).step_by(2);
            let file = names.next().expect("a file");
            let source = std::fs::read_to_string(root().join(file)).unwrap_or_default();
            for test in names {
                assert!(has_test(&source, test), "{file}: {test}");
                named += 1;
            }
        }
    }
    assert!(named >= 15, "{named}");
}

/// Whether a source has a test of that name: a plain one, an asynchronous one, or one of properties.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    lines.windows(2).any(|pair| {
        let declared = pair[1].trim_start_matches("async ").strip_prefix("fn ");
        matches!(pair[0], "#[test]" | "#[tokio::test]")
            && declared.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
    })
}

#[test]
fn every_format_has_its_line() {
    let text = std::fs::read_to_string(root().join("docs/output-formats.md")).expect("read");
    for format in runtime_policy_lints::report::Format::ALL {
        assert!(text.contains(&format!("\n| `{}` |", format.name())), "{}", format.name());
    }
}

/// `UPDATE_CHECKLIST=1` writes the list.
#[test]
fn the_go_checklists_own_code_is_judged_as_the_page_says() {
    let page = root().join("docs/go-checklist.md");
    let text = std::fs::read_to_string(&page).expect("read");
    let mut command = super::tree::command(&root().join("test-cases/go-checklist"));
    command.args(["runtime-policy", "check", "--no-config", "--format", "short"]);
    let output = command.output().expect("runs");
    let findings = String::from_utf8(output.stdout).expect("text");
    let list = format!("<!-- findings -->\n```text\n{findings}```\n<!-- /findings -->");
    let (before, rest) = text.split_once("<!-- findings -->").expect("a mark");
    let (old, after) = rest.split_once("<!-- /findings -->").expect("its end");
    if std::env::var_os("UPDATE_CHECKLIST").is_some() {
        std::fs::write(&page, format!("{before}{list}{after}")).expect("written");
    } else {
        assert_eq!(format!("<!-- findings -->{old}<!-- /findings -->"), list);
    }
}
