//! Addresses, followed back from a listener to what says where it listens.

use crate::exposure::address::{Traced, arguments_at, join, names_address, shown, written};
use crate::exposure::flow::{Routers, runs};
use crate::exposure::sketch::{Kind, Node};
use crate::facts::exposure::Address;
use crate::rust::exposure::{Sketch, World};
use crate::rust::outline::ItemKind;
use crate::rust::resolve::{Def, Space};

/// Types of values that are, or hold, an address or a listener.
const ADDRESSES: &[&str] = &[
    "Listener",
    "SocketAddr",
    "ToSocketAddrs",
    "AddrIncoming",
    "TcpIncoming",
    "Acceptor",
    "IpAddr",
    "Ipv4Addr",
    "Ipv6Addr",
    "TcpStream",
    "AddrStream",
    "HostAddr",
    "ServerAddr",
];

impl World<'_> {
    /// Where an expression's address comes from; `None` if it is neither an address nor a listener.
    ///
    /// The same variable is asked for on many ways to it, so that answers are kept.
    pub(super) fn trace(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        let steps = steps.checked_sub(1)?;
        let key = (at.file, at.item, node.span, std::mem::discriminant(&node.kind), steps);
        if let Some(known) = self.traced.borrow().get(&key) {
            return known.clone();
        }
        let found = self.trace_anew(at, node, steps);
        self.traced.borrow_mut().insert(key, found.clone());
        found
    }

    fn trace_anew(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        let here = |address: Address| Some(Traced { address, listener: false, place: (at.file, node.span) });
        match &node.kind {
            Kind::Text(text) => written(text).and_then(here),
            Kind::List(parts) => {
                octets(parts).and_then(here).or_else(|| self.trace(at, parts.first()?, steps))
            }
            Kind::Path(path) => self.trace_path(at, node, path, steps),
            Kind::Call(callee, args) => self.trace_call(at, node, callee, args, steps),
            Kind::Method { receiver, name, args, .. } => {
                self.trace_method(at, node, (receiver, name, args), steps)
            }
            Kind::Field(base, name) => self.trace_field(at, node, base, name, steps),
            Kind::Macro(name, parts) => self.trace_macro(at, node, name, parts, steps),
            Kind::Block(..) | Kind::If(..) | Kind::Match(..) => {
                join(node.values().into_iter().filter_map(|value| self.trace(at, value, steps)))
            }
            Kind::Struct(_, fields, _) => fields
                .iter()
                .filter(|(name, _)| names_address(name))
                .find_map(|(_, value)| self.trace(at, value, steps)),
            _ => None,
        }
    }

    fn trace_path(&self, at: &Sketch, node: &Node, path: &[String], steps: u32) -> Option<Traced> {
        let here = |address| Some(Traced { address, listener: false, place: (at.file, node.span) });
        match path.last().map(String::as_str)? {
            "UNSPECIFIED" => return here(Address::Public(path.join("::").into())),
            "LOCALHOST" => return here(Address::Loopback),
            _ => {}
        }
        if let [name] = path
            && let Some(found) = self.trace_variable(at, node, name, steps)
        {
            return found;
        }
        match self.resolve(at, path, Space::Values)? {
            Def::Item(file, item) => {
                let kind = self.program.file(file)?.outline.item(item).kind;
                if !matches!(kind, ItemKind::Const | ItemKind::Static) {
                    return None;
                }
                let sketch = self.sketch(file, item)?;
                let found = self.trace(&sketch, &sketch.body, steps)?;
                Some(Traced { place: (at.file, node.span), ..found })
            }
            _ => None,
        }
    }

    /// A variable: `Some(None)` if there is one that holds no address.
    fn trace_variable(&self, at: &Sketch, node: &Node, name: &str, steps: u32) -> Option<Option<Traced>> {
        if let Some(binding) = at.binding(name, node.span.start) {
            if let Some((ty, field)) = &binding.field {
                let found = self.trace_pattern_field(at, node, ty, field, binding.init.as_deref(), steps);
                return Some(found);
            }
            let values = binding.init.iter().chain(at.assigned(name));
            let found = join(values.filter_map(|value| self.trace(at, value, steps)));
            let typed = binding.ty.as_deref().is_some_and(is_address_type);
            return Some(found.or_else(|| typed.then(|| unknown(at, node, name))));
        }
        let number = at.params.iter().position(|param| param.names.iter().any(|known| known == name))?;
        let ty = &at.params[number].ty;
        if !is_address_type(ty) && !names_address(name) {
            return Some(None);
        }
        let found = self.trace_argument(at, number, steps);
        Some(found.or_else(|| is_address_type(ty).then(|| unknown(at, node, name))).map(|found| Traced {
            listener: found.listener || ty.contains("Listener") || ty.contains("AddrIncoming"),
            ..found
        }))
    }

    /// What a function's callers give for one of its parameters.
    fn trace_argument(&self, at: &Sketch, number: usize, steps: u32) -> Option<Traced> {
        let mut found = Vec::new();
        for (caller, span) in self.calls_of(at) {
            let Some(args) = arguments_at(&caller.body, span, at.method) else { continue };
            if let Some(arg) = args.get(number) {
                found.extend(self.trace(&caller, arg, steps));
            }
        }
        join(found.into_iter())
    }

    fn trace_call(
        &self,
        at: &Sketch,
        node: &Node,
        callee: &Node,
        args: &[Node],
        steps: u32,
    ) -> Option<Traced> {
        let Kind::Path(path) = &callee.kind else { return None };
        let name = path.last()?.as_str();
        let listens = binds(name) || path.iter().any(|segment| segment.contains("Listener"));
        let place = (at.file, node.span);
        if runs(name) {
            return None;
        }
        if listens && path.iter().any(|segment| segment.contains("Unix") || segment.contains("Vsock")) {
            return Some(Traced { address: Address::Unix, listener: true, place });
        }
        if path.iter().any(|segment| segment == "Ipv4Addr" || segment == "Ipv6Addr") && name == "new" {
            return octets(args).map(|address| Traced { address, listener: false, place });
        }
        let given = args.iter().find_map(|arg| self.trace(at, arg, steps));
        if listens && !args.is_empty() {
            let address = given.map_or_else(|| Address::Unknown(shown(args)), |found| found.address);
            return Some(Traced { address, listener: true, place });
        }
        if given.is_some() {
            return given;
        }
        if matches!(name, "var" | "var_os") && path.iter().any(|segment| segment == "env") {
            return Some(Traced { address: Address::Undecided, listener: false, place });
        }
        let sketch = self.function(at, path)?;
        if !gives_address(&sketch, name) || steps < 4 {
            return None;
        }
        join(sketch.body.results().into_iter().filter_map(|value| self.trace(&sketch, value, steps / 2)))
    }

    fn trace_method(
        &self,
        at: &Sketch,
        node: &Node,
        (receiver, name, args): (&Node, &str, &[Node]),
        steps: u32,
    ) -> Option<Traced> {
        let place = (at.file, node.span);
        if name == "block_on" {
            return self.trace(at, args.first()?, steps);
        }
        if runs(name) {
            return None;
        }
        if matches!(name, "unwrap_or" | "unwrap_or_else" | "map_or" | "map_or_else" | "or" | "or_else") {
            let values = args.first().map_or_else(Vec::new, Node::values);
            let fallback = join(values.into_iter().filter_map(|value| self.trace(at, value, steps)));
            return fallback.or_else(|| self.trace(at, receiver, steps));
        }
        if name.ends_with("_uds") {
            return Some(Traced { address: Address::Unix, listener: true, place });
        }
        if binds(name) && !args.is_empty() {
            let given = args.iter().find_map(|arg| self.trace(at, arg, steps));
            let address = given.map_or_else(|| Address::Unknown(shown(args)), |found| found.address);
            return Some(Traced { address, listener: true, place });
        }
        if let Some(found) = self.trace(at, receiver, steps) {
            return Some(found);
        }
        if !args.is_empty() || steps < 4 {
            return None;
        }
        let sketch = self.method_of(at, receiver, name).filter(|sketch| gives_address(sketch, name))?;
        join(sketch.body.results().into_iter().filter_map(|value| self.trace(&sketch, value, steps / 2)))
    }

    fn trace_macro(
        &self,
        at: &Sketch,
        node: &Node,
        name: &str,
        parts: &[Node],
        steps: u32,
    ) -> Option<Traced> {
        if name == "env" || name == "option_env" {
            return Some(Traced {
                address: Address::Undecided,
                listener: false,
                place: (at.file, node.span),
            });
        }
        if !(name.contains("format") || name.contains("concat")) {
            return None;
        }
        let Kind::Text(text) = &parts.first()?.kind else {
            return parts.iter().find_map(|part| self.trace(at, part, steps));
        };
        let bare = text.trim_start_matches("http://").trim_start_matches("tcp://");
        let Some(inner) = bare.strip_prefix('{') else {
            return written(bare).map(|address| Traced {
                address,
                listener: false,
                place: (at.file, node.span),
            });
        };
        match inner.split(['}', ':']).next()? {
            "" => self.trace(at, parts.get(1)?, steps),
            variable => {
                let path = Node { span: node.span, kind: Kind::Path(vec![variable.to_owned()]) };
                self.trace(at, &path, steps)
            }
        }
    }
}

/// Whether a function of the workspace may give an address or a listener.
fn gives_address(sketch: &Sketch, name: &str) -> bool {
    let text = sketch.returns.contains("String") || sketch.returns.contains("str");
    sketch.is_live() && (is_address_type(&sketch.returns) || (text && names_address(name)))
}

fn unknown(at: &Sketch, node: &Node, name: &str) -> Traced {
    Traced { address: Address::Unknown(name.into()), listener: false, place: (at.file, node.span) }
}

/// Whether a call of that name opens a listener at its argument.
pub(super) fn binds(name: &str) -> bool {
    name.split('_').any(|word| matches!(word, "bind" | "listen" | "listener"))
}

/// Whether a type as written is that of an address or a listener.
pub(super) fn is_address_type(ty: &str) -> bool {
    ADDRESSES.iter().any(|known| ty.contains(known))
}

/// An address in numbers: `[0, 0, 0, 0]`, or the arguments of `Ipv4Addr::new`.
fn octets(parts: &[Node]) -> Option<Address> {
    let numbers: Vec<i128> = parts
        .iter()
        .map(|part| match part.kind {
            Kind::Int(number) => Some(number),
            _ => None,
        })
        .collect::<Option<_>>()?;
    match numbers.as_slice() {
        [127, _, _, _] | [0, 0, 0, 0, 0, 0, 0, 1] => Some(Address::Loopback),
        [0] | [0, 0, 0, 0, 0, 0, 0, 0] => Some(Address::Public("::".into())),
        [a, b, c, d] => Some(Address::Public(format!("{a}.{b}.{c}.{d}").into())),
        _ => None,
    }
}
