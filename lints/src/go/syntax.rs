//! One file's syntax: the tree, its comments, and whether it can be walked.
//!
//! The parser keeps its own stack; the walk does not, so what is nested deeper than [`MAX_DEPTH`] is not walked.

use std::cell::RefCell;

use tree_sitter::{Node, Parser, Tree};

use crate::facts::comment::{Comment, CommentKind};
use crate::source::{Source, Span};

/// Nesting beyond which an item is not walked.
pub(super) const MAX_DEPTH: u32 = 600;

/// Longest item that is walked, in bytes.
pub(super) const MAX_ITEM: u32 = 4 << 20;

thread_local! {
    static PARSER: RefCell<Option<Parser>> = RefCell::new(parser());
}

fn parser() -> Option<Parser> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    Some(parser)
}

/// The tree of a text; `None` where the grammar and the parser do not fit each other.
pub(super) fn parse(text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|parser| parser.as_mut()?.parse(text, None))
}

/// The bytes of a node.
pub(super) fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// The text of a node.
pub(super) fn text<'s>(source: &'s Source, node: Node<'_>) -> &'s str {
    source.text.get(node.byte_range()).unwrap_or("")
}

/// The named children of a node, comments left out.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The first child of a kind.
pub(super) fn child<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    children(node).into_iter().find(|child| child.kind() == kind)
}

/// The children of a field.
pub(super) fn fields<'t>(node: Node<'t>, name: &str) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.children_by_field_name(name, &mut cursor).filter(Node::is_named).collect()
}

/// The smallest node of a kind that has just these bytes.
pub(super) fn node_at<'t>(tree: &'t Tree, span: Span, kind: &str) -> Option<Node<'t>> {
    let mut node = tree.root_node().descendant_for_byte_range(span.start as usize, span.end as usize)?;
    while node.kind() != kind {
        node = node.parent()?;
    }
    Some(node)
}

/// What one look over a whole tree tells.
#[derive(Default)]
pub(super) struct Survey {
    pub comments: Vec<Comment>,
    /// First byte of each stretch that is no Go.
    pub errors: Vec<u32>,
    /// First byte of each node that lies too deep.
    pub too_deep: Vec<u32>,
}

/// Looks over a tree without recursion.
pub(super) fn survey(source: &Source, tree: &Tree) -> Survey {
    let mut survey = Survey::default();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        let depth = cursor.depth();
        if node.kind() == "comment" {
            survey.comments.extend(comment(source, span(node)));
        } else if node.is_error() || node.is_missing() {
            survey.errors.push(node.start_byte() as u32);
        }
        if depth == MAX_DEPTH {
            survey.too_deep.push(node.start_byte() as u32);
        }
        if depth < MAX_DEPTH && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return survey;
            }
        }
    }
}

/// A comment; directives of the compiler are none.
fn comment(source: &Source, span: Span) -> Option<Comment> {
    let written = source.slice(span);
    if written.starts_with("//go:") || written.starts_with("//line ") || written.starts_with("//export ") {
        return None;
    }
    let line = source.line_of(span.start);
    let end_line = source.line_of(span.end.saturating_sub(1).max(span.start));
    let before = &source.text[source.line_starts()[line] as usize..span.start as usize];
    let (text, kind) = match written.strip_prefix("//") {
        Some(rest) => (rest.trim().to_owned(), CommentKind::Line),
        None => {
            let inner = written.trim_start_matches("/*").trim_end_matches("*/");
            let lines: Vec<&str> =
                inner.lines().map(|line| line.trim().trim_start_matches('*').trim()).collect();
            (lines.join("\n").trim().to_owned(), CommentKind::Block)
        }
    };
    Some(Comment {
        span,
        text,
        line: line as u32 + 1,
        end_line: end_line as u32 + 1,
        kind,
        own_line: before.trim().is_empty(),
    })
}
