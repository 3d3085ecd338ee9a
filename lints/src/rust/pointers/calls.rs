//! Calls of functions and constructors.

use syn::{Expr, ExprCall, ExprPath};

use super::owners::{self, Class, Made};
use super::state::{Shape, Status, Value};
use super::{Effect, Flow};
use crate::facts::pointer::Hazard;
use crate::rust::extent;
use crate::source::Span;

/// A called path: what it is known as, and its last two segments.
pub(super) struct Callee {
    pub(super) canonical: Option<String>,
    pub(super) ty: String,
    pub(super) function: String,
    /// Resolved to something outside the standard library and its usual companions.
    pub(super) elsewhere: bool,
}

impl Callee {
    pub(super) fn name(&self) -> &str {
        self.canonical.as_deref().unwrap_or(&self.function)
    }

    fn made(&self) -> Option<Made> {
        if self.elsewhere { None } else { owners::constructor(&self.ty, &self.function) }
    }
}

impl Flow<'_> {
    fn callee(&self, path: &ExprPath) -> Callee {
        let canonical = self.names.callee(path);
        let segments: Vec<String> = match &canonical {
            Some(canonical) => canonical.split("::").map(ToString::to_string).collect(),
            None => path.path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
        };
        let root = segments.first().map_or("", String::as_str);
        let known = ["std", "core", "alloc", "windows", "windows_strings", "widestring"];
        let elsewhere = canonical.is_some() && !known.contains(&root);
        let mut last = segments.into_iter().rev();
        let function = last.next().unwrap_or_default();
        let mut ty = last.next().unwrap_or_default();
        if let (true, Some(qself)) = (ty.is_empty(), &path.qself)
            && let syn::Type::Path(path) = &*qself.ty
            && let Some(segment) = path.path.segments.last()
        {
            ty = segment.ident.to_string();
        }
        Callee { canonical, ty, function, elsewhere }
    }

    pub(super) fn call(&mut self, call: &ExprCall, at: Span) -> Value {
        let Expr::Path(path) = peeled(&call.func) else {
            let called = self.eval(&call.func);
            self.used(&called, at);
            let args = self.arguments(call.args.iter());
            return self.unknown_call(&args, at);
        };
        if let Some(local) = self.local(&call.func) {
            // A closure or function pointer in a variable: calling it uses what it captured.
            let captured = self.state.locals[local].value.clone();
            self.used(&captured, at);
            let args = self.arguments(call.args.iter());
            return self.unknown_call(&args, at);
        }
        let callee = self.callee(path);
        self.touch_statics();
        if let Some(value) = self.raw_call(call, path, &callee, at) {
            return value;
        }
        if let Some(value) = self.standard_call(call, &callee, at) {
            return value;
        }
        if wraps(&callee.function) || self.names.constructs(path) {
            return self.variant(call, &callee);
        }
        let exprs: Vec<&Expr> = call.args.iter().collect();
        let effect = callee.canonical.as_deref().and_then(|path| self.names.effect(path, &exprs));
        let args = self.arguments(call.args.iter());
        match effect {
            Some(Effect::Carries) => {
                let mut carried = Value::of(Shape::Bundle);
                for (arg, expr) in args.into_iter().zip(&call.args) {
                    let arg = self.as_pointer(arg, extent::of(expr));
                    carried.absorb(arg);
                }
                return carried;
            }
            Some(Effect::Keeps { argument, until }) => {
                self.kept_by(callee.name(), &argument, &until, &exprs, &args, at);
            }
            None => self.ends_holding(&callee.function),
        }
        // What the callee does matters only to what it is given.
        let given = args.iter().any(|arg| matches!(arg.shape, Shape::Borrow { .. }) || !arg.holds.is_empty());
        let canonical = callee.canonical.as_deref().filter(|_| given);
        let summary = canonical.and_then(|canonical| self.names.summary(canonical)).unwrap_or_default();
        if self.names.foreign(path) {
            self.given_to_foreign(&args, &exprs);
        }
        if let Some(arg) = summary.returns_into.and_then(|position| args.get(position)) {
            let arg = arg.clone();
            if let Shape::Borrow { heap, target, .. } = arg.shape {
                return self.pointer_into(heap.or(target), arg.points, at);
            }
        }
        let made = callee.canonical.as_deref().and_then(|canonical| self.names.returns(canonical));
        if !owners::looks_only(&callee.function) {
            for arg in &args {
                self.used(arg, at);
            }
        }
        if callee.function.starts_with("spawn") {
            self.moved_into_task(&args, at);
        }
        for (position, arg) in args.iter().enumerate() {
            if summary.ends.contains(&position) {
                for &obj in &arg.holds {
                    self.end(obj, Hazard::OwnerMoved { inline: false }, Some(at));
                }
            }
            self.state.keep(&arg.holds);
        }
        match made.and_then(|ty| syn::parse_str::<syn::Type>(&ty).ok()) {
            Some(ty) => self.made_by_type(&ty, ""),
            None => match callee.made() {
                Some(made) => self.make(made, ""),
                None => Value::default(),
            },
        }
    }

    pub(super) fn arguments<'e>(&mut self, args: impl Iterator<Item = &'e Expr>) -> Vec<Value> {
        args.map(|arg| self.argument(arg)).collect()
    }

    pub(super) fn argument(&mut self, arg: &Expr) -> Value {
        self.touch(arg);
        let value = self.argument_value(arg);
        self.handed_on(&value);
        value
    }

    fn argument_value(&mut self, arg: &Expr) -> Value {
        match arg {
            Expr::Cast(cast) if matches!(&*cast.ty, syn::Type::Infer(_)) => {
                let value = self.argument_value(&cast.expr);
                self.as_pointer(value, extent::of(&cast.expr))
            }
            _ => self.eval(arg),
        }
    }

    /// A call of something unknown: pointers given to it are used, owners given to it may live for ever.
    pub(super) fn unknown_call(&mut self, args: &[Value], at: Span) -> Value {
        for arg in args {
            self.used(arg, at);
            self.state.keep(&arg.holds);
        }
        Value::default()
    }

    /// `Some(x)`, `PCWSTR(p)`, `Wrapper(p)`: the argument in another coat.
    fn variant(&mut self, call: &ExprCall, callee: &Callee) -> Value {
        if let ("Some" | "Ok", Some(only)) = (callee.function.as_str(), call.args.first()) {
            let mut value = self.eval(only);
            match &mut value.shape {
                Shape::Owner { wrapped, .. } | Shape::Borrow { wrapped, .. } if !*wrapped => *wrapped = true,
                Shape::Owner { .. } | Shape::Borrow { .. } => value.shape = Shape::Unknown,
                _ => {}
            }
            return value;
        }
        self.gather(call.args.iter(), false, Value::default())
    }

    /// What the standard library does with owners and pointers.
    fn standard_call(&mut self, call: &ExprCall, callee: &Callee, at: Span) -> Option<Value> {
        if callee.elsewhere {
            return None;
        }
        let first = call.args.first();
        let (ty, function) = (callee.ty.as_str(), callee.function.as_str());
        Some(match (ty, function) {
            ("mem" | "", "drop") if call.args.len() == 1 => {
                let value = self.eval(first?);
                for obj in value.holds {
                    self.end(obj, Hazard::OwnerDropped, Some(at));
                }
                Value::default()
            }
            ("mem" | "", "forget") | ("ManuallyDrop", "new") | ("Box" | "Vec" | "String", "leak") => {
                let value = self.eval(first?);
                self.state.keep(&value.holds);
                Value { holds: Vec::new(), ..value }
            }
            ("mem" | "", "take" | "replace" | "swap") if ty == "mem" || callee.canonical.is_some() => {
                for arg in &call.args {
                    let value = self.eval(arg);
                    self.moved_away(&value);
                }
                Value::default()
            }
            ("Rc" | "Arc" | "Box", "as_ptr" | "as_mut_ptr") => {
                let value = self.eval(first?);
                match value.shape {
                    Shape::Borrow { heap, class: Some(Class::Shared | Class::Boxed), .. } => {
                        self.pointer_into(heap, value.points, at)
                    }
                    _ => Value::default(),
                }
            }
            ("Rc" | "Arc", "clone") => {
                let value = self.eval(first?);
                self.moved_away(&value);
                Value::default()
            }
            ("ptr", "from_ref" | "from_mut") | ("NonNull", "from" | "from_ref" | "from_mut") => {
                let value = self.eval(first?);
                self.as_pointer(value, at)
            }
            ("NonNull", "new" | "new_unchecked") | ("PCWSTR" | "PWSTR" | "PCSTR" | "PSTR", "from_raw") => {
                let value = self.eval(first?);
                self.as_pointer(value, extent::of(first?))
            }
            ("AtomicPtr" | "Cell" | "UnsafeCell", "new") if call.args.len() == 1 => {
                let value = self.eval(first?);
                let mut made = self.make(owners::constructor("Cell", "new")?, "");
                made.absorb(value);
                made
            }
            ("slice" | "", "from_raw_parts" | "from_raw_parts_mut")
            | ("CStr", "from_ptr")
            | ("ptr", "slice_from_raw_parts" | "slice_from_raw_parts_mut") => {
                let mut value = self.arguments(call.args.iter()).swap_remove(0);
                if ty != "ptr" {
                    self.used(&value, at);
                }
                if !value.points.is_empty() {
                    value.shape = Shape::Pointer;
                }
                value
            }
            ("mem", "transmute" | "transmute_copy") => {
                let value = self.eval(first?);
                self.state.keep(&value.holds);
                Value::default()
            }
            ("Box" | "Rc" | "Arc", "new" | "pin") if call.args.len() == 1 => {
                let inner = self.eval(first?);
                let class = if ty == "Box" { Class::Boxed } else { Class::Shared };
                let mut made = self.make(Made { class, wrapped: false, roomy: false }, "");
                made.absorb(inner);
                made
            }
            ("Pin", "new" | "new_unchecked" | "into_inner") => self.eval(first?),
            ("MaybeUninit", "new") => {
                let mut value = self.eval(first?);
                value.shape = Shape::Owner { class: Class::Uninit, wrapped: false, heap: None };
                value
            }
            _ => {
                let made = callee.made()?;
                let args = self.arguments(call.args.iter());
                // The source of a conversion is copied, or moves into the new owner: its memory is not tracked on.
                for arg in &args {
                    self.state.keep(&arg.holds);
                }
                self.make(made, "")
            }
        })
    }

    /// The memory behind a reference went somewhere unknown.
    pub(super) fn moved_away(&mut self, value: &Value) {
        self.state.keep(&value.holds);
        if let Shape::Borrow { heap: Some(heap), .. } = value.shape
            && self.state.status(heap) == Status::Live
        {
            self.state.get_mut(heap).status = Status::Kept;
        }
    }
}

fn peeled(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => peeled(&inner.expr),
        Expr::Group(inner) => peeled(&inner.expr),
        _ => expr,
    }
}

/// Well-known wrappers of one pointer or owner.
fn wraps(function: &str) -> bool {
    matches!(function, "Some" | "Ok" | "Err" | "Self" | "PCWSTR" | "PWSTR" | "PCSTR" | "PSTR")
        || function.ends_with("Ptr") && function.starts_with(char::is_uppercase)
}
