//! Reviewdog's diagnostic format. Its columns count bytes, unlike everybody else's.

use std::io::{self, Write};

use serde::Serialize;

use super::sources::{positions, range_in};
use super::{Context, HOME, page_url};
use crate::finding::{Finding, Level, Location, Position, Report};
use crate::source::Source;

#[derive(Serialize)]
struct Document<'a> {
    source: Tool,
    diagnostics: Vec<Diagnostic<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Place<'a>,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Place<'a>,
}

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    let diagnostics = report.findings.iter().map(|finding| diagnostic(finding, context)).collect();
    let document = Document { source: Tool { name: "runtime-policy", url: HOME }, diagnostics };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    out.write_all(b"\n")
}

fn diagnostic<'a>(finding: &'a Finding, context: &Context<'_>) -> Diagnostic<'a> {
    let related = finding.related.iter();
    Diagnostic {
        message: format!("{}\n{}\n{}", finding.message, finding.why, finding.help),
        location: place(&finding.location, context),
        severity: match finding.level {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Info => "INFO",
        },
        code: Code { value: &finding.rule, url: page_url(&finding.rule) },
        suggestions: suggestions(finding, context).unwrap_or_default(),
        related_locations: related
            .map(|related| Related { message: &related.message, location: place(&related.location, context) })
            .collect(),
    }
}

/// A place in bytes; in characters where the text cannot be read again.
fn place<'a>(location: &'a Location, context: &Context<'_>) -> Place<'a> {
    let source = context.sources.read(&location.path).filter(|source| range_in(source, location).is_some());
    let point = |position: Position| match &source {
        Some(source) => in_bytes(source, position),
        None => Point { line: position.line, column: position.column },
    };
    Place { path: &location.path, range: Range { start: point(location.start), end: point(location.end) } }
}

fn in_bytes(source: &Source, position: Position) -> Point {
    let start = source.line_starts().get(position.line as usize - 1).copied().unwrap_or(position.byte);
    Point { line: position.line, column: position.byte - start + 1 }
}

/// The fix, where it edits the finding's own file alone; reviewdog knows no other.
fn suggestions<'a>(finding: &'a Finding, context: &Context<'_>) -> Option<Vec<Suggestion<'a>>> {
    let fix = finding.fix.as_ref()?;
    let path = &finding.location.path;
    let source = context.sources.read(path)?;
    range_in(&source, &finding.location)?;
    fix.edits
        .iter()
        .map(|edit| {
            let (start, end) = positions(&source, edit.start, edit.end).filter(|_| edit.path == *path)?;
            let range = Range { start: in_bytes(&source, start), end: in_bytes(&source, end) };
            Some(Suggestion { range, text: &edit.replacement })
        })
        .collect()
}
