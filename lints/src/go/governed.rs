//! What a suppression comment stands above.

use crate::facts::FileIndex;
use crate::facts::comment::Comment;
use crate::go::program::{FileData, Program};
use crate::go::syntax::span;
use crate::source::Span;

impl Program<'_> {
    /// The statement or declaration that a comment on lines of its own stands right above; the whole file for one
    /// above the `package` clause.
    pub(super) fn governed_by(&self, file: FileIndex, comment: &Comment) -> Option<Span> {
        let data = self.file(file)?;
        let next = next_code(data, comment)? as usize;
        let root = data.tree.root_node();
        let mut node = root.descendant_for_byte_range(next, next + 1)?;
        while let Some(up) = node.parent() {
            let is_list =
                matches!(up.kind(), "source_file" | "statement_list" | "block" | "import_spec_list");
            if up.start_byte() != next || is_list {
                break;
            }
            node = up;
        }
        (node.start_byte() == next).then(|| match node.kind() {
            "package_clause" => span(root),
            _ => span(node),
        })
    }
}

/// The first byte of code after a comment, further comments left out.
fn next_code(data: &FileData, comment: &Comment) -> Option<u32> {
    let mut at = comment.span.end as usize;
    loop {
        let rest = data.source.text.get(at..)?;
        at += rest.len() - rest.trim_start().len();
        match data.comments.iter().find(|other| other.span.start as usize == at) {
            Some(other) => at = other.span.end as usize,
            None => return (at < data.source.text.len()).then_some(at as u32),
        }
    }
}
