//! How long a guard lives: from its `let` to where it is dropped, moved or goes out of scope.

use std::sync::Arc;

use runtime_policy_rules::Effect;
use syn::visit::{self, Visit};

use crate::facts::lifetime::Held;
use crate::rust::walk::{Walker, ident};
use crate::source::Span;

/// Effects of calls whose value is a guard.
const GUARDS: &[Effect] = &[Effect::SpanGuard, Effect::CaptureGuard, Effect::Profiler, Effect::DebugListener];

/// Macros that wait for what stands in their brackets.
const WAITING: &[&str] = &["select", "select_biased", "join", "try_join"];

impl<'a> Walker<'_, 'a> {
    /// Follows the guard that a statement binds, if it binds one, through the rest of its block.
    pub(super) fn hold(&mut self, stmt: &'a syn::Stmt, rest: &'a [syn::Stmt]) {
        let syn::Stmt::Local(local) = stmt else { return };
        let Some(init) = &local.init else { return };
        if self.target.is_some() {
            return;
        }
        let Some(made) = self.guard_made(self.span(&*init.expr)) else { return };
        let pattern = match &local.pat {
            syn::Pat::Type(typed) => &*typed.pat,
            other => other,
        };
        let names = names(pattern);
        let name = names.iter().rev().flatten().next().map(|name| name.to_string());
        let mut life =
            Life { walk: self, name, ended: None, wait: None, forgotten: None, deferred: Vec::new() };
        rest.iter().for_each(|stmt| life.visit_stmt(stmt));
        let start = self.span(stmt).end;
        let last = rest.last().map_or(start, |stmt| self.span(stmt).end);
        let (ended, wait, forgotten, deferred) = (life.ended, life.wait, life.forgotten, life.deferred);
        let held = Held {
            made,
            pattern: self.span(pattern),
            names,
            alive: Span { start, end: ended.unwrap_or(last) },
            wait,
            forgotten,
            deferred,
        };
        self.found.held.push(held);
    }

    /// The call within the initialiser just walked that makes a guard and gives its value.
    fn guard_made(&self, init: Span) -> Option<Span> {
        let recent = self.found.uses.iter().rev().take_while(|found| found.site.span.start >= init.start);
        recent
            .filter(|found| found.chain == init)
            .find(|found| GUARDS.contains(&self.catalogue.api(found.api).effect))
            .map(|found| found.site.span)
    }
}

/// The names of a pattern's parts; `None` for what is dropped at once.
fn names(pattern: &syn::Pat) -> Vec<Option<Arc<str>>> {
    let name = |pattern: &syn::Pat| match pattern {
        syn::Pat::Wild(_) | syn::Pat::Rest(_) => None,
        syn::Pat::Ident(found) => Some(ident(&found.ident).into()),
        _ => Some("".into()),
    };
    match pattern {
        syn::Pat::Tuple(tuple) => tuple.elems.iter().map(name).collect(),
        other => vec![name(other)],
    }
}

struct Life<'w, 'p, 'a> {
    walk: &'w Walker<'p, 'a>,
    name: Option<String>,
    ended: Option<u32>,
    wait: Option<Span>,
    forgotten: Option<Span>,
    deferred: Vec<Span>,
}

impl Life<'_, '_, '_> {
    fn is_guard(&self, expr: &syn::Expr) -> bool {
        let syn::Expr::Path(path) = expr else { return false };
        path.path.get_ident().is_some_and(|name| self.name.as_deref() == Some(&ident(name)))
    }

    fn end(&mut self, at: Span) {
        self.ended.get_or_insert(at.start);
    }

    fn waits(&mut self, at: Span) {
        if self.ended.is_none() {
            self.wait.get_or_insert(at);
        }
    }
}

impl<'a> Visit<'a> for Life<'_, '_, '_> {
    fn visit_expr_async(&mut self, block: &'a syn::ExprAsync) {
        self.deferred.push(self.walk.span(block));
    }

    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'a syn::Item) {}

    fn visit_expr_await(&mut self, found: &'a syn::ExprAwait) {
        self.visit_expr(&found.base);
        self.waits(self.walk.span(found));
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        let of_guard = call.args.iter().any(|arg| self.is_guard(arg));
        if let (true, syn::Expr::Path(path)) = (of_guard, &*call.func) {
            let last = path.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
            let undropped = path.path.segments.iter().any(|segment| segment.ident == "ManuallyDrop");
            if last == "forget" || undropped {
                self.forgotten.get_or_insert(self.walk.span(call));
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        if !self.is_guard(&call.receiver) {
            self.visit_expr(&call.receiver);
        } else if call.method == "exit" {
            self.end(self.walk.span(call));
        }
        call.args.iter().for_each(|arg| self.visit_expr(arg));
    }

    fn visit_expr_reference(&mut self, found: &'a syn::ExprReference) {
        if !self.is_guard(&found.expr) {
            visit::visit_expr_reference(self, found);
        }
    }

    fn visit_expr_path(&mut self, path: &'a syn::ExprPath) {
        let name = path.path.get_ident().map(ident);
        if name.is_some() && name == self.name {
            self.end(self.walk.span(path));
        }
    }

    fn visit_macro(&mut self, mac: &'a syn::Macro) {
        let name = mac.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let place = self.walk.span(mac);
        let text = self.walk.data.source.slice(place);
        if WAITING.contains(&name.as_str()) || (text.contains(".await") && !text.contains("async")) {
            self.waits(place);
        }
    }
}
