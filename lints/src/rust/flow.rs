//! How values flow through an expression: what hands its operand's value on, and where local variables go.

use std::sync::Arc;

use crate::facts::Outcome;
use crate::facts::passed::{Passed, RANGE, REPEAT};
use crate::rust::attributes::{debug_only, feature_gated};
use crate::rust::extent::Place;
use crate::rust::macros::Part;
use crate::rust::walk::{Walker, ident};

/// Methods whose result says what their receiver says, and what their arguments say if they take the receiver's place.
const SAME: &[&str] = &[
    "max",
    "min",
    "clamp",
    "unwrap_or",
    "unwrap_or_else",
    "map_or",
    "map_or_else",
    "or",
    "or_else",
    "saturating_sub",
    "saturating_add",
    "saturating_mul",
    "div_ceil",
    "next_power_of_two",
    "unwrap",
    "unwrap_or_default",
    "expect",
    "into",
    "try_into",
    "map",
    "ok",
    "get",
    "clone",
    "len",
    "count",
];

/// Those whose arguments may become the result.
const TAKES_PLACE: &[&str] =
    &["max", "min", "clamp", "unwrap_or", "unwrap_or_else", "map_or", "map_or_else", "or", "or_else"];

/// Whether an argument of the method may become the chain's value.
pub(super) fn takes_place(method: &str) -> bool {
    TAKES_PLACE.contains(&method)
}

/// Whether a chain's value says what its root says.
pub(super) fn says_the_same(nodes: &[&syn::ExprMethodCall]) -> bool {
    nodes.iter().all(|node| SAME.contains(&ident(&node.method).as_str()))
}

/// Whether a statement without semicolon is the value of its block on some platform: `#[cfg(unix)] { … }`.
pub(super) fn is_gated_tail(stmt: &syn::Stmt) -> bool {
    let syn::Stmt::Expr(syn::Expr::Block(block), None) = stmt else { return false };
    block.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"))
}

impl<'a> Walker<'_, 'a> {
    /// Notes where a local variable's value goes. Says whether the path is one.
    pub(super) fn pass(&mut self, path: &syn::ExprPath, nodes: &[&'a syn::ExprMethodCall]) -> bool {
        let Some(variable) = path.path.get_ident().and_then(|name| self.variable(&ident(name))) else {
            return false;
        };
        if self.target.is_none() && !matches!(self.outcome, Outcome::Other | Outcome::Discarded) {
            let passed = Passed {
                variable,
                function: self.functions.last().copied(),
                through: nodes.iter().map(|node| ident(&node.method).into()).collect(),
                statement: self.at(self.statement),
                outcome: self.outcome.clone(),
                field: self.stored_in(),
            };
            self.found.passed.push(passed);
        }
        true
    }

    /// The field that the value at hand is stored in.
    pub(super) fn stored_in(&self) -> Option<Arc<str>> {
        self.field.clone().filter(|_| self.outcome == Outcome::Stored)
    }

    /// Visits what is stored in a field.
    pub(super) fn stored(&mut self, field: Option<Arc<str>>, value: &'a syn::Expr) {
        let before = std::mem::replace(&mut self.field, field);
        self.with_outcome(Outcome::Stored, |walk| syn::visit::Visit::visit_expr(walk, value));
        self.field = before;
    }

    /// Operators and brackets that hand their operands' values on; says whether the expression is one.
    pub(super) fn operands(&mut self, expr: &'a syn::Expr) -> bool {
        use syn::visit::Visit;
        match expr {
            syn::Expr::Binary(found) if is_arithmetic(&found.op) => {
                self.visit_expr(&found.left);
                self.visit_expr(&found.right);
            }
            syn::Expr::Unary(found) => self.visit_expr(&found.expr),
            syn::Expr::Range(found) => self.with_outcome(Outcome::Argument(Some(RANGE.into())), |walk| {
                found.start.iter().chain(&found.end).for_each(|bound| walk.visit_expr(bound));
            }),
            syn::Expr::Repeat(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
                self.repeated(&found.len);
            }
            _ => return false,
        }
        true
    }

    /// The length of an array.
    pub(super) fn repeated(&mut self, len: &'a syn::Expr) {
        self.with_outcome(Outcome::Argument(Some(REPEAT.into())), |walk| {
            syn::visit::Visit::visit_expr(walk, len);
        });
    }

    /// An argument that may become the value of the chain around it.
    pub(super) fn in_place(&mut self, arg: &'a syn::Expr, outcome: Outcome) {
        use syn::visit::Visit;
        if let syn::Expr::Closure(_) = arg {
            self.handed = Some(outcome);
            self.with_outcome(Outcome::Other, |walk| walk.visit_expr(arg));
            self.handed = None;
        } else {
            self.with_outcome(outcome, |walk| walk.visit_expr(arg));
        }
    }

    /// The defaults that attributes give to the fields of a command line.
    pub(crate) fn defaults(&mut self, fields: &'a syn::Fields) {
        for field in fields {
            self.field = field.ident.as_ref().map(|name| ident(name).into());
            for attribute in &field.attrs {
                let syn::Meta::List(list) = &attribute.meta else { continue };
                if !["arg", "clap", "structopt"].iter().any(|name| list.path.is_ident(name)) {
                    continue;
                }
                let start = Place::Of(attribute);
                for part in self.arena.parts("arg", &list.tokens) {
                    self.part(part, start);
                }
            }
        }
        self.field = None;
    }

    /// Runs `inside` under what the attributes of a statement or expression say about when it is compiled.
    pub(super) fn under(&mut self, attributes: &[syn::Attribute], inside: impl FnOnce(&mut Self)) {
        let (debug, feature) = (self.context.debug_only, self.context.feature_gated);
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")) {
            let span = self.span(attribute);
            let text = self.data.source.slice(span).trim_start_matches("#[").trim();
            self.context.debug_only |= debug_only(text);
            self.context.feature_gated |= feature_gated(text);
        }
        inside(self);
        self.context.debug_only = debug;
        self.context.feature_gated = feature;
    }
}

fn is_arithmetic(op: &syn::BinOp) -> bool {
    matches!(
        op,
        syn::BinOp::Add(_)
            | syn::BinOp::Sub(_)
            | syn::BinOp::Mul(_)
            | syn::BinOp::Div(_)
            | syn::BinOp::Shl(_)
    )
}

/// The type inside `State(x): State<T>`: extractors are taken apart where they are declared.
pub(super) fn wrapped<'a>(pattern: &syn::PatTupleStruct, ty: &'a syn::Type) -> Option<&'a syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let same = pattern.path.segments.last().is_some_and(|own| own.ident == last.ident);
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut types = arguments.args.iter().filter_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.next().filter(|_| same && pattern.elems.len() == 1 && arguments.args.len() == 1)
}

/// What `vec![value; count]` holds.
pub(super) fn repetition<'a>(name: &str, part: &'a Part) -> Option<(&'a syn::Stmt, &'a syn::Expr)> {
    match part {
        Part::Statements(stmts) if name == "vec" => match stmts.as_slice() {
            [value, syn::Stmt::Expr(len, None)] => Some((value, len)),
            _ => None,
        },
        _ => None,
    }
}

/// The attributes of a statement.
pub(super) fn attributes_of(stmt: &syn::Stmt) -> &[syn::Attribute] {
    match stmt {
        syn::Stmt::Local(local) => &local.attrs,
        syn::Stmt::Macro(found) => &found.attrs,
        syn::Stmt::Item(_) => &[],
        syn::Stmt::Expr(expr, _) => match expr {
            syn::Expr::Block(found) => &found.attrs,
            syn::Expr::Unsafe(found) => &found.attrs,
            syn::Expr::Call(found) => &found.attrs,
            syn::Expr::MethodCall(found) => &found.attrs,
            syn::Expr::If(found) => &found.attrs,
            syn::Expr::Match(found) => &found.attrs,
            syn::Expr::Assign(found) => &found.attrs,
            syn::Expr::Return(found) => &found.attrs,
            syn::Expr::Macro(found) => &found.attrs,
            _ => &[],
        },
    }
}
