//! Addresses, followed back from a listener to what says where it listens.

use runtime_policy_rules::{Arg, Effect};

use crate::exposure::address::{MAX_STEPS, Traced, arguments_at, join, names_address, shown, written};
use crate::exposure::flow::Routers;
use crate::exposure::sketch::{Kind, Node};
use crate::facts::Production;
use crate::facts::exposure::Address;
use crate::go::exposure::{Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::resolve::Def;
use crate::identifiers::{Hashed, words_at};

/// Methods by which flags are defined, and whether a pointer to the variable and a short name come first.
const FLAGS: &[(&str, usize)] =
    &[("String", 1), ("StringP", 2), ("StringVar", 2), ("StringVarP", 3), ("TCPAddr", 1), ("Text", 1)];

/// Files that are looked through for what fills a field.
const MAX_FILES: usize = 200;

impl World<'_> {
    /// Where an expression's address comes from; `None` if it is neither an address nor a listener.
    pub(super) fn trace(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        let steps = steps.checked_sub(1)?;
        let key = (at.file, node.span);
        if let Some(known) = self.traced.borrow().get(&key) {
            return known.clone();
        }
        // What is made from itself ends here.
        self.traced.borrow_mut().insert(key, None);
        let found = self.trace_new(at, node, steps);
        self.traced.borrow_mut().insert(key, found.clone());
        found
    }

    fn trace_new(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        match &node.kind {
            Kind::Text(text) => self.found_at(at, node, of_text(text)?),
            Kind::Path(path) => self.trace_path(at, node, path, steps),
            Kind::Call(callee, args) => self.trace_call(at, node, callee, args, steps),
            Kind::Method { receiver, name, args, .. } => {
                self.trace_method(at, node, (receiver, name, args), steps)
            }
            Kind::Field(base, name) => self.trace_field(at, node, base, name, steps),
            Kind::Macro(_, parts) => self.trace_joined(at, node, parts, steps),
            Kind::List(parts) => self.trace(at, parts.first()?, steps),
            Kind::Struct(_, fields, _) => fields
                .iter()
                .filter(|(name, _)| names_address(name))
                .find_map(|(_, value)| self.trace(at, value, steps)),
            _ => None,
        }
    }

    /// As [`World::trace`], where an address is expected: what cannot be told is unknown.
    pub(super) fn address(&self, at: &Sketch, node: &Node) -> Traced {
        self.trace(at, node, MAX_STEPS).unwrap_or_else(|| Traced {
            address: Address::Unknown(shown(std::slice::from_ref(node))),
            listener: false,
            place: (at.file, node.span),
        })
    }

    fn found_at(&self, at: &Sketch, node: &Node, address: Address) -> Option<Traced> {
        Some(Traced { address, listener: false, place: (at.file, node.span) })
    }

    fn trace_path(&self, at: &Sketch, node: &Node, path: &[String], steps: u32) -> Option<Traced> {
        let [name] = path else {
            let found = self.global(at, path)?;
            return self.trace(&found, &found.body, steps);
        };
        if let Some(binding) = at.binding(name, node.span.start) {
            let values = binding.init.iter().chain(at.assigned(name));
            return join(values.filter_map(|value| self.trace(at, value, steps)));
        }
        if let Some(number) = at.params.iter().position(|param| param.names.contains(name)) {
            let assigned = at.assigned(name).filter_map(|value| self.trace(at, value, steps));
            return join(self.trace_argument(at, number, steps).into_iter().chain(assigned));
        }
        let found = self.global(at, path)?;
        self.trace(&found, &found.body, steps).or_else(|| self.trace_filled(at, None, name, steps))
    }

    /// What a function's callers give for one of its parameters.
    fn trace_argument(&self, at: &Sketch, number: usize, steps: u32) -> Option<Traced> {
        let mut found = Vec::new();
        for (caller, span) in self.calls_of(at) {
            let args = arguments_at(&caller.body, span, false);
            found.extend(
                args.and_then(|args| args.get(number)).and_then(|arg| self.trace(&caller, arg, steps)),
            );
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
        if let Some((path, api)) = self.entry(at, node, &[Effect::Listen, Effect::FlagDefault]) {
            return self.trace_entry(at, node, (&path, api), args, steps);
        }
        let name = callee.name().unwrap_or("");
        if name.contains("Localhost") || name.contains("Loopback") {
            return self.found_at(at, node, Address::Loopback);
        }
        if name == "Sprintf" {
            return self.trace_format(at, node, args, steps);
        }
        self.trace_result(at, node, steps)
            .or_else(|| join(args.iter().filter_map(|arg| self.trace(at, arg, steps))))
    }

    /// A call that the catalogue knows: it listens, joins host and port, or gives a flag's or variable's value.
    fn trace_entry(
        &self,
        at: &Sketch,
        node: &Node,
        (path, api): (&str, &runtime_policy_rules::Api),
        args: &[Node],
        steps: u32,
    ) -> Option<Traced> {
        let part = |arg: &Option<Arg>| match arg {
            Some(Arg::Position(number)) => args.get(*number as usize),
            _ => None,
        };
        let parts = api.parts.clone().unwrap_or_default();
        if api.effect == Effect::FlagDefault {
            if path == "cmp::Or" {
                return join(args.iter().filter_map(|arg| self.trace(at, arg, steps)));
            }
            let default = part(&parts.address).filter(|default| !is_empty(default));
            return match default {
                Some(default) => self.trace(at, default, steps),
                None => self.found_at(at, node, Address::Undecided),
            };
        }
        let listener = path != "net::JoinHostPort";
        let unix = match &parts.network {
            Some(Arg::Name(network)) => network == "unix",
            network => {
                matches!(part(network).map(|node| &node.kind), Some(Kind::Text(text)) if text.starts_with("unix"))
            }
        };
        let found = if unix {
            Traced { address: Address::Unix, listener, place: (at.file, node.span) }
        } else if let Some(given) = part(&parts.address) {
            match is_empty(given) {
                true => self.found_at(at, given, Address::Public(":".into()))?,
                false => self.address(at, given),
            }
        } else {
            // What wraps a listener is where that is: an argument, or what it was made from.
            let receiver = match &node.kind {
                Kind::Method { receiver, .. } => Some(&**receiver),
                _ => None,
            };
            join(args.iter().chain(receiver).filter_map(|part| self.trace(at, part, steps)))?
        };
        Some(Traced { listener, ..found })
    }

    /// What a function or method of the workspace returns.
    fn trace_result(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        if steps < 4 {
            return None;
        }
        let Def::Item(item) = self.called(at, node)? else { return None };
        let callee = self.sketch(item)?;
        let results = callee.body.results().into_iter();
        join(results.filter_map(|value| self.trace(&callee, value, steps / 2)))
    }

    fn trace_method(
        &self,
        at: &Sketch,
        node: &Node,
        (receiver, name, args): (&Node, &str, &[Node]),
        steps: u32,
    ) -> Option<Traced> {
        if let Some((path, api)) = self.entry(at, node, &[Effect::Listen, Effect::FlagDefault]) {
            return self.trace_entry(at, node, (&path, api), args, steps);
        }
        if let Some(found) = flag_default(name, args) {
            return match of_default(found) {
                Some(address) => self.found_at(at, found, address),
                None => self.trace(at, found, steps),
            };
        }
        if let Some(Kind::Text(key)) = args.first().map(|arg| &arg.kind)
            && name.starts_with("Get")
        {
            return self.trace_flag(at, node, key, steps);
        }
        self.trace_result(at, node, steps)
            .or_else(|| self.trace(at, receiver, steps))
            .or_else(|| join(args.iter().filter_map(|arg| self.trace(at, arg, steps))))
    }

    /// `fmt.Sprintf("%s:%d", host, port)`.
    fn trace_format(&self, at: &Sketch, node: &Node, args: &[Node], steps: u32) -> Option<Traced> {
        let Kind::Text(format) = &args.first()?.kind else { return None };
        if format.starts_with('%') {
            return self.trace_host(at, args.get(1)?, steps);
        }
        let plain = format.replace("%d", "{}").replace("%v", "{}").replace("%s", "{}");
        self.found_at(at, node, written(&plain)?)
    }

    /// `host + ":6060"`, `":" + port`.
    fn trace_joined(&self, at: &Sketch, node: &Node, parts: &[Node], steps: u32) -> Option<Traced> {
        match &parts.first()?.kind {
            Kind::Text(text) if text.contains(':') => {
                let whole = if text.ends_with(':') { format!("{text}{{}}") } else { text.to_string() };
                self.found_at(at, node, written(&whole)?)
            }
            _ => self.trace_host(at, &parts[0], steps),
        }
    }

    /// A host without its port: an empty one is every interface.
    fn trace_host(&self, at: &Sketch, node: &Node, steps: u32) -> Option<Traced> {
        if is_empty(node) {
            return self.found_at(at, node, Address::Public(":".into()));
        }
        self.trace(at, node, steps)
    }

    /// A field: what literals and assignments put there, and flags that fill it.
    fn trace_field(&self, at: &Sketch, node: &Node, base: &Node, name: &str, steps: u32) -> Option<Traced> {
        if !names_address(name) && steps < MAX_STEPS / 2 {
            return None;
        }
        let owner = self.type_of(at, base, 8);
        self.trace_filled(at, owner.as_deref(), name, steps).or_else(|| {
            names_address(name).then(|| Traced {
                address: Address::Unknown(name.into()),
                listener: false,
                place: (at.file, node.span),
            })
        })
    }

    /// What fills a field, or a package's variable where `owner` is none.
    fn trace_filled(&self, at: &Sketch, owner: Option<&str>, name: &str, steps: u32) -> Option<Traced> {
        let key = (owner.unwrap_or("").to_owned(), name.to_owned());
        if let Some(known) = self.fields.borrow().get(&key) {
            return known.clone();
        }
        // A field that is made from itself ends here.
        self.fields.borrow_mut().insert(key.clone(), None);
        let mut found = Vec::new();
        for sketch in self.mentioning(at, name) {
            sketch.body.walk(&mut |node| found.extend(self.filled_by(&sketch, node, owner, name, steps)));
        }
        let found = join(found.into_iter());
        self.fields.borrow_mut().insert(key, found.clone());
        found
    }

    /// What one node puts into a field.
    fn filled_by(
        &self,
        at: &Sketch,
        node: &Node,
        owner: Option<&str>,
        name: &str,
        steps: u32,
    ) -> Option<Traced> {
        let is_it = |place: &Node| match (&place.kind, owner) {
            (Kind::Field(base, field), Some(owner)) => {
                field == name && self.type_of(at, base, 8).is_none_or(|ty| *ty == *owner)
            }
            (Kind::Path(path), None) => path.last().is_some_and(|last| last == name),
            _ => false,
        };
        match &node.kind {
            Kind::Struct(_, fields, _) => {
                let given = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)?;
                let ty = self.type_of(at, node, 8);
                let own = owner.is_some_and(|owner| ty.is_none_or(|ty| *ty == *owner));
                own.then(|| self.trace(at, given, steps))?
            }
            Kind::Assign(left, right) if is_it(left) => self.trace(at, right, steps),
            // `flag.StringVar(&c.Addr, "addr", ":6060", …)`, kingpin's `.Default(":6060").StringVar(&c.Addr)`.
            Kind::Call(callee, args) if args.first().is_some_and(is_it) => {
                let default = flag_default(callee.name()?, args)?;
                of_default(default)
                    .and_then(|address| self.found_at(at, default, address))
                    .or_else(|| self.trace(at, default, steps))
            }
            Kind::Method { receiver, name: method, args, .. } if args.first().is_some_and(is_it) => {
                let default = flag_default(method, args).or_else(|| default_in_chain(receiver))?;
                of_default(default)
                    .and_then(|address| self.found_at(at, default, address))
                    .or_else(|| self.trace(at, default, steps))
            }
            _ => None,
        }
    }

    /// The flag of a name, defined near by: `viper.GetString("http")`.
    fn trace_flag(&self, at: &Sketch, node: &Node, key: &str, steps: u32) -> Option<Traced> {
        let files = &self.program.packages[self.program.package_id(at.file) as usize].files;
        let quoted = format!("\"{key}\"");
        let mut found = Vec::new();
        for file in files {
            let Some(data) = self.program.file(*file) else { continue };
            for place in memchr::memmem::find_iter(data.source.text.as_bytes(), quoted.as_bytes()) {
                let item = data.outline.item_at(place as u32);
                let Some(sketch) = item.and_then(|item| self.sketch((*file, item))) else { continue };
                sketch.body.walk(&mut |node| {
                    let (name, args) = match &node.kind {
                        Kind::Method { name, args, .. } => (name.as_str(), args),
                        Kind::Call(callee, args) => (callee.name().unwrap_or(""), args),
                        _ => return,
                    };
                    let named = args
                        .iter()
                        .take(2)
                        .any(|arg| matches!(&arg.kind, Kind::Text(text) if **text == *key));
                    if let Some(default) = flag_default(name, args).filter(|_| named) {
                        found.extend(
                            of_default(default).and_then(|address| self.found_at(&sketch, default, address)),
                        );
                        found.extend(self.trace(&sketch, default, steps));
                    }
                });
            }
        }
        join(found.into_iter()).or({
            Some(Traced { address: Address::Undecided, listener: false, place: (at.file, node.span) })
        })
    }

    /// Functions and variables in production that name something, nearest first.
    fn mentioning(&self, at: &Sketch, name: &str) -> Vec<std::rc::Rc<Sketch>> {
        let word = Hashed::of(name);
        let own = self.program.package_id(at.file);
        let near = self.program.packages[own as usize].files.iter().copied();
        let far = self.program.packages.iter().flat_map(|package| package.files.iter().copied());
        let mut seen = std::collections::BTreeSet::new();
        let files: Vec<u32> = near
            .chain(far)
            .filter(|file| self.program.production(*file, None) == Production::Yes)
            .filter(|file| self.program.may_hold(*file, word) && seen.insert(*file))
            .take(MAX_FILES)
            .collect();
        let mut found = Vec::new();
        for file in files {
            let Some(data) = self.program.file(file) else { continue };
            let mut items = std::collections::BTreeSet::new();
            items.extend(words_at(&data.source.text, name).filter_map(|place| data.outline.item_at(place)));
            let units = items.into_iter().filter(|item| data.outline.item(*item).kind != ItemKind::Type);
            found.extend(units.filter_map(|item| self.sketch((file, item))));
        }
        found
    }
}

/// An address as text. A name that is no address, and no host that everybody knows, says nothing.
fn of_text(text: &str) -> Option<Address> {
    written(text).or_else(|| matches!(text, "0.0.0.0" | "::" | "[::]").then(|| Address::Public(text.into())))
}

fn is_empty(node: &Node) -> bool {
    matches!(&node.kind, Kind::Text(text) if text.is_empty())
}

/// An empty default of a flag: whoever deploys the program chooses.
fn of_default(node: &Node) -> Option<Address> {
    is_empty(node).then_some(Address::Undecided)
}

/// The default that a call gives to a flag which it defines.
fn flag_default<'n>(name: &str, args: &'n [Node]) -> Option<&'n Node> {
    let (_, at) = FLAGS.iter().find(|(known, _)| *known == name)?;
    // Name, default and what the flag is for.
    (args.len() >= 3).then(|| args.get(*at))?.filter(|default| !matches!(default.kind, Kind::Int(_)))
}

/// `.Default(":6060")` before the end of a chain.
fn default_in_chain(node: &Node) -> Option<&Node> {
    match &node.kind {
        Kind::Method { name, args, .. } if name == "Default" => args.first(),
        Kind::Method { receiver, .. } => default_in_chain(receiver),
        _ => None,
    }
}
