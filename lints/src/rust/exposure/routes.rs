//! Routes that a function adds to a router, or tells apart by path.

use std::sync::Arc;

use crate::exposure::sketch::{Arm, Kind, Node};
use crate::rust::exposure::{Sketch, World};
use crate::rust::outline::ItemKind;
use crate::rust::resolve::{Def, Space};
use crate::source::Span;

/// Methods that add a route for one HTTP method; they need a handler beside the path.
const VERBS: &[&str] =
    &["get", "post", "put", "delete", "patch", "head", "options", "any", "all", "trace", "connect"];

/// Methods and functions that add a route.
const ROUTES: &[&str] = &[
    "route",
    "route_service",
    "at",
    "add_route",
    "handle",
    "on",
    "api_route",
    "endpoint",
    "resource",
    "with_path",
];

/// Those that put a whole router under a path.
const NESTS: &[&str] = &["nest", "nest_service", "nest_no_strip", "nest_api_service", "scope", "mount"];

/// Names of values that hold a request's path.
const PATHS: &[&str] = &[
    "path",
    "uri",
    "url",
    "route",
    "method",
    "req",
    "request",
    "endpoint",
    "target",
    "parts",
    "request_path",
];

/// How a route is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// A call on a router.
    Call,
    /// A call that puts a router under a path.
    Nest,
    /// A pattern of a `match` on the path.
    Arm,
    /// A comparison with the path.
    Compare,
}

/// One route.
#[derive(Debug)]
pub(super) struct Route<'n> {
    /// What to point at.
    pub span: Span,
    /// What carries the route: the call on the router, or the place of the pattern.
    pub whole: Span,
    pub path: Arc<str>,
    /// What serves it.
    pub handlers: Vec<&'n Node>,
    pub style: Style,
}

impl World<'_> {
    /// All routes in a function.
    pub(super) fn routes<'n>(&self, at: &'n Sketch) -> Vec<Route<'n>> {
        let mut found = Vec::new();
        self.collect(at, &at.body, "", None, &mut found);
        found
    }

    fn collect<'n>(
        &self,
        at: &'n Sketch,
        node: &'n Node,
        prefix: &str,
        top: Option<&'n Node>,
        found: &mut Vec<Route<'n>>,
    ) {
        let chain = top.unwrap_or(node);
        match &node.kind {
            Kind::Method { receiver, name, at: start, args } => {
                let prefix = self.prefix(at, receiver, prefix);
                let inner = self.route(at, (name, *start, args), node, &prefix, found);
                for arg in args {
                    self.collect(at, arg, inner.as_deref().unwrap_or(&prefix), None, found);
                }
                self.collect(at, receiver, &prefix, Some(chain), found);
            }
            Kind::Call(callee, args) => {
                let name = callee.name().unwrap_or("");
                let makes = matches!(name, "resource" | "scope" | "with_path");
                let text = args.first().filter(|_| makes && top.is_some());
                if let Some((text, place)) = text.and_then(|arg| self.path_text(at, arg)) {
                    let style = if name == "scope" { Style::Nest } else { Style::Call };
                    let path = joined(prefix, &text);
                    let span = Span { start: node.span.start, end: place.end };
                    found.push(Route { span, whole: chain.span, path, handlers: vec![chain], style });
                }
                args.iter().for_each(|arg| self.collect(at, arg, prefix, None, found));
            }
            Kind::Match(on, arms) => {
                if holds_path(on) {
                    arms.iter().for_each(|arm| self.arm(at, arm, found));
                }
                node.children(|child| self.collect(at, child, prefix, None, found));
            }
            Kind::If(on, then, _) => {
                self.comparisons(at, on, then, found);
                node.children(|child| self.collect(at, child, prefix, None, found));
            }
            _ => node.children(|child| self.collect(at, child, prefix, None, found)),
        }
    }

    /// A call on a router: notes the route; the prefix that a nested router gets.
    fn route<'n>(
        &self,
        at: &'n Sketch,
        (name, start, args): (&str, u32, &'n [Node]),
        node: &'n Node,
        prefix: &str,
        found: &mut Vec<Route<'n>>,
    ) -> Option<String> {
        let nests = NESTS.contains(&name);
        if !nests && !ROUTES.contains(&name) && !VERBS.contains(&name) {
            return None;
        }
        let (number, (text, place)) =
            args.iter().enumerate().find_map(|(number, arg)| Some((number, self.path_text(at, arg)?)))?;
        let path = joined(prefix, &text);
        let handlers: Vec<&Node> =
            args.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, arg)| arg).collect();
        let serves = |node: &&Node| {
            matches!(node.kind, Kind::Closure(..) | Kind::Path(_) | Kind::Call(..) | Kind::Method { .. })
                || matches!(&node.kind, Kind::Macro(name, _) if name == "routes")
        };
        if !handlers.iter().any(serves) {
            return None;
        }
        let style = if nests { Style::Nest } else { Style::Call };
        let span = Span { start, end: place.end };
        let inner = nests.then(|| path.to_string());
        found.push(Route { span, whole: node.span, path, handlers, style });
        inner
    }

    fn arm<'n>(&self, at: &'n Sketch, arm: &'n Arm, found: &mut Vec<Route<'n>>) {
        for leaf in &arm.pattern {
            if let Some((text, place)) = self.path_text(at, leaf) {
                found.push(Route {
                    span: place,
                    whole: place,
                    path: joined("", &text),
                    handlers: vec![&arm.body],
                    style: Style::Arm,
                });
            }
        }
        if let Some(guard) = &arm.guard {
            self.comparisons(at, guard, &arm.body, found);
        }
    }

    /// `path == "/debug/x"`, `path.starts_with("/debug/")`.
    fn comparisons<'n>(&self, at: &'n Sketch, on: &'n Node, then: &'n Node, found: &mut Vec<Route<'n>>) {
        on.walk(&mut |node| {
            let text = match &node.kind {
                Kind::Equal(left, right) if holds_path(left) => self.path_text(at, right),
                Kind::Equal(left, right) if holds_path(right) => self.path_text(at, left),
                Kind::Method { receiver, name, args, .. }
                    if name == "starts_with" && holds_path(receiver) =>
                {
                    args.first().and_then(|arg| self.path_text(at, arg))
                }
                _ => None,
            };
            if let Some((text, _)) = text {
                found.push(Route {
                    span: node.span,
                    whole: node.span,
                    path: joined("", &text),
                    handlers: vec![then],
                    style: Style::Compare,
                });
            }
        });
    }

    /// The path that a chain's first call is for: `web::scope("/debug")`, `web::resource("/x")`.
    fn prefix(&self, at: &Sketch, receiver: &Node, prefix: &str) -> String {
        let text = match &receiver.root().kind {
            Kind::Call(callee, args) if callee.name() == Some("scope") => args.first(),
            _ => None,
        };
        let text = text.and_then(|arg| self.path_text(at, arg));
        text.map_or_else(|| prefix.to_owned(), |(text, _)| joined(prefix, &text).to_string())
    }

    /// The text of a path: a literal or a constant that begins with a slash.
    fn path_text(&self, at: &Sketch, node: &Node) -> Option<(Arc<str>, Span)> {
        match &node.kind {
            Kind::Text(text) if text.starts_with('/') => Some((text.clone(), node.span)),
            Kind::Path(path) if path.last()?.chars().any(char::is_uppercase) => {
                let Def::Item(file, item) = self.resolve(at, path, Space::Values)? else { return None };
                let kind = self.program.file(file)?.outline.item(item).kind;
                if !matches!(kind, ItemKind::Const | ItemKind::Static) {
                    return None;
                }
                let sketch = self.sketch(file, item)?;
                match &sketch.body.kind {
                    Kind::Text(text) if text.starts_with('/') => Some((text.clone(), node.span)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

fn joined(prefix: &str, text: &str) -> Arc<str> {
    if prefix.is_empty() {
        return text.into();
    }
    format!("{}/{}", prefix.trim_end_matches('/'), text.trim_start_matches('/')).into()
}

/// Whether an expression is a request's path or holds it.
fn holds_path(node: &Node) -> bool {
    node.any(&|node| node.name().is_some_and(|name| PATHS.contains(&name)))
}
