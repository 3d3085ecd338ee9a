//! The default mux: what fills it in a program, and who serves it.

use runtime_policy_rules::{Arg, Effect};
use rustc_hash::FxHashSet;

use crate::exposure::flow::{Carriers, Outcome, Routers};
use crate::exposure::sketch::{Kind, Node};
use crate::facts::exposure::{Address, Endpoint, EndpointKind, Listener};
use crate::facts::{self, ApiUse, FileIndex, Production};
use crate::go::exposure::candidates::{Candidate, is_default_mux};
use crate::go::exposure::servers::position;
use crate::go::exposure::{DEFAULT_MUX, Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::program::PackageId;
use crate::identifiers::Hashed;

/// What is on default muxes.
#[derive(Default)]
pub(super) struct Shared {
    /// Imports whose `init` registers.
    pub imports: Vec<ApiUse>,
    /// Routes that code registers.
    pub routes: Vec<Candidate>,
}

/// Words of files that may serve the default mux.
const SERVES: &[&str] =
    &["ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS", "Server", "DefaultServeMux"];

impl World<'_> {
    /// The endpoints on default muxes, with the listeners that serve those in the same program.
    pub(super) fn on_default_mux(&self, shared: &Shared) -> Vec<(FileIndex, Endpoint)> {
        if shared.imports.is_empty() && shared.routes.is_empty() {
            return Vec::new();
        }
        self.looking.set(true);
        let served = self.default_served.get_or_init(|| self.default_listeners());
        self.looking.set(false);
        let programs = self.programs.get_or_init(|| self.find_programs());
        let together = |a: FileIndex, b: FileIndex| {
            let (a, b) = (self.program.package_id(a), self.program.package_id(b));
            a == b || programs.iter().any(|packages| packages.contains(&a) && packages.contains(&b))
        };
        let listeners = |file: FileIndex| -> Vec<Listener> {
            let mut found: Vec<Listener> = served
                .iter()
                .filter(|(_, listener)| together(file, listener.file))
                .map(|(_, one)| one.clone())
                .collect();
            // The nearest first: in the package itself, in those that it imports, elsewhere in the program.
            let own = self.program.package_id(file);
            let near = self.reach(own);
            found.sort_by_key(|one| {
                let package = self.program.package_id(one.file);
                (package != own, !near.contains(&package), one.clone())
            });
            found
        };
        let mut found = Vec::new();
        for route in &shared.routes {
            let mut outcome = Outcome::default();
            outcome.listeners = listeners(route.sketch.file);
            found.push((route.sketch.file, self.endpoint(route, outcome)));
        }
        let direct: Vec<&ApiUse> = shared.imports.iter().filter(|used| is_direct(used)).collect();
        for used in &shared.imports {
            // What an import does beside its purpose is told where nothing else fills the mux.
            let told = |other: &&ApiUse| together(other.site.file, used.site.file);
            if !is_direct(used) && direct.iter().any(told) {
                continue;
            }
            found.push((used.site.file, self.import(used, listeners(used.site.file))));
        }
        let is_public = |one: &Listener| matches!(one.address, Address::Public(_));
        let shown: Vec<Listener> =
            direct.iter().filter_map(|used| listeners(used.site.file).into_iter().find(is_public)).collect();
        let others = served.iter().filter(|(_, one)| is_public(one) && !shown.contains(one));
        found.extend(others.filter_map(|(file, one)| self.elsewhere(&direct, *file, one, &together)));
        found
    }

    fn import(&self, used: &ApiUse, listeners: Vec<Listener>) -> Endpoint {
        Endpoint {
            span: used.site.span,
            kind: EndpointKind::Import {
                path: used.path.clone(),
                blank: used.outcome == facts::Outcome::Underscore,
            },
            reaches: None,
            guarded: false,
            exempt: None,
            listeners,
            item: self.program.packages[self.program.package_id(used.site.file) as usize].path.clone(),
            production: used.site.production,
        }
    }

    /// A listener that no import points at, in a package that does not fill the default mux itself.
    fn elsewhere(
        &self,
        direct: &[&ApiUse],
        file: FileIndex,
        listener: &Listener,
        together: &dyn Fn(FileIndex, FileIndex) -> bool,
    ) -> Option<(FileIndex, Endpoint)> {
        let package = |file: FileIndex| self.program.package_id(file);
        let fills = direct.iter().find(|used| together(used.site.file, file))?;
        if direct.iter().any(|used| package(used.site.file) == package(file)) {
            return None;
        }
        let endpoint = Endpoint {
            span: listener.span,
            kind: EndpointKind::Shared(fills.path.clone()),
            listeners: vec![listener.clone()],
            ..self.import(fills, Vec::new())
        };
        Some((file, endpoint))
    }

    /// Who serves the default mux, in order of place.
    fn default_listeners(&self) -> Vec<(FileIndex, Listener)> {
        let words: Vec<Hashed> = SERVES.iter().map(|word| Hashed::of(word)).collect();
        let mut files: Vec<FileIndex> =
            self.program.packages.iter().flat_map(|package| package.files.iter().copied()).collect();
        files.sort_unstable();
        let mut found: Vec<(FileIndex, Listener)> = Vec::new();
        for file in files {
            if self.program.production(file, None) != Production::Yes
                || !words.iter().any(|word| self.program.may_hold(file, *word))
            {
                continue;
            }
            let Some(data) = self.program.file(file).cloned() else { continue };
            if !data.outline.imports.iter().any(|import| &*import.path == "net/http") {
                continue;
            }
            for index in 0..data.outline.items.len() as u32 {
                if data.outline.item(index).kind == ItemKind::Type {
                    continue;
                }
                let Some(sketch) = self.sketch((file, index)).filter(|sketch| sketch.is_live()) else {
                    continue;
                };
                let mut own = Vec::new();
                sketch.body.walk(&mut |node| self.serves_default(&sketch, node, &mut own));
                found.extend(own.into_iter().map(|listener| (listener.file, listener)));
            }
        }
        found.sort_by(|a, b| a.1.cmp(&b.1));
        found.dedup();
        found
    }

    fn serves_default(&self, at: &Sketch, node: &Node, found: &mut Vec<Listener>) {
        match &node.kind {
            Kind::Call(_, args) => {
                let Some((_, api)) = self.entry(at, node, &[Effect::Serve]) else {
                    return self.nil_given(at, node, found);
                };
                let Some(parts) = api.parts.as_ref() else { return };
                let shared = parts.router == Some(Arg::Name(DEFAULT_MUX.into()));
                let handler = position(&parts.handler, args);
                if shared
                    && handler
                        .is_some_and(|handler| handler.variable() == Some("nil") || is_default_mux(handler))
                {
                    found.push(self.served_at(at, node, args, parts));
                }
            }
            Kind::Struct(path, fields, _) if path.join("::") == "net/http::Server" => {
                let handler = fields.iter().find(|(name, _)| name == "Handler").map(|(_, value)| value);
                let default = match handler {
                    Some(handler) => handler.variable() == Some("nil") || is_default_mux(handler),
                    None => !assigns(at, "Handler"),
                };
                if default {
                    found.extend(self.default_server(at, fields));
                }
            }
            Kind::Method { .. } => self.nil_given(at, node, found),
            // Wrapped, or handed on: followed as any router.
            Kind::Path(_) if is_default_mux(node) && !is_plain(at, node) => {
                let mut outcome = Outcome::default();
                self.follow(at, Carriers::place(node.span, false), 0, &mut outcome);
                found.extend(outcome.listeners);
            }
            _ => {}
        }
    }

    /// `nil` given to a function that takes a handler, which serves it in the end: that is the default mux.
    fn nil_given(&self, at: &Sketch, node: &Node, found: &mut Vec<Listener>) {
        let (Kind::Call(_, args) | Kind::Method { args, .. }) = &node.kind else { return };
        if !args.iter().any(|arg| arg.variable() == Some("nil")) {
            return;
        }
        let Some(callee) = self.callee(at, node) else { return };
        for (arg, param) in args.iter().zip(&callee.params) {
            if arg.variable() == Some("nil") && param.ty == "net/http::Handler" {
                let mut outcome = Outcome::default();
                let carriers = Carriers { names: param.names.clone(), ..Carriers::default() };
                self.follow(&callee, carriers, 1, &mut outcome);
                let here = |one: Listener| Listener { file: at.file, span: node.span, address: one.address };
                found.extend(outcome.listeners.into_iter().map(here));
            }
        }
    }

    /// The listeners of the default mux in programs that hold a file; nothing while they are being looked for.
    pub(super) fn of_default_mux(&self, file: FileIndex) -> Vec<Listener> {
        if self.looking.replace(true) {
            return Vec::new();
        }
        let served = self.default_served.get_or_init(|| self.default_listeners());
        self.looking.set(false);
        let programs = self.programs.get_or_init(|| self.find_programs());
        let own = self.program.package_id(file);
        let together = |other: FileIndex| {
            let other = self.program.package_id(other);
            own == other
                || programs.iter().any(|packages| packages.contains(&own) && packages.contains(&other))
        };
        served.iter().filter(|(other, _)| together(*other)).map(|(_, listener)| listener.clone()).collect()
    }

    /// The listener of a server without a handler.
    fn default_server(&self, at: &Sketch, fields: &[(String, Node)]) -> Option<Listener> {
        if let Some((_, address)) = fields.iter().find(|(name, _)| name == "Addr") {
            let traced = self.address(at, address);
            return Some(Listener { file: at.file, span: address.span, address: traced.address });
        }
        let mut served = None;
        at.body.walk(&mut |node| {
            if let Kind::Method { args, .. } = &node.kind
                && let Some((_, api)) = self.entry(at, node, &[Effect::Serve])
                && let Some(parts) = api.parts.as_ref()
                && served.is_none()
            {
                served = Some(self.served_at(at, node, args, parts));
            }
        });
        served
    }

    /// A package and those that it imports, one through the other.
    fn reach(&self, root: PackageId) -> FxHashSet<PackageId> {
        let mut seen = FxHashSet::default();
        let mut open = vec![root];
        while let Some(package) = open.pop() {
            if seen.insert(package) {
                open.extend(self.program.imports_of(package));
            }
        }
        seen
    }

    /// The packages of each program; of a workspace without one, those of each package.
    fn find_programs(&self) -> Vec<FxHashSet<PackageId>> {
        let count = self.program.packages.len() as PackageId;
        let mains: Vec<PackageId> = (0..count).filter(|package| self.program.is_program(*package)).collect();
        let roots = if mains.is_empty() { (0..count).collect() } else { mains };
        roots.into_iter().map(|root| self.reach(root)).collect()
    }
}

/// Whether an import is for the profiler's routes, not for something else that also registers.
fn is_direct(used: &ApiUse) -> bool {
    used.outcome == facts::Outcome::Underscore || used.path.ends_with("/pprof")
}

fn assigns(at: &Sketch, field: &str) -> bool {
    at.body.any(&|node| match &node.kind {
        Kind::Assign(left, _) => matches!(&left.kind, Kind::Field(_, name) if name == field),
        _ => false,
    })
}

/// Whether a mention of the default mux only adds to it, compares it, or is the handler of a server that is seen as such.
fn is_plain(at: &Sketch, mention: &Node) -> bool {
    let is_it = |node: &Node| std::ptr::eq(node, mention);
    at.body.any(&|node| match &node.kind {
        Kind::Method { receiver, name, .. } => {
            is_it(receiver) && matches!(name.as_str(), "Handle" | "HandleFunc" | "Handler")
        }
        Kind::Equal(left, right) => is_it(left) || is_it(right),
        Kind::Other(parts) => parts.iter().any(is_it),
        Kind::Struct(_, fields, _) => fields.iter().any(|(_, value)| is_it(value)),
        Kind::Call(callee, args) => {
            callee.name().is_some_and(|name| name.contains("Serve")) && args.iter().any(is_it)
        }
        _ => false,
    })
}
