//! Comments as they are to be, before it is known which of them are there already.

use crate::anchor::{Anchor, anchor};
use crate::body;
use crate::diff::Diff;
use crate::marker::keys;
use crate::reconcile::Wanted;
use crate::remark::Remark;
use crate::suggestion::Suggestion;

/// A comment on one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The file.
    pub path: String,
    /// Where in it.
    pub anchor: Anchor,
    /// What it is about and what it says.
    pub wanted: Wanted,
}

/// Drafts a comment on each finding, in their order. `text` gives a file as it is at the head commit; without it
/// there are no suggestions.
pub fn drafts(open: &[Remark], diff: &Diff, text: &dyn Fn(&str) -> Option<String>) -> Vec<Draft> {
    let draft = |(remark, key): (&Remark, crate::marker::Key)| {
        let found = remark.fix.as_ref().and_then(|_| text(&remark.path));
        let suggestion = found.and_then(|text| Suggestion::new(remark, &text, diff));
        // A suggestion replaces the very lines that its comment is on.
        let anchor = suggestion.as_ref().map_or_else(
            || anchor(remark, diff),
            |suggestion| Anchor::Lines(suggestion.first, suggestion.last),
        );
        let body = body::comment(remark, &key, suggestion.as_ref());
        Draft { path: remark.path.clone(), anchor, wanted: Wanted { key, body } }
    };
    open.iter().zip(keys(open)).map(draft).collect()
}
