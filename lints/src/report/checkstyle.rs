//! Checkstyle's XML, which many build servers read.

use std::io::{self, Write};

use super::{level_name, xml};
use crate::finding::{Finding, Report};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = xml::begin(&mut *out)?;
    writer.create_element("checkstyle").with_attribute(("version", "4.3")).write_inner_content(|writer| {
        for findings in xml::by_file(report) {
            let path = xml::text(&findings[0].location.path);
            writer.create_element("file").with_attribute(("name", path.as_str())).write_inner_content(
                |writer| findings.iter().try_for_each(|finding| error(writer, finding)),
            )?;
        }
        Ok(())
    })?;
    out.write_all(b"\n")
}

fn error(writer: &mut xml::Writer<'_>, finding: &Finding) -> io::Result<()> {
    let message = xml::text(&format!("{}; {}", finding.message, finding.help));
    writer
        .create_element("error")
        .with_attributes([
            ("line", finding.location.start.line.to_string().as_str()),
            ("column", finding.location.start.column.to_string().as_str()),
            ("severity", level_name(finding.level)),
            ("message", message.as_str()),
            ("source", format!("runtime-policy.{}", finding.rule).as_str()),
        ])
        .write_empty()?;
    Ok(())
}
