//! `inspect`: why a file was skipped or parsed, and what was seen in it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use runtime_policy_lints::engine::{self, Inspection, Judge, Use};
use runtime_policy_lints::finding::Level;
use runtime_policy_lints::visible::visible;

use crate::arguments::{Common, InspectFormat, Scan};
use crate::output::{self, Failure};
use crate::run;

/// Runs `inspect`.
pub fn run(common: &Common, file: PathBuf, format: InspectFormat) -> Result<ExitCode, Failure> {
    let options = run::options(common, &Scan { paths: vec![file], ..Scan::default() })?;
    let Some(file) = options.paths.first().filter(|path| path.is_file()) else {
        return Err(Failure::new("`inspect` takes a file; `check --statistics` looks at a folder"));
    };
    let inspection = engine::inspect(&options, file)?;
    let text = match format {
        InspectFormat::Human => human(&inspection),
        InspectFormat::Json => {
            serde_json::to_string(&inspection).map_err(|error| Failure::new(error.to_string()))? + "\n"
        }
    };
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn human(inspection: &Inspection) -> String {
    let mut text = String::new();
    let verdict = match &inspection.skipped {
        Some(why) => format!("not parsed: {why}"),
        None if inspection.items == 0 => "read for the variables that it sets".to_owned(),
        None => format!("parsed {} of {} items", inspection.parsed.len(), inspection.items),
    };
    line(&mut text, 0, &format!("{}: {verdict}", inspection.path));
    match (inspection.role, &inspection.package) {
        (Some(role), Some(package)) => line(&mut text, 1, &format!("{role} code of the package `{package}`")),
        (Some(role), None) => line(&mut text, 1, &format!("{role} code, in no package")),
        _ => {}
    }
    for notice in &inspection.notices {
        line(&mut text, 1, &format!("warning: {notice}"));
    }
    if !inspection.settings.is_empty() {
        line(&mut text, 0, "variables");
    }
    for variable in &inspection.settings {
        line(&mut text, 1, &format!("line {}: {}={}", variable.line, variable.name, variable.value));
    }
    words(&mut text, inspection);
    if !inspection.parsed.is_empty() {
        line(&mut text, 0, "items");
    }
    for item in &inspection.parsed {
        let lines = match item.line == item.end_line {
            true => format!("line {}", item.line),
            false => format!("lines {} to {}", item.line, item.end_line),
        };
        line(&mut text, 1, format!("{} {}, {lines}", item.kind, item.name).trim());
    }
    if !inspection.parsed.is_empty() {
        let none = if inspection.uses.is_empty() { ": none" } else { "" };
        line(&mut text, 0, &format!("uses of catalogued APIs{none}"));
    }
    for found in &inspection.uses {
        used(&mut text, found);
    }
    text
}

/// Each word once, with its places.
fn words(text: &mut String, inspection: &Inspection) {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for word in &inspection.words {
        places.entry(&word.word).or_default().push(format!("{}:{}", word.line, word.column));
    }
    if !places.is_empty() {
        line(text, 0, "words");
    }
    for (word, places) in places {
        line(text, 1, &format!("`{word}` at {}", places.join(", ")));
    }
}

fn used(text: &mut String, found: &Use) {
    line(text, 1, &format!("{}:{} {}", found.line, found.column, found.api));
    let rule = |judge: &Judge| match judge.level {
        Some(Level::Error) => format!("{} (error)", judge.rule),
        Some(Level::Warning) => format!("{} (warning)", judge.rule),
        Some(Level::Info) => format!("{} (info)", judge.rule),
        None => format!("{} (off)", judge.rule),
    };
    line(text, 2, &format!("rules: {}", found.rules.iter().map(rule).collect::<Vec<_>>().join(", ")));
    if let Some(function) = &found.function {
        line(text, 2, &format!("in {function}"));
    }
    let scope = match (found.start_up, found.because, &found.shown_at) {
        (true, ..) => "runs at start-up".to_owned(),
        (false, Some(because), Some(place)) => format!("not start-up: {because}, see {place}"),
        (false, because, _) => format!("not start-up: {}", because.unwrap_or("unknown")),
    };
    let marks = [
        (found.role != "production", found.role),
        (found.handler, "in a handler"),
        (found.in_loop, "in a loop"),
        (found.in_task, "in a task or thread"),
        (!found.resolved, "recognised by its name alone"),
    ];
    let marks = marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| *mark);
    line(text, 2, &std::iter::once(&*scope).chain(marks).collect::<Vec<_>>().join("; "));
}

fn line(text: &mut String, depth: usize, words: &str) {
    let _ = writeln!(text, "{}{}", "  ".repeat(depth), visible(words));
}
