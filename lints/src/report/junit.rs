//! JUnit's XML: a suite a file, a failed test a finding.

use std::io::{self, Write};

use quick_xml::events::BytesText;

use super::{level_name, xml};
use crate::finding::{Finding, Report};

pub(super) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let count = report.findings.len().to_string();
    // A report without any test is taken for a broken run by most readers.
    let tests = report.findings.len().max(1).to_string();
    let mut writer = xml::begin(&mut *out)?;
    writer
        .create_element("testsuites")
        .with_attributes([
            ("name", "runtime-policy"),
            ("tests", tests.as_str()),
            ("failures", count.as_str()),
        ])
        .write_inner_content(|writer| {
            if report.findings.is_empty() {
                return passed(writer);
            }
            xml::by_file(report).try_for_each(|findings| suite(writer, findings))
        })?;
    out.write_all(b"\n")
}

fn passed(writer: &mut xml::Writer<'_>) -> io::Result<()> {
    writer
        .create_element("testsuite")
        .with_attributes([("name", "runtime-policy"), ("tests", "1"), ("failures", "0")])
        .write_inner_content(|writer| {
            writer
                .create_element("testcase")
                .with_attributes([("name", "no findings"), ("classname", "runtime-policy")])
                .write_empty()?;
            Ok(())
        })?;
    Ok(())
}

fn suite(writer: &mut xml::Writer<'_>, findings: &[Finding]) -> io::Result<()> {
    let path = xml::text(&findings[0].location.path);
    let count = findings.len().to_string();
    writer
        .create_element("testsuite")
        .with_attributes([("name", path.as_str()), ("tests", count.as_str()), ("failures", count.as_str())])
        .write_inner_content(|writer| findings.iter().try_for_each(|finding| case(writer, finding, &path)))?;
    Ok(())
}

fn case(writer: &mut xml::Writer<'_>, finding: &Finding, path: &str) -> io::Result<()> {
    let start = finding.location.start;
    let line = start.line.to_string();
    let name = format!("{} at line {}, column {}", finding.rule, start.line, start.column);
    let message = xml::text(&finding.message);
    let body = format!("{}\n{}", xml::text(&finding.why), xml::text(&finding.help));
    writer
        .create_element("testcase")
        .with_attributes([
            ("name", name.as_str()),
            ("classname", path),
            ("file", path),
            ("line", line.as_str()),
        ])
        .write_inner_content(|writer| {
            writer
                .create_element("failure")
                .with_attributes([("type", level_name(finding.level)), ("message", message.as_str())])
                .write_text_content(BytesText::new(&body))?;
            Ok(())
        })?;
    Ok(())
}
