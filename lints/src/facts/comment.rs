//! Comments, as both front ends see them.

use crate::source::Span;

/// What a comment is attached to by its own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommentKind {
    /// `// …`, `# …`: to the end of the line.
    Line,
    /// `/* … */`.
    Block,
    /// `/// …`, `/** … */`, Go's comment right above a declaration.
    Doc,
    /// `//! …`, `/*! … */`: about the enclosing file or item.
    InnerDoc,
}

/// One comment; consecutive line comments are separate comments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From its first to its last character, marks included, line end not.
    pub span: Span,
    /// Its words, without the marks (`//`, `/*`, `*/`, `#`, leading `*` of each line).
    pub text: String,
    /// Line (from 1) on which it starts.
    pub line: u32,
    /// Line (from 1) on which it ends.
    pub end_line: u32,
    /// Its form.
    pub kind: CommentKind,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// Whether a byte stands in one of a file's comments, which are in order of place.
pub(crate) fn is_comment(comments: &[Comment], at: u32) -> bool {
    let before = comments.partition_point(|comment| comment.span.start <= at);
    before > 0 && comments[before - 1].span.covers(at)
}
