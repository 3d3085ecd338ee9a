//! Expressions and statements: what is in scope, and under which conditions code runs.

use syn::visit::{self, Visit};

use super::calls::{Draft, Shape};
use super::{Binding, BlockNames, Walker, ident, member};
use crate::facts::{Context, Outcome};
use crate::rust::extent::Place;
use crate::rust::flow::{self, is_gated_tail};
use crate::rust::resolve::Space;

impl<'a> Walker<'_, 'a> {
    /// Visits an expression that is not a chain.
    pub(super) fn visit_plain(&mut self, expr: &'a syn::Expr) {
        match expr {
            syn::Expr::MethodCall(_) | syn::Expr::Call(_) | syn::Expr::Await(_) | syn::Expr::Try(_) => {
                self.chain(expr);
            }
            syn::Expr::Path(path) => self.path_value(path),
            syn::Expr::Field(field) => self.visit_expr(&field.base),
            other => self.visit_other(other),
        }
    }

    pub(super) fn visit_other(&mut self, expr: &'a syn::Expr) {
        let start = Place::Of(expr);
        let handed = self.handed.take();
        match expr {
            syn::Expr::Closure(closure) => self.within(
                start,
                |context| context.in_closure = true,
                |walk| {
                    if let Outcome::Argument(callee) = &walk.outcome {
                        walk.given_to = callee.clone();
                        // The guard checks while the program runs that it runs before the seal.
                        walk.context.in_command |= callee.as_deref() == Some("runtime_guard::tuning");
                    }
                    for input in &closure.inputs {
                        walk.bind_pattern(input, None, None, None);
                    }
                    walk.outcome = handed.unwrap_or(Outcome::Returned);
                    walk.visit_expr(&closure.body);
                },
            ),
            syn::Expr::Async(block) => {
                self.within(start, |_| {}, |walk| walk.block(&block.block, Outcome::Returned));
            }
            syn::Expr::Loop(found) => {
                self.within(
                    start,
                    |context| context.in_loop = true,
                    |walk| walk.block(&found.body, Outcome::Other),
                );
            }
            syn::Expr::While(found) => self.within(
                start,
                |context| context.in_loop = true,
                |walk| {
                    walk.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.cond));
                    walk.block(&found.body, Outcome::Other);
                },
            ),
            syn::Expr::ForLoop(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
                self.within(
                    start,
                    |context| context.in_loop = true,
                    |walk| {
                        walk.bind_pattern(&found.pat, None, None, None);
                        walk.block(&found.body, Outcome::Other);
                    },
                );
            }
            syn::Expr::If(found) => self.branch(found, start),
            syn::Expr::Match(found) => self.arms(found, start),
            syn::Expr::Block(block) => {
                let outcome = self.outcome.clone();
                self.within(start, |_| {}, |walk| walk.block(&block.block, outcome));
            }
            syn::Expr::Unsafe(block) => {
                let outcome = self.outcome.clone();
                self.within(start, |_| {}, |walk| walk.block(&block.block, outcome));
            }
            syn::Expr::Return(found) => {
                if let Some(value) = &found.expr {
                    self.with_outcome(Outcome::Returned, |walk| walk.visit_expr(value));
                }
            }
            syn::Expr::Assign(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.left));
                let field = match &*found.left {
                    syn::Expr::Field(place) => Some(member(&place.member).into()),
                    _ => self.field.clone(),
                };
                self.stored(field, &found.right);
            }
            syn::Expr::Struct(found) => self.literal(found),
            syn::Expr::Let(found) => {
                self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
                self.bind_pattern(&found.pat, None, Some(&found.expr), None);
            }
            syn::Expr::Macro(found) => self.macro_call(&found.mac, start),
            syn::Expr::Paren(found) => self.visit_expr(&found.expr),
            syn::Expr::Group(found) => self.visit_expr(&found.expr),
            syn::Expr::Reference(found) => self.visit_expr(&found.expr),
            syn::Expr::Cast(found) => self.visit_expr(&found.expr),
            other if self.operands(other) => {}
            other => self.with_outcome(Outcome::Other, |walk| visit::visit_expr(walk, other)),
        }
    }

    pub(super) fn literal(&mut self, found: &'a syn::ExprStruct) {
        let span = Place::Of(found);
        let named = self.may_matter(&found.path).then(|| self.canonical(&found.path, Space::Types)).flatten();
        if let Some((_, canonical)) = named {
            let anchor = Place::Of(&found.path);
            let shape =
                Shape { chain: span, root: None, before: &[], after: &[], outcome: self.outcome.clone() };
            self.record(&canonical, |walk| Draft {
                keys: found
                    .fields
                    .iter()
                    .map(|field| (member(&field.member).into(), walk.value(&field.expr)))
                    .collect(),
                ..walk.draft(span, anchor, &shape)
            });
        }
        for field in &found.fields {
            self.stored(Some(member(&field.member).into()), &field.expr);
        }
        if let Some(rest) = &found.rest {
            self.stored(None, rest);
        }
    }

    pub(super) fn branch(&mut self, found: &'a syn::ExprIf, start: Place<'a>) {
        let outcome = self.outcome.clone();
        let gate = condition_gate(&found.cond, self);
        self.within(
            start,
            |context| gate.apply(context),
            |walk| {
                walk.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.cond));
                walk.block(&found.then_branch, outcome.clone());
                walk.context.after_serve = false;
            },
        );
        if let Some((_, other)) = &found.else_branch {
            let served = self.context.after_serve;
            self.with_outcome(outcome, |walk| walk.visit_expr(other));
            self.context.after_serve = served;
        }
    }

    pub(super) fn arms(&mut self, found: &'a syn::ExprMatch, start: Place<'a>) {
        let outcome = self.outcome.clone();
        self.with_outcome(Outcome::Other, |walk| walk.visit_expr(&found.expr));
        let served = self.context.after_serve;
        for arm in &found.arms {
            self.enclosing.push(start);
            self.within(
                Place::Of(arm),
                |_| {},
                |walk| {
                    walk.bind_pattern(&arm.pat, None, Some(&found.expr), None);
                    walk.with_outcome(outcome.clone(), |walk| walk.visit_expr(&arm.body));
                },
            );
            self.enclosing.pop();
            self.context.after_serve = served;
        }
    }

    pub(super) fn block(&mut self, block: &'a syn::Block, outcome: Outcome) {
        self.block_names(&block.stmts);
        let env = self.env;
        let statement = self.statement;
        for (number, stmt) in block.stmts.iter().enumerate() {
            let last = number + 1 == block.stmts.len() || is_gated_tail(stmt);
            // Without a semicolon, a value that is not the last one is that of a branch which `cfg` picks.
            self.stmt(stmt, if last { outcome.clone() } else { Outcome::Other });
            self.hold(stmt, &block.stmts[number + 1..]);
        }
        self.statement = statement;
        self.env = env;
        self.blocks.pop();
    }

    pub(super) fn block_names(&mut self, stmts: &[syn::Stmt]) {
        let mut names = BlockNames::default();
        for stmt in stmts {
            let syn::Stmt::Item(item) = stmt else { continue };
            match item {
                syn::Item::Use(found) => {
                    let text = self.data.source.slice(self.span(&found.tree));
                    names.imports.extend(crate::rust::use_tree::imports(text));
                }
                syn::Item::Fn(found) => names.own.push(ident(&found.sig.ident)),
                syn::Item::Struct(found) => names.own.push(ident(&found.ident)),
                syn::Item::Enum(found) => names.own.push(ident(&found.ident)),
                syn::Item::Mod(found) => names.own.push(ident(&found.ident)),
                _ => {}
            }
        }
        self.blocks.push(names);
    }

    pub(super) fn stmt(&mut self, stmt: &'a syn::Stmt, outcome: Outcome) {
        let production = self.production;
        if let Some(changed) = crate::rust::attributes::production_of(flow::attributes_of(stmt)) {
            self.production = changed;
        }
        self.statement = Place::Of(stmt);
        self.enclosing.push(self.statement);
        self.under(flow::attributes_of(stmt), |walk| walk.plain_stmt(stmt, outcome));
        self.enclosing.pop();
        self.production = production;
    }

    pub(super) fn plain_stmt(&mut self, stmt: &'a syn::Stmt, outcome: Outcome) {
        match stmt {
            syn::Stmt::Local(local) => self.local(local),
            syn::Stmt::Expr(expr, semicolon) => {
                let outcome = if semicolon.is_some() { Outcome::Discarded } else { outcome };
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
            }
            syn::Stmt::Macro(found) => {
                let start = self.statement;
                let outcome = if found.semi_token.is_some() { Outcome::Discarded } else { outcome };
                self.with_outcome(outcome, |walk| walk.macro_call(&found.mac, start));
            }
            syn::Stmt::Item(item) => self.nested_item(item),
        }
    }

    pub(super) fn local(&mut self, local: &'a syn::Local) {
        let (pattern, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            other => (other, None),
        };
        let init = local.init.as_ref().map(|init| &*init.expr);
        if let Some(expr) = init {
            let outcome = match pattern {
                syn::Pat::Wild(_) => Outcome::Underscore,
                syn::Pat::Ident(found) => {
                    Outcome::Bound(self.bindings.len() as u32, ident(&found.ident).into())
                }
                _ => Outcome::Other,
            };
            // The number promised to the outcome is the one that the variable gets.
            if let syn::Pat::Ident(found) = pattern {
                let binding = Binding {
                    name: ident(&found.ident),
                    ty,
                    init,
                    part: None,
                    mutable: found.mutability.is_some(),
                    parameter: None,
                    previous: self.env,
                };
                let index = self.bindings.len() as u32;
                self.bindings.push(binding);
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
                self.env = Some(index);
            } else {
                self.with_outcome(outcome, |walk| walk.visit_expr(expr));
                self.bind_pattern(pattern, ty, init, None);
            }
        } else {
            self.bind_pattern(pattern, ty, None, None);
        }
        if let Some((_, diverge)) = local.init.as_ref().and_then(|init| init.diverge.as_ref()) {
            self.with_outcome(Outcome::Other, |walk| walk.visit_expr(diverge));
        }
    }
}

/// What a condition says about when its branch runs.
#[derive(Default)]
pub(super) struct Gate {
    debug_only: bool,
    feature: bool,
    env: bool,
}

impl Gate {
    pub(super) fn apply(&self, context: &mut Context) {
        context.debug_only |= self.debug_only;
        context.feature_gated |= self.feature;
        context.env_gated |= self.env;
    }
}

pub(super) fn condition_gate(condition: &syn::Expr, walk: &Walker<'_, '_>) -> Gate {
    let text = walk.data.source.slice(walk.span(condition));
    Gate {
        debug_only: text.contains("cfg!(debug_assertions)"),
        feature: text.contains("cfg!(feature"),
        env: text.contains("env::var") || text.contains("var_os("),
    }
}
