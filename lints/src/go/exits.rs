//! Where functions and closures are left.

use tree_sitter::Node;

use crate::facts::exit::Exit;
use crate::go::syntax::{self, children, span};
use crate::go::walk::Walker;
use crate::source::Span;

impl<'p> Walker<'p> {
    /// The statements of a function or closure, and whether their end is reached.
    pub(super) fn body_of(&mut self, function: Node<'p>) {
        let Some(body) = function.child_by_field_name("body") else { return };
        let outer = std::mem::replace(&mut self.body, span(function));
        self.block(body);
        if !self.ends(body) {
            let end = self.body.end;
            self.leave(Span { start: end, end });
        }
        self.body = outer;
    }

    pub(super) fn leave(&mut self, span: Span) {
        if self.target.is_none() {
            self.found.exits.push(Exit { span, body: self.body });
        }
    }

    /// Whether what follows a block is never reached: it ends in a return, the end of the process or an endless loop.
    pub(super) fn ends(&self, block: Node<'p>) -> bool {
        let last = syntax::child(block, "statement_list").and_then(|list| children(list).last().copied());
        last.is_some_and(|last| match last.kind() {
            "return_statement" => true,
            "for_statement" => {
                let head = children(last).into_iter().any(|part| part.kind() != "block");
                !head && !self.breaks(last)
            }
            "select_statement" => children(last).is_empty(),
            "expression_statement" => {
                let call = children(last).first().copied().filter(|call| call.kind() == "call_expression");
                call.and_then(|call| self.callee_name(call)).is_some_and(|name| {
                    matches!(name, "Exit" | "Exec" | "panic" | "Goexit" | "Abort")
                        || name.starts_with("Fatal")
                })
            }
            _ => false,
        })
    }

    /// Whether a loop has a `break` of its own.
    fn breaks(&self, repeated: Node<'p>) -> bool {
        let mut cursor = repeated.walk();
        loop {
            let node = cursor.node();
            let leaves = || match children(node).first() {
                Some(label) => !self.is_label_within(*label, repeated),
                None => !self.in_inner(node, repeated),
            };
            if node.kind() == "break_statement" && leaves() {
                return true;
            }
            if node.kind() != "func_literal" && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return false;
                }
            }
        }
    }

    /// Whether a label is that of a statement in a loop, around the place that names it.
    fn is_label_within(&self, label: Node<'p>, repeated: Node<'p>) -> bool {
        let mut at = label.parent();
        while let Some(up) = at.filter(|up| *up != repeated) {
            let own = children(up).first().copied().filter(|_| up.kind() == "labeled_statement");
            if own.is_some_and(|own| self.text(own) == self.text(label)) {
                return true;
            }
            at = up.parent();
        }
        false
    }

    /// Whether something between a node and a loop around it takes its `break`.
    fn in_inner(&self, node: Node<'p>, outer: Node<'p>) -> bool {
        let mut at = node.parent();
        while let Some(up) = at.filter(|up| *up != outer) {
            if matches!(up.kind(), "for_statement" | "select_statement")
                || up.kind().ends_with("switch_statement")
            {
                return true;
            }
            at = up.parent();
        }
        false
    }
}
