//! Places: what a reference to an expression refers to, and pointers made from references.

use syn::{Expr, UnOp};

use super::Flow;
use super::owners::Class;
use super::state::{LocalId, Point, Shape, Status, Value};
use crate::rust::extent;
use crate::source::Span;

/// Text of a place that is rooted at a name, as `self.buf`; `None` for anything with a call or index in it.
pub(super) fn path_text(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => {
            let member = match &field.member {
                syn::Member::Named(name) => name.to_string(),
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            Some(format!("{}.{member}", path_text(&field.base)?))
        }
        Expr::Paren(inner) => path_text(&inner.expr),
        Expr::Group(inner) => path_text(&inner.expr),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
            path_text(&unary.expr).map(|inner| format!("*{inner}"))
        }
        _ => None,
    }
}

impl Flow<'_> {
    /// Whether an expression names a place rather than making a value.
    pub(super) fn is_place(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => true,
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)),
            Expr::Paren(inner) => self.is_place(&inner.expr),
            Expr::Group(inner) => self.is_place(&inner.expr),
            _ => false,
        }
    }

    /// The local at the root of a place.
    pub(super) fn root(&self, expr: &Expr) -> Option<LocalId> {
        match expr {
            Expr::Field(field) => self.root(&field.base),
            Expr::Index(index) => self.root(&index.expr),
            Expr::Unary(unary) => self.root(&unary.expr),
            Expr::Reference(reference) => self.root(&reference.expr),
            Expr::RawAddr(raw) => self.root(&raw.expr),
            Expr::Cast(cast) => self.root(&cast.expr),
            Expr::MethodCall(call) => self.root(&call.receiver),
            Expr::Paren(inner) => self.root(&inner.expr),
            Expr::Group(inner) => self.root(&inner.expr),
            _ => self.local(expr),
        }
    }

    /// Whether a place lies behind a raw pointer or a reference made from one.
    pub(super) fn behind_pointer(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => self.behind_pointer(&field.base),
            Expr::Index(index) => self.behind_pointer(&index.expr),
            Expr::Paren(inner) => self.behind_pointer(&inner.expr),
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)),
            _ => self.local(expr).is_some_and(|local| self.state.locals[local].value.shape == Shape::Pointer),
        }
    }

    /// The value of `&expr`. An rvalue becomes a temporary.
    pub(super) fn refer(&mut self, expr: &Expr, extend: bool) -> Value {
        match expr {
            Expr::Paren(inner) => self.refer(&inner.expr, extend),
            Expr::Group(inner) => self.refer(&inner.expr, extend),
            Expr::Path(_) => match self.local(expr) {
                Some(local) => self.refer_local(local),
                None => Value::default(),
            },
            Expr::Field(field) => self.refer_field(&field.base, extend),
            Expr::Index(index) => {
                self.eval(&index.index);
                self.refer_element(&index.expr, matches!(&*index.index, Expr::Range(_)), extend)
            }
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.refer_deref(&unary.expr),
            _ => {
                let value = self.eval_in(expr, extend);
                self.refer_temporary(value, expr, extend)
            }
        }
    }

    fn refer_local(&mut self, local: LocalId) -> Value {
        self.mentioned(local);
        let local = &self.state.locals[local];
        let target = Some(local.storage);
        let shape = match local.value.shape {
            Shape::Owner { class, wrapped, heap } => {
                let heap = heap.or(if class.heap() { None } else { target });
                Shape::Borrow { class: Some(class), wrapped, heap, target }
            }
            Shape::Borrow { class, wrapped, heap, .. } => Shape::Borrow { class, wrapped, heap, target },
            _ => Shape::Borrow { class: None, wrapped: false, heap: None, target },
        };
        Value { shape, points: local.value.points.clone(), holds: Vec::new() }
    }

    /// A field lies in the storage of a local only if the local surely is a value and not a reference.
    fn refer_field(&mut self, base: &Expr, extend: bool) -> Value {
        if let Some(local) = self.local(base) {
            let local = &self.state.locals[local];
            let inline = match local.value.shape {
                Shape::Owner { class, .. } => !class.heap(),
                Shape::Borrow { .. } | Shape::Pointer => false,
                Shape::Unknown | Shape::Bundle => local.by_value,
            };
            let target = inline.then_some(local.storage);
            let shape = Shape::Borrow { class: None, wrapped: false, heap: None, target };
            return Value { shape, points: local.value.points.clone(), holds: Vec::new() };
        }
        let mut value = self.refer(base, extend);
        // Beyond the first field, nothing is known of what the pointer would point into but its storage.
        value.shape = match value.shape {
            Shape::Borrow { target, .. } if matches!(base, Expr::Field(_)) => {
                Shape::Borrow { class: None, wrapped: false, heap: None, target }
            }
            _ => Shape::Unknown,
        };
        value
    }

    /// A range gives a slice of the same memory. What one element's own `as_ptr` points to is not known.
    fn refer_element(&mut self, base: &Expr, is_range: bool, extend: bool) -> Value {
        let value = self.refer(base, extend);
        let shape = match value.shape {
            Shape::Borrow {
                class: Some(Class::Vec | Class::Slice | Class::String | Class::Array),
                wrapped: false,
                heap,
                ..
            } => {
                let class = is_range.then_some(Class::Slice);
                Shape::Borrow { class, wrapped: false, heap: class.and(heap), target: heap }
            }
            _ => Shape::Unknown,
        };
        Value { shape, points: value.points, holds: Vec::new() }
    }

    fn refer_deref(&mut self, inner: &Expr) -> Value {
        if let Some(local) = self.local(inner) {
            self.mentioned(local);
            let value = self.state.locals[local].value.clone();
            return match value.shape {
                Shape::Owner { class: Class::Boxed | Class::Shared | Class::Slice, wrapped: false, heap } => {
                    let shape = Shape::Borrow { class: None, wrapped: false, heap: None, target: heap };
                    Value { shape, points: value.points, holds: Vec::new() }
                }
                Shape::Owner { class: class @ (Class::Vec | Class::String), wrapped: false, heap } => {
                    let shape = Shape::Borrow { class: Some(class), wrapped: false, heap, target: heap };
                    Value { shape, points: value.points, holds: Vec::new() }
                }
                Shape::Borrow { .. } => value,
                Shape::Pointer => {
                    self.used(&value, extent::of(inner));
                    value
                }
                _ => Value { points: value.points, ..Value::default() },
            };
        }
        let value = self.eval(inner);
        if value.shape == Shape::Pointer {
            self.used(&value, extent::of(inner));
        }
        self.temporary(&value, false);
        match value.shape {
            Shape::Borrow { .. } | Shape::Pointer => value,
            _ => Value { points: value.points, ..Value::default() },
        }
    }

    /// A reference to a value that was just made.
    pub(super) fn refer_temporary(&mut self, value: Value, expr: &Expr, extend: bool) -> Value {
        match value.shape {
            Shape::Owner { class, wrapped, heap } => {
                self.temporary(&value, extend);
                let target = if class.heap() {
                    None
                } else if promoted(self, expr) {
                    return Value::default();
                } else {
                    let storage = self.state.object(class.name(), Status::Live);
                    self.hold_temporary(storage, extend);
                    Some(storage)
                };
                let heap = heap.or(target);
                let shape = Shape::Borrow { class: Some(class), wrapped, heap, target };
                Value { shape, points: value.points, holds: Vec::new() }
            }
            Shape::Borrow { class, wrapped, heap, .. } => Value {
                // `&&x`: a cast of it would point to the inner reference, which is not tracked.
                shape: Shape::Borrow { class, wrapped, heap, target: None },
                points: value.points,
                holds: Vec::new(),
            },
            _ => {
                self.temporary(&value, extend);
                let shape = if value.points.is_empty() { Shape::Unknown } else { Shape::Bundle };
                Value { shape, points: value.points, holds: Vec::new() }
            }
        }
    }

    /// What a cast or coercion to a raw pointer makes of a value.
    pub(super) fn as_pointer(&mut self, mut value: Value, at: Span) -> Value {
        if let Shape::Borrow { target, .. } = value.shape {
            // What the referent carries is not what the pointer points to, but goes with it.
            if let Some(target) = target {
                value.points.insert(0, self.state.point(target, at));
            }
            value.shape = Shape::Pointer;
        }
        value
    }

    /// A pointer into the data of an owner, as `as_ptr` gives it, with what the data carries.
    pub(super) fn pointer_into(&mut self, obj: Option<usize>, carried: Vec<Point>, at: Span) -> Value {
        let mut points = Vec::from_iter(obj.map(|obj| self.state.point(obj, at)));
        points.extend(carried);
        Value { shape: Shape::Pointer, points, holds: Vec::new() }
    }
}

/// Arrays of constants are promoted to statics when a reference to them is taken.
fn promoted(flow: &Flow<'_>, expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Path(_) => flow.local(expr).is_none(),
        Expr::Array(array) => array.elems.iter().all(|element| promoted(flow, element)),
        Expr::Repeat(repeat) => promoted(flow, &repeat.expr),
        Expr::Tuple(tuple) => tuple.elems.iter().all(|element| promoted(flow, element)),
        Expr::Unary(unary) => promoted(flow, &unary.expr),
        Expr::Cast(cast) => promoted(flow, &cast.expr),
        Expr::Binary(binary) => promoted(flow, &binary.left) && promoted(flow, &binary.right),
        Expr::Paren(inner) => promoted(flow, &inner.expr),
        Expr::Reference(inner) => promoted(flow, &inner.expr),
        _ => false,
    }
}
