//! One JSON object a line.

use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Applicability, Edit, Finding, Level, Report};

#[derive(Serialize)]
struct Line<'a> {
    rule: &'a str,
    level: Level,
    path: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    message: &'a str,
    why: &'a str,
    help: &'a str,
    fingerprint: &'a str,
    related: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Vec<Replacement<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<Approvals<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    line: u32,
    column: u32,
    message: &'a str,
}

#[derive(Serialize)]
struct Replacement<'a> {
    path: &'a str,
    start: u32,
    end: u32,
    replacement: &'a str,
    applicability: Applicability,
}

#[derive(Serialize)]
struct Approvals<'a> {
    needed: u8,
    given: &'a [String],
    missing: usize,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &line(finding))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn line(finding: &Finding) -> Line<'_> {
    let related = finding.related.iter().map(|related| Place {
        path: &related.location.path,
        line: related.location.start.line,
        column: related.location.start.column,
        message: &related.message,
    });
    let fix = finding.fix.as_ref().map(|fix| {
        let replacement = |edit| replacement(edit, fix.applicability);
        fix.edits.iter().map(replacement).collect()
    });
    let approvals = finding.approvals.as_ref().map(|approvals| Approvals {
        needed: approvals.needed,
        given: &approvals.given,
        missing: usize::from(approvals.needed).saturating_sub(approvals.given.len()),
    });
    Line {
        rule: &finding.rule,
        level: finding.level,
        path: &finding.location.path,
        line: finding.location.start.line,
        column: finding.location.start.column,
        end_line: finding.location.end.line,
        end_column: finding.location.end.column,
        message: &finding.message,
        why: &finding.why,
        help: &finding.help,
        fingerprint: &finding.fingerprint,
        related: related.collect(),
        fix,
        approvals,
    }
}

fn replacement(edit: &Edit, applicability: Applicability) -> Replacement<'_> {
    Replacement {
        path: &edit.path,
        start: edit.start,
        end: edit.end,
        replacement: &edit.replacement,
        applicability,
    }
}
