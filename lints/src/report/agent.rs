//! One compact line a finding: what was seen, what to do, and whether a fix can be applied. Made for coding tools,
//! which pay for every word they read.

use std::io::{self, Write};

use super::{level_name, place};
use crate::finding::{Applicability, Report};
use crate::visible::visible;

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        let fixable = match finding.fix.as_ref().map(|fix| fix.applicability) {
            Some(Applicability::Safe) => " [--fix]",
            Some(Applicability::Unsafe) => " [--fix --unsafe-fixes]",
            None => "",
        };
        writeln!(
            out,
            "{} {} {}: {}; {}{fixable}",
            place(&finding.location),
            level_name(finding.level),
            finding.rule,
            visible(&finding.message),
            visible(&finding.help),
        )?;
    }
    Ok(())
}
