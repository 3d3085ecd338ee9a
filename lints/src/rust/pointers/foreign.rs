//! Pointers that foreign code keeps or works on, and pointers stored in places that outlive the function.

use syn::visit::Visit;
use syn::{Block, Expr, ExprPath};

use super::places::path_text;
use super::state::{Held, LocalId, Obj, Point, Shape, Status, Value};
use super::{Argument, Flow};
use crate::facts::pointer::{Hazard, PointerFlow};
use crate::rust::extent;
use crate::source::Span;

/// Functions that copy the structure they are given: only pointers inside it are kept.
const COPIES: [&str; 10] = [
    "push",
    "push_multiple",
    "sigaction",
    "signal",
    "sigaltstack",
    "epoll_ctl",
    "kevent",
    "timer_create",
    "mq_notify",
    "register_buffers",
];

/// Words in the name of a call that ends what foreign code keeps, or waits for it.
const ENDS: [&str; 34] = [
    "wait",
    "complet",
    "cancel",
    "overlappedresult",
    "aio_return",
    "aio_suspend",
    "aio_error",
    "join",
    "sleepex",
    "block_on",
    "poll",
    "cleanup",
    "free",
    "destroy",
    "close",
    "finalize",
    "release",
    "unref",
    "unregister",
    "deregister",
    "remove",
    "reset",
    "delete",
    "clear",
    "unset",
    "stop",
    "shutdown",
    "disconnect",
    "unbind",
    "uninstall",
    "detach",
    "perform",
    "step",
    "restore",
];

/// Words in the catalogue's `keeps` of calls that finish by themselves.
fn completes(until: &str) -> bool {
    ["completion", "completes", "aio_return", "APC ran"].iter().any(|word| until.contains(word))
}

impl Flow<'_> {
    /// A foreign function keeps the pointer in one of its arguments.
    pub(super) fn kept_by(
        &mut self,
        callee: &str,
        argument: &Argument,
        until: &str,
        exprs: &[&Expr],
        args: &[Value],
        at: Span,
    ) {
        let position = match argument {
            Argument::At(position) => *position,
            Argument::Last => args.len().saturating_sub(1),
        };
        let name = callee.rsplit("::").next().unwrap_or(callee);
        // The same registration again takes the place of the first one. The class of a window is copied.
        self.state.held.retain(|held| held.callee != name);
        if name.starts_with("RegisterClass") || is_positional(name, self.body) {
            return;
        }
        let Some(value) = args.get(position) else { return };
        let mut points = self.points_given(value, exprs[position], COPIES.contains(&name));
        if points.is_empty() {
            return;
        }
        let completes = completes(until);
        if completes {
            for (index, (other, expr)) in args.iter().zip(exprs).enumerate() {
                if index != position {
                    points.extend(self.points_given(other, expr, false));
                }
            }
        } else if exprs.iter().enumerate().any(|(index, expr)| index != position && self.dies_here(expr)) {
            // The handle that keeps the pointer is a local too, and may end first.
            return;
        }
        points.retain(|point| self.state.status(point.obj) == Status::Live);
        points.sort();
        points.dedup();
        if !points.is_empty() && !self.state.unreachable {
            self.state.held.push(Held {
                points,
                call: at,
                callee: name.to_string(),
                completes,
                armed: false,
                depth: self.scopes.len(),
            });
        }
    }

    fn points_given(&mut self, value: &Value, expr: &Expr, contents_only: bool) -> Vec<Point> {
        let mut points = Vec::new();
        match value.shape {
            Shape::Borrow { target, .. } => {
                points.extend(value.points.iter().copied());
                if let (Some(target), false) = (target, contents_only) {
                    points.push(self.state.point(target, extent::of(expr)));
                }
            }
            // The first point of a pointer is what it points to, the others what lies there.
            Shape::Pointer => points.extend(value.points.iter().skip(usize::from(contents_only)).copied()),
            _ => points.extend(value.points.iter().copied()),
        }
        points
    }

    /// Whether an argument is a value that this function made and will end.
    fn dies_here(&self, expr: &Expr) -> bool {
        self.root(expr).is_some_and(|local| !self.state.locals[local].param)
    }

    /// A call by whose name foreign code may let go of what it keeps.
    pub(super) fn ends_holding(&mut self, name: &str) {
        let name = name.to_lowercase();
        if ENDS.iter().any(|word| name.contains(word)) {
            self.state.held.clear();
        }
    }

    /// `.await` or `?`: the function may end here, while foreign code still works on its memory.
    pub(super) fn may_be_left(&mut self, at: Span, awaits: bool) {
        if self.state.unreachable || self.base.0 > 0 && !awaits {
            return;
        }
        let depth = self.scopes.len();
        for held in self.state.held.clone() {
            let due = held.completes && held.armed && (awaits || depth <= held.depth);
            if due {
                self.report_held(Hazard::ForeignWorksOn, &held, Some(at));
            }
        }
    }

    fn report_held(&mut self, hazard: Hazard, held: &Held, at: Option<Span>) {
        for &point in &held.points {
            if self.state.status(point.obj) != Status::Kept {
                self.report(hazard, point, None, at, Some((held.call, held.callee.clone())));
            }
        }
    }

    /// At the end of the function, its locals already ended: what was stored or kept longer?
    /// An early return is taken for a failure, after which nothing is kept.
    pub(super) fn leave_function(&mut self, at: Span, early: bool) {
        if early {
            return;
        }
        for slot in self.state.slots.clone().into_values() {
            if slot.touched {
                continue;
            }
            for point in slot.points {
                if let Some((hazard, event)) = self.state.broken(point) {
                    let hazard = if event.is_none() { Hazard::EscapesLocal } else { hazard };
                    self.report(hazard, point, event, None, Some((slot.stored, String::new())));
                }
            }
        }
        for held in self.state.held.clone() {
            let dead = held.points.iter().any(|point| self.state.broken(*point).is_some());
            if dead {
                let hazard = if held.completes { Hazard::ForeignWorksOn } else { Hazard::KeptByForeign };
                self.report_held(hazard, &held, Some(at));
            }
        }
    }

    /// A use of `expr`: who stored a pointer in it before may have got what it wanted.
    pub(super) fn touch(&mut self, expr: &Expr) {
        if self.state.slots.is_empty() {
            return;
        }
        let mut expr = expr;
        loop {
            expr = match expr {
                Expr::Reference(inner) => &inner.expr,
                Expr::RawAddr(inner) => &inner.expr,
                Expr::Paren(inner) => &inner.expr,
                Expr::Cast(inner) => &inner.expr,
                Expr::MethodCall(inner) => &inner.receiver,
                Expr::Index(inner) => &inner.expr,
                _ => break,
            };
        }
        let Some(text) = path_text(expr) else { return };
        let text = text.trim_start_matches('*');
        for (key, slot) in &mut self.state.slots {
            let key = key.trim_start_matches('*');
            if key.starts_with(text) || text.starts_with(key) {
                slot.touched = true;
            }
        }
    }

    /// Any function may use a static.
    pub(super) fn touch_statics(&mut self) {
        for (key, slot) in &mut self.state.slots {
            slot.touched |= key.starts_with(char::is_uppercase);
        }
    }

    /// Notes pointers given to foreign code, for `strict`.
    pub(super) fn given_to_foreign(&mut self, args: &[Value], exprs: &[&Expr]) {
        for (arg, expr) in args.iter().zip(exprs) {
            for point in self.points_given(arg, expr, false) {
                self.state.get_mut(point.obj).foreign = Some(point);
            }
        }
    }

    /// The name of an owner occurs: it is kept alive up to here.
    pub(super) fn mentioned(&mut self, local: LocalId) {
        let local = &self.state.locals[local];
        let storage = local.storage;
        let holds = local.value.holds.clone();
        for obj in holds.into_iter().chain([storage]) {
            self.state.get_mut(obj).foreign = None;
        }
    }

    /// An owner ended by itself after foreign code had a pointer into it.
    pub(super) fn ended_unmentioned(&mut self, obj: Obj) {
        let object = self.state.get(obj);
        let Some(point) = object.foreign else { return };
        if self.state.unreachable || object.name.is_empty() {
            return;
        }
        let flow = bare(Hazard::OnlyImplicitlyKept, object.name.to_string(), point.taken);
        if !self.facts.unmentioned.contains(&flow) {
            self.facts.unmentioned.push(flow);
        }
    }

    /// What a closure or async block captures. Owners move into `move` closures; whether others do is not looked
    /// into, so their end is not certain any more.
    pub(super) fn captured(&mut self, closure: &Expr, moves: bool) -> Value {
        let mut names = Mentions::default();
        names.visit_expr(closure);
        let mut captured = Value::default();
        for name in names.found {
            let found: Option<LocalId> = self.state.locals.iter().rposition(|local| *local.name == *name);
            let Some(local) = found else { continue };
            if moves {
                let value = self.state.locals[local].value.clone();
                if matches!(value.shape, Shape::Owner { .. }) {
                    self.state.locals[local].value.holds.clear();
                }
                captured.absorb(value);
            } else {
                let value = &self.state.locals[local].value;
                let (points, holds) = (value.points.clone(), value.holds.clone());
                self.state.keep(&holds);
                captured.absorb(Value { points, ..Value::default() });
            }
        }
        if !captured.points.is_empty() {
            captured.shape = Shape::Bundle;
        }
        captured
    }
}

/// Whether a call reads or writes at a place in a file and returns when that is done. The same two functions start work
/// that goes on, if their handle was opened for it: then somebody expects it to be pending, or waits.
fn is_positional(name: &str, body: &Block) -> bool {
    if !matches!(name, "ReadFile" | "WriteFile") {
        return false;
    }
    let mut signs = Overlaps(false);
    signs.visit_block(body);
    !signs.0
}

/// Whether a body has signs of work that goes on after a call.
struct Overlaps(bool);

impl<'ast> Visit<'ast> for Overlaps {
    fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
        let name = ident.to_string();
        self.0 |= name.contains("PENDING") || name.contains("OverlappedResult") || name == "hEvent";
    }

    fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
        self.0 = true;
    }
}

/// Plain names in an expression, those inside macros included.
#[derive(Default)]
pub(super) struct Mentions {
    pub(super) found: std::collections::BTreeSet<String>,
}

impl Mentions {
    pub(super) fn in_tokens(&mut self, tokens: proc_macro2::TokenStream) {
        for token in tokens {
            match token {
                proc_macro2::TokenTree::Ident(ident) => {
                    self.found.insert(ident.to_string());
                }
                proc_macro2::TokenTree::Group(group) => self.in_tokens(group.stream()),
                // Names may stand inside format strings.
                proc_macro2::TokenTree::Literal(_) | proc_macro2::TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        if let Some(ident) = path.path.get_ident() {
            self.found.insert(ident.to_string());
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.in_tokens(mac.tokens.clone());
    }
}

/// Keeps the borrow checker's view of a flow simple: a fact with nothing but its hazard and place.
pub(super) fn bare(hazard: Hazard, owner: String, taken: Span) -> PointerFlow {
    PointerFlow {
        hazard,
        owner,
        owner_type: None,
        taken,
        event: None,
        used: None,
        through: None,
        by: None,
        raw: None,
    }
}
