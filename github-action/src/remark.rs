//! One finding as the bot takes it: the line that `cargo runtime-policy check --format json` writes.
//!
//! A report may come from a run that strangers control, so every line is checked before anything is done with it.

use std::fmt;

use runtime_policy_lints::finding::{Applicability, Finding, Level, Location};
use serde::{Deserialize, Serialize};

/// Most lines of a report that are read; a change with more findings than that needs no bot to be refused.
pub const MOST_REMARKS: usize = 20_000;
/// Most bytes of a report that are read.
pub const MOST_BYTES: u64 = 32 << 20;
/// Most bytes of one text in a report.
const MOST_TEXT: usize = 64 << 10;

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// The rule's id.
    pub rule: String,
    /// How much it weighs.
    pub level: Level,
    /// Path relative to the repository's root, with `/`.
    pub path: String,
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1, in characters.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// One past the last character.
    pub end_column: u32,
    /// What was seen.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// What to do instead.
    pub help: String,
    /// 32 hexadecimal digits that survive moved lines.
    pub fingerprint: String,
    /// Further places.
    #[serde(default)]
    pub related: Vec<Related>,
    /// Edits that mend it together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Vec<Replacement>>,
    /// Set for rules that people lift by approving.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals: Option<Approvals>,
}

/// A second place that explains a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Path relative to the repository's root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// What is there.
    pub message: String,
}

/// One edit of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Path relative to the repository's root.
    pub path: String,
    /// First byte replaced.
    pub start: u32,
    /// One past the last byte replaced.
    pub end: u32,
    /// The new text.
    pub replacement: String,
    /// Whether it may be applied unread.
    pub applicability: Applicability,
}

/// How many people must approve, and who the code says has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvals {
    /// Distinct people needed.
    pub needed: u8,
    /// Named by an `approved-by` comment, without the `@`.
    pub given: Vec<String>,
}

impl Remark {
    /// The last line that the finding covers: an end at the start of a line does not touch that line.
    pub fn last_line(&self) -> u32 {
        if self.end_column <= 1 && self.end_line > self.line { self.end_line - 1 } else { self.end_line }
    }

    /// What is wrong with it, if it cannot have come from an honest run.
    fn objection(&self) -> Option<&'static str> {
        let texts = [&self.rule, &self.path, &self.message, &self.why, &self.help];
        if texts.iter().any(|text| text.len() > MOST_TEXT) {
            return Some("a text of more than 64 KiB");
        }
        if !is_rule(&self.rule) {
            return Some("`rule` is no id of a rule");
        }
        let paths = self.related.iter().map(|related| &related.path);
        let edited = self.fix.iter().flatten().map(|edit| &edit.path);
        if !std::iter::once(&self.path).chain(paths).chain(edited).all(|path| is_inside(path)) {
            return Some("a path leads out of the repository");
        }
        if self.line == 0 || self.column == 0 || (self.end_line, self.end_column) < (self.line, self.column) {
            return Some("the place ends before it begins");
        }
        let is_digest =
            self.fingerprint.len() == 32 && self.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!is_digest).then_some("`fingerprint` is not 32 hexadecimal digits")
    }
}

/// Whether a text may be a rule's id.
fn is_rule(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.len() <= 100 && text.bytes().all(plain)
}

/// Whether a path is relative and stays inside the folder it is relative to.
pub fn is_inside(path: &str) -> bool {
    let names_drive = path.as_bytes().get(1) == Some(&b':');
    !names_drive && !path.contains('\0') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

impl From<&Finding> for Remark {
    fn from(finding: &Finding) -> Self {
        let Location { path, start, end } = &finding.location;
        let related = finding.related.iter().map(|related| Related {
            path: related.location.path.to_string(),
            line: related.location.start.line,
            column: related.location.start.column,
            message: related.message.clone(),
        });
        Remark {
            rule: finding.rule.to_string(),
            level: finding.level,
            path: path.to_string(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            message: finding.message.clone(),
            why: finding.why.clone(),
            help: finding.help.clone(),
            fingerprint: finding.fingerprint.clone(),
            related: related.collect(),
            fix: finding.fix.as_ref().map(|fix| {
                let edit = |edit: &runtime_policy_lints::finding::Edit| Replacement {
                    path: edit.path.to_string(),
                    start: edit.start,
                    end: edit.end,
                    replacement: edit.replacement.clone(),
                    applicability: fix.applicability,
                };
                fix.edits.iter().map(edit).collect()
            }),
            approvals: finding
                .approvals
                .as_ref()
                .map(|approvals| Approvals { needed: approvals.needed, given: approvals.given.clone() }),
        }
    }
}

/// Why a report was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// Line of the report, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ReadError {}

/// Reads the lines of `check --format json`.
///
/// # Errors
/// A line is no finding, one that no honest run writes, or there are more than [`MOST_REMARKS`].
pub fn read(text: &str) -> Result<Vec<Remark>, ReadError> {
    let mut remarks = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let error = |message: String| ReadError { line: index + 1, message };
        if remarks.len() == MOST_REMARKS {
            return Err(error(format!("more than {MOST_REMARKS} findings")));
        }
        let remark = serde_json::from_str(line)
            .map_err(|cause| error(format!("no finding as `check --format json` writes it: {cause}")))?;
        remarks.push(remark);
    }
    check(&remarks).map(|()| remarks)
}

/// Refuses findings that no honest run gives. The error's line is the finding's number.
///
/// # Errors
/// See above.
pub fn check(remarks: &[Remark]) -> Result<(), ReadError> {
    if remarks.len() > MOST_REMARKS {
        return Err(ReadError { line: MOST_REMARKS, message: format!("more than {MOST_REMARKS} findings") });
    }
    for (index, remark) in remarks.iter().enumerate() {
        if let Some(objection) = remark.objection() {
            return Err(ReadError { line: index + 1, message: objection.to_owned() });
        }
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A finding over one line, for tests that do not care about more.
    pub(crate) fn remark(rule: &str, path: &str, line: u32) -> Remark {
        Remark {
            rule: rule.to_owned(),
            level: Level::Error,
            path: path.to_owned(),
            line,
            column: 5,
            end_line: line,
            end_column: 20,
            message: format!("`{rule}` was broken"),
            why: "it matters".to_owned(),
            help: "do something else".to_owned(),
            fingerprint: runtime_policy_lints::fingerprint::fingerprint(rule, path, "", &line.to_string()),
            related: Vec::new(),
            fix: None,
            approvals: None,
        }
    }

    #[test]
    fn what_check_writes_is_read() {
        let line = r#"{"rule":"manual-gc","level":"error","path":"src/a.rs","line":3,"column":5,"end_line":3,
            "end_column":9,"message":"m","why":"w","help":"h","fingerprint":"0123456789abcdef0123456789abcdef",
            "related":[],"approvals":{"needed":2,"given":["ada"],"missing":1},"later":true}"#
            .replace('\n', "");
        let remarks = read(&format!("{line}\n\n{line}\n")).expect("two findings");
        assert_eq!(remarks.len(), 2);
        assert_eq!(remarks[0].approvals, Some(Approvals { needed: 2, given: vec!["ada".to_owned()] }));
    }

    #[test]
    fn hostile_lines_are_refused_with_their_number() {
        let base = remark("manual-gc", "src/a.rs", 3);
        let with = |change: &dyn Fn(&mut Remark)| {
            let mut bad = base.clone();
            change(&mut bad);
            format!("{}\n{}\n", serde_json::to_string(&base).unwrap(), serde_json::to_string(&bad).unwrap())
        };
        for (text, says) in [
            (with(&|remark| remark.path = "../etc/passwd".to_owned()), "out of the repository"),
            (with(&|remark| remark.path = "/etc/passwd".to_owned()), "out of the repository"),
            (with(&|remark| remark.path = "C:/x".to_owned()), "out of the repository"),
            (with(&|remark| remark.rule = "a b".to_owned()), "no id of a rule"),
            (with(&|remark| remark.end_line = 1), "ends before it begins"),
            (with(&|remark| remark.fingerprint = "-->".to_owned()), "32 hexadecimal digits"),
            (with(&|remark| remark.message = "x".repeat(70_000)), "64 KiB"),
        ] {
            let error = read(&text).expect_err(says);
            assert_eq!(error.line, 2, "{says}");
            assert!(error.message.contains(says), "{}", error.message);
        }
    }

    #[test]
    fn an_end_at_a_lines_start_does_not_touch_that_line() {
        let mut whole_lines = remark("manual-gc", "src/a.rs", 3);
        (whole_lines.end_line, whole_lines.end_column) = (5, 1);
        assert_eq!(whole_lines.last_line(), 4);
    }
}
