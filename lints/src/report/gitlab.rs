//! GitLab's code quality report.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Level, Report};

#[derive(Serialize)]
struct Issue<'a> {
    description: &'a str,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let issues: Vec<Issue<'_>> = report
        .findings
        .iter()
        .map(|finding| {
            let count = seen.entry(&finding.fingerprint).or_default();
            *count += 1;
            // GitLab shows one issue a fingerprint, so repeated ones are numbered.
            let fingerprint = match *count {
                1 => finding.fingerprint.clone(),
                count => format!("{}-{count}", finding.fingerprint),
            };
            Issue {
                description: &finding.message,
                check_name: &finding.rule,
                fingerprint,
                severity: severity(finding.level),
                location: Place {
                    path: &finding.location.path,
                    lines: Lines { begin: finding.location.start.line, end: finding.location.end.line },
                },
            }
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    out.write_all(b"\n")
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Error => "major",
        Level::Warning => "minor",
        Level::Info => "info",
    }
}
