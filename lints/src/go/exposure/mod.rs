//! Debugging endpoints: from handlers, routes and imports to the listeners that serve them.
//!
//! Everything here is on demand: it begins at what the catalogue calls debugging data, or at a path of the lexicon, and
//! follows the router up through functions and packages until a listener takes it. What an import registers stands on
//! the one mux that a whole program shares, so that whoever serves that mux serves it.

mod address;
mod candidates;
mod lower;
mod names;
mod servers;
mod shared;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use runtime_policy_rules::{Arg, Effect, Kind as ApiKind, Level};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::calls::Callable;
use crate::exposure::address::{Traced, written};
use crate::exposure::flow::{Carriers, Outcome, Routers};
use crate::exposure::sketch::{self, Kind, Node, Param};
use crate::facts::exposure::{Endpoint, EndpointKind, Listener};
use crate::facts::{ApiUse, FileFacts, FileIndex, Production};
use crate::go::exposure::candidates::{Candidate, Start};
use crate::go::exposure::shared::Shared;
use crate::go::program::{PackageId, Program};
use crate::source::Span;

const RULE: &str = "exposed-debug-endpoint";

/// The mux that a whole program shares.
const DEFAULT_MUX: &str = "net/http::DefaultServeMux";

/// What names in a sketch are looked up by, beside its file.
#[derive(Debug)]
pub(in crate::go) struct Scope {
    /// The type that the function is a method of.
    own: Option<Arc<str>>,
    /// The results that have a name, which are variables of the function.
    results: Vec<Param>,
}

/// A function, variable or constant.
pub(in crate::go) type Sketch = sketch::Sketch<Scope>;

/// What the search keeps while it runs.
pub(in crate::go) struct World<'p> {
    pub(in crate::go) program: &'p Program<'p>,
    sketches: RefCell<FxHashMap<Callable, Option<Rc<Sketch>>>>,
    fields: RefCell<FxHashMap<(String, String), Option<Traced>>>,
    /// What expressions were followed to.
    traced: RefCell<FxHashMap<(FileIndex, Span), Option<Traced>>>,
    /// Who serves the default mux, and the packages of each program.
    default_served: OnceCell<Vec<(FileIndex, Listener)>>,
    programs: OnceCell<Vec<FxHashSet<PackageId>>>,
    /// Whether the former is being looked for.
    looking: Cell<bool>,
}

impl Program<'_> {
    /// The debugging endpoints of a program, told from the facts of its files; in order of file and place.
    pub(crate) fn endpoints(&self, facts: &[&FileFacts]) -> Vec<(FileIndex, Endpoint)> {
        if facts.is_empty() || !self.catalogue.is_on(RULE) {
            return Vec::new();
        }
        let world = World::new(self);
        let mut found: Vec<(FileIndex, Endpoint)> = Vec::new();
        let mut shared = Shared::default();
        for candidate in world.candidates(facts) {
            match &candidate.start {
                Start::Carried(carriers) => {
                    found.push((candidate.sketch.file, world.carried(&candidate, carriers)));
                }
                Start::DefaultMux => shared.routes.push(candidate),
            }
        }
        for one in facts {
            found.extend(one.uses.iter().filter_map(|tool| Some((one.file, world.tool(one, tool)?))));
            shared.imports.extend(one.uses.iter().filter(|used| world.registers(used)).cloned());
        }
        found.extend(world.on_default_mux(&shared));
        found.retain(|(file, _)| self.workspace.files[*file as usize].reported);
        found.sort_by_key(|(file, endpoint)| (*file, endpoint.span));
        found
    }
}

impl<'p> World<'p> {
    /// Nothing is sketched yet.
    pub(in crate::go) fn new(program: &'p Program<'p>) -> Self {
        Self {
            program,
            sketches: RefCell::default(),
            fields: RefCell::default(),
            traced: RefCell::default(),
            default_served: OnceCell::new(),
            programs: OnceCell::new(),
            looking: Cell::new(false),
        }
    }
}

impl World<'_> {
    pub(in crate::go) fn sketch(&self, item: Callable) -> Option<Rc<Sketch>> {
        if let Some(known) = self.sketches.borrow().get(&item) {
            return known.clone();
        }
        let found = self.program.sketch(item).map(Rc::new);
        self.sketches.borrow_mut().insert(item, found.clone());
        found
    }

    /// Whether a use is an import that registers debugging data on the default mux.
    fn registers(&self, used: &ApiUse) -> bool {
        let api = self.program.catalogue.api(used.api);
        api.kind == ApiKind::Import
            && api.effect == Effect::DebugEndpoint
            && api.level != Some(Level::Off)
            && used.site.production == Production::Yes
    }

    /// A route on a router of its own, followed to its listeners.
    fn carried(&self, candidate: &Candidate, carriers: &Carriers) -> Endpoint {
        let mut outcome = Outcome::default();
        if !candidate.asks {
            self.follow(&candidate.sketch, carriers.clone(), 0, &mut outcome);
        }
        self.endpoint(candidate, outcome)
    }

    fn endpoint(&self, candidate: &Candidate, outcome: Outcome) -> Endpoint {
        let sketch = &candidate.sketch;
        let mut listeners = outcome.listeners;
        listeners.sort();
        listeners.dedup();
        Endpoint {
            span: candidate.span,
            kind: EndpointKind::Route(candidate.path.clone()),
            reaches: candidate.reaches.clone(),
            guarded: candidate.asks || outcome.layered || outcome.checked,
            exempt: None,
            listeners,
            item: self.program.item_path((sketch.file, sketch.item)).into(),
            production: sketch.production,
        }
    }

    /// A debugging tool's own listener: gops, controller-runtime's profiler.
    fn tool(&self, facts: &FileFacts, used: &ApiUse) -> Option<Endpoint> {
        let api = self.program.catalogue.api(used.api);
        let counts = api.effect == Effect::DebugListener && api.level != Some(Level::Off);
        if !counts || used.site.production != Production::Yes {
            return None;
        }
        let data = self.program.file(used.site.file)?;
        let item = data.outline.item_at(used.site.span.start)?;
        let sketch = self.sketch((used.site.file, item))?;
        let parts = api.parts.clone().unwrap_or_default();
        let mut given = None;
        sketch.body.walk(&mut |node| {
            if used.site.span.contains(node.span) && given.is_none() {
                given = address_part(node, &parts.address);
            }
        });
        let (span, address) = match (given, &parts.default_address) {
            (Some(node), _) if matches!(&node.kind, Kind::Text(text) if matches!(&**text, "" | "0")) => {
                return None;
            }
            (Some(node), _) => {
                let traced = self.address(&sketch, node);
                (traced.place.1, traced.address)
            }
            (None, Some(default)) => (used.site.span, written(default)?),
            (None, None) => return None,
        };
        let function = used.site.function.and_then(|at| facts.functions.get(at as usize));
        Some(Endpoint {
            span: used.site.span,
            kind: EndpointKind::Tool(used.path.clone()),
            reaches: None,
            guarded: false,
            exempt: None,
            listeners: vec![Listener { file: used.site.file, span, address }],
            item: function.map_or_else(|| "".into(), |function| function.path.clone()),
            production: used.site.production,
        })
    }
}

/// The part of a call or literal that the catalogue says is the address.
fn address_part<'n>(node: &'n Node, part: &Option<Arg>) -> Option<&'n Node> {
    match (&node.kind, part) {
        (Kind::Call(_, args) | Kind::Method { args, .. }, Some(Arg::Position(number))) => {
            args.get(*number as usize)
        }
        (Kind::Struct(_, fields, _), Some(Arg::Name(key))) => {
            fields.iter().find(|(name, _)| **name == **key).map(|(_, value)| value)
        }
        _ => None,
    }
}
