//! `path:line:column: level[rule]: message`, one line a finding, as compilers print it.

use std::io::{self, Write};

use super::{level_name, place};
use crate::finding::Report;
use crate::visible::visible;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let level = level_name(finding.level);
        writeln!(
            out,
            "{}: {level}[{}]: {}",
            place(&finding.location),
            finding.rule,
            visible(&finding.message)
        )?;
    }
    Ok(())
}
