//! Method calls: what a method does depends on what is known of its receiver.

use syn::{Expr, ExprMethodCall};

use super::owners::{self, Class, Made};
use super::state::{LocalId, Obj, Shape, Value};
use super::walk::static_place;
use super::{Effect, Flow};
use crate::facts::pointer::Hazard;
use crate::source::Span;

/// An owner or a reference to one, with a method called on it.
struct Receiver {
    value: Value,
    /// The variable that it is, if it is one by value.
    local: Option<LocalId>,
    class: Option<Class>,
    wrapped: bool,
    heap: Option<Obj>,
    by_value: bool,
}

impl Flow<'_> {
    pub(super) fn method_call(&mut self, call: &ExprMethodCall, at: Span) -> Value {
        let name = call.method.to_string();
        self.touch(&call.receiver);
        self.touch_statics();
        let Some(receiver) = self.receiver(&call.receiver) else {
            return self.unknown_receiver(call, &name, Value::default(), at);
        };
        match receiver.value.shape {
            Shape::Owner { .. } | Shape::Borrow { .. } => self.owner_method(call, &name, receiver, at),
            Shape::Pointer => self.pointer_method(call, &name, receiver.value, at),
            Shape::Bundle => self.bundle_method(call, &name, receiver),
            Shape::Unknown => self.unknown_receiver(call, &name, receiver.value, at),
        }
    }

    /// The receiver as it is, without moving out of a variable; `None` if nothing is known of it.
    fn receiver(&mut self, expr: &Expr) -> Option<Receiver> {
        let local = self.local(expr);
        let value = match local {
            Some(local) => {
                self.mentioned(local);
                self.state.locals[local].value.clone()
            }
            None if self.is_place(expr) => {
                let behind = self.behind_pointer(expr);
                let value = self.refer(expr, false);
                if behind && !matches!(value.shape, Shape::Borrow { class: Some(_), .. }) {
                    return None;
                }
                match value.shape {
                    Shape::Borrow { class: None, .. } | Shape::Unknown if value.points.is_empty() => {
                        return None;
                    }
                    // A field of a value with pointers in it is one of them, or holds one.
                    Shape::Borrow { class: None, .. } => Value { shape: Shape::Bundle, ..value },
                    _ => value,
                }
            }
            None => self.eval(expr),
        };
        let (class, wrapped, heap) = match value.shape {
            Shape::Owner { class, wrapped, heap } => {
                let storage = local.map(|local| self.state.locals[local].storage);
                (Some(class), wrapped, heap.or(storage.filter(|_| !class.heap())))
            }
            Shape::Borrow { class, wrapped, heap, .. } => (class, wrapped, heap),
            _ => (None, false, None),
        };
        let by_value = matches!(value.shape, Shape::Owner { .. });
        Some(Receiver { value, local, class, wrapped, heap, by_value })
    }

    /// Takes the receiver out of the variable it lies in.
    fn consume(&mut self, receiver: &Receiver) -> Value {
        if let Some(local) = receiver.local
            && receiver.by_value
        {
            let local = &mut self.state.locals[local];
            local.value.holds.clear();
            local.value.shape = Shape::Unknown;
        }
        receiver.value.clone()
    }

    fn owner_method(&mut self, call: &ExprMethodCall, name: &str, receiver: Receiver, at: Span) -> Value {
        if receiver.wrapped {
            return self.wrapped_method(call, name, receiver, at);
        }
        let Some(class) = receiver.class else {
            return self.reference_method(call, name, receiver, at);
        };
        if class.gives_pointer(name) {
            return self.data_pointer(receiver, class, &call.receiver, at);
        }
        if class == Class::Cell && name == "get" && call.args.is_empty() {
            // `UnsafeCell::get` gives a pointer, `Cell::get` a copy: both are harmless as a value.
            return Value { shape: Shape::Unknown, points: receiver.value.points, holds: Vec::new() };
        }
        if owners::borrows(name) {
            return self.lend(receiver, class);
        }
        if let Some(into) = class.turned_into(name) {
            let mut value = self.consume(&receiver);
            if let Shape::Owner { class, .. } = &mut value.shape {
                *class = into;
            } else {
                value = Value::default();
            }
            return value;
        }
        if let Some(value) = self.raw_method(name, receiver.by_value.then_some(class), &receiver.value, at) {
            self.consume(&receiver);
            return value;
        }
        let args = self.arguments(call.args.iter());
        if let Some(value) = self.growth(name, class, &receiver, &args, at) {
            return value;
        }
        match name {
            "clone" if class == Class::Shared => {
                self.moved_away(&receiver.value);
                if let Some(heap) = receiver.heap {
                    self.state.keep(&[heap]);
                }
                Value::default()
            }
            "clone" | "to_owned" if class != Class::Boxed => {
                let made = Made { class, wrapped: false, roomy: false };
                self.temporary_unless_local(&receiver);
                self.make(made, "")
            }
            _ => {
                self.other_owner_method(name, class, &receiver, &args, at);
                if let Some(class) = owners::fresh(name) {
                    return self.make(Made { class, wrapped: false, roomy: false }, "");
                }
                let shape = if receiver.value.points.is_empty() { Shape::Unknown } else { Shape::Bundle };
                let shape = if owners::looks_only(name) && name != "get" { Shape::Unknown } else { shape };
                let points = if shape == Shape::Unknown { Vec::new() } else { receiver.value.points };
                Value { shape, points, holds: Vec::new() }
            }
        }
    }

    fn temporary_unless_local(&mut self, receiver: &Receiver) {
        if receiver.local.is_none() {
            self.temporary(&receiver.value, false);
        }
    }

    /// `as_ptr` and its like.
    fn data_pointer(&mut self, receiver: Receiver, class: Class, expr: &Expr, at: Span) -> Value {
        let mut value = receiver.value;
        let mut obj = receiver.heap;
        if receiver.local.is_none() && receiver.by_value {
            value = self.refer_temporary(value, expr, false);
            obj = match value.shape {
                Shape::Borrow { heap, .. } => heap,
                _ => None,
            };
        }
        let pointer = self.pointer_into(obj, value.points, at);
        if class == Class::Wide || obj.is_some() { pointer } else { Value::of(Shape::Unknown) }
    }

    fn lend(&mut self, receiver: Receiver, class: Class) -> Value {
        self.temporary_unless_local(&receiver);
        let (class, target) = match class {
            Class::Boxed | Class::Shared => (None, receiver.heap),
            Class::Cell => (None, None),
            _ => (Some(class), receiver.heap),
        };
        let heap = class.and(receiver.heap);
        Value {
            shape: Shape::Borrow { class, wrapped: false, heap, target },
            points: receiver.value.points,
            holds: Vec::new(),
        }
    }

    /// Methods on a reference to something of unknown type.
    fn reference_method(&mut self, call: &ExprMethodCall, name: &str, receiver: Receiver, at: Span) -> Value {
        let carried = Value { shape: Shape::Bundle, points: receiver.value.points, holds: Vec::new() };
        if carried.points.is_empty() {
            return self.unknown_receiver(call, name, carried, at);
        }
        self.bundle_method(call, name, Receiver { value: carried, ..receiver })
    }

    fn growth(
        &mut self,
        name: &str,
        class: Class,
        receiver: &Receiver,
        args: &[Value],
        at: Span,
    ) -> Option<Value> {
        if !owners::regrows(class, name) {
            return None;
        }
        if let Some(heap) = receiver.heap {
            if name.contains("reserve") {
                self.regrow(heap, at);
                self.state.get_mut(heap).roomy = true;
            } else if !self.state.get(heap).roomy || name.starts_with("shrink") {
                self.regrow(heap, at);
            }
        }
        self.put_into(receiver.local, args);
        Some(Value::default())
    }

    /// The data may lie elsewhere from now on.
    pub(super) fn regrow(&mut self, heap: Obj, at: Span) {
        let object = self.state.get_mut(heap);
        object.generation += 1;
        object.regrown = Some(at);
    }

    /// A container takes its arguments' pointers and memory. Only one that surely is a local value ends them.
    fn put_into(&mut self, local: Option<LocalId>, args: &[Value]) {
        for arg in args {
            let Some(holder) = local.map(|local| &mut self.state.locals[local]) else {
                self.state.keep(&arg.holds);
                continue;
            };
            let shape = holder.value.shape;
            let owner = matches!(shape, Shape::Owner { .. });
            if !owner {
                let points = if holder.param { Vec::new() } else { arg.points.clone() };
                holder.value.absorb(Value { points, ..Value::default() });
                if shape == Shape::Unknown && !holder.value.points.is_empty() {
                    holder.value.shape = Shape::Bundle;
                }
                self.state.keep(&arg.holds);
                continue;
            }
            holder.value.absorb(arg.clone());
        }
    }

    fn other_owner_method(
        &mut self,
        name: &str,
        class: Class,
        receiver: &Receiver,
        args: &[Value],
        at: Span,
    ) {
        let consumes = name.starts_with("into") || matches!(class, Class::Boxed | Class::Plain | Class::Wide);
        if consumes && receiver.by_value {
            let value = self.consume(receiver);
            if name == "into_iter" {
                self.state.keep(&value.holds);
            }
            // A boxed or plain value of unknown type may have consumed itself.
            self.state.keep(&value.holds);
        } else if matches!(name, "clear" | "truncate") {
            if let Some(local) = receiver.local {
                self.state.locals[local].value.points.clear();
            }
        } else {
            self.temporary_unless_local(receiver);
        }
        if matches!(name, "insert" | "push" | "push_back" | "set" | "replace") {
            self.put_into(receiver.local, args);
            return;
        }
        for arg in args {
            if !owners::looks_only(name) {
                self.used(arg, at);
            }
            self.state.keep(&arg.holds);
        }
    }

    /// Methods on an `Option` or `Result` of an owner.
    fn wrapped_method(&mut self, call: &ExprMethodCall, name: &str, receiver: Receiver, at: Span) -> Value {
        let borrowed = matches!(name, "as_ref" | "as_mut" | "as_deref" | "as_deref_mut");
        if borrowed {
            self.temporary_unless_local(&receiver);
            let shape = Shape::Borrow {
                class: receiver.class,
                wrapped: true,
                heap: receiver.heap,
                target: receiver.heap,
            };
            return Value { shape, points: receiver.value.points, holds: Vec::new() };
        }
        let mapped = owners::maps(name) && name != "unwrap_or_else";
        if mapped && let Some(Expr::Closure(closure)) = call.args.last() {
            let value = self.consume(&receiver);
            let default = match call.args.len() {
                2 => Some(self.eval(&call.args[0])),
                _ => None,
            };
            let (_, mut result) = self.closure(closure, Some(value.unwrapped()));
            if let Shape::Owner { wrapped, .. } | Shape::Borrow { wrapped, .. } = &mut result.shape {
                *wrapped = default.is_none();
            }
            return match default {
                Some(default) => default.or(result),
                None => result,
            };
        }
        if owners::unwraps(name) || owners::rewraps(name) {
            let value = self.consume(&receiver);
            let args = self.arguments(call.args.iter());
            let mut value = if owners::unwraps(name) { value.unwrapped() } else { value };
            for arg in args {
                value.absorb(arg);
            }
            return value;
        }
        self.temporary_unless_local(&receiver);
        let args = self.arguments(call.args.iter());
        if !owners::looks_only(name) && receiver.by_value {
            let value = self.consume(&receiver);
            self.state.keep(&value.holds);
        }
        self.unknown_call(&args, at)
    }

    /// Methods of raw pointers.
    fn pointer_method(&mut self, call: &ExprMethodCall, name: &str, pointer: Value, at: Span) -> Value {
        let args = self.arguments(call.args.iter());
        if owners::looks_only(name) {
            return Value::default();
        }
        if owners::moves_pointer(name) {
            return pointer;
        }
        self.used(&pointer, at);
        for arg in &args {
            self.used(arg, at);
            self.state.keep(&arg.holds);
        }
        // A reference made from the pointer is as good as the pointer.
        if matches!(name, "as_ref" | "as_mut" | "as_slice") { pointer } else { Value::default() }
    }

    /// Methods of values with pointers in them.
    fn bundle_method(&mut self, call: &ExprMethodCall, name: &str, receiver: Receiver) -> Value {
        let bundle = receiver.value;
        let mapped = self.mapped(call, name);
        let args = match mapped {
            Some(ref _result) => Vec::new(),
            None => self.arguments(call.args.iter()),
        };
        if matches!(name, "push" | "insert" | "extend" | "push_back" | "append" | "set" | "replace") {
            self.put_into(receiver.local, &args);
            return Value::default();
        }
        for arg in &args {
            self.state.keep(&arg.holds);
        }
        if matches!(name, "clear" | "take") && receiver.local.is_some() && call.args.is_empty() {
            if let Some(local) = receiver.local {
                self.state.locals[local].value.points.clear();
            }
            return Value { holds: Vec::new(), ..bundle };
        }
        if owners::looks_only(name) && name != "get" {
            return Value::default();
        }
        if mapped.is_none() && !owners::passes_on(name) {
            return Value::default();
        }
        let mut points = bundle.points;
        if let Some(result) = mapped {
            points.extend(result.points);
        }
        let holds = if receiver.local.is_none() { bundle.holds } else { Vec::new() };
        Value { shape: Shape::Bundle, points, holds }
    }

    /// The result of a closure given to `map` and its like; `None` if there is no such closure.
    fn mapped(&mut self, call: &ExprMethodCall, name: &str) -> Option<Value> {
        if !owners::maps(name) {
            return None;
        }
        let Some(Expr::Closure(closure)) = call.args.last() else { return None };
        let default = match call.args.len() {
            2 => self.eval(&call.args[0]),
            _ => Value::default(),
        };
        let (captured, result) = self.closure(closure, None);
        self.state.keep(&captured.holds);
        Some(default.or(result))
    }

    fn unknown_receiver(&mut self, call: &ExprMethodCall, name: &str, receiver: Value, at: Span) -> Value {
        self.temporary(&receiver, false);
        if let Some(result) = self.mapped(call, name) {
            return result;
        }
        if let Some(value) = self.placed_owner(call, name, at) {
            return value;
        }
        if name == "collect" {
            return self.collected(call);
        }
        let args = self.arguments(call.args.iter());
        if static_place(&call.receiver) && matches!(name, "store" | "set" | "swap" | "replace") {
            return self.stored_in_static(call, args, at);
        }
        let exprs: Vec<&Expr> = call.args.iter().collect();
        let effect = self
            .names
            .type_of(&call.receiver)
            .and_then(|ty| self.names.effect(&format!("{ty}::{name}"), &exprs));
        match effect {
            Some(Effect::Keeps { argument, until }) => {
                self.kept_by(name, &argument, &until, &exprs, &args, at);
            }
            Some(Effect::Carries) | None => self.ends_holding(name),
        }
        if matches!(name, "push" | "insert" | "extend" | "push_back" | "append") {
            let local = self.local(&call.receiver).filter(|local| !self.state.locals[*local].param);
            self.put_into(local, &args);
            return Value::default();
        }
        let spawned = matches!(name, "spawn" | "spawn_blocking" | "spawn_local");
        if spawned {
            self.moved_into_task(&args, at);
        }
        if !owners::looks_only(name) {
            for arg in &args {
                self.used(arg, at);
            }
        }
        for arg in &args {
            self.state.keep(&arg.holds);
        }
        match owners::fresh(name) {
            Some(class) => self.make(Made { class, wrapped: false, roomy: false }, ""),
            None => Value::default(),
        }
    }

    /// `collect::<Vec<_>>()` of things without pointers.
    fn collected(&mut self, call: &ExprMethodCall) -> Value {
        let ty = call.turbofish.as_ref().and_then(|generics| {
            generics.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => Some(ty),
                _ => None,
            })
        });
        ty.map_or_else(Value::default, |ty| self.made_by_type(ty, ""))
    }

    /// Owners given to a task may end before this function goes on.
    pub(super) fn moved_into_task(&mut self, args: &[Value], at: Span) {
        for arg in args {
            for &obj in &arg.holds {
                self.end(obj, Hazard::OwnerMoved { inline: false }, Some(at));
            }
        }
    }
}
