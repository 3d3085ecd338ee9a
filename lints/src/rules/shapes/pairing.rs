//! Things that must be ended: guards and what they guard.

use crate::facts::FileIndex;
use crate::facts::lifetime::Held;
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::Case;

/// Lets a guard that its pattern drops at once live to the end of its block: `_` becomes `_guard`.
pub(crate) fn name_the_guard(case: &Case<'_>, file: FileIndex, held: &Held) -> Option<Fix> {
    let source = case.code.source(file);
    let text = source.slice(held.pattern);
    let at = text.rfind('_')?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if text[..at].ends_with(word) || text[at + 1..].starts_with(word) {
        return None;
    }
    let start = held.pattern.start + at as u32;
    Some(Fix {
        title: "bind the guard to `_guard`".to_owned(),
        edits: vec![Edit {
            path: source.path.clone(),
            start,
            end: start + 1,
            replacement: "_guard".to_owned(),
        }],
        applicability: Applicability::Safe,
    })
}
