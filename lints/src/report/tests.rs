use std::sync::Arc;

use super::*;
use crate::finding::tests::finding;
use crate::finding::{
    Applicability, Approvals, Counts, Edit, Finding, Fix, Lift, Notice, Position, Related, Suppressed,
};
use crate::source::{Source, Span};

const MAIN: &str = "fn main() {\n    let größe = 3; runtime::build(größe);\n    serve();\n}\n\nfn reload() {\n    runtime::build(8);\n}\n";
const HOSTILE: &str = "fn a() {\n    gc(\"\u{1b}[2J\u{9b}31m\u{202e}\");\n}\n";

/// Texts by path.
struct Texts(Vec<Arc<Source>>);

impl Sources for Texts {
    fn read(&self, path: &str) -> Option<Arc<Source>> {
        self.0.iter().find(|source| *source.path == *path).cloned()
    }
}

fn texts() -> Texts {
    let source = |path: &str, text: &str| Arc::new(Source::new(path.into(), text));
    Texts(vec![
        source("src/main.rs", MAIN),
        source("src/ho,stile:1.rs", HOSTILE),
        source("src/other.rs", "a\nserve()\n"),
    ])
}

/// A finding at the first occurrence of a text.
fn at(rule: &str, source: &Source, text: &str) -> Finding {
    let start = source.text.find(text).unwrap_or_else(|| panic!("{text} is not there"));
    let location = source.location(Span::new(start, start + text.len()));
    Finding { location, ..finding(rule, &source.path, 1) }
}

/// One of everything that a report can hold.
fn report(texts: &Texts) -> Report {
    let [main, hostile, other] = texts.0.as_slice() else { panic!("three texts") };
    let mut tuned = at("tuning-outside-main", main, "runtime::build(größe)");
    tuned.message = "`runtime::build` is called from two places".to_owned();
    tuned.related = vec![
        Related {
            location: at("", main, "runtime::build(8)").location,
            message: "the second owner".to_owned(),
        },
        Related { location: at("", other, "serve()").location, message: "serving begins here".to_owned() },
    ];
    let edit = at("", main, "größe)").location;
    tuned.fix = Some(Fix {
        title: "let the runtime choose".to_owned(),
        edits: vec![Edit {
            path: main.path.clone(),
            start: edit.start.byte,
            end: edit.end.byte - 1,
            replacement: "runtime::default_size()".to_owned(),
        }],
        applicability: Applicability::Unsafe,
    });
    let mut collected = at("manual-gc", hostile, "gc(\"\u{1b}[2J\u{9b}31m\u{202e}\")");
    collected.message =
        "100% of \u{1b}[31m`gc`\u{202e}\n::error::<injected attribute=\"x\"> & more]]>".to_owned();
    let mut disabled = finding("collector-disabled", "gone.rs", 4);
    disabled.approvals = Some(Approvals { needed: 2, given: vec!["ann".to_owned()] });
    disabled.related = vec![Related { location: disabled.location.clone(), message: "set here".to_owned() }];
    let mut counted = at("host-cpu-count", main, "serve()");
    counted.level = Level::Warning;
    let mut twice = counted.clone();
    twice.level = Level::Info;
    let mut lifted = finding("manual-gc", "src/other.rs", 1);
    lifted.location.end = Position { byte: 1, line: 1, column: 2 };
    Report {
        findings: vec![disabled, collected, tuned, counted, twice],
        suppressed: vec![
            Suppressed { finding: lifted.clone(), by: Lift::InSource, reason: "nightly \"job\"".to_owned() },
            Suppressed { finding: lifted, by: Lift::Baseline, reason: String::new() },
        ],
        notices: vec![Notice {
            path: "src/bro ken.rs".into(),
            place: Some((3, 7)),
            message: "expected `;`, so the file was not checked".to_owned(),
        }],
        counts: Counts { files: 12, ..Counts::default() },
        ..Report::default()
    }
}

fn print(format: Format, report: &Report, texts: &Texts, color: bool) -> String {
    let rules: Vec<&Rule> = runtime_policy_rules::rules()
        .iter()
        .filter(|rule| ["manual-gc", "collector-disabled"].contains(&rule.id.as_ref()))
        .collect();
    let context = Context { sources: texts, rules: &rules, color, prefix: "" };
    let mut out = Vec::new();
    write(format, report, &context, &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

fn printed(format: Format) -> String {
    let texts = texts();
    print(format, &report(&texts), &texts, false)
}

#[test]
fn every_format() {
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Sarif) {
        insta::assert_snapshot!(format.name(), printed(format));
    }
}

/// The rules' pages are left out, so that a better page changes no snapshot.
#[test]
fn sarif() {
    let mut log: serde_json::Value = serde_json::from_str(&printed(Format::Sarif)).expect("JSON");
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().expect("rules") {
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.contains("## ")));
        rule["help"] = "…".into();
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).expect("JSON"));
}

#[test]
fn no_findings() {
    let texts = texts();
    let all = Format::ALL
        .into_iter()
        .filter(|format| *format != Format::Sarif)
        .map(|format| format!("{}:\n{}", format.name(), print(format, &Report::default(), &texts, false)))
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(all);
}

#[test]
fn hostile_text_steers_no_terminal() {
    let texts = texts();
    let report = report(&texts);
    for format in
        [Format::Human, Format::Short, Format::Github, Format::Agent, Format::Junit, Format::Checkstyle]
    {
        let text = print(format, &report, &texts, false);
        let hostile: Vec<char> = text
            .chars()
            .filter(|character| {
                (character.is_control() && *character != '\n') || matches!(character, '\u{202a}'..='\u{202e}')
            })
            .collect();
        assert_eq!(hostile, Vec::<char>::new(), "{}", format.name());
    }
}

#[test]
fn a_finding_is_one_line_where_the_format_says_so() {
    for format in [Format::Short, Format::Json, Format::Github, Format::Agent] {
        assert_eq!(printed(format).lines().count(), 5, "{}", format.name());
    }
}

#[test]
fn colours_only_where_allowed() {
    let texts = texts();
    let report = report(&texts);
    assert!(print(Format::Human, &report, &texts, true).contains("\u{1b}["));
    assert!(!print(Format::Human, &report, &texts, false).contains('\u{1b}'));
}

#[test]
fn a_file_that_changed_since_is_shown_without_its_text() {
    let texts = texts();
    let report = report(&texts);
    let changed = Texts(vec![Arc::new(Source::new("src/main.rs".into(), "fn ä() {}\n"))]);
    for format in Format::ALL {
        let text = print(format, &report, &changed, false);
        assert!(text.contains("main.rs"), "{}", format.name());
        assert!(!text.contains("fn ä"), "{}", format.name());
    }
}

#[test]
fn xml_can_be_read_back() {
    for format in [Format::Junit, Format::Checkstyle] {
        let text = printed(format);
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{}: {error}", format.name()),
            }
        }
    }
}

/// The schema of the standard, which a library that we only test with ships.
fn sarif_schema() -> serde_json::Value {
    let run = |program: &str, arguments: &[&str]| {
        let output = std::process::Command::new(program).args(arguments).output().expect(program);
        String::from_utf8(output.stdout).expect("text")
    };
    let version = run("rustc", &["-vV"]);
    // Without a platform, cargo wants the packages of all platforms, which a build has not brought in.
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = run(
        "cargo",
        &[
            "metadata",
            "--format-version=1",
            "--offline",
            "--filter-platform",
            host,
            "--manifest-path",
            manifest,
        ],
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let library = packages.iter().find(|package| package["name"] == "serde-sarif").expect("a dev-dependency");
    let folder =
        std::path::Path::new(library["manifest_path"].as_str().expect("a path")).with_file_name("src");
    let text = std::fs::read_to_string(folder.join("schema.json")).expect("the schema");
    let mut schema: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    // A regular expression with a bracket too many, which only some readers take, for a property we do not write.
    for definition in ["run", "toolComponent"] {
        schema["definitions"][definition]["properties"]["language"] = serde_json::json!({});
    }
    schema
}

#[test]
fn sarif_passes_the_schema_of_the_standard() {
    let schema = sarif_schema();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let texts = texts();
    for report in [report(&texts), Report::default()] {
        let log: serde_json::Value =
            serde_json::from_str(&print(Format::Sarif, &report, &texts, false)).expect("JSON");
        let errors: Vec<String> =
            validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        serde_json::from_value::<serde_sarif::sarif::Sarif>(log)
            .expect("a log in the eyes of another reader");
    }
}
