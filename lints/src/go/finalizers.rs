//! Finalizers and cleanups: what they are attached to, and whether they can run at all.

use std::sync::Arc;

use runtime_policy_rules::Effect;

use crate::exposure::sketch::{Kind, Node};
use crate::facts::finalizer::Attached;
use crate::facts::{FileFacts, Production};
use crate::go::exposure::{Sketch, World};
use crate::go::outline::ItemKind;
use crate::go::program::Program;
use crate::identifiers::Hashed;

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
        let ty = self.type_of(at, object, MAX_TYPES).filter(|ty| ty.contains("::"));
        let (methods, clears_in_method) = ty.as_ref().map_or_else(Default::default, |ty| self.methods_of(ty));
        Some(Attached {
            span: call.span,
            api: api.clone(),
            type_path: ty,
            methods,
            cleared: clears_in_method,
            captures: self.captures(object, &args[1..]),
            item: self.program.item_path((at.file, at.item)).into(),
        })
    }

    /// Names of a type's methods that its users may call, and whether one of them clears what is attached.
    fn methods_of(&self, ty: &Arc<str>) -> (Vec<Arc<str>>, bool) {
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
                if private || item.name().starts_with(char::is_uppercase) {
                    methods.push(item.name().into());
                }
                let text = data.source.slice(item.span);
                clears |= text.contains("SetFinalizer(") && text.contains(", nil)")
                    || text.to_lowercase().contains("cleanup.stop()");
            }
        }
        methods.sort();
        methods.dedup();
        (methods, clears)
    }

    /// Where the function or its argument reaches the object, so that neither is ever collected.
    fn captures(&self, object: &Node, given: &[Node]) -> Option<crate::source::Span> {
        let name = object.root().variable()?;
        let named = |node: &Node| node.variable() == Some(name);
        given.iter().find_map(|part| match &part.kind {
            Kind::Closure(binds, body) => {
                if binds.iter().any(|bind| bind.name == name) {
                    return None;
                }
                let mut place = None;
                body.walk(&mut |node| {
                    if named(node) && place.is_none() {
                        place = Some(node.span);
                    }
                });
                place
            }
            // The object itself, or a method bound to it; a field that is passed is a copy.
            Kind::Path(_) => named(part).then_some(part.span),
            _ => None,
        })
    }
}
