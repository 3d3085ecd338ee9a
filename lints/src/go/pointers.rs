//! Memory that foreign code uses while nothing keeps it alive: numbers made from pointers, handles of finalised values,
//! and Go memory that C keeps.

use std::collections::BTreeSet;
use std::sync::Arc;

use runtime_policy_rules::{Arg, Effect};

use crate::exposure::sketch::{Bind, Kind, Node};
use crate::facts::pointer::{Hazard, PointerBody, PointerFacts, PointerFlow};
use crate::facts::{FileFacts, Production};
use crate::go::exposure::{Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::program::Program;
use crate::go::syntax;
use crate::identifiers::Hashed;
use crate::source::Span;

const RULE: &str = "missing-keep-alive";

/// Values that are followed, one made from the other.
const MAX_STEPS: u32 = 8;

/// Parts of the names of functions that end a wrapper: what they hand over is not used again.
const ENDS: &[&str] =
    &["free", "destroy", "unref", "close", "release", "finalize", "delete", "dispose", "shutdown"];

impl Program<'_> {
    /// Adds what is known of pointers that leave for foreign code.
    pub(super) fn pointers(&self, facts: &mut [FileFacts]) {
        if !self.catalogue.is_on(RULE) {
            return;
        }
        let world = World::new(self);
        let wrappers = world.finalised_types();
        for one in facts.iter_mut() {
            let Some(data) = self.file(one.file).cloned() else { continue };
            let calls_out = |path: &str| {
                matches!(
                    path,
                    "C" | "syscall"
                        | "golang.org/x/sys/unix"
                        | "golang.org/x/sys/windows"
                        | "github.com/ebitengine/purego"
                )
            };
            if !data.outline.imports.iter().any(|import| calls_out(&import.path)) {
                continue;
            }
            for index in 0..data.outline.items.len() as u32 {
                if !matches!(data.outline.item(index).kind, ItemKind::Func | ItemKind::Method) {
                    continue;
                }
                let Some(sketch) = world.sketch((one.file, index)) else { continue };
                let flows = world.flows(&sketch, &wrappers);
                if flows.is_empty() || sketch.production != Production::Yes {
                    continue;
                }
                let item = data.outline.item(index);
                let Some(node) = syntax::node_at(&data.tree, item.span, item.node) else { continue };
                one.functions.push(self.describe(one.file, &data, index, node));
                one.pointers.push(PointerBody {
                    function: one.functions.len() as u32 - 1,
                    production: sketch.production,
                    facts: PointerFacts { flows, ..PointerFacts::default() },
                });
            }
        }
    }
}

impl World<'_> {
    /// Types whose values a finalizer or a cleanup ends, and files of the standard library.
    fn finalised_types(&self) -> BTreeSet<Arc<str>> {
        let mut found: BTreeSet<Arc<str>> = ["os::File".into()].into();
        let words = [Hashed::of("SetFinalizer"), Hashed::of("AddCleanup")];
        let files = self.program.packages.iter().flat_map(|package| package.files.iter().copied());
        for file in files {
            let holds = words.iter().any(|word| self.program.may_hold(file, *word));
            if !holds || self.program.production(file, None) != Production::Yes {
                continue;
            }
            let Some(data) = self.program.file(file).cloned() else { continue };
            for index in 0..data.outline.items.len() as u32 {
                let text = data.source.slice(data.outline.item(index).span);
                if !text.contains("SetFinalizer") && !text.contains("AddCleanup") {
                    continue;
                }
                let Some(sketch) = self.sketch((file, index)) else { continue };
                sketch.body.walk(&mut |node| {
                    let Kind::Call(_, args) = &node.kind else { return };
                    let attaches = self.entry(&sketch, node, &[Effect::Finalizer]).is_some();
                    let object = args.first().filter(|_| attaches);
                    found.extend(object.and_then(|object| self.type_of(&sketch, object, MAX_STEPS)));
                });
            }
        }
        // Types of the language are nobody's wrapper.
        found.retain(|ty| ty.contains("::"));
        found
    }

    fn flows(&self, at: &Sketch, wrappers: &BTreeSet<Arc<str>>) -> Vec<PointerFlow> {
        let name =
            self.program.item_path((at.file, at.item)).rsplit("::").next().unwrap_or("").to_lowercase();
        let ends = ENDS.iter().any(|word| name.contains(word));
        let mut flows = Vec::new();
        at.body.walk(&mut |node| {
            // A descriptor that is stored outlives the file that closes it.
            if let Kind::Struct(_, fields, _) = &node.kind {
                let stored = |value: &Node| {
                    value.any(&|part| matches!(&part.kind, Kind::Method { name, .. } if name == "Fd"))
                };
                let files = ["os::File".into()].into();
                let values = fields.iter().filter(|(_, value)| stored(value));
                values.for_each(|(_, value)| flows.extend(self.handle(at, node, value, &files)));
            }
            let Kind::Call(callee, args) = &node.kind else {
                if let Kind::Method { name, args, .. } = &node.kind
                    && self.entry(at, node, &[Effect::ForeignCall]).is_some()
                {
                    args.iter().for_each(|arg| flows.extend(self.number(at, node, arg, name)));
                }
                return;
            };
            let Some(name) = foreign_name(callee) else {
                if self.entry(at, node, &[Effect::ForeignCall]).is_some() {
                    let name = callee.name().unwrap_or("the call");
                    for arg in args {
                        flows.extend(self.number(at, node, arg, name));
                        flows.extend(self.handle(at, node, arg, wrappers).filter(|_| !ends));
                    }
                }
                return;
            };
            for (number, arg) in args.iter().enumerate() {
                flows.extend(self.number(at, node, arg, name));
                flows.extend(self.handle(at, node, arg, wrappers).filter(|_| !ends));
                flows.extend(self.kept(at, node, arg, number, name));
            }
        });
        flows.sort();
        flows.dedup_by(|a, b| a.hazard == b.hazard && (a.used == b.used || a.taken == b.taken));
        flows
    }

    /// A variable that holds a number made from a pointer, given to foreign code.
    fn number(&self, at: &Sketch, call: &Node, arg: &Node, by: &str) -> Option<PointerFlow> {
        let name = arg.variable().or_else(|| match &arg.kind {
            Kind::Call(callee, inner) if callee.variable() == Some("uintptr") => inner.first()?.variable(),
            _ => None,
        })?;
        let made = at.binding(name, call.span.start)?.init.clone()?;
        let pointer = number_of_pointer(&made)?;
        let owner = owner_of(pointer)?;
        if !self.is_go_memory(at, owner, MAX_STEPS) || self.is_kept(at, owner, call) {
            return None;
        }
        Some(flow(Hazard::AddressAsNumber, owner, made.span, Some(call.span), by))
    }

    /// A handle taken out of a value that a finalizer ends, where nothing names the value afterwards.
    fn handle(
        &self,
        at: &Sketch,
        call: &Node,
        arg: &Node,
        wrappers: &BTreeSet<Arc<str>>,
    ) -> Option<PointerFlow> {
        let mut found = None;
        arg.walk(&mut |node| {
            let owner = match &node.kind {
                Kind::Method { receiver, .. } => receiver,
                Kind::Field(base, _) => base,
                _ => return,
            };
            let Some(name) = owner.variable().filter(|_| found.is_none()) else { return };
            let ty = self.type_of(at, owner, MAX_STEPS).filter(|ty| wrappers.contains(ty));
            found = ty.map(|ty| (name, ty, node.span));
        });
        let (owner, ty, taken) = found?;
        let by = match &call.kind {
            Kind::Call(callee, _) => callee.name().unwrap_or(""),
            _ => "",
        };
        (!self.is_kept(at, owner, call)).then(|| PointerFlow {
            owner_type: Some(shown(&ty)),
            ..flow(Hazard::FinalisedInUse, owner, taken, Some(call.span), by)
        })
    }

    /// Go memory given to a function of C that keeps it.
    fn kept(&self, at: &Sketch, call: &Node, arg: &Node, number: usize, by: &str) -> Option<PointerFlow> {
        let (_, api) = self.entry(at, call, &[Effect::ForeignKeepsPointer])?;
        let counts = matches!(&api.arg, Some(Arg::Position(position)) if *position as usize == number);
        let owner = counts.then(|| owner_of(arg))??;
        let owner = self.origin(at, owner, MAX_STEPS)?;
        if !self.is_go_memory(at, &owner, MAX_STEPS) || self.is_pinned(at, &owner) {
            return None;
        }
        let mut flow = flow(Hazard::KeptByForeign, &owner, arg.span, None, by);
        flow.used = None;
        Some(flow)
    }

    /// The variable that a pointer was made from, by way of others.
    fn origin(&self, at: &Sketch, name: &str, steps: u32) -> Option<String> {
        let steps = steps.checked_sub(1)?;
        let Some(binding) = at.binding(name, u32::MAX) else { return Some(name.to_owned()) };
        let made = binding.init.as_ref();
        match made.and_then(|made| owner_of(made)) {
            Some(owner)
                if owner != name
                    && made.is_some_and(|made| is_pointer(made) || self.converts_address(at, made)) =>
            {
                self.origin(at, owner, steps)
            }
            _ => Some(name.to_owned()),
        }
    }

    /// `(*C.Uint8)(&data[0])`; sketches leave out what takes an address and what makes a type a pointer's.
    fn converts_address(&self, at: &Sketch, made: &Node) -> bool {
        let Kind::Call(_, args) = &made.kind else { return false };
        let [only] = args.as_slice() else { return false };
        let Some(data) = self.program.file(at.file) else { return false };
        let text = &data.source.text;
        data.source.slice(made.span).starts_with("(*") && text[..only.span.start as usize].ends_with('&')
    }

    /// Whether a variable is memory of Go's own: a slice, string or struct, not an address from elsewhere.
    fn is_go_memory(&self, at: &Sketch, name: &str, steps: u32) -> bool {
        let Some(steps) = steps.checked_sub(1) else { return false };
        if let Some(binding) = at.binding(name, u32::MAX) {
            let Some(made) = &binding.init else {
                return binding.ty.as_deref().is_some_and(|ty| !is_address(ty));
            };
            return match &made.kind {
                Kind::List(_) | Kind::Struct(..) | Kind::Text(_) => true,
                Kind::Call(callee, args) => match callee.variable() {
                    Some("make" | "new" | "append") => true,
                    Some("string") => true,
                    // A conversion: `[]byte(text)`.
                    _ => matches!(callee.kind, Kind::Other(_)) && !args.is_empty(),
                },
                Kind::Path(_) => made.variable().is_some_and(|other| self.is_go_memory(at, other, steps)),
                _ => false,
            };
        }
        let param = at.params.iter().find(|param| param.names.iter().any(|known| known == name));
        param.is_some_and(|param| {
            !is_address(&param.ty) && (param.ty.starts_with('[') || param.ty.contains("::"))
        })
    }

    /// Whether something names a value after a call, or is deferred to the function's end.
    fn is_kept(&self, at: &Sketch, name: &str, call: &Node) -> bool {
        is_named_after(at, name, call)
            || self.is_deferred(at, name)
            || is_held_after(at, name, call)
            || is_handed_on(name, call)
    }

    /// Whether a deferred call names a value, or one that keeps alive does.
    fn is_deferred(&self, at: &Sketch, name: &str) -> bool {
        let Some(data) = self.program.file(at.file) else { return false };
        let item = data.outline.item(at.item);
        let text = data.source.slice(item.span);
        let own = if name == "self" { self.receiver_name(at) } else { Some(name.to_owned()) };
        let Some(own) = own else { return false };
        text.lines().any(|line| {
            line.trim_start().starts_with("defer ")
                && crate::identifiers::words_at(line, &own).next().is_some()
        })
    }

    fn receiver_name(&self, at: &Sketch) -> Option<String> {
        let data = self.program.file(at.file)?;
        let item = data.outline.item(at.item);
        let node = syntax::node_at(&data.tree, item.span, item.node)?;
        let list = node.child_by_field_name("receiver")?;
        let own = syntax::children(list).first()?.child_by_field_name("name")?;
        Some(syntax::text(&data.source, own).to_owned())
    }

    /// Whether memory that C keeps is pinned, or stored with what uses it.
    fn is_pinned(&self, at: &Sketch, name: &str) -> bool {
        at.body.any(&|node| match &node.kind {
            Kind::Method { name: method, args, .. } => {
                matches!(method.as_str(), "Pin") && args.iter().any(|arg| owner_of(arg) == Some(name))
            }
            Kind::Struct(_, fields, _) => fields.iter().any(|(_, value)| value.variable() == Some(name)),
            Kind::Assign(left, right) => {
                matches!(left.kind, Kind::Field(..)) && right.variable() == Some(name)
            }
            _ => false,
        })
    }
}

fn is_named_after(at: &Sketch, name: &str, call: &Node) -> bool {
    at.body.any(&|node| node.variable() == Some(name) && node.span.start >= call.span.end)
}

/// Whether a call among the arguments of another is given the value itself, and may hold it for longer:
/// `C.hook(c.db, newHandle(c))`.
fn is_handed_on(name: &str, call: &Node) -> bool {
    let Kind::Call(_, args) = &call.kind else { return false };
    args.iter().any(|arg| {
        arg.any(&|node| match &node.kind {
            Kind::Call(callee, inner) => {
                callee.variable().is_some() && inner.iter().any(|given| given.variable() == Some(name))
            }
            _ => false,
        })
    })
}

/// Whether a struct that is made here, or that is named after a call, holds a value: `&file{File: f, fd: f.Fd()}`.
fn is_held_after(at: &Sketch, name: &str, call: &Node) -> bool {
    let holds = |node: &Node| {
        matches!(&node.kind, Kind::Struct(_, fields, _)
            if fields.iter().any(|(_, value)| value.variable() == Some(name)))
    };
    let named = |binds: &[Bind]| binds.iter().any(|bind| is_named_after(at, &bind.name, call));
    holds(call)
        || at.body.any(&|node| match &node.kind {
            Kind::Let { binds, init: Some(made), .. } => holds(made) && named(binds),
            Kind::Assign(place, made) => {
                holds(made) && place.variable().is_some_and(|holder| is_named_after(at, holder, call))
            }
            _ => false,
        })
}

fn flow(hazard: Hazard, owner: &str, taken: Span, used: Option<Span>, by: &str) -> PointerFlow {
    let owner = if owner == "self" { "the receiver".to_owned() } else { owner.to_owned() };
    let by = Some(by.to_owned());
    PointerFlow { hazard, owner, owner_type: None, taken, event: None, used, through: None, by, raw: None }
}

/// A type's path as Go writes it: `gtk.Widget`.
fn shown(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).replace("::", ".")
}

/// The name of a C function that is called.
fn foreign_name(callee: &Node) -> Option<&str> {
    match &callee.kind {
        Kind::Path(path) => match path.as_slice() {
            [package, name] if package == "C" => {
                let plain = name.chars().next().is_some_and(char::is_lowercase) && is_basic(name);
                (!plain).then_some(name)
            }
            _ => None,
        },
        _ => None,
    }
}

/// Conversions to C's types, and calls that copy or allocate.
fn is_basic(name: &str) -> bool {
    matches!(
        name,
        "int"
            | "uint"
            | "long"
            | "ulong"
            | "char"
            | "uchar"
            | "short"
            | "ushort"
            | "float"
            | "double"
            | "size_t"
            | "free"
            | "longlong"
            | "ulonglong"
            | "schar"
            | "uintptr_t"
    ) || name.ends_with("_t")
}

/// What `uintptr(unsafe.Pointer(…))` is of.
fn number_of_pointer(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Call(callee, args) if callee.variable() == Some("uintptr") => {
            args.first().filter(|arg| is_pointer(arg))
        }
        _ => None,
    }
}

/// Whether a node is a conversion to a pointer.
fn is_pointer(node: &Node) -> bool {
    match &node.kind {
        Kind::Call(callee, args) => {
            let unsafe_pointer =
                matches!(&callee.kind, Kind::Path(path) if path.join("::") == "unsafe::Pointer");
            unsafe_pointer
                || (args.len() == 1 && !matches!(&callee.kind, Kind::Path(_)))
                || args.first().is_some_and(is_pointer)
        }
        _ => false,
    }
}

/// The variable that an address is taken of: of `&data[0]` it is `data`.
fn owner_of(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::Path(_) => node.variable().filter(|name| *name != "nil"),
        Kind::Call(_, args) => args.first().and_then(owner_of),
        Kind::Other(parts) => parts.first().and_then(owner_of),
        Kind::Field(base, _) => owner_of(base),
        _ => None,
    }
}

/// Whether a type is a bare address, whoever owns what it points at.
fn is_address(ty: &str) -> bool {
    matches!(ty, "uintptr" | "unsafe::Pointer" | "unsafe.Pointer")
        || ty.starts_with("C::")
        || ty.contains("*C.")
}
