//! Every case of every rule's page, with every rule on.
//!
//! `PAGE=rule-id cargo test -p runtime-policy-lints --test pages` runs one page. The form of a case is described in
//! `rules/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use runtime_policy_lints::engine::{Options, check};
use runtime_policy_lints::finding::{Level, Report};
use runtime_policy_lints::policy::{Config, Selection};
use runtime_policy_rules::Language;

/// A fenced block: what its first line says, and its text.
struct Block {
    info: String,
    text: String,
    line: usize,
}

/// One case: its files, its configuration, and whether it must be clean.
#[derive(Default)]
struct Case {
    files: Vec<(String, String)>,
    config: Option<String>,
    clean: bool,
    deps: Option<Vec<String>>,
    /// The `go` line of its module.
    go: Option<String>,
    line: usize,
}

/// What a marker asks for: file, line, rule and perhaps a level.
type Expected = BTreeSet<(String, u32, String, Option<Level>)>;

#[test]
fn every_case_of_every_page() {
    let only = std::env::var("PAGE").ok();
    let mut failures = Vec::new();
    let mut ran = 0;
    for rule in runtime_policy_rules::rules() {
        if only.as_deref().is_some_and(|only| only != rule.id) {
            continue;
        }
        for case in cases(&rule.page) {
            ran += 1;
            if let Err(failure) = run(&case) {
                failures.push(format!("{}.md, block at line {} of the page:\n{failure}", rule.id, case.line));
            }
        }
    }
    assert!(ran > 0, "no case ran");
    assert!(failures.is_empty(), "{} of {ran} cases fail\n\n{}", failures.len(), failures.join("\n"));
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let cases = page.split("\n## Cases").next().map_or(0, |before| before.lines().count());
    for (number, line) in page.lines().enumerate().skip(cases) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) if !info.is_empty() => {
                open = Some(Block { info: info.trim().to_owned(), text: String::new(), line: number + 1 });
            }
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            _ => {}
        }
    }
    found
}

fn cases(page: &str) -> Vec<Case> {
    let mut cases: Vec<(Option<String>, Case)> = Vec::new();
    let mut config = None;
    for block in blocks(page) {
        let words: Vec<&str> = block.info.split_whitespace().collect();
        let key = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).map(str::to_owned);
        if words[0] == "toml" && words.contains(&"config") {
            config = Some(block.text);
            continue;
        }
        let case_name = key("case=");
        let continues = case_name.is_some() && cases.last().is_some_and(|(name, _)| *name == case_name);
        if !continues {
            cases.push((
                case_name,
                Case { config: config.take(), line: block.line, clean: true, ..Case::default() },
            ));
        }
        let case = &mut cases.last_mut().expect("pushed just now").1;
        if words.contains(&"finding") {
            case.clean = false;
        }
        if let Some(deps) = key("deps=") {
            case.deps = Some(deps.split(',').map(str::to_owned).collect());
        }
        case.go = key("go=").or(case.go.take());
        case.files.push((key("path=").unwrap_or_else(|| usual_path(words[0], &block.text)), block.text));
    }
    cases.into_iter().map(|(_, case)| case).filter(|case| !case.files.is_empty()).collect()
}

/// Where a block's file lies unless it says so.
fn usual_path(language: &str, text: &str) -> String {
    match language {
        "rust" if text.contains("fn main") => "src/main.rs",
        "go" if text.contains("package main") => "main.go",
        "go" => "lib.go",
        _ => "src/lib.rs",
    }
    .to_owned()
}

fn run(case: &Case) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut expected = Expected::new();
    for (path, text) in &case.files {
        write(folder.path(), path, &without_markers(path, text, &mut expected));
    }
    let has = |end: &str| case.files.iter().any(|(path, _)| path.ends_with(end));
    // Files that start a process matter where there is code to start.
    let rust = has(".rs") || !has(".go");
    if rust && !has(".rs") {
        write(folder.path(), "src/lib.rs", "");
    }
    if rust && !has("Cargo.toml") {
        write(folder.path(), "Cargo.toml", &manifest(case.deps.as_deref()));
    }
    if has(".go") && !has("go.mod") {
        let go = case.go.as_deref().unwrap_or("1.25");
        write(folder.path(), "go.mod", &format!("module example.com/case\n\ngo {go}\n"));
    }
    let selected = check_case(folder.path(), case, true)?;
    let whole = check_case(folder.path(), case, false)?;
    if places(&selected) != places(&whole) {
        return Err(format!(
            "selection changes the findings: {:?} with, {:?} without",
            places(&selected),
            places(&whole)
        ));
    }
    compare(case, &selected, &expected)
}

fn check_case(root: &Path, case: &Case, select: bool) -> Result<Report, String> {
    let config = match &case.config {
        Some(text) => Config::from_text(text).map_err(|error| error.render(false))?,
        None => Config::default(),
    };
    let options = Options {
        root: root.to_owned(),
        paths: Vec::new(),
        config: Arc::new(config.with_selection(Selection { pedantic: true, ..Selection::default() })),
        select,
        threads: 1,
        today: jiff::civil::date(2026, 1, 15),
        progress: None,
        timings: None,
    };
    let report = check(&options).map_err(|error| error.to_string())?;
    match report.notices.first() {
        Some(notice) => Err(format!("{}: {}", notice.path, notice.message)),
        None => Ok(report),
    }
}

fn places(report: &Report) -> BTreeSet<(String, u32, String, Level)> {
    report
        .findings
        .iter()
        .map(|f| (f.location.path.to_string(), f.location.start.line, f.rule.to_string(), f.level))
        .collect()
}

/// Found and expected agree line by line. In a clean case, and beside markers, pedantic rules may speak.
fn compare(case: &Case, report: &Report, expected: &Expected) -> Result<(), String> {
    let mut problems = String::new();
    let marked = |path: &str, line: u32, rule: &str, level: Level| {
        expected.iter().any(|(p, l, r, wanted)| {
            p == path && *l == line && r == rule && wanted.is_none_or(|wanted| wanted == level)
        })
    };
    for finding in &report.findings {
        let (path, line) = (&*finding.location.path, finding.location.start.line);
        if !marked(path, line, &finding.rule, finding.level) && !is_pedantic(&finding.rule) {
            problems += &format!(
                "  unexpected {path}:{line} {:?} {}: {}\n",
                finding.level, finding.rule, finding.message
            );
        }
    }
    for (path, line, rule, level) in expected {
        let met = report.findings.iter().any(|finding| {
            *finding.location.path == **path
                && finding.location.start.line == *line
                && *finding.rule == **rule
                && level.is_none_or(|wanted| wanted == finding.level)
        });
        if !met {
            problems += &format!("  missing    {path}:{line} {rule} {level:?}\n");
        }
    }
    if !case.clean && expected.is_empty() {
        problems += "  a `finding` case without a marker\n";
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn is_pedantic(rule: &str) -> bool {
    runtime_policy_rules::rule(rule).is_some_and(|rule| rule.group == runtime_policy_rules::Group::Pedantic)
}

/// A text without its markers, which go to `expected`.
fn without_markers(path: &str, text: &str, expected: &mut Expected) -> String {
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        let mark = if path.ends_with(".rs") || path.ends_with(".go") { "//~" } else { "#~" };
        let (code, marker) =
            line.split_once(mark).map_or((line, None), |(code, marker)| (code, Some(marker)));
        if let Some(marker) = marker {
            let up = marker.chars().take_while(|c| *c == '^').count();
            for word in marker[up..].split(',').map(str::trim).filter(|word| !word.is_empty()) {
                let (rule, level) =
                    word.split_once('=').map_or((word, None), |(rule, level)| (rule, Some(level)));
                let level = level.map(|level| if level == "warning" { Level::Warning } else { Level::Error });
                expected.insert((path.to_owned(), (number + 1 - up) as u32, rule.to_owned(), level));
            }
        }
        out.push_str(code.trim_end());
        out.push('\n');
    }
    out
}

fn manifest(deps: Option<&[String]>) -> String {
    let names: BTreeMap<String, ()> = match deps {
        Some(deps) => deps.iter().map(|name| (name.clone(), ())).collect(),
        None => runtime_policy_rules::apis(Language::Rust)
            .iter()
            .flat_map(|api| {
                std::iter::once(api.package.to_string()).chain(api.paths.iter().filter_map(|path| {
                    Some(path.split_once("::")?.0.trim_start_matches("#[").replace('_', "-"))
                }))
            })
            .filter(|name| is_package(name))
            .map(|name| (name, ()))
            .collect(),
    };
    let mut text =
        "[package]\nname = \"a-case\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n"
            .to_owned();
    // A name that differs only in `-` and `_` is one crate in code.
    let mut seen = BTreeSet::new();
    for name in names.keys().rev().filter(|name| seen.insert(name.replace('-', "_"))) {
        text += &format!("{name} = \"*\"\n");
    }
    text
}

fn is_package(name: &str) -> bool {
    !matches!(name, "" | "std" | "core" | "alloc" | "str" | "slice" | "[T]" | "proc-macro")
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && !name.starts_with(char::is_uppercase)
}

fn write(root: &Path, path: &str, text: &str) {
    let target = root.join(path);
    std::fs::create_dir_all(target.parent().expect("a file has a folder")).expect("a temporary folder");
    std::fs::write(target, text).expect("a temporary file");
}
