//! Ownership given away by `into_raw` and taken back by `from_raw`.

use syn::{Expr, ExprCall, ExprPath};

use super::calls::Callee;
use super::owners::{self, Class, Made};
use super::state::{Obj, Shape, Status, Value};
use super::{Flow, foreign};
use crate::facts::pointer::{Hazard, PointerFlow, RawFamily, RawKey};
use crate::source::Span;

fn family(ty: &str) -> Option<RawFamily> {
    Some(match ty {
        "Box" => RawFamily::Box,
        "Arc" => RawFamily::Arc,
        "Rc" => RawFamily::Rc,
        "CString" => RawFamily::CString,
        "Vec" | "String" => RawFamily::Vec,
        _ => return None,
    })
}

fn class(family: RawFamily) -> Class {
    match family {
        RawFamily::Box => Class::Boxed,
        RawFamily::Arc | RawFamily::Rc => Class::Shared,
        RawFamily::CString => Class::CString,
        RawFamily::Vec => Class::Vec,
    }
}

impl Flow<'_> {
    /// `Box::into_raw(b)`, `Arc::from_raw(p)` and their like; `None` for other calls.
    pub(super) fn raw_call(
        &mut self,
        call: &ExprCall,
        path: &ExprPath,
        callee: &Callee,
        at: Span,
    ) -> Option<Value> {
        if callee.elsewhere {
            return None;
        }
        let family = family(&callee.ty)?;
        let first = call.args.first()?;
        match callee.function.as_str() {
            "into_raw" | "into_raw_with_allocator" => {
                let value = self.eval(first);
                self.state.keep(&value.holds);
                let pointee = written_pointee(path).or_else(|| self.pointee(first));
                self.given_away(family, pointee, at);
                Some(self.unowned(family, at))
            }
            "from_raw" | "from_raw_parts" | "from_raw_in" | "from_non_null" => {
                let pointee = written_pointee(path).or_else(|| cast_pointee(first));
                self.facts.reclaims.push(RawKey { family, pointee });
                let value = self.eval(first);
                for rest in call.args.iter().skip(1) {
                    self.eval(rest);
                }
                Some(self.taken_back(family, first, value, at))
            }
            "decrement_strong_count" => {
                self.facts.reclaims.push(RawKey { family, pointee: None });
                self.eval(first);
                Some(Value::default())
            }
            _ => None,
        }
    }

    /// `s.into_raw()`, `v.leak()`; `None` for other methods.
    pub(super) fn raw_method(
        &mut self,
        name: &str,
        class: Option<Class>,
        receiver: &Value,
        at: Span,
    ) -> Option<Value> {
        let class = class?;
        match name {
            "into_raw" if class == Class::CString => self.given_away(RawFamily::CString, None, at),
            "into_raw_parts" if matches!(class, Class::Vec | Class::String) => {
                self.given_away(RawFamily::Vec, None, at);
            }
            "leak" if matches!(class, Class::Vec | Class::String) => {}
            _ => return None,
        }
        self.state.keep(&receiver.holds);
        Some(Value::of(Shape::Pointer))
    }

    /// A pointer that nobody owns. It is known again when it is handed to somebody.
    fn unowned(&mut self, family: RawFamily, at: Span) -> Value {
        let mut pointer = Value::of(Shape::Pointer);
        if family != RawFamily::CString {
            let obj = self.state.object("", Status::Kept);
            self.unowned.insert(obj);
            pointer.points.push(self.state.point(obj, at));
        }
        pointer
    }

    /// Whoever is given the pointer of a `Box` may free it, in a callback or another package. A C string can only
    /// come back to Rust.
    pub(super) fn handed_on(&mut self, value: &Value) {
        for point in &value.points {
            if self.unowned.contains(&point.obj) {
                let leak = |flow: &PointerFlow| flow.hazard == Hazard::RawLeaked && flow.taken == point.taken;
                self.facts.flows.retain(|flow| !leak(flow));
            }
        }
    }

    fn given_away(&mut self, family: RawFamily, pointee: Option<String>, at: Span) {
        if self.state.unreachable || self.deliberate > 0 {
            return;
        }
        let name = match (&pointee, family) {
            (_, RawFamily::CString) => "CString".to_string(),
            (Some(pointee), _) => format!("{family:?}<{pointee}>"),
            (None, _) => format!("{family:?}"),
        };
        let mut flow = foreign::bare(Hazard::RawLeaked, name, at);
        flow.raw = Some(RawKey { family, pointee });
        if !self.facts.flows.iter().any(|seen| seen.taken == at) {
            self.facts.flows.push(flow);
        }
    }

    fn taken_back(&mut self, family: RawFamily, from: &Expr, value: Value, at: Span) -> Value {
        let made = self.make(Made { class: class(family), wrapped: false, roomy: false }, "");
        let Some(&obj) = made.holds.first() else { return made };
        if matches!(family, RawFamily::Box | RawFamily::CString | RawFamily::Vec) {
            self.taken_twice(family, from, obj, at);
            self.stolen(&value, obj, at);
        }
        made
    }

    /// The same variable given to `from_raw` twice on one path.
    fn taken_twice(&mut self, family: RawFamily, from: &Expr, obj: Obj, at: Span) {
        let Some(local) = uncast(from).and_then(|expr| self.local(expr)) else { return };
        let raw = matches!(self.state.locals[local].value.shape, Shape::Pointer | Shape::Unknown);
        if let Some((first, known, made)) = self.state.reclaimed.insert(local, (at, family, obj))
            && raw
            && known == family
            && first != at
            && !self.state.unreachable
            && !matches!(self.state.status(made), Status::Kept)
        {
            let name = self.state.locals[local].name.to_string();
            let mut flow = foreign::bare(Hazard::RawReclaimedTwice, name, first);
            flow.used = Some(at);
            if !self.facts.flows.contains(&flow) {
                self.facts.flows.push(flow);
            }
        }
    }

    /// `from_raw` of a pointer into memory that another owner still has.
    fn stolen(&mut self, value: &Value, made: Obj, at: Span) {
        if value.shape != Shape::Pointer {
            return;
        }
        if let [point] = value.points.as_slice()
            && self.state.status(point.obj) == Status::Live
        {
            self.state.get_mut(point.obj).stolen = Some((made, at));
        }
    }

    /// An owner ended whose memory a `from_raw` had taken: freed twice, unless one of the two forgets it.
    pub(super) fn freed_after_theft(&mut self, obj: Obj) {
        let Some((made, at)) = self.state.get(obj).stolen else { return };
        if self.state.unreachable || !matches!(self.state.status(made), Status::Dead(..)) {
            return;
        }
        let name = self.state.get(obj).name.to_string();
        let mut flow = foreign::bare(Hazard::RawReclaimedTwice, name, at);
        flow.used = Some(at);
        if !self.facts.flows.iter().any(|seen| seen.taken == at) {
            self.facts.flows.push(flow);
        }
    }

    /// Type of what a smart pointer points to, from how it was made.
    fn pointee(&self, expr: &Expr) -> Option<String> {
        match expr {
            Expr::Paren(inner) => self.pointee(&inner.expr),
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else { return None };
                let segments = &path.path.segments;
                let function = segments.last()?.ident.to_string();
                let ty = segments.iter().rev().nth(1).map(|segment| segment.ident.to_string());
                match (ty.as_deref(), function.as_str()) {
                    (Some("Box" | "Arc" | "Rc"), "new") => self.pointee(call.args.first()?),
                    (Some(ty), "new" | "default" | "with_capacity") => known_type(ty),
                    (None, name) if name.starts_with(char::is_uppercase) => known_type(name),
                    _ => None,
                }
            }
            Expr::Struct(literal) => known_type(&literal.path.segments.last()?.ident.to_string()),
            _ => self.names.type_of(expr).and_then(|ty| known_type(ty.rsplit("::").next()?)),
        }
    }
}

/// A type's name, unless it is a generic parameter or `Self`.
fn known_type(name: &str) -> Option<String> {
    let known = name.len() > 1 && name != "Self" && name.starts_with(char::is_uppercase);
    known.then(|| name.to_string())
}

/// `Box::<T>::from_raw`.
fn written_pointee(path: &ExprPath) -> Option<String> {
    let ty = path.path.segments.iter().rev().nth(1)?;
    type_name(owners::first_type(&ty.arguments)?)
}

/// `p as *mut T`, `p.cast::<T>()`.
fn cast_pointee(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Cast(cast) => match &*cast.ty {
            syn::Type::Ptr(pointer) => type_name(&pointer.elem),
            _ => None,
        },
        Expr::MethodCall(call) if call.method == "cast" => {
            call.turbofish.as_ref()?.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => type_name(ty),
                _ => None,
            })
        }
        Expr::Paren(inner) => cast_pointee(&inner.expr),
        _ => None,
    }
}

fn type_name(ty: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = ty else { return None };
    known_type(&path.path.segments.last()?.ident.to_string())
}

fn uncast(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Cast(cast) => uncast(&cast.expr),
        Expr::Paren(inner) => uncast(&inner.expr),
        Expr::MethodCall(call) if matches!(call.method.to_string().as_str(), "cast" | "cast_mut") => {
            uncast(&call.receiver)
        }
        Expr::Path(_) => Some(expr),
        _ => None,
    }
}
