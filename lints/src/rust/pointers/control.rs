//! Branches, loops and closures: where ways part and meet.

use syn::{Expr, ExprClosure, ExprMatch, Pat};

use super::state::{Shape, Value};
use super::{Breakable, Flow, owners, patterns};
use crate::rust::extent;
use crate::source::Span;

/// Loops inside this many others are walked once, to keep the work linear.
const LOOPS_TWICE: usize = 2;

impl Flow<'_> {
    pub(super) fn labelled(&mut self, inner: &syn::ExprBlock, extend: bool) -> Value {
        if inner.label.is_none() {
            return self.block(&inner.block, extend);
        }
        self.breakables.push(Breakable {
            label: label(&inner.label),
            depth: self.scopes.len(),
            breaks: Vec::new(),
            value: None,
            is_loop: false,
        });
        let value = self.block(&inner.block, extend);
        self.join_breaks(value)
    }

    pub(super) fn join_breaks(&mut self, value: Value) -> Value {
        let Some(done) = self.breakables.pop() else { return value };
        for state in done.breaks {
            let here = std::mem::take(&mut self.state);
            self.state = here.join(state);
        }
        match done.value {
            Some(other) => value.or(other),
            None => value,
        }
    }

    pub(super) fn leave_loop(&mut self, label: Option<&syn::Lifetime>, value: Option<Value>, at: Span) {
        let name = label.map(|label| label.ident.to_string());
        let found = self.breakables.iter().rposition(|open| match &name {
            Some(name) => open.label.as_ref() == Some(name),
            None => open.is_loop,
        });
        if let Some(index) = found
            && !self.state.unreachable
        {
            let state = self.unwound(self.breakables[index].depth, at);
            let open = &mut self.breakables[index];
            open.breaks.push(state);
            if let Some(value) = value {
                open.value = Some(open.value.take().map_or(value.clone(), |known| known.or(value)));
            }
        }
        self.state.unreachable = true;
    }

    /// Walks a loop's body; `body` says whether the loop can end without `break`.
    pub(super) fn looping(
        &mut self,
        label: Option<String>,
        mut body: impl FnMut(&mut Self) -> bool,
    ) -> Value {
        let rounds = if self.loops < LOOPS_TWICE { 2 } else { 1 };
        self.loops += 1;
        self.breakables.push(Breakable {
            label,
            depth: self.scopes.len(),
            breaks: Vec::new(),
            value: None,
            is_loop: true,
        });
        let mut ends = self.state.dead_end();
        for _ in 0..rounds {
            let before = self.state.clone();
            let may_end = self.terminating(Span::default(), &mut body);
            let after = std::mem::take(&mut self.state);
            if may_end {
                ends = ends.join(before.clone()).join(after.clone());
            }
            self.state = before.join(after);
        }
        self.loops -= 1;
        self.state = ends;
        self.join_breaks(Value::default())
    }

    /// The items of a `for`: its temporaries live until the loop ends.
    pub(super) fn terminating_after_loop(&mut self, expr: &Expr) -> Value {
        let value = self.eval(expr);
        let shape = if value.points.is_empty() { Shape::Unknown } else { Shape::Bundle };
        self.temporary(&value, false);
        Value { shape, points: value.points, holds: Vec::new() }
    }

    pub(super) fn branch(&mut self, inner: &syn::ExprIf, extend: bool) -> Value {
        self.enter();
        let end = extent::token(inner.then_branch.brace_token.span.close());
        let has_let = contains_let(&inner.cond);
        self.temps.push(Vec::new());
        self.eval(&inner.cond);
        if !has_let {
            let frame = self.temps.pop().unwrap_or_default();
            self.end_temps(frame, extent::last(&inner.cond));
        }
        let before = self.state.clone();
        let value = self.terminating(end, |flow| flow.block(&inner.then_branch, extend));
        let then = std::mem::replace(&mut self.state, before);
        let value = match &inner.else_branch {
            Some((_, other)) => {
                let end = extent::last(other);
                let second = self.terminating(end, |flow| flow.eval_in(other, extend));
                match (then.unreachable, self.state.unreachable) {
                    (true, _) => second,
                    (_, true) => value,
                    _ => value.or(second),
                }
            }
            None => Value::default(),
        };
        let other = std::mem::take(&mut self.state);
        self.state = then.join(other);
        if has_let {
            let frame = self.temps.pop().unwrap_or_default();
            self.end_temps(frame, end);
        }
        self.leave(end);
        value
    }

    /// What is matched on. Patterns that bind by value move out of a local.
    pub(super) fn scrutinee(&mut self, expr: &Expr, moves: bool) -> Value {
        if !self.is_place(expr) {
            return self.eval(expr);
        }
        match self.local(expr) {
            Some(_) if moves => self.take(expr),
            Some(local) => {
                let value = self.state.locals[local].value.clone();
                Value { holds: Vec::new(), ..value }
            }
            None => {
                let value = self.refer(expr, false);
                Value { points: value.points, ..Value::default() }
            }
        }
    }

    pub(super) fn matching(&mut self, inner: &ExprMatch, extend: bool) -> Value {
        let on_value = !self.is_place(&inner.expr);
        let scrutinee = if on_value { self.eval(&inner.expr) } else { Value::default() };
        if !inner.arms.iter().any(|arm| patterns::moves(&arm.pat)) {
            self.temporary(&scrutinee, false);
        }
        let before = self.state.clone();
        let mut states = self.state.dead_end();
        let mut result: Option<Value> = None;
        for arm in &inner.arms {
            self.state = before.clone();
            self.enter();
            let moves = patterns::moves(&arm.pat);
            let mut value = if on_value { scrutinee.clone() } else { self.scrutinee(&inner.expr, moves) };
            if !moves {
                value.holds.clear();
            }
            self.bind(&arm.pat, value);
            if let Pat::Guard(guard) = &arm.pat {
                self.terminating(extent::last(&guard.guard), |flow| flow.eval(&guard.guard));
            }
            let value = self.terminating(extent::last(&arm.body), |flow| flow.eval_in(&arm.body, extend));
            self.leave(extent::last(&arm.body));
            let after = std::mem::take(&mut self.state);
            if !after.unreachable {
                result = Some(match result {
                    Some(known) => known.or(value),
                    None => value,
                });
            }
            states = states.join(after);
        }
        self.state = states;
        result.unwrap_or_default()
    }

    /// A closure: its body is walked where it is made; what it captured goes along with it. Gives the closure and
    /// what its body returns.
    pub(super) fn closure(&mut self, closure: &ExprClosure, argument: Option<Value>) -> (Value, Value) {
        let expr = Expr::Closure(closure.clone());
        let captured = self.captured(&expr, closure.capture.is_some());
        let raw = owners::returns_raw(&closure.output);
        let body = match &*closure.body {
            Expr::Block(block) => {
                block.block.stmts.last().map_or_else(|| extent::of(&closure.body), extent::value)
            }
            body => extent::of(body),
        };
        let result = self.nested(body, raw, |flow| {
            for (index, pat) in closure.inputs.iter().enumerate() {
                let value = match &argument {
                    Some(value) if index + 1 == closure.inputs.len() => value.clone(),
                    _ => Value::default(),
                };
                flow.bind(pat, value);
            }
            match &*closure.body {
                Expr::Block(block) if block.label.is_none() => flow.block_in_scope(&block.block, false),
                body => flow.eval(body),
            }
        });
        (captured, result)
    }

    /// Walks the body of a closure or async block as a function of its own and restores the state after it.
    pub(super) fn nested(&mut self, end: Span, raw: bool, walk: impl FnOnce(&mut Self) -> Value) -> Value {
        let saved = self.state.clone();
        let base = std::mem::replace(&mut self.base, (self.scopes.len(), self.temps.len()));
        let result_raw = std::mem::replace(&mut self.result_raw, raw);
        let breakables = std::mem::take(&mut self.breakables);
        self.enter();
        self.temps.push(Vec::new());
        let value = walk(self);
        self.exit(value.clone(), end, false);
        let frame = self.temps.pop().unwrap_or_default();
        self.end_temps(frame, end);
        self.leave(end);
        self.base = base;
        self.result_raw = result_raw;
        self.breakables = breakables;
        // What the closure made lives on in its result; what it did to others happens when it is called.
        let mut after = std::mem::replace(&mut self.state, saved);
        let known = self.state.objects.len();
        if after.objects.len() > known {
            self.state.objects.extend(after.objects.drain(known..));
        }
        value
    }
}

pub(super) fn label(label: &Option<syn::Label>) -> Option<String> {
    label.as_ref().map(|label| label.name.ident.to_string())
}

pub(super) fn contains_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => contains_let(&binary.left) || contains_let(&binary.right),
        Expr::Paren(inner) => contains_let(&inner.expr),
        _ => false,
    }
}
