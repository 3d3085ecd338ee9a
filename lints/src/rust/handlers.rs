//! Which functions serve requests.

use rustc_hash::FxHashMap;

use crate::facts::Production;
use crate::rust::outline::ItemIndex;
use crate::rust::program::{FileIndex, Program};

/// Attributes that bind a function to a route, by their last segment, with a path as their first argument.
const ROUTE_ATTRIBUTES: &[&str] = &[
    "get", "post", "put", "delete", "patch", "head", "options", "route", "connect", "trace", "handler",
    "endpoint",
];

/// Callers of callers that are followed.
const MAX_DEPTH: usize = 4;

/// Files that may mention a handler's name.
const MAX_FILES: usize = 8;

impl Program<'_> {
    /// Whether a function is bound to a route, or is called by such functions only.
    pub(crate) fn is_handler(&self, file: FileIndex, item: ItemIndex) -> bool {
        if !self.may_serve(file) {
            return false;
        }
        let key = (file, item);
        if let Some(known) = self.serving.lock().expect("no panic while held").get(&key) {
            return *known;
        }
        let found = self.is_handler_at(file, item, &mut FxHashMap::default(), 0);
        self.serving.lock().expect("no panic while held").insert(key, found);
        found
    }

    /// Whether a request can reach the package at all: it, or one that depends on it, knows a web framework, or the
    /// configuration names handlers. A file without a package may do anything.
    fn may_serve(&self, file: FileIndex) -> bool {
        if self.handlers.is_some() && self.handlers_named {
            return true;
        }
        let reach = self.reach(file, true);
        reach.is_empty()
            || reach.iter().any(|id| {
                self.workspace.package(*id).dependencies.iter().any(|dep| self.catalogue.is_web(&dep.package))
            })
    }

    fn is_handler_at(
        &self,
        file: FileIndex,
        item: ItemIndex,
        asked: &mut FxHashMap<(FileIndex, ItemIndex), bool>,
        depth: usize,
    ) -> bool {
        if let Some(known) = asked.get(&(file, item)) {
            return *known;
        }
        if depth >= MAX_DEPTH {
            return false;
        }
        asked.insert((file, item), false);
        let Some(data) = self.file(file) else { return false };
        if data.attributes(item).any(binds_route) {
            return true;
        }
        let named = self.handlers.as_ref();
        if named.is_some_and(|named| named(&data.outline.item(item).name, self.path(file))) {
            return true;
        }
        // A handler is named where it is bound; a function that many files name serves more than requests.
        let found = data.outline.item(item);
        let reach = self.reach(file, found.public || found.parent.is_some());
        if self.files_mentioning(&found.name, &reach).len() > MAX_FILES {
            return false;
        }
        let callers = self.callers(file, item);
        let live: Vec<_> =
            callers.iter().filter(|caller| caller.mention.site.production == Production::Yes).collect();
        let all = !live.is_empty()
            && live.iter().all(|caller| {
                let site = &caller.mention.site;
                site.context.in_route
                    || (caller.mention.called
                        && caller.function.is_some()
                        && self.is_handler_at(site.file, caller.item, asked, depth + 1))
            });
        asked.insert((file, item), all);
        all
    }
}

/// Whether an attribute binds a function to a route.
pub(super) fn binds_route(attribute: &str) -> bool {
    let Some((path, args)) = attribute.split_once('(') else { return false };
    let name = path.rsplit("::").next().unwrap_or(path).trim();
    ROUTE_ATTRIBUTES.contains(&name) && args.trim_start().starts_with('"')
}
