//! What is known at one point of a function body: objects, locals, pointers into them, and how branches meet.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::owners::Class;
use crate::facts::pointer::{Hazard, RawFamily};
use crate::source::Span;

/// Index of an object: a heap allocation, or the storage of a local or temporary.
pub(super) type Obj = usize;
/// Index of a local.
pub(super) type LocalId = usize;

/// Whether an object still is where its pointers point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Status {
    /// Made in another branch only.
    #[default]
    Absent,
    Live,
    /// Leaked, handed to someone unknown or owned by the caller: nothing in this function ends it.
    Kept,
    Dead(Hazard, Option<Span>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Object {
    /// As a message names it.
    pub(super) name: Rc<str>,
    pub(super) status: Status,
    /// Grows each time the data may have moved.
    pub(super) generation: u32,
    pub(super) regrown: Option<Span>,
    /// Room was reserved, so growth need not move the data.
    pub(super) roomy: bool,
    /// A `from_raw` took the memory although this owner still has it: the object that it made.
    pub(super) stolen: Option<(Obj, Span)>,
    /// Foreign code got this pointer, and the owner was not named since.
    pub(super) foreign: Option<Point>,
}

/// A raw pointer into an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) obj: Obj,
    pub(super) generation: u32,
    pub(super) taken: Span,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shape {
    #[default]
    Unknown,
    /// An owner by value. `heap` is its allocation; inline owners have none.
    Owner { class: Class, wrapped: bool, heap: Option<Obj> },
    /// A reference: `as_ptr` on it points into `heap`, a cast of it into `target`.
    Borrow { class: Option<Class>, wrapped: bool, heap: Option<Obj>, target: Option<Obj> },
    /// A raw pointer, or a reference made from one.
    Pointer,
    /// A value with raw pointers somewhere in it.
    Bundle,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) shape: Shape,
    pub(super) points: Vec<Point>,
    /// Heap objects that end with this value.
    pub(super) holds: Vec<Obj>,
}

impl Value {
    pub(super) fn of(shape: Shape) -> Self {
        Self { shape, ..Self::default() }
    }

    /// The same value once taken out of its `Option` or `Result`.
    pub(super) fn unwrapped(mut self) -> Self {
        match &mut self.shape {
            Shape::Owner { wrapped, .. } | Shape::Borrow { wrapped, .. } => *wrapped = false,
            _ => {}
        }
        self
    }

    /// Either of two values, as after an `if`.
    pub(super) fn or(mut self, other: Value) -> Value {
        if self.shape != other.shape {
            self.shape = match (self.shape, other.shape) {
                (Shape::Unknown, Shape::Pointer) | (Shape::Pointer, Shape::Unknown) => Shape::Pointer,
                (Shape::Owner { class, wrapped, .. }, Shape::Owner { class: second, wrapped: inner, .. })
                    if class == second && wrapped == inner =>
                {
                    self.shape
                }
                _ if self.points.is_empty() && other.points.is_empty() => Shape::Unknown,
                _ => Shape::Bundle,
            };
        }
        self.absorb(other);
        self
    }

    /// Takes over what another value points at and holds.
    pub(super) fn absorb(&mut self, other: Value) {
        for point in other.points {
            if !self.points.contains(&point) {
                self.points.push(point);
            }
        }
        for obj in other.holds {
            if !self.holds.contains(&obj) {
                self.holds.push(obj);
            }
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) name: Rc<str>,
    pub(super) storage: Obj,
    pub(super) value: Value,
    /// Annotated as a raw pointer: references are coerced when assigned.
    pub(super) raw: bool,
    /// Surely a value and not a reference, so that its fields lie in its storage.
    pub(super) by_value: bool,
    pub(super) param: bool,
}

/// A pointer stored in a place that outlives the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) points: Vec<Point>,
    pub(super) stored: Span,
    /// The place was used since, so somebody may have consumed the pointer.
    pub(super) touched: bool,
}

/// A pointer that a foreign function keeps or works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) points: Vec<Point>,
    pub(super) call: Span,
    pub(super) callee: String,
    /// Foreign code works on until a completion; otherwise it keeps the pointer until told otherwise.
    pub(super) completes: bool,
    /// The statement with the call is over.
    pub(super) armed: bool,
    /// Depth of the scope of the call.
    pub(super) depth: usize,
}

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) objects: Vec<Object>,
    pub(super) locals: Vec<Local>,
    pub(super) slots: BTreeMap<String, Slot>,
    pub(super) held: Vec<Held>,
    /// Raw pointers in locals that a `from_raw` took back: by which, and the object it made.
    pub(super) reclaimed: BTreeMap<LocalId, (Span, RawFamily, Obj)>,
    /// Control does not reach this point.
    pub(super) unreachable: bool,
    /// How many objects any branch has made so far.
    made: Rc<Cell<usize>>,
}

impl State {
    /// A new object. Numbers are never reused, not even in a sister branch; what a branch has not made
    /// itself is absent from it.
    pub(super) fn object(&mut self, name: impl Into<Rc<str>>, status: Status) -> Obj {
        let obj = self.made.get();
        self.made.set(obj + 1);
        let object = Object { name: name.into(), status, ..Object::default() };
        self.objects.resize_with(obj, Object::default);
        self.objects.push(object);
        obj
    }

    /// An object; absent if this branch has not made it.
    pub(super) fn get(&self, obj: Obj) -> Object {
        self.objects.get(obj).cloned().unwrap_or_default()
    }

    pub(super) fn status(&self, obj: Obj) -> Status {
        self.objects.get(obj).map_or(Status::Absent, |object| object.status)
    }

    pub(super) fn get_mut(&mut self, obj: Obj) -> &mut Object {
        if obj >= self.objects.len() {
            self.objects.resize_with(obj + 1, Object::default);
        }
        &mut self.objects[obj]
    }

    /// A pointer taken now. Its object is there, or the program would not compile: an end seen on another branch
    /// did not concern this one.
    pub(super) fn point(&mut self, obj: Obj, taken: Span) -> Point {
        if matches!(self.status(obj), Status::Dead(..)) {
            self.get_mut(obj).status = Status::Live;
        }
        Point { obj, generation: self.get(obj).generation, taken }
    }

    /// The same, but control does not get there.
    pub(super) fn dead_end(&self) -> State {
        State { unreachable: true, ..self.clone() }
    }

    /// Nothing in this function ends these objects.
    pub(super) fn keep(&mut self, objs: &[Obj]) {
        for &obj in objs {
            if self.status(obj) == Status::Live {
                self.get_mut(obj).status = Status::Kept;
            }
        }
    }

    /// Why a pointer is broken, if it is.
    pub(super) fn broken(&self, point: Point) -> Option<(Hazard, Option<Span>)> {
        let object = self.get(point.obj);
        match object.status {
            Status::Dead(hazard, event) => Some((hazard, event)),
            _ if point.generation < object.generation => Some((Hazard::OwnerReallocates, object.regrown)),
            _ => None,
        }
    }

    /// The state where two branches meet: what may hold on either.
    pub(super) fn join(self, other: State) -> State {
        if self.unreachable {
            return other;
        }
        if other.unreachable {
            return self;
        }
        let (mut into, from) =
            if self.objects.len() >= other.objects.len() { (self, other) } else { (other, self) };
        let before = into.clone();
        into.join_objects(&from);
        into.join_locals(&from);
        into.drop_healed(&before, &from);
        for (key, slot) in from.slots {
            let known = into.slots.entry(key).or_insert_with(|| slot.clone());
            known.touched |= slot.touched;
            known.points.extend(slot.points);
            known.points.sort();
            known.points.dedup();
        }
        // What one branch let go of, or did not take, is in doubt.
        into.held.retain(|held| from.held.iter().any(|other| other.call == held.call));
        into.reclaimed.retain(|local, _| from.reclaimed.contains_key(local));
        into
    }

    fn join_objects(&mut self, from: &State) {
        for (known, other) in self.objects.iter_mut().zip(&from.objects) {
            if known.status == Status::Absent {
                *known = other.clone();
                continue;
            }
            known.status = match (known.status, other.status) {
                (Status::Kept, _) | (_, Status::Kept) => Status::Kept,
                (dead @ Status::Dead(..), _) | (_, dead @ Status::Dead(..)) => dead,
                _ => Status::Live,
            };
            if other.generation > known.generation {
                known.generation = other.generation;
                known.regrown = other.regrown;
            }
            known.roomy |= other.roomy;
        }
    }

    /// Both states are at the same depth, so they have the same locals. An object that one branch moved
    /// elsewhere has no certain end any more.
    fn join_locals(&mut self, from: &State) {
        let mut moved = Vec::new();
        for (known, other) in self.locals.iter_mut().zip(&from.locals) {
            let differs = |obj: &&Obj| known.value.holds.contains(obj) != other.value.holds.contains(obj);
            moved.extend(known.value.holds.iter().chain(&other.value.holds).filter(differs).copied());
            let value = std::mem::take(&mut known.value);
            known.value = value.or(other.value.clone());
        }
        self.keep(&moved);
    }

    /// A pointer that is whole on each branch that has it stays whole, whatever the other branch did to its owner:
    /// `if c { b = new(); p = b.as_ptr(); }`.
    fn drop_healed(&mut self, before: &State, from: &State) {
        let mut locals = std::mem::take(&mut self.locals);
        for (index, local) in locals.iter_mut().enumerate() {
            local.value.points.retain(|point| {
                let broken_on = |state: &State| {
                    let has = |local: &Local| local.value.points.contains(point);
                    state.locals.get(index).is_some_and(has) && state.broken(*point).is_some()
                };
                self.broken(*point).is_none() || broken_on(before) || broken_on(from)
            });
        }
        self.locals = locals;
    }
}
