//! Things that must be ended: guards and what they guard.

use crate::facts::Site;
use crate::facts::lifetime::Held;
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::Case;

/// Lets a guard that its pattern drops at once live to the end of its block: `_` becomes `_guard`.
pub(crate) fn name_the_guard(case: &Case<'_>, site: &Site, held: &Held) -> Option<Fix> {
    let source = case.code.source(site.file);
    let around = case.function(site).map_or("", |function| source.slice(function.span));
    let text = source.slice(held.pattern);
    let at = text.rfind('_')?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    if text[..at].ends_with(word) || text[at + 1..].starts_with(word) {
        return None;
    }
    let start = held.pattern.start + at as u32;
    let name = free_name(around);
    Some(Fix {
        title: format!("bind the guard to `{name}`"),
        edits: vec![Edit { path: source.path.clone(), start, end: start + 1, replacement: name }],
        applicability: Applicability::Safe,
    })
}

/// A name that the function does not use yet: another guard's name would mean that one.
fn free_name(function: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let is_used = |name: &str| function.split(|c: char| !part(c)).any(|word| word == name);
    let further = (2u32..).map(|number| format!("_guard_{number}"));
    std::iter::once("_guard".to_owned()).chain(further).find(|name| !is_used(name)).unwrap_or_default()
}
