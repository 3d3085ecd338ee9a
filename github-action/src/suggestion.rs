//! A fix as GitHub's suggestion: whole lines of the change, replaced by a click.

use crate::anchor;
use crate::diff::Diff;
use crate::escape::markdown;
use crate::remark::Remark;
use runtime_policy_lints::finding::Applicability;
use runtime_policy_lints::source::Source;
use runtime_policy_lints::visible::visible;

/// Longest suggestion, in bytes.
const MOST_BYTES: usize = 8 << 10;

/// Lines and what stands there after the fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// First line replaced, from 1.
    pub first: u32,
    /// Last line replaced.
    pub last: u32,
    /// The new lines, each ended by `\n`; empty where the lines go.
    pub text: String,
    /// Whether it wants a reader.
    pub applicability: Applicability,
}

impl Suggestion {
    /// The fix of a finding, if it is exactly a change of lines that one hunk shows in the finding's own file.
    /// `text` is that file as it is at the head commit.
    ///
    /// A fix over several files or hunks is none, nor one whose lines could not be shown as they are: with control or
    /// direction characters, other line ends, a marker, or more backticks than a fence can hold.
    pub fn new(remark: &Remark, text: &str, diff: &Diff) -> Option<Suggestion> {
        let edits = remark.fix.as_deref()?;
        let (head, tail) = (edits.first()?, edits.last()?);
        if edits.iter().any(|edit| edit.path != remark.path) {
            return None;
        }
        let source = Source::new(remark.path.as_str().into(), text);
        let (start, end) = (head.start as usize, tail.end as usize);
        text.get(start..end)?;
        let first = source.line_of(head.start);
        // An edit that ends with a line's end takes that line, not the one below.
        let takes_line_end = end > start && text.as_bytes()[end - 1] == b'\n';
        let last = if takes_line_end { source.line_of(tail.end - 1) } else { source.line_of(tail.end) };
        let starts = source.line_starts();
        let from = starts[first] as usize;
        let to = starts.get(last + 1).map_or(text.len(), |next| *next as usize);
        let mut after = replaced(text, edits, from, to)?;
        let before = &text[from..to];
        if !after.is_empty() && !after.ends_with('\n') {
            after.push('\n');
        }
        let plain = |text: &str| {
            text.lines().all(|line| visible(&line.replace('\t', " ")) == line.replace('\t', " "))
                && !text.contains('\r')
                && !text.contains("runtime-policy:v1")
                && markdown::holds_in_code(text)
        };
        let (first, last) = (first as u32 + 1, last as u32 + 1);
        let fits = after.len() <= MOST_BYTES
            && after != before
            && plain(before)
            && plain(&after)
            && anchor::holds(&remark.path, first, last, diff);
        let applicability = edits.iter().map(|edit| edit.applicability).max()?;
        fits.then_some(Suggestion { first, last, text: after, applicability })
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::fence("suggestion", &self.text)
    }
}

/// `from..to` of a text after the edits; none where they overlap or lie elsewhere.
fn replaced(text: &str, edits: &[crate::remark::Replacement], from: usize, to: usize) -> Option<String> {
    let mut after = String::new();
    let mut at = from;
    for edit in edits {
        after.push_str(text.get(at..edit.start as usize)?);
        text.get(edit.start as usize..edit.end as usize)?;
        after.push_str(&edit.replacement);
        at = edit.end as usize;
    }
    after.push_str(text.get(at..to)?);
    Some(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::Replacement;
    use crate::remark::tests::remark;

    const TEXT: &str = "fn a() {\n    trim();\n    next();\n}\n";

    fn with(edits: &[(u32, u32, &str)]) -> Remark {
        let edit = |(start, end, replacement): &(u32, u32, &str)| Replacement {
            path: "a.rs".to_owned(),
            start: *start,
            end: *end,
            replacement: (*replacement).to_owned(),
            applicability: Applicability::Safe,
        };
        Remark { fix: Some(edits.iter().map(edit).collect()), ..remark("manual-gc", "a.rs", 2) }
    }

    fn diff() -> Diff {
        let mut diff = Diff::default();
        diff.add("a.rs", Some("@@ -1,2 +1,3 @@\n x\n+y\n z"));
        diff
    }

    #[test]
    fn edits_become_whole_lines() {
        let lines = |edits: &[(u32, u32, &str)]| {
            Suggestion::new(&with(edits), TEXT, &diff()).map(|found| (found.first, found.last, found.text))
        };
        assert_eq!(lines(&[(13, 17, "keep")]), Some((2, 2, "    keep();\n".to_owned())));
        assert_eq!(lines(&[(9, 21, "")]), Some((2, 2, String::new())), "a whole line goes");
        assert_eq!(
            lines(&[(0, 0, "#[cold]\n"), (13, 17, "keep")]),
            Some((1, 2, "#[cold]\nfn a() {\n    keep();\n".to_owned()))
        );
    }

    #[test]
    fn what_does_not_apply_exactly_is_not_suggested() {
        let none = |remark: &Remark, text: &str, why: &str| {
            assert_eq!(Suggestion::new(remark, text, &diff()), None, "{why}");
        };
        none(&with(&[(34, 35, "x")]), TEXT, "beyond the hunk");
        none(&with(&[(13, 17, "trim")]), TEXT, "no change");
        none(&with(&[(13, 17, "a\u{202e}b")]), TEXT, "direction marks");
        none(&with(&[(13, 17, "keep")]), &TEXT.replace('\n', "\r\n"), "other line ends");
        none(&with(&[(13, 900, "x")]), TEXT, "beyond the text");
        none(&with(&[(17, 19, "x"), (13, 17, "y")]), TEXT, "out of order");
        let mut elsewhere = with(&[(13, 17, "keep")]);
        elsewhere.fix.iter_mut().flatten().for_each(|edit| edit.path = "b.rs".to_owned());
        none(&elsewhere, TEXT, "another file");
    }
}
