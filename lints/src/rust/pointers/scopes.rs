//! Scopes, temporaries, and the ways out of them.

use syn::{Block, Expr, Pat, Stmt};

use super::Flow;
use super::owners;
use super::state::{LocalId, Obj, Shape, State, Status, Value};
use crate::facts::pointer::Hazard;
use crate::rust::extent;
use crate::source::Span;

impl Flow<'_> {
    pub(super) fn enter(&mut self) {
        self.scopes.push(self.state.locals.len());
    }

    /// Ends the innermost scope: its locals are dropped, last one first.
    pub(super) fn leave(&mut self, end: Span) {
        let Some(start) = self.scopes.pop() else { return };
        self.end_locals(start, Hazard::OwnerLeavesScope, Some(end));
        self.state.locals.truncate(start);
        self.state.reclaimed.retain(|local, _| *local < start);
    }

    fn end_locals(&mut self, start: usize, hazard: Hazard, end: Option<Span>) {
        for index in (start..self.state.locals.len()).rev() {
            let local = &self.state.locals[index];
            let (storage, held) = (local.storage, local.value.holds.clone());
            self.end(storage, hazard, end);
            for obj in held {
                self.end(obj, hazard, end);
            }
        }
    }

    /// Ends an object that this function still owns.
    pub(super) fn end(&mut self, obj: Obj, hazard: Hazard, event: Option<Span>) {
        if self.state.status(obj) != Status::Live {
            return;
        }
        self.state.get_mut(obj).status = Status::Dead(hazard, event);
        self.freed_after_theft(obj);
        if matches!(hazard, Hazard::OwnerLeavesScope | Hazard::EscapesLocal) {
            self.ended_unmentioned(obj);
        }
    }

    pub(super) fn end_temps(&mut self, frame: Vec<Obj>, end: Span) {
        for obj in frame {
            self.end(obj, Hazard::TemporaryDies, Some(end));
        }
    }

    /// Walks something whose temporaries die with it.
    pub(super) fn terminating<T>(&mut self, end: Span, walk: impl FnOnce(&mut Self) -> T) -> T {
        self.temps.push(Vec::new());
        let result = walk(self);
        let frame = self.temps.pop().unwrap_or_default();
        self.end_temps(frame, end);
        result
    }

    /// Turns a value into a temporary of the running statement, or, where the language extends its life, into an
    /// unnamed local.
    pub(super) fn temporary(&mut self, value: &Value, extend: bool) {
        for &obj in &value.holds {
            self.hold_temporary(obj, extend);
        }
    }

    pub(super) fn hold_temporary(&mut self, obj: Obj, extend: bool) {
        if extend {
            let mut value = Value::default();
            value.holds.push(obj);
            self.declare("", value);
        } else if let Some(frame) = self.temps.last_mut() {
            frame.push(obj);
        }
    }

    pub(super) fn declare(&mut self, name: &str, value: Value) -> LocalId {
        let storage = self.state.object(name, Status::Live);
        // Heap memory is called after the variable that owns it.
        for &obj in &value.holds {
            if !name.is_empty() {
                self.state.get_mut(obj).name = name.into();
            }
        }
        if let Shape::Borrow { heap: Some(heap), .. } = value.shape
            && self.state.get(heap).name.is_empty()
        {
            self.state.get_mut(heap).name = name.into();
        }
        let by_value = matches!(value.shape, Shape::Owner { .. });
        self.state.locals.push(super::state::Local {
            name: name.into(),
            storage,
            value,
            raw: false,
            by_value,
            param: false,
        });
        self.state.locals.len() - 1
    }

    /// The local that a plain path names.
    pub(super) fn local(&self, expr: &Expr) -> Option<LocalId> {
        match expr {
            Expr::Path(path) if path.qself.is_none() => {
                let ident = path.path.get_ident()?;
                self.state.locals.iter().rposition(|local| ident == &*local.name)
            }
            Expr::Paren(inner) => self.local(&inner.expr),
            Expr::Group(inner) => self.local(&inner.expr),
            _ => None,
        }
    }

    pub(super) fn block(&mut self, block: &Block, extend: bool) -> Value {
        self.enter();
        let value = self.block_in_scope(block, extend);
        self.leave(extent::token(block.brace_token.span.close()));
        value
    }

    pub(super) fn block_in_scope(&mut self, block: &Block, extend: bool) -> Value {
        let mut value = Value::default();
        for (index, statement) in block.stmts.iter().enumerate() {
            let last = index + 1 == block.stmts.len();
            match statement {
                Stmt::Expr(expr, None) if last => value = self.eval_in(expr, extend),
                Stmt::Macro(mac) if last && mac.semi_token.is_none() => value = self.macro_call(&mac.mac),
                _ => self.statement(statement),
            }
        }
        value
    }

    fn statement(&mut self, statement: &Stmt) {
        let end = extent::statement_end(statement);
        match statement {
            Stmt::Local(local) => self.let_statement(local, end),
            Stmt::Expr(expr, _) => {
                let value = self.terminating(end, |flow| flow.eval(expr));
                for obj in value.holds {
                    self.end(obj, Hazard::TemporaryDies, Some(end));
                }
            }
            Stmt::Macro(mac) => {
                self.terminating(end, |flow| flow.macro_call(&mac.mac));
            }
            Stmt::Item(_) => {}
        }
        for held in &mut self.state.held {
            held.armed = true;
        }
    }

    fn let_statement(&mut self, local: &syn::Local, end: Span) {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let Some(init) = &local.init else {
            self.bind(pat, Value::default());
            if let (Some(ty), Some(local)) = (ty, self.state.locals.last_mut()) {
                local.raw = owners::is_raw(ty);
            }
            return;
        };
        if let (Pat::Tuple(pats), Expr::Tuple(values)) = (pat, &*init.expr)
            && pats.elems.len() == values.elems.len()
        {
            let values: Vec<Value> = self.terminating(end, |flow| {
                values.elems.iter().map(|value| flow.eval_in(value, true)).collect()
            });
            for (pat, value) in pats.elems.iter().zip(values) {
                self.bind(pat, value);
            }
            return;
        }
        let discarded = matches!(pat, Pat::Wild(_));
        if discarded && self.is_place(&init.expr) {
            return;
        }
        // `let _ = Rc::into_raw(x)` leaks on purpose.
        self.deliberate += usize::from(discarded);
        let mut value = self.terminating(end, |flow| {
            let value = flow.eval_in(&init.expr, true);
            match ty {
                Some(ty) => flow.coerced(value, ty, &init.expr),
                None => value,
            }
        });
        self.deliberate -= usize::from(discarded);
        if let Some((_, diverge)) = &init.diverge {
            let before = self.state.clone();
            self.terminating(end, |flow| flow.eval(diverge));
            // The other way on is the only one, as `else` never falls through.
            self.state = before;
            value = value.unwrapped();
        }
        self.bind(pat, value);
        if let (Some(ty), Some(local)) = (ty, self.state.locals.last_mut()) {
            local.raw = owners::is_raw(ty);
            local.by_value |= !matches!(ty, syn::Type::Reference(_) | syn::Type::Infer(_));
        }
    }

    /// A value bound to a written type: references become raw pointers, unknown values known owners.
    pub(super) fn coerced(&mut self, value: Value, ty: &syn::Type, from: &Expr) -> Value {
        if owners::is_raw(ty) {
            return self.as_pointer(value, extent::of(from));
        }
        match (value.shape, owners::of_type(ty)) {
            (Shape::Unknown, Some(made)) => {
                let points = value.points;
                let mut fresh = self.make(made, "");
                fresh.points = points;
                fresh
            }
            (Shape::Bundle, Some(made)) => {
                // A collection of pointers: it owns its own memory too.
                let mut fresh = self.make(made, "");
                fresh.absorb(value);
                fresh
            }
            _ => value,
        }
    }

    /// What leaves the function or closure: its locals and temporaries end, and pointers to them with it.
    pub(super) fn exit(&mut self, value: Value, at: Span, early: bool) {
        if self.state.unreachable {
            return;
        }
        let value = if self.result_raw { self.as_pointer(value, at) } else { value };
        let saved = self.state.clone();
        let (scope, temp) = self.base;
        let frames = self.temps[temp..].to_vec();
        for frame in frames {
            self.end_temps(frame, at);
        }
        let start = self.scopes.get(scope).copied().unwrap_or(0);
        self.end_locals(start, Hazard::EscapesLocal, None);
        self.used(&value, at);
        if scope == 0 {
            let dead = |(_, obj): &&(usize, Obj)| matches!(self.state.status(*obj), Status::Dead(..));
            let ended = self.owned_params.iter().filter(dead).map(|(position, _)| *position).collect();
            self.ends = Some(match self.ends.take() {
                Some(known) => &known & &ended,
                None => ended,
            });
        }
        for point in &value.points {
            let position =
                self.params.iter().find(|(_, obj)| *obj == point.obj).map(|(position, _)| *position);
            self.returned.push(position);
        }
        if value.points.is_empty() {
            self.returned.push(None);
        }
        if scope == 0 {
            self.leave_function(at, early);
        }
        self.state = saved;
        self.state.unreachable = true;
    }

    /// Ends everything down to `depth` open scopes and gives the state there, as `break` and `continue` do.
    pub(super) fn unwound(&mut self, depth: usize, at: Span) -> State {
        let saved = self.state.clone();
        let start = self.scopes.get(depth).copied().unwrap_or(self.state.locals.len());
        self.end_locals(start, Hazard::OwnerLeavesScope, Some(at));
        self.state.locals.truncate(start);
        std::mem::replace(&mut self.state, saved)
    }
}
