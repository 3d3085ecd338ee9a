//! What both XML formats share: findings by file, and text that XML allows.

use std::io;

use quick_xml::events::{BytesDecl, Event};

use crate::finding::{Finding, Report};
use crate::visible::visible;

pub(super) type Writer<'a> = quick_xml::Writer<&'a mut dyn io::Write>;

/// A writer that has written the XML declaration and indents.
pub(super) fn begin(out: &mut dyn io::Write) -> io::Result<Writer<'_>> {
    let mut writer = quick_xml::Writer::new_with_indent(out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    Ok(writer)
}

/// Text that XML can hold: of the control characters it allows few, even when escaped.
pub(super) fn text(text: &str) -> String {
    visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Findings by file, in the report's order.
pub(super) fn by_file(report: &Report) -> impl Iterator<Item = &[Finding]> {
    report.findings.chunk_by(|a, b| a.location.path == b.location.path)
}
