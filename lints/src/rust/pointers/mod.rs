//! Flow of raw pointers through one function body: what they point into, and what happens to that before they
//! are last used.
//!
//! The body is run once over an abstract state (twice for loops). Only owners that are surely known count: a value
//! of unknown type, a borrow from the caller or anything handed to unknown code is taken to live long enough.
//! Silence where in doubt is the policy, since most raw pointers in real programs are used rightly.

mod calls;
mod control;
mod fields;
mod foreign;
mod macros;
mod methods;
mod owners;
mod patterns;
mod places;
mod raw;
mod scopes;
mod state;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use syn::{Block, Expr, ExprPath, FnArg, ReceiverKind, ReturnType, Signature, Type};

use crate::facts::pointer::{Hazard, PointerFacts, PointerFlow, Summary};
use crate::rust::extent;
use crate::source::Span;
use owners::Class;
use state::{Obj, Point, Shape, State, Status, Value};

/// What the analysis asks the rest of the front end. Every answer may be "unknown".
pub trait Names {
    /// Canonical path of a called function or constructor: `std::ffi::CString::new`, `libc::strlen`, functions of
    /// the workspace as `crate::module::f`.
    fn callee(&self, path: &ExprPath) -> Option<String>;

    /// Canonical path of the type of an expression, references and smart pointers peeled: `alloc::vec::Vec`.
    fn type_of(&self, expr: &Expr) -> Option<String>;

    /// Written return type of a function of the workspace, by its canonical path.
    fn returns(&self, callee: &str) -> Option<String>;

    /// What calling a function of the workspace does to its arguments: [`PointerFacts::summary`] of its body.
    fn summary(&self, callee: &str) -> Option<Summary>;

    /// Whether a called path is foreign: declared in an `extern` block, of this workspace or of a bindings crate.
    fn foreign(&self, path: &ExprPath) -> bool;

    /// What the catalogue says of a canonical function, method or constructor path when it is given these arguments
    /// (the receiver not counted).
    fn effect(&self, canonical: &str, arguments: &[&Expr]) -> Option<Effect>;

    /// Whether a called path makes a tuple struct or variant out of its arguments, rather than running a function.
    fn constructs(&self, path: &ExprPath) -> bool;
}

/// Which argument of a foreign function matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// Counted from 0, the receiver of a method not counted.
    At(usize),
    /// The last one.
    Last,
}

/// What a catalogued function does with a pointer given to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// It keeps the pointer after it returned: `foreign-keeps-pointer`.
    Keeps {
        /// The argument kept.
        argument: Argument,
        /// What is kept, and until when, as the catalogue's `keeps` says it.
        until: String,
    },
    /// It makes a value that carries its pointer arguments (an io_uring entry), without using them yet.
    Carries,
}

/// Analyses one function body. Spans in the result are bytes of the text that was parsed.
pub fn analyse<'n>(names: &'n dyn Names, signature: &Signature, body: &'n Block) -> PointerFacts {
    let mut flow = Flow::new(names, body);
    flow.enter();
    for (position, input) in signature.inputs.iter().enumerate() {
        flow.parameter(position, input);
    }
    flow.result_raw = owners::returns_raw(&signature.output);
    // Marks of the stack and printed pointers are addresses, not pointers to something.
    flow.address_only = {
        let name = signature.ident.to_string();
        name.contains("stack") || name.contains("address") || name.ends_with("_sp") || name == "fmt"
    };
    let value = flow.block_in_scope(body, false);
    flow.exit(
        value,
        body.stmts.last().map_or_else(|| extent::token(body.brace_token.span.close()), extent::value),
        false,
    );
    flow.finish(&signature.output)
}

/// A loop or labelled block being walked.
struct Breakable {
    label: Option<String>,
    /// Scopes open outside it.
    depth: usize,
    /// States that left it by `break`.
    breaks: Vec<State>,
    value: Option<Value>,
    is_loop: bool,
}

/// The walk over one body.
struct Flow<'n> {
    names: &'n dyn Names,
    body: &'n Block,
    facts: PointerFacts,
    state: State,
    /// Number of locals when each open scope began.
    scopes: Vec<usize>,
    /// Temporaries of each open statement, arm or branch.
    temps: Vec<Vec<Obj>>,
    breakables: Vec<Breakable>,
    /// Objects that stand for parameters: position and object.
    params: Vec<(usize, Obj)>,
    /// Heap memory of parameters that the function owns: position and object.
    owned_params: Vec<(usize, Obj)>,
    /// Those of them that end on each way out.
    ends: Option<BTreeSet<usize>>,
    /// Objects that stand for the memory of fields, as `self.buf`.
    placed: BTreeMap<String, Obj>,
    /// Parameters that returned pointers point into; `None` for anything else.
    returned: Vec<Option<usize>>,
    /// Scopes and temporaries outside the function or closure being walked.
    base: (usize, usize),
    result_raw: bool,
    address_only: bool,
    /// Loops around the walked code; the innermost ones are walked once only.
    loops: usize,
    /// What pointers from `into_raw` point to.
    unowned: BTreeSet<Obj>,
    /// `&*Box::into_raw(..)` and globals leak on purpose.
    deliberate: usize,
}

impl<'n> Flow<'n> {
    fn new(names: &'n dyn Names, body: &'n Block) -> Self {
        Self {
            names,
            body,
            facts: PointerFacts::default(),
            state: State::default(),
            scopes: Vec::new(),
            temps: vec![Vec::new()],
            breakables: Vec::new(),
            params: Vec::new(),
            owned_params: Vec::new(),
            ends: None,
            placed: BTreeMap::new(),
            returned: Vec::new(),
            base: (0, 0),
            result_raw: false,
            address_only: false,
            loops: 0,
            unowned: BTreeSet::new(),
            deliberate: 0,
        }
    }

    fn parameter(&mut self, position: usize, input: &FnArg) {
        match input {
            FnArg::Receiver(receiver) => {
                let by_value = matches!(receiver.kind, ReceiverKind::Value);
                self.declare("self", Value::default());
                if let Some(local) = self.state.locals.last_mut() {
                    local.param = true;
                    local.by_value = by_value;
                }
            }
            FnArg::Typed(typed) => {
                let before = self.state.locals.len();
                let value = self.parameter_value(position, &typed.ty);
                self.owned_params.extend(value.holds.iter().map(|obj| (position, *obj)));
                self.bind(&typed.pat, value);
                let by_value = !matches!(&*typed.ty, Type::Reference(_) | Type::Ptr(_) | Type::ImplTrait(_));
                let raw = owners::is_raw(&typed.ty);
                for local in &mut self.state.locals[before..] {
                    local.param = true;
                    local.by_value = by_value;
                    local.raw = raw;
                }
            }
        }
    }

    /// What a parameter of a written type starts as. Memory behind references belongs to the caller.
    fn parameter_value(&mut self, position: usize, ty: &Type) -> Value {
        if let Type::Reference(reference) = ty {
            let obj = self.state.object("", Status::Kept);
            self.params.push((position, obj));
            let class = match &*reference.elem {
                Type::Slice(_) => Some(Class::Slice),
                Type::Path(path) if path.path.is_ident("str") || path.path.is_ident("CStr") => {
                    Some(Class::String)
                }
                ty => owners::of_type(ty).filter(|made| !made.wrapped).map(|made| made.class),
            };
            // The storage of a borrowed Vec and its heap are different objects, but both are the caller's.
            return Value::of(Shape::Borrow { class, wrapped: false, heap: Some(obj), target: Some(obj) });
        }
        self.made_by_type(ty, "")
    }

    /// A fresh owner, as a written type promises; unknown for other types.
    fn made_by_type(&mut self, ty: &Type, name: &str) -> Value {
        owners::of_type(ty).map_or_else(Value::default, |made| self.make(made, name))
    }

    /// A fresh owner.
    fn make(&mut self, made: owners::Made, name: &str) -> Value {
        let owners::Made { class, wrapped, roomy } = made;
        let heap = class.heap().then(|| {
            let name = if name.is_empty() { class.name() } else { name };
            let obj = self.state.object(name, Status::Live);
            self.state.get_mut(obj).roomy = roomy;
            obj
        });
        let mut value = Value::of(Shape::Owner { class, wrapped, heap });
        value.holds.extend(heap);
        value
    }

    /// Notes each pointer of `value` that is broken where it is used.
    fn used(&mut self, value: &Value, at: Span) {
        if self.state.unreachable || self.address_only {
            return;
        }
        for point in value.points.clone() {
            if let Some((hazard, event)) = self.state.broken(point) {
                self.report(hazard, point, event, Some(at), None);
            }
        }
    }

    fn report(
        &mut self,
        hazard: Hazard,
        point: Point,
        event: Option<Span>,
        used: Option<Span>,
        through: Option<(Span, String)>,
    ) {
        let owner = self.state.get(point.obj).name.to_string();
        let (through, by) = through.map_or((None, None), |(span, name)| (Some(span), Some(name)));
        let flow = PointerFlow {
            hazard,
            owner,
            owner_type: None,
            taken: point.taken,
            event,
            used,
            through,
            by,
            raw: None,
        };
        // One pointer is reported once, however often it is used.
        let known = |seen: &PointerFlow| seen.taken == flow.taken && seen.owner == flow.owner;
        if !self.facts.flows.iter().any(known) {
            self.facts.flows.push(flow);
        }
    }

    fn finish(mut self, output: &ReturnType) -> PointerFacts {
        self.facts.flows.sort_by_key(|flow| (flow.taken, flow.hazard));
        self.facts.reclaims.sort();
        self.facts.reclaims.dedup();
        self.returned.sort();
        self.returned.dedup();
        if let (true, [Some(only)]) = (owners::returns_raw(output), self.returned.as_slice()) {
            self.facts.summary.returns_into = Some(*only);
        }
        self.facts.summary.ends = self.ends.unwrap_or_default().into_iter().collect();
        self.facts.unmentioned.sort();
        self.facts
    }
}
