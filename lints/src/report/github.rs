//! Workflow commands of GitHub Actions, which shows them beside the changed lines.

use std::io::{self, Write};

use super::Context;
use crate::finding::{Finding, Level, Report};
use crate::visible::visible;

pub(super) fn write(report: &Report, context: &Context<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{}", command(finding, context.prefix))?;
    }
    Ok(())
}

fn command(finding: &Finding, prefix: &str) -> String {
    let name = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let place = &finding.location;
    let mut lines = format!("line={},endLine={}", place.start.line, place.end.line);
    // GitHub refuses columns on annotations of more than one line.
    if place.start.line == place.end.line {
        lines.push_str(&format!(",col={},endColumn={}", place.start.column, place.end.column));
    }
    format!(
        "::{name} file={},{lines},title={}::{}",
        command_property(&visible(&format!("{prefix}{}", place.path))),
        command_property(&format!("runtime-policy: {}", finding.rule)),
        [&finding.message, &finding.why, &finding.help].map(|part| command_data(&visible(part))).join("%0A"),
    )
}

/// The text of a workflow command. Only `%` and line ends mean something there.
pub fn command_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a workflow command's property, which `:` and `,` would end.
pub fn command_property(text: &str) -> String {
    command_data(text).replace(':', "%3A").replace(',', "%2C")
}
