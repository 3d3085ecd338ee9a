//! Expressions, in the order in which they run.

use syn::{Expr, ExprAssign, UnOp};

use super::Flow;
use super::control::{contains_let, label};
use super::owners::{self, Class, Made};
use super::patterns;
use super::places::path_text;
use super::state::{Shape, Slot, Status, Value};
use crate::facts::pointer::Hazard;
use crate::rust::extent;
use crate::source::Span;

impl Flow<'_> {
    pub(super) fn eval(&mut self, expr: &Expr) -> Value {
        self.eval_in(expr, false)
    }

    /// Walks an expression. `extend` = temporaries under `&` live as long as the enclosing block.
    pub(super) fn eval_in(&mut self, expr: &Expr, extend: bool) -> Value {
        match expr {
            Expr::Path(_) => self.take(expr),
            Expr::Paren(inner) => self.eval_in(&inner.expr, extend),
            Expr::Group(inner) => self.eval_in(&inner.expr, extend),
            Expr::Reference(inner) => {
                if leaks_to_static(&inner.expr) {
                    self.deliberate += 1;
                    let value = self.refer(&inner.expr, extend);
                    self.deliberate -= 1;
                    return value;
                }
                self.refer(&inner.expr, extend)
            }
            Expr::RawAddr(inner) => {
                let value = self.refer(&inner.expr, extend);
                self.as_pointer(value, extent::of(expr))
            }
            Expr::Cast(cast) => self.cast(&cast.expr, &cast.ty, extent::of(expr), extend),
            Expr::Call(call) => self.call(call, extent::of(expr)),
            Expr::MethodCall(call) => self.method_call(call, extent::of(expr)),
            Expr::Macro(mac) => self.macro_call(&mac.mac),
            Expr::Block(inner) => self.labelled(inner, extend),
            Expr::Unsafe(inner) => self.block(&inner.block, extend),
            Expr::Const(_) => Value::default(),
            Expr::If(inner) => self.branch(inner, extend),
            Expr::Match(inner) => self.matching(inner, extend),
            Expr::Let(inner) => {
                let value = self.scrutinee(&inner.expr, patterns::moves(&inner.pat));
                self.bind(&inner.pat, value);
                Value::default()
            }
            Expr::Loop(inner) => self.looping(label(&inner.label), |flow| {
                flow.block(&inner.body, false);
                false
            }),
            Expr::While(inner) => self.looping(label(&inner.label), |flow| {
                flow.enter();
                flow.temps.push(Vec::new());
                flow.eval(&inner.cond);
                flow.block(&inner.body, false);
                let frame = flow.temps.pop().unwrap_or_default();
                flow.end_temps(frame, extent::token(inner.body.brace_token.span.close()));
                flow.leave(extent::token(inner.body.brace_token.span.close()));
                true
            }),
            Expr::ForLoop(inner) => {
                let items = self.terminating_after_loop(&inner.expr);
                self.looping(label(&inner.label), |flow| {
                    flow.enter();
                    flow.bind(&inner.pat, items.clone());
                    flow.block(&inner.body, false);
                    flow.leave(extent::token(inner.body.brace_token.span.close()));
                    true
                })
            }
            Expr::Closure(closure) => self.closure(closure, None).0,
            Expr::Async(inner) => {
                let captured = self.captured(expr, inner.capture.is_some());
                self.nested(extent::of(expr), false, |flow| flow.block_in_scope(&inner.block, false));
                captured
            }
            Expr::Await(inner) => {
                let value = self.eval(&inner.base);
                self.may_be_left(extent::of(expr), true);
                self.state.keep(&value.holds);
                Value::default()
            }
            Expr::Try(inner) => {
                let value = self.eval_in(&inner.expr, extend);
                self.may_be_left(extent::of(expr), false);
                value.unwrapped()
            }
            Expr::Return(inner) => {
                let value = inner.expr.as_deref().map_or_else(Value::default, |value| self.eval(value));
                let at = extent::of(inner.expr.as_deref().unwrap_or(expr));
                self.exit(value, at, true);
                Value::default()
            }
            Expr::Break(inner) => {
                let value = inner.expr.as_deref().map(|value| self.eval(value));
                self.leave_loop(inner.label.as_ref(), value, extent::of(expr));
                Value::default()
            }
            Expr::Continue(_) => {
                self.state.unreachable = true;
                Value::default()
            }
            Expr::Assign(assign) => self.assign(assign, expr),
            Expr::Binary(binary) => self.binary(binary),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
                let value = self.refer(expr, extend);
                match value.shape {
                    // Reading through a pointer gives what it points to.
                    Shape::Pointer => Value::default(),
                    _ => Value { points: value.points, ..Value::default() },
                }
            }
            Expr::Unary(unary) => {
                self.eval(&unary.expr);
                Value::default()
            }
            Expr::Field(_) | Expr::Index(_) => {
                let behind = self.behind_pointer(expr);
                let value = self.refer(expr, extend);
                if behind {
                    // What is read through a pointer is a copy of what it points to.
                    return Value::default();
                }
                let shape = if value.points.is_empty() { Shape::Unknown } else { Shape::Bundle };
                Value { shape, points: value.points, holds: Vec::new() }
            }
            Expr::Tuple(tuple) => self.gather(tuple.elems.iter(), extend, Value::default()),
            Expr::Array(array) => self.gather(array.elems.iter(), extend, inline(Class::Array)),
            Expr::Repeat(repeat) => self.gather(std::iter::once(&*repeat.expr), extend, inline(Class::Array)),
            Expr::Struct(literal) => {
                let fields = literal.fields.iter().map(|field| &field.expr).chain(literal.rest.as_deref());
                self.gather(fields, extend, inline(Class::Plain))
            }
            Expr::Range(range) => {
                for end in range.start.iter().chain(&range.end) {
                    self.eval(end);
                }
                Value::default()
            }
            Expr::Lit(_) => inline(Class::Plain),
            Expr::TryBlock(inner) => self.block(&inner.block, false),
            Expr::Yield(inner) => {
                if let Some(value) = &inner.expr {
                    self.eval(value);
                }
                Value::default()
            }
            _ => Value::default(),
        }
    }

    /// A name used as a value: owners move out of it.
    pub(super) fn take(&mut self, expr: &Expr) -> Value {
        let Some(index) = self.local(expr) else { return Value::default() };
        self.mentioned(index);
        let at = extent::of(expr);
        let local = &mut self.state.locals[index];
        let value = local.value.clone();
        if let Shape::Owner { class, .. } = value.shape {
            let moves = !value.holds.is_empty() || class == Class::Cell;
            if moves {
                local.value.holds.clear();
                local.value.shape = Shape::Unknown;
            }
            if class == Class::Cell {
                let storage = local.storage;
                if self.state.status(storage) == Status::Live {
                    self.state.get_mut(storage).status =
                        Status::Dead(Hazard::OwnerMoved { inline: true }, Some(at));
                }
            }
        } else {
            local.value.holds.clear();
        }
        value
    }

    fn cast(&mut self, inner: &Expr, ty: &syn::Type, at: Span, extend: bool) -> Value {
        let value = self.eval_in(inner, extend);
        // `p as _` may be an integer as well; where it is an argument, `argument` has looked through it.
        if owners::is_raw(ty) {
            let mut value = self.as_pointer(value, at);
            if !value.points.is_empty() {
                value.shape = Shape::Pointer;
            }
            return value;
        }
        // An address as an integer is no pointer any more.
        self.state.keep(&value.holds);
        Value::default()
    }

    /// A value made of parts.
    pub(super) fn gather<'e>(
        &mut self,
        parts: impl Iterator<Item = &'e Expr>,
        extend: bool,
        mut whole: Value,
    ) -> Value {
        for part in parts {
            let part = self.eval_in(part, extend);
            whole.absorb(part);
        }
        if whole.shape == Shape::Unknown && !whole.points.is_empty() {
            whole.shape = Shape::Bundle;
        }
        whole
    }

    fn assign(&mut self, assign: &ExprAssign, whole: &Expr) -> Value {
        let at = extent::of(whole);
        if matches!(&*assign.left, Expr::Infer(_)) {
            let value = self.eval(&assign.right);
            self.temporary(&value, false);
            return Value::default();
        }
        let into_static = static_place(&assign.left);
        self.deliberate += usize::from(into_static);
        let mut value = self.eval(&assign.right);
        self.deliberate -= usize::from(into_static);
        if let Some(index) = self.local(&assign.left) {
            if self.state.locals[index].raw {
                value = self.as_pointer(value, extent::of(&assign.right));
            }
            let local = &mut self.state.locals[index];
            let old = std::mem::replace(&mut local.value, value);
            let kept: Vec<_> = old.holds.into_iter().filter(|obj| !local.value.holds.contains(obj)).collect();
            let (name, fresh) = (local.name.clone(), local.value.holds.clone());
            for obj in fresh {
                self.state.get_mut(obj).name = name.clone();
            }
            self.state.reclaimed.remove(&index);
            for obj in kept {
                self.end(obj, Hazard::OwnerReassigned, Some(at));
            }
            return Value::default();
        }
        self.assign_into(&assign.left, value, at);
        Value::default()
    }

    /// Assignment to a field, an element or through a pointer.
    fn assign_into(&mut self, left: &Expr, value: Value, at: Span) {
        if let Expr::Index(index) = left {
            self.eval(&index.index);
        }
        if let Expr::Unary(unary) = left
            && let Some(local) = self.local(&unary.expr)
            && self.state.locals[local].value.shape == Shape::Pointer
        {
            // Writing through a pointer is a use of it.
            let pointer = self.state.locals[local].value.clone();
            self.used(&pointer, at);
        }
        let root = self.root(left);
        let outlives = match root {
            Some(local) => {
                let local = &self.state.locals[local];
                local.param && !local.by_value
            }
            None => static_place(left),
        };
        if outlives
            && let Some(key) = path_text(left)
            && self.stored_for_long(left, &key)
        {
            self.touch(left);
            self.state.slots.remove(&key);
            self.state.keep(&value.holds);
            if value.shape == Shape::Pointer && !value.points.is_empty() {
                self.state.slots.insert(key, Slot { points: value.points, stored: at, touched: false });
            }
            return;
        }
        match root {
            Some(local) if self.state.locals[local].by_value => self.state.locals[local].value.absorb(value),
            Some(local) if !self.state.locals[local].param => {
                self.state.keep(&value.holds);
                self.state.locals[local].value.absorb(Value { points: value.points, ..Value::default() });
            }
            _ => self.state.keep(&value.holds),
        }
    }

    /// Fields of `self` and `&mut` parameters, statics, and out-parameters; not structs behind raw pointers,
    /// whose life is unknown.
    fn stored_for_long(&self, left: &Expr, key: &str) -> bool {
        let Some(root) = self.root(left) else { return true };
        let local = &self.state.locals[root];
        if local.raw { key.matches('*').count() == 1 && !key.contains('.') } else { true }
    }

    fn binary(&mut self, binary: &syn::ExprBinary) -> Value {
        use syn::BinOp;
        if let BinOp::AddAssign(_) = binary.op {
            let value = self.eval(&binary.right);
            self.temporary(&value, false);
            let grown = self.refer(&binary.left, false);
            if let Shape::Borrow { class: Some(Class::String), heap: Some(heap), .. } = grown.shape {
                self.regrow(heap, extent::of(&binary.left));
            }
            return Value::default();
        }
        let left = self.operand(&binary.left);
        let lazy = matches!(binary.op, BinOp::And(_) | BinOp::Or(_));
        if lazy && !contains_let(&binary.right) {
            let before = self.state.clone();
            self.terminating(extent::last(&binary.right), |flow| flow.eval(&binary.right));
            let after = std::mem::replace(&mut self.state, before);
            let here = std::mem::take(&mut self.state);
            self.state = after.join(here);
            return Value::default();
        }
        self.operand(&binary.right);
        match (binary.op, left.shape) {
            // `string + "more"` keeps the string's memory or moves it: a new owner either way.
            (BinOp::Add(_), Shape::Owner { class: Class::String, .. }) => {
                self.make(Made { class: Class::String, wrapped: false, roomy: false }, "")
            }
            _ => Value::default(),
        }
    }

    /// Comparing and adding look at addresses only, and leave places alone; `string +` moves the string.
    fn operand(&mut self, expr: &Expr) -> Value {
        if self.is_place(expr) && !matches!(self.local(expr), Some(local) if self.is_string(local)) {
            self.refer(expr, false)
        } else {
            let value = self.eval(expr);
            self.temporary(&value, false);
            value
        }
    }

    fn is_string(&self, local: usize) -> bool {
        matches!(self.state.locals[local].value.shape, Shape::Owner { class: Class::String, .. })
    }
}

fn inline(class: Class) -> Value {
    Value::of(Shape::Owner { class, wrapped: false, heap: None })
}

/// `STATIC`, `STATIC.field`, `module::STATIC`.
pub(super) fn static_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            name.len() > 1 && name.chars().all(|letter| !letter.is_lowercase())
        }),
        Expr::Field(field) => static_place(&field.base),
        Expr::Paren(inner) => static_place(&inner.expr),
        Expr::Index(index) => static_place(&index.expr),
        _ => false,
    }
}

/// `*Box::into_raw(..)` under a reference: leaked for good, on purpose.
fn leaks_to_static(expr: &Expr) -> bool {
    matches!(expr, Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_))
        && matches!(&*unary.expr, Expr::Call(_) | Expr::MethodCall(_) | Expr::Paren(_)))
}
