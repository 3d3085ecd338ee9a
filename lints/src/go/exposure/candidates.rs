//! Places that serve debugging data: catalogued handlers, and routes under a path of the lexicon.

use std::rc::Rc;
use std::sync::Arc;

use runtime_policy_rules::{Api, Arg, Effect, Language, Level};

use crate::exposure::flow::Carriers;
use crate::exposure::sketch::{Kind, Node};
use crate::facts::exposure::debug_path;
use crate::facts::{FileFacts, Production};
use crate::go::exposure::{DEFAULT_MUX, Sketch, World};
use crate::go::outline::ItemKind;
use crate::source::Span;

/// Calls of calls that are followed from a handler to the route that binds it.
const MAX_CLIMB: u32 = 3;

/// Where following begins.
#[derive(Debug, Clone)]
pub(super) enum Start {
    /// A place or name of the function that carries the route.
    Carried(Carriers),
    /// The mux that the whole program shares.
    DefaultMux,
}

/// A place that serves debugging data, before its server is looked for.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub sketch: Rc<Sketch>,
    /// What to point at.
    pub span: Span,
    pub path: Arc<str>,
    /// The catalogued handler.
    pub reaches: Option<Arc<str>>,
    pub start: Start,
    /// The handler, or what it is wrapped in, asks who asks.
    pub asks: bool,
}

/// What stands around a node.
#[derive(Clone, Copy, Default)]
struct Around<'n> {
    /// The nearest call that binds a route.
    route: Option<&'n Node>,
    /// The nearest call of any kind.
    call: Option<&'n Node>,
}

impl World<'_> {
    /// All places in the files that were selected.
    pub(super) fn candidates(&self, facts: &[&FileFacts]) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        let words: Vec<String> = crate::exposure::words(Language::Go).collect();
        for one in facts {
            let Some(data) = self.program.file(one.file).cloned() else { continue };
            let serves = data.outline.imports.iter().any(|import| self.offers(&import.path));
            let named = || words.iter().any(|word| data.source.text.contains(word.as_str()));
            if self.program.production(one.file, None) != Production::Yes || !(serves || named()) {
                continue;
            }
            for index in 0..data.outline.items.len() as u32 {
                if data.outline.item(index).kind == ItemKind::Type {
                    continue;
                }
                let Some(sketch) = self.sketch((one.file, index)).filter(|sketch| sketch.is_live()) else {
                    continue;
                };
                self.collect(&sketch, &sketch.body, Around::default(), 0, &mut found);
            }
        }
        one_a_router(found)
    }

    /// Whether a package has handlers of debugging data.
    fn offers(&self, import: &str) -> bool {
        self.program.catalogue.apis().any(|(_, api)| {
            api.effect == Effect::DebugEndpoint
                && api.paths.iter().any(|path| {
                    path.rsplit_once("::").is_some_and(|(package, _)| {
                        package == import
                            || package.strip_prefix(import).is_some_and(|rest| rest.starts_with("::"))
                    })
                })
        })
    }

    fn collect<'n>(
        &self,
        at: &Rc<Sketch>,
        node: &'n Node,
        around: Around<'n>,
        depth: u32,
        found: &mut Vec<Candidate>,
    ) {
        let is_call = matches!(node.kind, Kind::Call(..) | Kind::Method { .. });
        let route = is_call.then(|| self.entry(at, node, &[Effect::Route])).flatten();
        if let Some((path, api)) = self.debug_entry(at, node) {
            self.add(at, node, (&path, api), around, depth, found);
            // Its arguments hold no other.
            return;
        }
        if let Some((_, api)) = &route
            && let Some((text, span)) = self.pattern(at, node, api)
            && is_outright(&text)
            && !node.any(&|inner| self.debug_entry(at, inner).is_some())
        {
            found.push(self.route_candidate(at, node, api, (text, span), None));
        }
        let inner = Around {
            route: if route.is_some() { Some(node) } else { around.route },
            call: if is_call { Some(node) } else { around.call },
        };
        node.children(|child| self.collect(at, child, inner, depth, found));
    }

    /// A catalogued handler of debugging data, or a call that registers one.
    fn debug_entry(&self, at: &Sketch, node: &Node) -> Option<(Arc<str>, &Api)> {
        let (path, api) = self.entry(at, node, &[Effect::DebugEndpoint])?;
        (api.level != Some(Level::Off) && path.contains("::")).then_some((path, api))
    }

    fn add(
        &self,
        at: &Rc<Sketch>,
        node: &Node,
        (path, api): (&Arc<str>, &Api),
        around: Around<'_>,
        depth: u32,
        found: &mut Vec<Candidate>,
    ) {
        let parts = api.parts.clone().unwrap_or_default();
        let serves = parts.serves.as_deref().unwrap_or("/debug/pprof/");
        if let Some(router) = &parts.router {
            let start = self.registered_on(node, router);
            let asks = false;
            let served = self.given_pattern(at, node, &parts.pattern).unwrap_or_else(|| serves.into());
            let span = name_of(node);
            found.extend(start.map(|start| Candidate {
                sketch: at.clone(),
                span,
                path: served,
                reaches: Some(path.clone()),
                start,
                asks,
            }));
            return;
        }
        if let Some(route) = around.route {
            if let Some((_, api)) = self.entry(at, route, &[Effect::Route]) {
                let text = self.pattern(at, route, api).unwrap_or_else(|| (serves.into(), node.span));
                found.push(self.route_candidate(at, route, api, text, Some(path.clone())));
            }
            return;
        }
        // `pprof.Index(w, r)` in a handler: whoever binds the handler serves it.
        if is_invoked(node) {
            self.climb(at, depth, path, found);
            return;
        }
        let whole = around.call.unwrap_or(node);
        found.push(Candidate {
            sketch: at.clone(),
            span: whole.span,
            path: text_argument(whole).unwrap_or_else(|| serves.into()),
            reaches: Some(path.clone()),
            start: Start::Carried(Carriers::place(node.span, false)),
            asks: self.is_guarded(at, whole),
        });
    }

    /// To the places that name a handler which calls debugging data.
    fn climb(&self, at: &Rc<Sketch>, depth: u32, path: &Arc<str>, found: &mut Vec<Candidate>) {
        if depth >= MAX_CLIMB || self.asks(at) {
            return;
        }
        for caller in self.program.find_callers((at.file, at.item)).iter() {
            let site = &caller.mention.site;
            if site.production != Production::Yes {
                continue;
            }
            let Some(sketch) = self.sketch((site.file, caller.item)) else { continue };
            let mut route = None;
            sketch.body.walk(&mut |node| {
                let binds = matches!(node.kind, Kind::Call(..) | Kind::Method { .. })
                    && node.span.contains(site.span)
                    && self.entry(&sketch, node, &[Effect::Route]).is_some();
                if binds {
                    route = Some(node);
                }
            });
            match route {
                Some(route) => {
                    let Some((_, api)) = self.entry(&sketch, route, &[Effect::Route]) else { continue };
                    let text = self
                        .pattern(&sketch, route, api)
                        .unwrap_or_else(|| ("/debug/pprof/".into(), site.span));
                    found.push(self.route_candidate(&sketch, route, api, text, Some(path.clone())));
                }
                None => self.climb(&sketch, depth + 1, path, found),
            }
        }
    }

    fn route_candidate(
        &self,
        at: &Rc<Sketch>,
        route: &Node,
        api: &Api,
        (path, text): (Arc<str>, Span),
        reaches: Option<Arc<str>>,
    ) -> Candidate {
        let shared =
            api.parts.as_ref().is_some_and(|parts| parts.router == Some(Arg::Name(DEFAULT_MUX.into())))
                || matches!(&route.kind, Kind::Method { receiver, .. } if is_default_mux(receiver));
        let start = if shared {
            Start::DefaultMux
        } else {
            Start::Carried(Carriers {
                fields: own_field(route).into_iter().collect(),
                ..Carriers::place(route.span, false)
            })
        };
        let from = name_of(route);
        let span = Span { start: from.start, end: text.end.max(from.end) };
        Candidate { sketch: at.clone(), span, path, reaches, start, asks: self.is_guarded(at, route) }
    }

    /// The router that a call registers on.
    fn registered_on(&self, node: &Node, router: &Arg) -> Option<Start> {
        let args = match &node.kind {
            Kind::Call(_, args) | Kind::Method { args, .. } => args,
            _ => return None,
        };
        let on = match router {
            Arg::Position(number) => args.get(*number as usize)?,
            Arg::Name(name) if name == "receiver" => match &node.kind {
                Kind::Method { receiver, .. } => receiver,
                _ => return None,
            },
            _ => return Some(Start::DefaultMux),
        };
        if is_default_mux(on) || on.variable() == Some("nil") {
            return Some(Start::DefaultMux);
        }
        let mut carriers = Carriers::place(on.span, false);
        match on.variable() {
            Some(name) => carriers.names.push(name.to_owned()),
            None => carriers.fields.extend(field_of_own(on)),
        }
        Some(Start::Carried(carriers))
    }

    /// The path that a route is for, without method and host.
    fn pattern(&self, at: &Sketch, route: &Node, api: &Api) -> Option<(Arc<str>, Span)> {
        let args = match &route.kind {
            Kind::Call(_, args) | Kind::Method { args, .. } => args,
            _ => return None,
        };
        let Some(Arg::Position(number)) = api.parts.as_ref()?.pattern else { return None };
        let node = args.get(number as usize)?;
        let text = self.text_of(at, node)?;
        let bare = text.rsplit(' ').next().unwrap_or(&text);
        let path = bare.find('/').map_or(bare, |slash| &bare[slash..]);
        Some((path.into(), node.span))
    }

    fn given_pattern(&self, at: &Sketch, node: &Node, pattern: &Option<Arg>) -> Option<Arc<str>> {
        let (Kind::Call(_, args) | Kind::Method { args, .. }, Some(Arg::Position(number))) =
            (&node.kind, pattern)
        else {
            return None;
        };
        self.text_of(at, args.get(*number as usize)?)
    }

    /// A literal, or a constant that is one.
    fn text_of(&self, at: &Sketch, node: &Node) -> Option<Arc<str>> {
        match &node.kind {
            Kind::Text(text) => Some(text.clone()),
            Kind::Macro(_, parts) => parts.iter().rev().find_map(|part| self.text_of(at, part)),
            Kind::Path(path) => {
                let found = self.global(at, path)?;
                match &found.body.kind {
                    Kind::List(values) => self.text_of(&found, values.first()?),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// The paths under which debugging data is served are outright by themselves.
fn is_outright(path: &str) -> bool {
    debug_path(Language::Go, path)
        .is_some_and(|known| known.level == Level::Error || known.pattern.starts_with("/debug"))
}

/// A handler that is called rather than handed on.
fn is_invoked(node: &Node) -> bool {
    matches!(&node.kind, Kind::Call(callee, args)
        if args.len() == 2 && callee.name().is_some_and(|name| !name.contains("Handler") && name != "New"))
}

/// Of a call the name called and what follows up to its arguments; else all of it.
fn name_of(node: &Node) -> Span {
    match &node.kind {
        Kind::Method { at, .. } => Span { start: *at, end: node.span.end },
        _ => node.span,
    }
}

/// The first text among a call's arguments.
fn text_argument(node: &Node) -> Option<Arc<str>> {
    let (Kind::Call(_, args) | Kind::Method { args, .. }) = &node.kind else { return None };
    args.iter().find_map(|arg| match &arg.kind {
        Kind::Text(text) if text.starts_with('/') => Some(text.clone()),
        _ => None,
    })
}

pub(super) fn is_default_mux(node: &Node) -> bool {
    matches!(&node.kind, Kind::Path(path) if path.join("::") == DEFAULT_MUX)
}

/// The field of the method's own value on which a route is put: `s.router.Get(…)`.
fn own_field(route: &Node) -> Option<String> {
    match &route.kind {
        Kind::Method { receiver, .. } => field_of_own(receiver),
        _ => None,
    }
}

fn field_of_own(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Field(base, name) if base.variable() == Some("self") => Some(name.clone()),
        Kind::Method { receiver, .. } => field_of_own(receiver),
        _ => None,
    }
}

/// One place for each router and package of handlers: a profiler's five routes are one endpoint.
fn one_a_router(found: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in found {
        let package = |one: &Candidate| {
            one.reaches.as_ref().and_then(|path| path.split("::").next().map(str::to_owned))
        };
        let twice = kept.iter().any(|known| {
            known.sketch.file == candidate.sketch.file
                && (known.span == candidate.span
                    || known.sketch.item == candidate.sketch.item
                        && candidate.reaches.is_some()
                        && package(known) == package(&candidate))
        });
        if !twice {
            kept.push(candidate);
        }
    }
    kept
}
