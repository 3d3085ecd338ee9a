//! Which lines of a file a change adds, alters or deletes.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// A place at which two texts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hunk {
    /// First line of the side after, from 1: the first line added, or the line that follows what was deleted.
    pub line: u32,
    /// Lines added or altered there; 0 where lines were only deleted.
    pub added: u32,
    /// Lines of the side before that are gone.
    pub removed: u32,
}

impl Hunk {
    /// Whether it has a line among `first..=last`, or `around` lines away from them.
    pub fn meets(&self, first: u32, last: u32, around: u32) -> bool {
        if self.added == 0 && around == 0 {
            return false;
        }
        let end = self.line + self.added.max(1) - 1;
        self.line <= last.saturating_add(around) && first <= end.saturating_add(around)
    }
}

/// Where two texts differ, in order. Line ends count for nothing: a checkout may have changed them.
pub(super) fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    capture_diff_slices(Algorithm::Myers, &before, &after)
        .into_iter()
        .filter(|op| op.tag() != DiffTag::Equal)
        .map(|op| {
            let (old, new) = (op.old_range(), op.new_range());
            Hunk { line: new.start as u32 + 1, added: new.len() as u32, removed: old.len() as u32 }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_altered_and_deleted_lines() {
        let hunk = |line, added, removed| Hunk { line, added, removed };
        assert_eq!(hunks("a\nb\nc\n", "a\r\nb\r\nc\r\n"), []);
        assert_eq!(hunks("a\nb\nc\n", "a\nB\nc\nd\n"), [hunk(2, 1, 1), hunk(4, 1, 0)]);
        assert_eq!(hunks("a\nb\nc\n", "a\nc\n"), [hunk(2, 0, 1)]);
        assert_eq!(hunks("", "a\nb\n"), [hunk(1, 2, 0)]);
    }

    #[test]
    fn a_deletion_has_no_line_but_neighbours() {
        let gone = Hunk { line: 5, added: 0, removed: 2 };
        assert!(!gone.meets(5, 5, 0));
        assert!(gone.meets(8, 8, 3) && gone.meets(1, 2, 3) && !gone.meets(9, 9, 3));
        let added = Hunk { line: 5, added: 2, removed: 0 };
        assert!(added.meets(6, 9, 0) && added.meets(1, 5, 0) && !added.meets(7, 7, 0));
    }
}
