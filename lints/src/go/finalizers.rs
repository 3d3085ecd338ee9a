//! Finalizers and cleanups: what they are attached to, and whether they can run at all.

use std::sync::Arc;

use runtime_policy_rules::Effect;

use crate::exposure::sketch::{Bind, Kind, Node, Param};
use crate::facts::finalizer::Attached;
use crate::facts::{FileFacts, Production};
use crate::go::exposure::{Sketch, World};
use crate::go::outline::{Item, ItemKind};
use crate::go::program::{FileData, Program};
use crate::go::syntax;
use crate::go::types::Ty;
use crate::identifiers::Hashed;
use crate::source::Span;

const RULE: &str = "finalizer-for-correctness";

/// Types that are followed through values of values.
const MAX_TYPES: u32 = 8;

impl Program<'_> {
    /// Adds what is attached to values, to run when they are collected.
    pub(super) fn attached(&self, facts: &mut [FileFacts]) {
        if !self.catalogue.is_on(RULE) {
            return;
        }
        let world = World::new(self);
        for one in facts.iter_mut() {
            let uses: Vec<_> = one
                .uses
                .iter()
                .filter(|used| {
                    self.catalogue.api(used.api).effect == Effect::Finalizer
                        && used.site.production == Production::Yes
                })
                .cloned()
                .collect();
            for used in uses {
                let Some(data) = self.file(one.file) else { continue };
                let Some(index) = data.outline.item_at(used.site.span.start) else { continue };
                let Some(sketch) = world.sketch((one.file, index)) else { continue };
                let mut found = None;
                sketch.body.walk(&mut |node| {
                    if node.span == used.site.span && matches!(node.kind, Kind::Call(..)) {
                        found = world.attachment(&sketch, node, &used.path);
                    }
                });
                one.attached.extend(found);
            }
        }
    }
}

impl World<'_> {
    fn attachment(&self, at: &Sketch, call: &Node, api: &Arc<str>) -> Option<Attached> {
        let Kind::Call(_, args) = &call.kind else { return None };
        let object = args.first()?;
        let clears = args.get(1).is_some_and(|end| end.variable() == Some("nil"));
        if clears {
            return None;
        }
        // A function that takes both attaches for its callers.
        let is_taken = |node: &Node| {
            let named = |param: &Param| param.names.iter().any(|name| node.variable() == Some(name));
            at.params.iter().any(named)
        };
        if is_taken(object) && args.get(1).is_some_and(is_taken) {
            return None;
        }
        let method = args.get(1).and_then(|end| self.method_expression(at, end));
        let ty = self
            .type_of(at, object, MAX_TYPES)
            .filter(|ty| ty.contains("::"))
            .or_else(|| method.as_ref().map(|(ty, _)| ty.clone()))
            .or_else(|| args.get(1).and_then(taken_type));
        let (mut methods, mut clears_in_method) =
            ty.as_ref().map_or_else(Default::default, |ty| self.methods_of(ty));
        let foreign = ty.as_ref().is_some_and(|ty| !self.is_of_the_workspace(ty));
        if let Some((_, name)) = method.filter(|_| foreign) {
            // What its other methods do cannot be seen.
            clears_in_method = true;
            methods.push(name);
        }
        Some(Attached {
            foreign,
            span: call.span,
            api: api.clone(),
            type_path: ty,
            methods,
            cleared: clears_in_method,
            captures: captures(at, object, &args[1..]),
            item: self.program.item_path((at.file, at.item)).into(),
        })
    }

    /// The type and the method that `(*T).Close` names.
    fn method_expression(&self, at: &Sketch, node: &Node) -> Option<(Arc<str>, Arc<str>)> {
        let Kind::Field(base, name) = &node.kind else { return None };
        let ty = self.named_type(at, base)?;
        Some((ty, name.as_str().into()))
    }

    fn is_of_the_workspace(&self, ty: &str) -> bool {
        ty.rsplit_once("::").is_some_and(|(package, _)| self.program.package_at(package).is_some())
    }

    /// Names of a type's methods that end it as far as their parameters go and that its users may call, those of what it
    /// embeds among them, and whether one of them clears what is attached.
    fn methods_of(&self, ty: &Arc<str>) -> (Vec<Arc<str>>, bool) {
        let (mut methods, mut clears) = self.own_methods_of(ty);
        for embedded in self.program.embedded(ty).iter().filter_map(Ty::path) {
            let (promoted, cleared) = self.own_methods_of(embedded);
            methods.extend(promoted);
            clears |= cleared;
        }
        methods.sort();
        methods.dedup();
        (methods, clears)
    }

    fn own_methods_of(&self, ty: &Arc<str>) -> (Vec<Arc<str>>, bool) {
        let Some((package, name)) = ty.rsplit_once("::") else { return Default::default() };
        let Some(package) = self.program.package_at(package) else { return Default::default() };
        let private = name.starts_with(char::is_lowercase);
        let word = Hashed::of(name);
        let (mut methods, mut clears) = (Vec::new(), false);
        for file in &self.program.packages[package as usize].files {
            let holds = self.program.may_hold(*file, word);
            let Some(data) = self.program.file(*file).filter(|_| holds) else { continue };
            for item in data.outline.items.iter().filter(|item| item.kind == ItemKind::Method) {
                if item.receiver.as_deref() != Some(name) {
                    continue;
                }
                let offered = private || item.name().starts_with(char::is_uppercase);
                if offered && is_about_the_value(data, item) {
                    methods.push(item.name().into());
                }
                let text = data.source.slice(item.span);
                clears |= text.contains("SetFinalizer(") && text.contains(", nil)")
                    || text.to_lowercase().contains("cleanup.stop()");
            }
        }
        (methods, clears)
    }
}

/// The type of a closure's parameter.
fn taken_type(closure: &Node) -> Option<Arc<str>> {
    let Kind::Closure(_, body) = &closure.kind else { return None };
    let Kind::Block(parts, _) = &body.kind else { return None };
    let first = parts.first().map(|part| &part.kind);
    let Some(Kind::Let { ty: Some(ty), init: None, .. }) = first else { return None };
    ty.contains("::").then(|| ty.as_str().into())
}

/// Where the function or its argument reaches the object, so that neither is ever collected.
fn captures(at: &Sketch, object: &Node, given: &[Node]) -> Option<Span> {
    let name = object.root().variable()?;
    given.iter().find_map(|part| match &part.kind {
        Kind::Closure(binds, body) => held_by(name, binds, body),
        // The object itself, or a method bound to it; a field that is passed is a copy.
        Kind::Path(_) if part.variable() == Some(name) => Some(part.span),
        Kind::Path(_) => match &value_at(at, part)?.kind {
            Kind::Closure(binds, body) => held_by(name, binds, body),
            _ => None,
        },
        _ => None,
    })
}

/// Where a closure names a variable that is not its own.
fn held_by(name: &str, binds: &[Bind], body: &Node) -> Option<Span> {
    if binds.iter().any(|bind| bind.name == name) {
        return None;
    }
    let mut place = None;
    body.walk(&mut |node| {
        if node.variable() == Some(name) && place.is_none() {
            place = Some(node.span);
        }
    });
    place
}

/// What a variable was given last before it is named.
fn value_at<'s>(at: &'s Sketch, node: &Node) -> Option<&'s Node> {
    let (name, here) = (node.variable()?, node.span.start);
    let assigned = at.assigned(name).filter(|value| value.span.end <= here);
    let declared = at.binding(name, here).and_then(|binding| binding.init.as_ref());
    assigned.max_by_key(|value| value.span.start).or(declared).map(|value| &**value)
}

/// Whether a method's parameters say nothing of another value, which it would be about instead.
fn is_about_the_value(data: &FileData, item: &Item) -> bool {
    let Some(method) = syntax::node_at(&data.tree, item.span, item.node) else { return false };
    let parameters = method.child_by_field_name("parameters").map_or_else(Vec::new, syntax::children);
    parameters.into_iter().all(|parameter| {
        let ty = parameter.child_by_field_name("type").map_or("", |ty| syntax::text(&data.source, ty));
        matches!(ty, "context.Context" | "bool" | "error" | "time.Duration")
    })
}
