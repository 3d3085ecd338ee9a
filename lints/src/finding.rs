//! What the analyser says: findings, their places and their mends.
//!
//! Rules make findings, reporters print them. Nothing here knows how a finding was reached.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Shown only when asked for; never fails a run.
    Info,
    /// Shown; fails the run under `--deny-warnings` or `--fail-on warning`.
    Warning,
    /// Fails the run.
    Error,
}

/// A point in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Offset in bytes from the start of the file.
    pub byte: u32,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1, in characters (Unicode scalar values).
    pub column: u32,
}

/// A stretch of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// Path relative to the root of the run, with `/` between its parts.
    pub path: Arc<str>,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
}

/// A second place that explains a finding: the other owner, the listener, the drop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Related {
    /// Where.
    pub location: Location,
    /// What is there; starts lower case, ends without a full stop.
    pub message: String,
}

/// Whether a fix may be applied without a person reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Keeps the program's meaning but for what the rule asks.
    Safe,
    /// Right in most programs; wants a reader.
    Unsafe,
}

/// One replacement in one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// Path relative to the root of the run.
    pub path: Arc<str>,
    /// First byte replaced.
    pub start: u32,
    /// One past the last byte replaced.
    pub end: u32,
    /// The new text.
    pub replacement: String,
}

/// Edits that mend a finding together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    /// What it does, as an order: "use `std::thread::available_parallelism`".
    pub title: String,
    /// Never overlapping, in order of place.
    pub edits: Vec<Edit>,
    /// May it be applied unread?
    pub applicability: Applicability,
}

/// Approving reviews that a rule asks for, and who has given one in the code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Approvals {
    /// How many distinct people must approve.
    pub needed: u8,
    /// Who has, from `// runtime-policy: approved-by @one @two -- why`, without the `@`.
    pub given: Vec<String>,
}

/// One thing that a reviewer would remark on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, as in `rules/`: `manual-gc`.
    pub rule: Arc<str>,
    /// After configuration and command line.
    pub level: Level,
    /// The expression, attribute or item at fault.
    pub location: Location,
    /// What was seen; starts lower case, ends without a full stop.
    pub message: String,
    /// Why it matters: one sentence.
    pub why: String,
    /// The one thing to do instead.
    pub help: String,
    /// Further places.
    pub related: Vec<Related>,
    /// A mend, where one is known.
    pub fix: Option<Fix>,
    /// Survives moved lines: 32 hexadecimal digits of rule, path, enclosing item and the text of the place.
    pub fingerprint: String,
    /// Set for rules that people lift by approving.
    pub approvals: Option<Approvals>,
}

/// What lifted a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lift {
    /// A comment or an attribute in the code.
    InSource,
    /// The baseline.
    Baseline,
}

/// A finding that is not shown because somebody has decided so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// By what.
    pub by: Lift,
    /// The reason given; empty for the baseline.
    pub reason: String,
}

/// A file, folder or manifest that could not be read or parsed, or only in part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Notice {
    /// Path relative to the root of the run.
    pub path: Arc<str>,
    /// Where in it, if known: line and column from 1.
    pub place: Option<(u32, u32)>,
    /// What happened and how to mend it.
    pub message: String,
}

/// What one run saw, for `--statistics`; counts only, the same on every machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Source files found.
    pub files: u64,
    /// Bytes read from them.
    pub bytes: u64,
    /// Files that mention a trigger word.
    pub selected: u64,
    /// Items (functions, impls, statics …) parsed.
    pub items: u64,
    /// Uses of catalogued APIs that were judged.
    pub uses: u64,
}

/// What a run looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Subject {
    /// Files.
    #[default]
    Files,
    /// Running processes, which findings name in place of a path.
    Processes,
}

/// The result of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Sorted by path, place and rule.
    pub findings: Vec<Finding>,
    /// Findings lifted in the code or by the baseline, sorted like findings.
    pub suppressed: Vec<Suppressed>,
    /// Sorted by path.
    pub notices: Vec<Notice>,
    /// Digests of the texts that fixes edit, as they were read, so that a fix refuses a file changed since then.
    pub digests: BTreeMap<Arc<str>, u64>,
    /// What was done.
    pub counts: Counts,
    /// What was looked at.
    pub subject: Subject,
    /// The team's own rules, those of nested configuration files included.
    pub own_rules: Vec<runtime_policy_rules::Rule>,
}

impl Report {
    /// Notes the text of a file that a fix edits, so that the fix can tell whether the file has changed since.
    pub fn remember(&mut self, source: &crate::source::Source) {
        self.digests.insert(source.path.clone(), digest(&source.text));
    }
}

/// Digest of a text as in [`Report::digests`].
pub fn digest(text: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(text.as_bytes())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A finding at the start of a line, for tests that do not care about more.
    pub(crate) fn finding(rule: &str, path: &str, line: u32) -> Finding {
        let position = |column| Position { byte: (line - 1) * 10 + column - 1, line, column };
        Finding {
            rule: rule.into(),
            level: Level::Error,
            location: Location { path: path.into(), start: position(1), end: position(5) },
            message: format!("{rule} was broken"),
            why: "it matters".to_owned(),
            help: "do something else".to_owned(),
            related: Vec::new(),
            fix: None,
            fingerprint: crate::fingerprint::fingerprint(rule, path, "", ""),
            approvals: None,
        }
    }
}
