//! Routers, followed from a route to the listener that serves them.

use rustc_hash::FxHashSet;

use crate::facts::exposure::{Address, Listener};
use crate::rust::exposure::World;
use crate::rust::exposure::address::{MAX_STEPS, binds};
use crate::rust::exposure::guards::speaks_of_auth;
use crate::rust::exposure::sketch::{Kind, Node, Sketch};
use crate::rust::outline::ItemKind;
use crate::source::Span;

/// Functions that a router is followed through, one after the other.
const MAX_DEPTH: u32 = 10;

/// Functions that one router is followed through in all.
const MAX_VISITS: usize = 200;

/// Methods that put a layer around what was added to a router before them.
const LAYERS: &[&str] = &["layer", "route_layer"];

/// Methods that put one around all of a router, wherever they stand in the chain.
const WRAPS: &[&str] = &[
    "wrap",
    "wrap_fn",
    "with",
    "hoop",
    "middleware",
    "guard",
    "filter",
    "around",
    "before",
    "attach",
    "intercept",
    "add_middleware",
];

/// Methods that add to a router: layers of what they are called on do not cover what they add.
const ADDS: &[&str] =
    &["route", "route_service", "nest", "nest_service", "merge", "service", "at", "push", "mount"];

/// Calls that start serving, by the words of their names.
const SERVES: &[&str] = &["serve", "run", "launch", "start", "listen", "bind", "server"];

/// What carries a route within a function.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Carriers {
    pub spans: Vec<(u32, u32)>,
    pub names: Vec<String>,
    pub fields: Vec<String>,
    /// A function that answers requests itself: whoever calls it carries the route.
    pub answers: bool,
}

impl Carriers {
    /// One place that carries the route.
    pub(super) fn place(span: Span, answers: bool) -> Self {
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
struct Carried {
    carriers: Carriers,
    nodes: FxHashSet<*const Node>,
}

impl Carried {
    fn new(at: &Sketch, carriers: Carriers) -> Self {
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

    fn at(&self, node: &Node) -> bool {
        self.nodes.contains(&std::ptr::from_ref(node))
    }
}

/// What following a route came to.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub listeners: Vec<Listener>,
    /// A layer of authentication stands around the route.
    pub layered: bool,
    /// Who asks is checked before requests are told apart.
    pub checked: bool,
    seen: FxHashSet<(u32, u32, Carriers)>,
}

impl World<'_> {
    /// Follows what carries a route through a function, its callees and its callers.
    pub(super) fn follow(&self, at: &Sketch, from: Carriers, depth: u32, out: &mut Outcome) {
        if depth > MAX_DEPTH || out.seen.len() > MAX_VISITS {
            return;
        }
        if !out.seen.insert((at.file, at.item, from.clone())) || !at.production_is_yes() {
            return;
        }
        let carriers = spread(at, from);
        out.checked |= carriers.carriers.answers && self.is_checked(at, &carriers);
        out.layered |= self.is_layered(at, &carriers);
        let before = out.listeners.len();
        let mut further = Vec::new();
        at.body.walk(&mut |node| {
            if matches!(node.kind, Kind::Call(..) | Kind::Method { .. }) && carriers.at(node) {
                let found = self.served_by(at, node, &carriers);
                if found.is_empty() {
                    further.push(node);
                }
                out.listeners.extend(found);
            }
        });
        if out.listeners.len() == before {
            further.iter().for_each(|node| self.enter_callee(at, node, &carriers, depth, out));
        }
        if out.listeners.len() == before {
            self.enter_readers(at, &carriers, depth, out);
        }
        if out.listeners.len() == before {
            self.to_callers(at, &carriers, depth, out);
        }
    }

    /// The listeners that a call brings together with the router.
    fn served_by(&self, at: &Sketch, node: &Node, carriers: &Carried) -> Vec<Listener> {
        let (receiver, name, args) = match &node.kind {
            Kind::Call(callee, args) => (None, callee.name().unwrap_or(""), args),
            Kind::Method { receiver, name, args, .. } => (Some(&**receiver), name.as_str(), args),
            _ => return Vec::new(),
        };
        let serves = name.split('_').any(|word| SERVES.contains(&word));
        let carried = |part: &Node| carriers.at(part);
        let parts: Vec<&Node> = receiver.into_iter().chain(args).collect();
        if receiver.is_some_and(carried) && name.ends_with("_uds") {
            return vec![Listener { file: at.file, span: node.span, address: Address::Unix }];
        }
        let mut found = Vec::new();
        for part in parts.iter().filter(|part| !carried(part)) {
            // A bare string is an address only where something is served.
            let Some(traced) = self.trace(at, part, MAX_STEPS) else { continue };
            if traced.listener || serves {
                let (file, span) = traced.place;
                found.push(Listener { file, span, address: traced.address });
            }
        }
        if found.is_empty() && receiver.is_some_and(carried) && binds(name) && !args.is_empty() {
            let given = args.iter().find_map(Node::name).unwrap_or("its argument").into();
            found.push(Listener { file: at.file, span: args[0].span, address: Address::Unknown(given) });
        }
        if name == "launch" && receiver.is_some_and(carried) {
            found.push(Listener { file: at.file, span: node.span, address: Address::Loopback });
        }
        found
    }

    /// Into a function of the workspace that is given the router.
    fn enter_callee(&self, at: &Sketch, node: &Node, carriers: &Carried, depth: u32, out: &mut Outcome) {
        let (callee, args) = match &node.kind {
            Kind::Call(callee, args) => {
                let Kind::Path(path) = &callee.kind else { return };
                (self.function(at, path), args)
            }
            Kind::Method { receiver, name, args, .. } if !args.is_empty() => {
                (self.method_of(at, receiver, name), args)
            }
            _ => return,
        };
        let Some(callee) = callee else { return };
        let skipped = usize::from(callee.method && matches!(node.kind, Kind::Call(..)));
        let names: Vec<String> = args
            .iter()
            .skip(skipped)
            .enumerate()
            .filter(|(_, arg)| carriers.at(arg))
            .filter_map(|(number, _)| callee.params.get(number))
            .flat_map(|param| param.names.clone())
            .collect();
        if !names.is_empty() {
            self.follow(&callee, Carriers { names, ..Carriers::default() }, depth + 1, out);
        }
    }

    /// Into methods that read a field which holds the router.
    fn enter_readers(&self, at: &Sketch, carriers: &Carried, depth: u32, out: &mut Outcome) {
        let mut fields = Vec::new();
        at.body.walk(&mut |node| match &node.kind {
            Kind::Struct(_, given, _) => {
                let carried = given.iter().filter(|(_, value)| carriers.at(value));
                fields.extend(carried.map(|(name, _)| name.clone()));
            }
            Kind::Assign(left, right) => {
                if let Kind::Field(base, name) = &left.kind
                    && base.variable() == Some("self")
                    && carriers.at(right)
                {
                    fields.push(name.clone());
                }
            }
            _ => {}
        });
        if fields.is_empty() {
            return;
        }
        let Some(data) = self.program.file(at.file) else { return };
        for index in 0..data.outline.items.len() as u32 {
            let item = data.outline.item(index);
            let reads = |field: &String| data.source.slice(item.span).contains(&format!(".{field}"));
            if item.kind != ItemKind::Fn || !fields.iter().any(reads) {
                continue;
            }
            if let Some(reader) = self.sketch(at.file, index).filter(|reader| reader.method) {
                let carriers = Carriers { fields: fields.clone(), ..Carriers::default() };
                self.follow(&reader, carriers, depth + 1, out);
            }
        }
    }

    /// To the callers of a function that returns the router, adds to one that it is given, or answers requests.
    fn to_callers(&self, at: &Sketch, carriers: &Carried, depth: u32, out: &mut Outcome) {
        let param = at
            .params
            .iter()
            .position(|param| param.names.iter().any(|name| carriers.carriers.names.contains(name)));
        let returned = at.body.results().into_iter().any(|value| carriers.at(value));
        if !returned && param.is_none() && !carriers.carriers.answers {
            return;
        }
        if self.is_launched(at) {
            out.listeners.push(Listener { file: at.file, span: at.body.span, address: Address::Loopback });
        }
        for (caller, span) in self.calls_of(at) {
            let mut next = Carriers::place(span, carriers.carriers.answers);
            if let Some(number) = param {
                caller.body.walk(&mut |node| match &node.kind {
                    Kind::Call(_, args) if node.span == span => {
                        next.names.extend(
                            args.get(number).and_then(|arg| arg.root().variable()).map(str::to_owned),
                        );
                    }
                    _ => {}
                });
            }
            self.follow(&caller, next, depth + 1, out);
        }
    }

    /// Rocket's `#[launch]`: the function's value is served, on loopback by default.
    fn is_launched(&self, at: &Sketch) -> bool {
        self.program.file(at.file).is_some_and(|data| {
            data.attributes(at.item).any(|text| text.rsplit("::").next() == Some("launch"))
        })
    }

    /// Who asks is checked before the route is chosen.
    fn is_checked(&self, at: &Sketch, carriers: &Carried) -> bool {
        let given_request = at.params.iter().any(|param| {
            ["Request", "Req", "Parts", "HeaderMap"].iter().any(|known| param.ty.contains(known))
        });
        let place = carriers.carriers.spans.first().map(|(start, end)| Span { start: *start, end: *end });
        given_request && place.is_some_and(|place| self.checks_before(at, place))
    }

    /// A layer of authentication stands between the listener and the route.
    fn is_layered(&self, at: &Sketch, carriers: &Carried) -> bool {
        let mut found = false;
        at.body.walk(&mut |node| {
            found = found
                || match &node.kind {
                    Kind::Method { receiver, name, args, .. } => {
                        let auth = |args: &[Node]| args.iter().any(|arg| self.is_auth(at, arg));
                        (LAYERS.contains(&name.as_str()) && carriers.at(receiver) && auth(args))
                            || (carriers.at(node) && self.is_wrapped(at, node, true))
                    }
                    Kind::Call(callee, args) => {
                        callee.name().is_some_and(speaks_of_auth) && args.iter().any(|arg| carriers.at(arg))
                    }
                    _ => false,
                };
        });
        found
    }

    /// Whether a chain, or what its first variable was made from, has a wrapper of authentication.
    fn is_wrapped(&self, at: &Sketch, node: &Node, follow: bool) -> bool {
        let Kind::Method { receiver, name, args, .. } = &node.kind else {
            let Some(variable) = node.variable().filter(|_| follow) else { return false };
            let made = at.binding(variable, node.span.start).and_then(|binding| binding.init.as_ref());
            let mut values = made.into_iter().chain(at.assigned(variable));
            return values.any(|value| self.is_wrapped(at, value, false));
        };
        let wraps = WRAPS.contains(&name.as_str()) && args.iter().any(|arg| self.is_auth(at, arg));
        wraps || self.is_service_layered(at, name, receiver) || self.is_wrapped(at, receiver, follow)
    }

    /// `ServiceBuilder::new().layer(auth).service(router)`.
    fn is_service_layered(&self, at: &Sketch, name: &str, receiver: &Node) -> bool {
        if name != "service" && ADDS.contains(&name) {
            return false;
        }
        let Kind::Call(callee, _) = &receiver.root().kind else { return false };
        let Kind::Path(path) = &callee.kind else { return false };
        if !path.iter().any(|segment| segment == "ServiceBuilder") {
            return false;
        }
        receiver.any(&|node| match &node.kind {
            Kind::Method { name, args, .. } => {
                LAYERS.contains(&name.as_str()) && args.iter().any(|arg| self.is_auth(at, arg))
            }
            _ => false,
        })
    }
}

/// All names of a function that come to hold what carries the route.
fn spread(at: &Sketch, from: Carriers) -> Carried {
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

fn fresh_names(at: &Sketch, carried: &Carried) -> Vec<String> {
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
pub(super) fn runs(name: &str) -> bool {
    name.split('_')
        .any(|word| matches!(word, "serve" | "run" | "launch" | "spawn" | "join" | "block" | "select"))
}
