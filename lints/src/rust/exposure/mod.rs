//! Debugging endpoints: from routes and tools to the listeners that serve them.
//!
//! Everything here is on demand: it begins at a path of the lexicon or at a use of a profiler, and follows the router up
//! through functions and files until a listener takes it, then the listener's address back to a constant, a flag's
//! default or a setting.

mod address;
mod fields;
mod guards;
mod lower;
mod names;
mod routes;
mod servers;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use runtime_policy_rules::{Effect, Language, Level, Op};
use rustc_hash::FxHashMap;

use crate::exposure::address::{MAX_STEPS, Traced};
use crate::exposure::flow::{Carriers, Outcome, Routers};
use crate::exposure::sketch::{self, Kind, Node};
use crate::facts::exposure::{Address, Endpoint, EndpointKind, Listener, debug_path};
use crate::facts::{ApiUse, FileFacts, Production};
use crate::identifiers::words_at;
use crate::rust::exposure::routes::{Route, Style};
use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileIndex, ModuleId, Program};
use crate::rust::types::Ty;
use crate::rust::use_tree::Import;
use crate::source::Span;

const RULE: &str = "exposed-debug-endpoint";

/// Calls of calls that are followed from a profiler to the route that reaches it.
const MAX_CLIMB: u32 = 3;

/// What names in a sketch are looked up by.
#[derive(Debug)]
pub(in crate::rust) struct Scope {
    module: ModuleId,
    /// The type that the function is a method of.
    own: Option<Ty>,
    /// Imports within the function.
    imports: Vec<Import>,
}

/// A function, constant or static.
pub(in crate::rust) type Sketch = sketch::Sketch<Scope>;

/// Functions, constants and statics that were sketched; `None` for what cannot be parsed.
type Sketches = FxHashMap<(FileIndex, ItemIndex), Option<Rc<Sketch>>>;

/// What the search keeps while it runs.
pub(super) struct World<'p> {
    program: &'p Program<'p>,
    sketches: RefCell<Sketches>,
    fields: RefCell<FxHashMap<(u32, u32, String), Option<Traced>>>,
    traced: RefCell<FxHashMap<TraceKey, Option<Traced>>>,
}

/// A node of a function, and how many steps may still be taken from it.
type TraceKey = (FileIndex, ItemIndex, Span, std::mem::Discriminant<Kind>, u32);

/// A route that serves debugging data, before its server is looked for.
struct Candidate {
    sketch: Rc<Sketch>,
    /// What to point at.
    span: Span,
    whole: Span,
    path: Arc<str>,
    style: Style,
    reaches: Option<Arc<str>>,
    /// The route is an attribute of its handler.
    attribute: bool,
}

impl Program<'_> {
    /// The debugging endpoints of a program, told from the facts of its files; in order of file and place.
    pub(crate) fn endpoints(&self, facts: &[&FileFacts]) -> Vec<(FileIndex, Endpoint)> {
        let world = World {
            program: self,
            sketches: RefCell::default(),
            fields: RefCell::default(),
            traced: RefCell::default(),
        };
        let mut candidates = Vec::new();
        world.by_path(facts, &mut candidates);
        world.by_profiler(facts, &mut candidates);
        let mut found: Vec<(FileIndex, Endpoint)> = world
            .without_outer(candidates)
            .into_iter()
            .map(|candidate| (candidate.sketch.file, world.endpoint(&candidate)))
            .collect();
        for one in facts {
            found.extend(one.uses.iter().filter_map(|tool| Some((one.file, world.tool(one, tool)?))));
        }
        proc_macro2::extra::invalidate_current_thread_spans();
        found.retain(|(file, _)| self.workspace.files[*file as usize].reported);
        found.sort_by_key(|(file, endpoint)| (*file, endpoint.span));
        found
    }
}

impl World<'_> {
    fn sketch(&self, file: FileIndex, item: ItemIndex) -> Option<Rc<Sketch>> {
        if let Some(known) = self.sketches.borrow().get(&(file, item)) {
            return known.clone();
        }
        let found = self.program.sketch(file, item).map(Rc::new);
        self.sketches.borrow_mut().insert((file, item), found.clone());
        found
    }

    /// Routes whose path is in the lexicon.
    fn by_path(&self, facts: &[&FileFacts], candidates: &mut Vec<Candidate>) {
        let words: Vec<String> = crate::exposure::words(Language::Rust).collect();
        let automaton = AhoCorasick::new(&words).expect("a few dozen short words fit an automaton");
        let mut items = std::collections::BTreeSet::new();
        for file in facts.iter().filter(|one| one.debug_paths).map(|one| one.file) {
            let Some(data) = self.program.file(file).cloned() else { continue };
            for hit in automaton.find_overlapping_iter(&*data.source.text) {
                let Some(index) = data.outline.innermost(hit.start() as u32) else { continue };
                match data.outline.item(index).kind {
                    ItemKind::Fn => {
                        items.insert((file, index));
                    }
                    ItemKind::Const | ItemKind::Static => self.users_of(file, index, &mut items),
                    _ => {}
                }
            }
        }
        for (file, index) in items {
            if self.program.production(file, Some(index)) != Production::Yes {
                continue;
            }
            let Some(sketch) = self.sketch(file, index) else { continue };
            for route in self.routes(&sketch) {
                if is_outright(&route.path) && route.style != Style::Compare {
                    candidates.push(candidate(&sketch, &route, None));
                }
            }
            if let Some((span, path)) =
                self.route_attribute(file, index).filter(|(_, path)| is_outright(path))
            {
                candidates.push(by_attribute(&sketch, span, path, None));
            }
        }
    }

    /// Functions that name a constant.
    fn users_of(
        &self,
        file: FileIndex,
        item: ItemIndex,
        items: &mut std::collections::BTreeSet<(FileIndex, ItemIndex)>,
    ) {
        let Some(data) = self.program.file(file).cloned() else { return };
        let name = data.outline.item(item).name.clone();
        let scope = self.program.reach(file, true);
        for user in self.program.files_mentioning(&name, &scope) {
            let Some(data) = self.program.file(user).cloned() else { continue };
            for place in words_at(&data.source.text, &name) {
                let index = data.outline.innermost(place);
                items.extend(
                    index
                        .filter(|index| data.outline.item(*index).kind == ItemKind::Fn)
                        .map(|index| (user, index)),
                );
            }
        }
    }

    /// Routes whose handler reaches a profiler or a dump.
    fn by_profiler(&self, facts: &[&FileFacts], candidates: &mut Vec<Candidate>) {
        for one in facts {
            for found in &one.uses {
                let api = self.program.catalogue.api(found.api);
                let reaches = matches!(api.effect, Effect::Profiler | Effect::Dump | Effect::DebugEndpoint);
                if !reaches
                    || !api.rules.iter().any(|rule| rule == RULE)
                    || found.site.production != Production::Yes
                {
                    continue;
                }
                let Some(function) = found.site.function.and_then(|at| one.functions.get(at as usize)) else {
                    continue;
                };
                self.climb((one.file, function.item), found.site.span, &found.path, 0, candidates);
            }
        }
    }

    fn climb(
        &self,
        (file, item): (FileIndex, ItemIndex),
        place: Span,
        reaches: &Arc<str>,
        depth: u32,
        candidates: &mut Vec<Candidate>,
    ) {
        let Some(sketch) = self.sketch(file, item).filter(|sketch| sketch.is_live()) else {
            return;
        };
        let around = |route: &&Route<'_>| {
            route.style != Style::Nest
                && (route.whole.contains(place)
                    || route.handlers.iter().any(|node| node.span.contains(place)))
        };
        let routes = self.routes(&sketch);
        let nearest = routes.iter().filter(around).min_by_key(|route| {
            let held = route.handlers.iter().map(|node| node.span).find(|span| span.contains(place));
            held.map_or(u32::MAX, |span| span.end - span.start)
        });
        if let Some(route) = nearest {
            candidates.push(candidate(&sketch, route, Some(reaches.clone())));
            return;
        }
        if let Some((span, path)) = self.route_attribute(file, item) {
            candidates.push(by_attribute(&sketch, span, path, Some(reaches.clone())));
            return;
        }
        if depth < MAX_CLIMB {
            for (caller, span) in self.calls_of(&sketch) {
                self.climb((caller.file, caller.item), span, reaches, depth + 1, candidates);
            }
        }
    }

    /// The attribute that binds a function to a route, with its path.
    fn route_attribute(&self, file: FileIndex, item: ItemIndex) -> Option<(Span, Arc<str>)> {
        let data = self.program.file(file)?;
        let number = data.attributes(item).position(crate::rust::handlers::binds_route)?;
        let text = data.attributes(item).nth(number)?;
        let path = text.split('"').nth(1).filter(|path| path.starts_with('/'))?;
        Some((data.outline.item(item).attributes[number], path.into()))
    }

    /// Drops what is there twice, and nested routers whose own routes are there.
    fn without_outer(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            let same = |known: &&mut Candidate| {
                known.sketch.file == candidate.sketch.file && known.span == candidate.span
            };
            match kept.iter_mut().find(same) {
                Some(known) => known.reaches = known.reaches.take().or(candidate.reaches),
                None => kept.push(candidate),
            }
        }
        let inner: Vec<(FileIndex, Span)> =
            kept.iter().map(|candidate| (candidate.sketch.file, candidate.span)).collect();
        kept.retain(|candidate| {
            candidate.style != Style::Nest
                || !inner.iter().any(|(file, span)| {
                    *file == candidate.sketch.file
                        && *span != candidate.span
                        && candidate.whole.contains(*span)
                })
        });
        kept
    }

    fn endpoint(&self, candidate: &Candidate) -> Endpoint {
        let sketch = &candidate.sketch;
        let mut outcome = Outcome::default();
        // Where the handler itself asks, the server does not matter.
        let asks = self.asks(candidate);
        if !asks {
            self.follow_candidate(candidate, &mut outcome);
        }
        let exempt = self.exemption(sketch.file, &candidate.path);
        let layered = (outcome.layered || outcome.checked) && exempt.is_none();
        let mut listeners = outcome.listeners;
        listeners.sort();
        listeners.dedup();
        Endpoint {
            span: candidate.span,
            kind: EndpointKind::Route(candidate.path.clone()),
            reaches: candidate.reaches.clone(),
            guarded: layered || asks,
            exempt: exempt.filter(|_| outcome.layered || outcome.checked),
            listeners,
            item: self.item_path(sketch.file, sketch.item),
            production: sketch.production,
        }
    }

    fn follow_candidate(&self, candidate: &Candidate, outcome: &mut Outcome) {
        if candidate.attribute {
            for (caller, span) in self.calls_of(&candidate.sketch) {
                self.follow(&caller, Carriers::place(span, false), 0, outcome);
            }
        } else {
            let answers = matches!(candidate.style, Style::Arm | Style::Compare);
            self.follow(&candidate.sketch, Carriers::place(candidate.whole, answers), 0, outcome);
        }
    }

    /// Whether the route's handler itself asks who asks.
    fn asks(&self, candidate: &Candidate) -> bool {
        let sketch = &candidate.sketch;
        if candidate.attribute {
            let own = Node { span: candidate.span, kind: Kind::Path(vec![self.name(sketch)]) };
            return self.is_guarded_handler(sketch, &own);
        }
        let routes = self.routes(sketch);
        routes
            .iter()
            .filter(|route| route.span == candidate.span)
            .flat_map(|route| &route.handlers)
            .any(|handler| self.is_guarded_handler(sketch, handler))
    }

    fn name(&self, sketch: &Sketch) -> String {
        let data = self.program.file(sketch.file);
        data.map_or_else(String::new, |data| data.outline.item(sketch.item).name.to_string())
    }

    fn item_path(&self, file: FileIndex, item: ItemIndex) -> Arc<str> {
        let Some(data) = self.program.file(file) else { return "".into() };
        let module = self.program.enclosing_module(data, data.outline.item(item).parent, file);
        format!("{}::{}", self.program.module_path(module), data.outline.item(item).name).into()
    }

    /// A debugging tool's own listener: `console_subscriber`, `puffin_http`, Tracy.
    fn tool(&self, facts: &FileFacts, found: &ApiUse) -> Option<Endpoint> {
        let api = self.program.catalogue.api(found.api);
        if api.effect != Effect::DebugListener || !api.rules.iter().any(|rule| rule == RULE) {
            return None;
        }
        let asks = |op: Op| {
            let own = |rule: &Option<_>| rule.as_deref().is_none_or(|rule: &str| rule == RULE);
            api.conditions.iter().find(|condition| condition.op == op && own(&condition.rule))
        };
        let function = found.site.function.and_then(|at| facts.functions.get(at as usize));
        let listener = if asks(Op::NotLoopback).is_some() {
            let place = *found.arg_spans.first()?;
            let traced = function
                .and_then(|function| self.sketch(found.site.file, function.item))
                .and_then(|sketch| self.trace_at(&sketch, place));
            let address =
                traced.map_or_else(|| Address::Unknown("its argument".into()), |found| found.address);
            Listener { file: found.site.file, span: place, address }
        } else {
            asks(Op::CargoFeatureMissing)?;
            self.open_by_features(found)?
        };
        Some(Endpoint {
            span: Span { start: found.site.anchor.start, end: found.site.span.end },
            kind: EndpointKind::Tool(found.path.clone()),
            reaches: None,
            guarded: false,
            exempt: None,
            listeners: vec![listener],
            item: function.map_or_else(|| "".into(), |function| function.path.clone()),
            production: found.site.production,
        })
    }

    /// The listener of a tool that opens one on every interface unless a Cargo feature keeps it local. A tool that is only
    /// built with a feature of the package's own is not in a usual build.
    fn open_by_features(&self, found: &ApiUse) -> Option<Listener> {
        let name = self.program.catalogue.package(found.api);
        let package = self.program.package_of(found.site.file)?;
        let mut uses = package.dependencies.iter().filter(|known| known.package == name).peekable();
        uses.peek()?;
        let gated = found.site.context.feature_gated;
        let closed = uses
            .any(|known| known.optional || known.features.iter().any(|feature| feature == "only-localhost"));
        (!gated && !closed).then(|| Listener {
            file: found.site.file,
            span: found.site.anchor,
            address: Address::Public("every interface".into()),
        })
    }

    fn trace_at(&self, sketch: &Sketch, place: Span) -> Option<Traced> {
        let mut found = None;
        sketch.body.walk(&mut |node| {
            if place.contains(node.span) && found.is_none() {
                found = Some(node);
            }
        });
        self.trace(sketch, found?, MAX_STEPS)
    }
}

/// Whether a path by itself says that debugging data is served there.
fn is_outright(path: &str) -> bool {
    let meant = |path: &str| {
        debug_path(Language::Rust, path)
            .is_some_and(|known| known.level == Level::Error || known.pattern.starts_with("/debug"))
    };
    meant(path)
}

fn candidate(sketch: &Rc<Sketch>, route: &Route<'_>, reaches: Option<Arc<str>>) -> Candidate {
    Candidate {
        sketch: sketch.clone(),
        span: route.span,
        whole: route.whole,
        path: route.path.clone(),
        style: route.style,
        reaches,
        attribute: false,
    }
}

fn by_attribute(sketch: &Rc<Sketch>, span: Span, path: Arc<str>, reaches: Option<Arc<str>>) -> Candidate {
    Candidate {
        sketch: sketch.clone(),
        span,
        whole: span,
        path,
        style: Style::Call,
        reaches,
        attribute: true,
    }
}
