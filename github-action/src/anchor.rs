//! Where in a change a finding can be said.
//!
//! GitHub takes a comment only on lines that the change shows, all of one hunk, and refuses a whole review for one
//! comment that is elsewhere. So every place is checked before anything is sent.

use crate::diff::{Diff, Hunk};
use crate::remark::Remark;

/// A place for a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Anchor {
    /// Lines of the file after the change, both included, all in one hunk.
    Lines(u32, u32),
    /// The file as a whole: the change touches it, but not here.
    File,
    /// The change does not touch the file: it causes the finding from elsewhere.
    Nowhere,
}

/// Where a finding can be said.
pub fn anchor(remark: &Remark, diff: &Diff) -> Anchor {
    lines(&remark.path, remark.line, remark.last_line(), diff)
}

/// Where something about the lines `first..=last` of a file can be said: at those of them that the first hunk which
/// has any shows.
pub fn lines(path: &str, first: u32, last: u32, diff: &Diff) -> Anchor {
    let Some(hunks) = diff.hunks(path) else { return Anchor::Nowhere };
    let overlap = |hunk: &Hunk| {
        let (start, end) = (first.max(hunk.start), last.min(hunk.end()));
        (hunk.lines > 0 && start <= end).then_some(Anchor::Lines(start, end))
    };
    hunks.iter().find_map(overlap).unwrap_or(Anchor::File)
}

/// Whether all of `first..=last` is shown by one hunk, as a suggestion needs.
pub fn holds(path: &str, first: u32, last: u32, diff: &Diff) -> bool {
    lines(path, first, last, diff) == Anchor::Lines(first, last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::tests::remark;

    fn diff() -> Diff {
        let mut diff = Diff::default();
        diff.add(
            "a.rs",
            Some("@@ -1,2 +1,3 @@\n x\n+y\n z\n@@ -20,2 +21,0 @@\n-x\n-y\n@@ -30,1 +29,2 @@\n x\n+y"),
        );
        diff.add("renamed.rs", None);
        diff
    }

    #[test]
    fn a_place_is_cut_to_one_hunk() {
        for (path, first, last, expected) in [
            ("a.rs", 1, 1, Anchor::Lines(1, 1)),
            ("a.rs", 3, 9, Anchor::Lines(3, 3)),
            ("a.rs", 2, 40, Anchor::Lines(2, 3)),
            ("a.rs", 4, 29, Anchor::Lines(29, 29)),
            ("a.rs", 21, 21, Anchor::File),
            ("renamed.rs", 1, 1, Anchor::File),
            ("b.rs", 1, 1, Anchor::Nowhere),
        ] {
            assert_eq!(lines(path, first, last, &diff()), expected, "{path}:{first}-{last}");
        }
    }

    #[test]
    fn a_finding_is_said_where_it_is() {
        assert_eq!(anchor(&remark("manual-gc", "a.rs", 30), &diff()), Anchor::Lines(30, 30));
        assert!(holds("a.rs", 29, 30, &diff()));
        assert!(!holds("a.rs", 3, 4, &diff()));
    }
}
