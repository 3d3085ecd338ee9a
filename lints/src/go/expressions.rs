//! The walk over expressions that are no calls.

use std::sync::Arc;

use runtime_policy_rules::Kind;
use tree_sitter::Node;

use crate::facts::passed::Passed;
use crate::facts::{ApiUse, Context, Mention, Outcome, Value};
use crate::go::calls::is_command;
use crate::go::resolve::Def;
use crate::go::syntax::{children, span};
use crate::go::types::Ty;
use crate::go::walk::Walker;
use crate::source::Span;

/// Where a closure is called that was bound to a name.
#[derive(Debug, Clone, Copy, Default)]
struct Later {
    in_loop: bool,
    in_task: bool,
}

impl<'p> Walker<'p> {
    pub(super) fn expr(&mut self, node: Node<'p>) {
        match node.kind() {
            "call_expression" => self.chain(node),
            "identifier" => self.name(node),
            "selector_expression" => self.selector(node),
            "func_literal" => self.closure(node),
            "composite_literal" => {
                let written = node.child_by_field_name("type");
                let ty = written.map_or(Ty::Unknown, |ty| self.program.written(self.file, self.data, ty));
                self.literal(node, written.map_or(span(node), span), &ty);
            }
            "parenthesized_expression" => children(node).into_iter().for_each(|inner| self.expr(inner)),
            "unary_expression" if self.text(node).starts_with('&') => {
                children(node).into_iter().for_each(|inner| self.expr(inner));
            }
            "unary_expression" => self.others(node, Outcome::Other),
            "binary_expression" => self.operands(node),
            "type_conversion_expression" => {
                node.child_by_field_name("operand").into_iter().for_each(|operand| self.expr(operand));
            }
            "type_assertion_expression" => {
                node.child_by_field_name("operand").into_iter().for_each(|operand| self.expr(operand));
            }
            "int_literal"
            | "float_literal"
            | "imaginary_literal"
            | "rune_literal"
            | "interpreted_string_literal"
            | "raw_string_literal"
            | "nil"
            | "true"
            | "false"
            | "iota" => {}
            _ => self.others(node, Outcome::Other),
        }
    }

    /// What arithmetic makes of a value is still that value's: `runtime.NumCPU() * 2`.
    fn operands(&mut self, node: Node<'p>) {
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        let outcome = match operator {
            "+" | "-" | "*" | "/" | "<<" | ">>" => self.outcome.clone(),
            _ => Outcome::Other,
        };
        self.others(node, outcome);
    }

    /// A name that is not called.
    pub(super) fn name(&mut self, node: Node<'p>) {
        let name = self.text(node);
        if let Some(variable) = self.variable_at(name, self.env) {
            self.pass(variable, &[]);
            return;
        }
        if let Some(def) = self.def_of(node) {
            self.named(&def, span(node), span(node));
        }
    }

    /// `package.Name`, `value.field`, `value.Method` that is not called.
    fn selector(&mut self, node: Node<'p>) {
        let anchor = node.child_by_field_name("field").map_or(span(node), span);
        match self.def_of(node) {
            Some(def) => {
                self.named(&def, span(node), if self.is_package(node) { span(node) } else { anchor })
            }
            None => {
                if let Some(target) = &self.target
                    && node
                        .child_by_field_name("field")
                        .is_some_and(|field| self.text(field) == &*target.name)
                    && let Some(operand) = node.child_by_field_name("operand")
                {
                    let ty = self.infer(operand);
                    self.hidden_value(&ty, span(node));
                }
            }
        }
        if !self.is_package(node)
            && let Some(operand) = node.child_by_field_name("operand")
        {
            self.with_outcome(Outcome::Other, |walk| walk.expr(operand));
        }
    }

    /// A method's value taken where only the method's name is known.
    fn hidden_value(&mut self, ty: &Ty, span: Span) {
        let owner = self.target.as_ref().and_then(|target| target.receiver.clone());
        let Some(owner) = owner else { return };
        // A field of the same name is likelier than a method's value.
        if self.program.is_interface(ty) && self.program.sees(self.file, &owner) {
            let called = self.context.in_command;
            self.found.mentions.push(Mention { site: self.site(span, span), called, args: Vec::new() });
        }
    }

    pub(super) fn named(&mut self, def: &Def, span: Span, anchor: Span) {
        let path = self.program.canonical(def);
        self.mention(&path, span, None);
        // A variable that is read changes nothing; where it is given a value, that is recorded.
        let apis = self.catalogue.by_path(&path);
        if apis.iter().all(|api| self.catalogue.api(*api).kind != Kind::Static) {
            self.record(&path, |walk| walk.draft(span, anchor));
        }
    }

    pub(super) fn pass(&mut self, variable: u32, through: &[Node<'p>]) {
        if self.target.is_some() {
            return;
        }
        let method = |call: &Node<'p>| -> Option<Arc<str>> { Some(self.callee_name(*call)?.into()) };
        self.found.passed.push(Passed {
            variable,
            function: self.found.functions.len().checked_sub(1).map(|last| last as u32),
            through: through.iter().filter_map(method).collect(),
            statement: self.statement,
            outcome: self.outcome.clone(),
            field: self.field.clone().filter(|_| self.outcome == Outcome::Stored),
        });
    }

    fn closure(&mut self, node: Node<'p>) {
        let route = self.program.is_handler_signature(self.file, self.data, node);
        let later = self.called_later(node);
        self.within(
            node.start_byte(),
            |context| {
                context.in_closure = true;
                context.in_route |= route;
                context.in_task |= route || later.in_task;
                context.in_loop |= later.in_loop;
                // A command begins where it is run, not where it is declared.
                context.after_serve &= !context.in_command;
            },
            |walk| {
                if let Outcome::Argument(callee) = &walk.outcome {
                    walk.given_to = callee.clone();
                }
                walk.body(node);
            },
        );
    }

    /// Where a closure is called that is bound to a name: in a loop, as a goroutine.
    fn called_later(&self, closure: Node<'p>) -> Later {
        let mut found = Later::default();
        let (Outcome::Bound(_, name), Some(item)) = (&self.outcome, self.item) else { return found };
        let mut cursor = item.walk();
        loop {
            let node = cursor.node();
            let own = node.start_byte() >= closure.start_byte() && node.end_byte() <= closure.end_byte();
            if !own && node.kind() == "call_expression" && self.callee_name(node) == Some(&**name) {
                let around = |kind: &str| surrounded(node, closure, kind);
                found.in_loop |= around("for_statement");
                found.in_task |= node.parent().is_some_and(|up| up.kind() == "go_statement");
            }
            if !own && cursor.goto_first_child() {
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return found;
                }
            }
        }
    }

    pub(super) fn body(&mut self, function: Node<'p>) {
        self.parameters(function.child_by_field_name("parameters"), false);
        self.body_of(function);
    }

    /// A composite literal, or the braces of one whose type the literal around it gives.
    fn literal(&mut self, node: Node<'p>, anchor: Span, ty: &Ty) {
        let body = if node.kind() == "literal_value" { Some(node) } else { node.child_by_field_name("body") };
        let elements = body.map_or_else(Vec::new, children);
        let command = ty.path().is_some_and(|path| is_command(path));
        if let Some(path) = ty.path().cloned() {
            self.record(&path, |walk| ApiUse {
                keys: elements.iter().filter_map(|element| walk.keyed(*element)).collect(),
                ..walk.draft(span(node), anchor)
            });
        }
        let before = self.context;
        let route = self.is_route_literal(&elements);
        self.context.in_command |= command;
        self.context.in_route |= route;
        self.context.in_task |= route;
        for element in elements {
            let (key, value) = match element.kind() {
                "keyed_element" => (element.child_by_field_name("key"), element.child_by_field_name("value")),
                _ => (None, Some(element)),
            };
            let field: Option<Arc<str>> = key.map(|key| self.text(key).into());
            let inner = match ty.peeled() {
                Ty::Of(inner) => (**inner).clone(),
                _ => Ty::Unknown,
            };
            // Keys of a map are values, those of a struct are names.
            if let Some(key) = key.filter(|_| matches!(ty, Ty::Of(_))) {
                self.element(key, &Ty::Unknown, None);
            }
            if let Some(value) = value {
                self.element(value, &inner, field);
            }
        }
        self.context = Context { after_serve: self.context.after_serve, ..before };
    }

    /// `Call{Path: "core/stats", Fn: stats}`: an entry of a table of routes.
    fn is_route_literal(&self, elements: &[Node<'p>]) -> bool {
        elements.iter().filter_map(|element| self.keyed(*element)).any(|(key, value)| {
            matches!(&*key, "Path" | "Pattern" | "Route" | "Endpoint") && value.str().is_some()
        })
    }

    pub(super) fn element(&mut self, element: Node<'p>, ty: &Ty, field: Option<Arc<str>>) {
        let Some(inner) = children(element).first().copied() else { return };
        let before = std::mem::replace(&mut self.field, field);
        self.with_outcome(Outcome::Stored, |walk| match inner.kind() {
            "literal_value" => walk.literal(inner, span(inner), ty),
            _ => walk.expr(inner),
        });
        self.field = before;
    }

    fn keyed(&self, element: Node<'p>) -> Option<(Arc<str>, Value)> {
        if element.kind() != "keyed_element" {
            return None;
        }
        let key = element.child_by_field_name("key")?;
        let value = children(element.child_by_field_name("value")?).first().copied()?;
        Some((self.text(key).into(), self.value(value)))
    }
}

/// Whether a node of some kind stands around a node, and not around another.
fn surrounded(node: Node<'_>, other: Node<'_>, kind: &str) -> bool {
    let holds_other =
        |up: &Node<'_>| up.start_byte() <= other.start_byte() && other.end_byte() <= up.end_byte();
    let mut at = node.parent();
    while let Some(up) = at.filter(|up| !holds_other(up)) {
        if up.kind() == kind {
            return true;
        }
        at = up.parent();
    }
    false
}
