//! Comments that begin with `#`.

use crate::facts::comment::{Comment, CommentKind};
use crate::source::{Source, Span};
use crate::workspace::FileKind;

/// Whether a comment may stand after something else on its line; `None` for kinds of files that set nothing.
pub(super) fn trailing(kind: FileKind) -> Option<bool> {
    match kind {
        FileKind::Dockerfile | FileKind::SystemdUnit => Some(false),
        FileKind::Compose
        | FileKind::Goreleaser
        | FileKind::Makefile
        | FileKind::Shell
        | FileKind::Workflow => Some(true),
        FileKind::Rust | FileKind::Go | FileKind::Policy => None,
    }
}

/// The comments of a text, in order.
pub(super) fn comments(source: &Source, trailing: bool) -> Vec<Comment> {
    let starts = source.line_starts();
    (0..starts.len())
        .filter_map(|number| {
            let line = source.line(number);
            let at = start_of(line, trailing)?;
            let start = starts[number] as usize + at;
            Some(Comment {
                span: Span::new(start, start + line[at..].trim_end().len()),
                text: line[at..].trim_start_matches('#').trim().to_owned(),
                line: number as u32 + 1,
                end_line: number as u32 + 1,
                kind: CommentKind::Line,
                own_line: line[..at].trim().is_empty(),
            })
        })
        .collect()
}

/// Where a line's comment begins: a `#` at its start or, where comments may follow, after white space and outside of
/// quotes.
pub(super) fn start_of(line: &str, trailing: bool) -> Option<usize> {
    let indent = line.len() - line.trim_start().len();
    if line[indent..].starts_with('#') {
        return Some(indent);
    }
    if !trailing {
        return None;
    }
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(open) if c == open && before != '\\' => quote = None,
            Some(_) => {}
            // An apostrophe within a word opens nothing.
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None if c == '#' && before.is_whitespace() => return Some(at),
            None => {}
        }
        before = c;
    }
    None
}
