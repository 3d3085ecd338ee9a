//! Comments that give a cause, and comments that only seem to.

pub(crate) use runtime_policy_rules::justify::{Wanted, has_evidence};
use runtime_policy_rules::justify::{names_a_cause, names_what_is_bound, weigh, words};
use runtime_policy_rules::lexicon;

use crate::facts::code::Code;
use crate::facts::comment::Comment;
use crate::facts::setting::Setting;
use crate::facts::{FileIndex, Function, Site};
use crate::identifiers::words_at;
use crate::rules::Case;

/// What the comments around a call come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// A cause is named.
    Accepted,
    /// There are comments, but they name none: why.
    Refused(String),
    /// There is no comment.
    Missing,
}

/// Judges the comments attached to a site.
pub(crate) fn judge(case: &Case<'_>, site: &Site, wanted: Wanted, call: &str) -> Verdict {
    let accepted = |text: &str| {
        let bound = || {
            wanted == Wanted::Thread && names_what_is_bound(lexicon(), text, &case.code.foreign(site.file))
        };
        weigh(text, wanted, call).or_else(|why| if bound() { Ok(()) } else { Err(why) })
    };
    let text = attached(case, site).join(" ");
    let near = if text.trim().is_empty() { Verdict::Missing } else { verdict(accepted(&text)) };
    let named = || naming(case, site, call).iter().any(|text| accepted(text).is_ok());
    if near != Verdict::Accepted && named() { Verdict::Accepted } else { near }
}

fn verdict(weighed: Result<(), String>) -> Verdict {
    weighed.map_or_else(Verdict::Refused, |()| Verdict::Accepted)
}

/// The comments of the function around a site that name the call, wherever they stand; lines that follow each other are
/// one comment.
fn naming(case: &Case<'_>, site: &Site, call: &str) -> Vec<String> {
    let Some(function) = case.function(site) else { return Vec::new() };
    let name = call.rsplit(['.', ':']).next().unwrap_or(call);
    let inside: Vec<&Comment> = case
        .code
        .comments(site.file)
        .iter()
        .filter(|comment| comment.own_line && function.span.contains(comment.span))
        .collect();
    let blocks = inside.chunk_by(|one, next| one.end_line + 1 == next.line);
    let texts = blocks.map(|block| block.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(" "));
    texts.filter(|text| words_at(text, name).next().is_some()).collect()
}

/// The text of every comment attached to a site.
pub(crate) fn attached(case: &Case<'_>, site: &Site) -> Vec<String> {
    comments(case, site).into_iter().map(|comment| comment.text.clone()).collect()
}

/// The comments on a setting's line and right above it; in such files a comment below belongs to what follows.
pub(crate) fn beside(case: &Case<'_>, setting: &Setting) -> String {
    let file = case.facts.file;
    let (source, comments) = (case.code.source(file), case.code.comments(file));
    let number = source.line_of(setting.span.start);
    let mut found: Vec<&Comment> =
        comments.iter().filter(|comment| comment.line == number as u32 + 1).collect();
    above(case.code, file, source.line_starts()[number], &mut found);
    found.iter().map(|comment| comment.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// The attached comment that stands next to a site, for a message to point at.
pub(crate) fn nearest<'c>(case: &Case<'c>, site: &Site) -> Option<&'c Comment> {
    comments(case, site).into_iter().min_by_key(|comment| comment.span.start.abs_diff(site.span.start))
}

/// Every comment attached to a site: on its lines, above what encloses it, right after the call, and the
/// documentation of the function.
fn comments<'c>(case: &Case<'c>, site: &Site) -> Vec<&'c Comment> {
    let source = case.code.source(site.file);
    let comments = case.code.comments(site.file);
    let mut found: Vec<&Comment> = Vec::new();
    let first = source.line_of(site.statement.start.min(site.span.start)) as u32 + 1;
    let last = source.line_of(site.span.end.max(site.span.start + 1) - 1) as u32 + 1;
    found.extend(comments.iter().filter(|comment| comment.line >= first && comment.line <= last));
    for start in site.enclosing.iter().chain([&site.span.start, &site.statement.start]) {
        above(case.code, site.file, *start, &mut found);
    }
    after(comments, last, &mut found);
    if let Some(function) = case.function(site) {
        documentation(case.code, site.file, function, &mut found);
    }
    found.sort_by_key(|comment| comment.span.start);
    found.dedup_by_key(|comment| comment.span.start);
    found
}

/// Comment lines without a gap right above the line on which something starts.
fn above<'c>(code: &'c dyn Code, file: FileIndex, start: u32, found: &mut Vec<&'c Comment>) {
    let (source, comments) = (code.source(file), code.comments(file));
    let mut line = source.line_of(start) as u32 + 1;
    let before = &source.text[source.line_starts()[line as usize - 1] as usize..start as usize];
    if !before.trim().is_empty() && !before.trim_start().starts_with("let ") {
        return;
    }
    let block = |mut line: u32| -> Vec<&'c Comment> {
        let mut block = Vec::new();
        for comment in comments.iter().rev().filter(|comment| comment.span.start < start) {
            if comment.own_line && comment.end_line + 1 == line {
                block.push(comment);
                line = comment.line;
            } else if comment.end_line + 1 < line {
                break;
            }
        }
        block
    };
    let right_above = block(line);
    if !right_above.is_empty() {
        found.extend(right_above);
        return;
    }
    // What heads the paragraph counts if it speaks of the thread: declarations may stand between.
    while line > 1 && code.declares(source.line(line as usize - 2)) {
        line -= 1;
    }
    let heading = block(line);
    if heading.iter().any(|comment| comment.text.to_lowercase().contains("thread")) {
        found.extend(heading);
    }
}

/// The first comment lines right after a call; after an empty line if they speak of the thread.
fn after<'c>(comments: &'c [Comment], last: u32, found: &mut Vec<&'c Comment>) {
    let next = comments.iter().find(|comment| comment.line > last);
    let parted = next.is_some_and(|comment| {
        comment.own_line && comment.line == last + 2 && comment.text.to_lowercase().contains("thread")
    });
    let mut line = if parted { last + 1 } else { last };
    for comment in comments.iter().filter(|comment| comment.line > last) {
        if !comment.own_line || comment.line != line + 1 {
            break;
        }
        found.push(comment);
        line = comment.end_line;
    }
}

/// Documentation of a function: its attributes may stand between.
fn documentation<'c>(code: &'c dyn Code, file: FileIndex, function: &Function, found: &mut Vec<&'c Comment>) {
    found.extend(
        code.comments(file)
            .iter()
            .filter(|comment| function.span.start <= comment.span.start && comment.span.end <= function.head),
    );
    above(code, file, function.span.start, found);
    above(code, file, function.head, found);
}

/// Whether the comments around a site name a cause for a setting: evidence, or a library or kernel state.
pub(crate) fn has_cause_or_evidence(case: &Case<'_>, site: &Site) -> bool {
    let text = attached(case, site).join(" ");
    let lower = text.to_lowercase();
    has_evidence(lexicon(), &lower) || names_a_cause(lexicon(), &text, Wanted::Cpu, "")
}

/// Whether the comments around a site give any reason: three words or more, and none of the phrases that give none.
pub(crate) fn gives_a_reason(case: &Case<'_>, site: &Site) -> bool {
    let lower = attached(case, site).join(" ").to_lowercase();
    let empty = |text: &str| words(text).count() < 3;
    let phrase = lexicon().not_reasons.iter().any(|known| lower.contains(&*known.phrase.to_lowercase()));
    !empty(&lower) && (!phrase || has_evidence(lexicon(), &lower))
}
