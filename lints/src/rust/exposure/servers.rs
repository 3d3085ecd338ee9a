//! What the search for listeners asks of Rust: who calls, what a call means, which calls serve, which layers ask who
//! asks.

use std::rc::Rc;

use crate::exposure::address::MAX_STEPS;
use crate::exposure::auth::speaks_of_auth;
use crate::exposure::flow::{Carried, Routers};
use crate::exposure::sketch::{Kind, Node};
use crate::facts::Production;
use crate::facts::exposure::{Address, Listener};
use crate::rust::exposure::address::binds;
use crate::rust::exposure::{Scope, Sketch, World};
use crate::rust::outline::ItemKind;
use crate::source::Span;

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

impl Routers for World<'_> {
    type Scope = Scope;

    fn calls_of(&self, at: &Sketch) -> Vec<(Rc<Sketch>, Span)> {
        let callers = self.program.callers(at.file, at.item);
        callers
            .iter()
            .filter(|caller| caller.mention.site.production == Production::Yes)
            .filter_map(|caller| {
                let site = &caller.mention.site;
                Some((self.sketch(site.file, caller.item)?, site.span))
            })
            .collect()
    }

    fn callee(&self, at: &Sketch, call: &Node) -> Option<Rc<Sketch>> {
        match &call.kind {
            Kind::Call(callee, _) => match &callee.kind {
                Kind::Path(path) => self.function(at, path),
                _ => None,
            },
            Kind::Method { receiver, name, .. } => self.method_of(at, receiver, name),
            _ => None,
        }
    }

    fn readers(&self, at: &Sketch, fields: &[String]) -> Vec<Rc<Sketch>> {
        let Some(data) = self.program.file(at.file) else { return Vec::new() };
        let reads = |span: Span| {
            let text = data.source.slice(span);
            fields.iter().any(|field| text.contains(&format!(".{field}")))
        };
        (0..data.outline.items.len() as u32)
            .filter(|index| {
                let item = data.outline.item(*index);
                item.kind == ItemKind::Fn && reads(item.span)
            })
            .filter_map(|index| self.sketch(at.file, index).filter(|reader| reader.method))
            .collect()
    }

    fn launched(&self, at: &Sketch) -> Option<Listener> {
        let data = self.program.file(at.file)?;
        // Rocket's `#[launch]` serves the function's value, on loopback by default.
        let launched = data.attributes(at.item).any(|text| text.rsplit("::").next() == Some("launch"));
        launched.then_some(Listener { file: at.file, span: at.body.span, address: Address::Loopback })
    }

    fn served_by(&self, at: &Sketch, node: &Node, carried: &Carried) -> Vec<Listener> {
        let (receiver, name, args) = match &node.kind {
            Kind::Call(callee, args) => (None, callee.name().unwrap_or(""), args),
            Kind::Method { receiver, name, args, .. } => (Some(&**receiver), name.as_str(), args),
            _ => return Vec::new(),
        };
        let serves = name.split('_').any(|word| SERVES.contains(&word));
        let held = |part: &Node| carried.at(part);
        let parts: Vec<&Node> = receiver.into_iter().chain(args).collect();
        if receiver.is_some_and(held) && name.ends_with("_uds") {
            return vec![Listener { file: at.file, span: node.span, address: Address::Unix }];
        }
        let mut found = Vec::new();
        for part in parts.iter().filter(|part| !held(part)) {
            // A bare string is an address only where something is served.
            let Some(traced) = self.trace(at, part, MAX_STEPS) else { continue };
            if traced.listener || serves {
                let (file, span) = traced.place;
                found.push(Listener { file, span, address: traced.address });
            }
        }
        if found.is_empty() && receiver.is_some_and(held) && binds(name) && !args.is_empty() {
            let given = args.iter().find_map(Node::name).unwrap_or("its argument").into();
            found.push(Listener { file: at.file, span: args[0].span, address: Address::Unknown(given) });
        }
        if name == "launch" && receiver.is_some_and(held) {
            found.push(Listener { file: at.file, span: node.span, address: Address::Loopback });
        }
        found
    }

    fn is_checked(&self, at: &Sketch, carried: &Carried) -> bool {
        let given_request = at.params.iter().any(|param| {
            ["Request", "Req", "Parts", "HeaderMap"].iter().any(|known| param.ty.contains(known))
        });
        let place = carried.carriers.spans.first().map(|(start, end)| Span { start: *start, end: *end });
        given_request && place.is_some_and(|place| self.checks_before(at, place))
    }

    fn is_layered(&self, at: &Sketch, carried: &Carried) -> bool {
        let mut found = false;
        at.body.walk(&mut |node| {
            found = found
                || match &node.kind {
                    Kind::Method { receiver, name, args, .. } => {
                        let auth = |args: &[Node]| args.iter().any(|arg| self.is_auth(at, arg));
                        (LAYERS.contains(&name.as_str()) && carried.at(receiver) && auth(args))
                            || (carried.at(node) && self.is_wrapped(at, node, true))
                    }
                    Kind::Call(callee, args) => {
                        callee.name().is_some_and(speaks_of_auth) && args.iter().any(|arg| carried.at(arg))
                    }
                    _ => false,
                };
        });
        found
    }
}

impl World<'_> {
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
