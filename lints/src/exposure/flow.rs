//! Routers, followed from a route to the listener that serves them.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::exposure::sketch::{Kind, Node, Param, Sketch};
use crate::facts::exposure::Listener;
use crate::source::Span;

/// Functions that a router is followed through, one after the other.
const MAX_DEPTH: u32 = 10;

/// Functions that one router is followed through in all.
const MAX_VISITS: usize = 200;

/// What carries a route within a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Carriers {
    pub spans: Vec<(u32, u32)>,
    pub names: Vec<String>,
    pub fields: Vec<String>,
    /// A function that answers requests itself: whoever calls it carries the route.
    pub answers: bool,
}

impl Carriers {
    /// One place that carries the route.
    pub(crate) fn place(span: Span, answers: bool) -> Self {
        Self { spans: vec![(span.start, span.end)], answers, ..Self::default() }
    }

    /// Whether a node itself, not what is below it, carries the route.
    fn is(&self, node: &Node) -> bool {
        let held = |(start, end): &(u32, u32)| node.span.start <= *start && *end <= node.span.end;
        if self.spans.iter().any(held) {
            return true;
        }
        match &node.kind {
            Kind::Path(_) => node.variable().is_some_and(|name| self.names.iter().any(|known| known == name)),
            Kind::Field(base, name) => {
                base.variable() == Some("self") && self.fields.iter().any(|known| known == name)
            }
            _ => false,
        }
    }
}

/// The nodes of one function that carry the route, or hold what does.
pub(crate) struct Carried {
    pub carriers: Carriers,
    nodes: FxHashSet<*const Node>,
}

impl Carried {
    fn new<S>(at: &Sketch<S>, carriers: Carriers) -> Self {
        let mut found = Self { carriers, nodes: FxHashSet::default() };
        found.mark(&at.body);
        found
    }

    fn mark(&mut self, node: &Node) -> bool {
        let mut carries = self.carriers.is(node);
        node.children(|child| carries |= self.mark(child));
        if carries {
            self.nodes.insert(node);
        }
        carries
    }

    /// Whether a node carries the route, or holds what does.
    pub(crate) fn at(&self, node: &Node) -> bool {
        self.nodes.contains(&std::ptr::from_ref(node))
    }
}

/// What following a route came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub listeners: Vec<Listener>,
    /// A layer of authentication stands around the route.
    pub layered: bool,
    /// Who asks is checked before requests are told apart.
    pub checked: bool,
    seen: FxHashSet<(u32, u32, Carriers)>,
}

/// What the search for listeners asks of a front end.
pub(crate) trait Routers {
    /// What it looks names up by.
    type Scope;

    /// The calls of a function in production, with the place of each.
    fn calls_of(&self, at: &Sketch<Self::Scope>) -> Vec<(Rc<Sketch<Self::Scope>>, Span)>;

    /// The function of the workspace that a call means.
    fn callee(&self, at: &Sketch<Self::Scope>, call: &Node) -> Option<Rc<Sketch<Self::Scope>>>;

    /// The methods of a type that may read one of the fields which a method of it filled.
    fn readers(&self, at: &Sketch<Self::Scope>, fields: &[String]) -> Vec<Rc<Sketch<Self::Scope>>>;

    /// The listeners that a call or literal brings together with the router.
    fn served_by(&self, at: &Sketch<Self::Scope>, node: &Node, carried: &Carried) -> Vec<Listener>;

    /// The listener of a function whose value is served by its own form.
    fn launched(&self, at: &Sketch<Self::Scope>) -> Option<Listener>;

    /// Whether a layer of authentication stands between the listener and the route.
    fn is_layered(&self, at: &Sketch<Self::Scope>, carried: &Carried) -> bool;

    /// Whether who asks is checked before the route is chosen.
    fn is_checked(&self, at: &Sketch<Self::Scope>, carried: &Carried) -> bool;

    /// Follows what carries a route through a function, its callees and its callers.
    fn follow(&self, at: &Sketch<Self::Scope>, from: Carriers, depth: u32, out: &mut Outcome) {
        if depth > MAX_DEPTH || out.seen.len() > MAX_VISITS {
            return;
        }
        if !out.seen.insert((at.file, at.item, from.clone())) || !at.is_live() {
            return;
        }
        let carried = spread(at, from);
        out.checked |= carried.carriers.answers && self.is_checked(at, &carried);
        out.layered |= self.is_layered(at, &carried);
        let before = out.listeners.len();
        let mut further = Vec::new();
        at.body.walk(&mut |node| {
            let call = matches!(node.kind, Kind::Call(..) | Kind::Method { .. });
            if (call || matches!(node.kind, Kind::Struct(..))) && carried.at(node) {
                let found = self.served_by(at, node, &carried);
                if found.is_empty() && call {
                    further.push(node);
                }
                out.listeners.extend(found);
            }
        });
        if out.listeners.len() == before {
            further.iter().for_each(|node| self.enter_callee(at, node, &carried, depth, out));
        }
        if out.listeners.len() == before {
            self.enter_readers(at, &carried, depth, out);
        }
        if out.listeners.len() == before {
            self.to_callers(at, &carried, depth, out);
        }
    }

    /// Into a function of the workspace that is given the router.
    fn enter_callee(
        &self,
        at: &Sketch<Self::Scope>,
        node: &Node,
        carried: &Carried,
        depth: u32,
        out: &mut Outcome,
    ) {
        let args = match &node.kind {
            Kind::Call(_, args) => args,
            Kind::Method { args, .. } if !args.is_empty() => args,
            _ => return,
        };
        let Some(callee) = self.callee(at, node) else { return };
        let skipped = usize::from(callee.method && matches!(node.kind, Kind::Call(..)));
        let names: Vec<String> = args
            .iter()
            .skip(skipped)
            .enumerate()
            .filter(|(_, arg)| carried.at(arg))
            .filter_map(|(number, _)| callee.params.get(number))
            .flat_map(|param| param.names.clone())
            .collect();
        if !names.is_empty() {
            self.follow(&callee, Carriers { names, ..Carriers::default() }, depth + 1, out);
        }
    }

    /// Into methods that read a field which holds the router.
    fn enter_readers(&self, at: &Sketch<Self::Scope>, carried: &Carried, depth: u32, out: &mut Outcome) {
        let fields = filled(at, carried);
        if fields.is_empty() {
            return;
        }
        for reader in self.readers(at, &fields) {
            let carriers = Carriers { fields: fields.clone(), ..Carriers::default() };
            self.follow(&reader, carriers, depth + 1, out);
        }
    }

    /// To the callers of a function that returns the router, adds to one that it is given, or answers requests.
    fn to_callers(&self, at: &Sketch<Self::Scope>, carried: &Carried, depth: u32, out: &mut Outcome) {
        let given = |param: &Param| param.names.iter().any(|name| carried.carriers.names.contains(name));
        let param = at.params.iter().position(given);
        let returned = at.body.results().into_iter().any(|value| carried.at(value));
        if !returned && param.is_none() && !carried.carriers.answers {
            return;
        }
        out.listeners.extend(self.launched(at));
        for (caller, span) in self.calls_of(at) {
            let mut next = Carriers::place(span, carried.carriers.answers);
            if let Some(number) = param {
                caller.body.walk(&mut |node| match &node.kind {
                    Kind::Call(_, args) if node.span == span => {
                        let arg = args.get(number).map(Node::root);
                        next.names.extend(arg.and_then(Node::variable).map(str::to_owned));
                    }
                    _ => {}
                });
            }
            self.follow(&caller, next, depth + 1, out);
        }
    }
}

/// The fields in which a function puts what carries the route: in a literal, or in those of its own value.
fn filled<S>(at: &Sketch<S>, carried: &Carried) -> Vec<String> {
    let mut fields = Vec::new();
    at.body.walk(&mut |node| match &node.kind {
        Kind::Struct(_, given, _) => {
            let held = given.iter().filter(|(_, value)| carried.at(value));
            fields.extend(held.map(|(name, _)| name.clone()));
        }
        Kind::Assign(left, right) => {
            if let Kind::Field(base, name) = &left.kind
                && base.variable() == Some("self")
                && carried.at(right)
            {
                fields.push(name.clone());
            }
        }
        _ => {}
    });
    fields
}

/// All names of a function that come to hold what carries the route.
fn spread<S>(at: &Sketch<S>, from: Carriers) -> Carried {
    let mut carried = Carried::new(at, from);
    for _ in 0..6 {
        let mut fresh = fresh_names(at, &carried);
        fresh.retain(|name| !carried.carriers.names.contains(name));
        if fresh.is_empty() {
            break;
        }
        fresh.sort();
        fresh.dedup();
        let mut carriers = carried.carriers;
        carriers.names.extend(fresh);
        carried = Carried::new(at, carriers);
    }
    carried
}

fn fresh_names<S>(at: &Sketch<S>, carried: &Carried) -> Vec<String> {
    let mut fresh: Vec<String> = Vec::new();
    at.body.walk(&mut |node| match &node.kind {
        Kind::Let { binds, init: Some(init), .. } if carried.at(init) => {
            fresh.extend(binds.iter().map(|bind| bind.name.clone()));
        }
        Kind::Assign(left, right) if carried.at(right) => {
            fresh.extend(left.variable().map(str::to_owned));
        }
        Kind::Match(on, arms) if carried.at(on) => {
            fresh.extend(arms.iter().flat_map(|arm| arm.binds.iter().map(|bind| bind.name.clone())));
        }
        Kind::Block(parts, tail) => {
            let discarded = if *tail { &parts[..parts.len() - 1] } else { &parts[..] };
            for part in discarded {
                // `router.push(route);` makes the variable carry it.
                let adds = matches!(&part.kind, Kind::Method { name, .. } if !runs(name));
                if adds && carried.at(part) {
                    fresh.extend(part.root().variable().filter(|name| *name != "self").map(str::to_owned));
                }
            }
        }
        _ => {}
    });
    fresh
}

/// Whether a call of that name runs what it is given rather than keeping it.
pub(crate) fn runs(name: &str) -> bool {
    name.split('_')
        .any(|word| matches!(word, "serve" | "run" | "launch" | "spawn" | "join" | "block" | "select"))
}
