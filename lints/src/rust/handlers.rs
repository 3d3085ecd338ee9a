//! Which functions serve requests.

use crate::calls;
use crate::rust::outline::{ItemIndex, ItemKind};
use crate::rust::program::{FileData, FileIndex, Program};
use crate::rust::resolve::{Def, Space};
use crate::source::Span;

/// Attributes that bind a function to a route, by their last segment, with a path as their first argument.
const ROUTE_ATTRIBUTES: &[&str] = &[
    "get", "post", "put", "delete", "patch", "head", "options", "route", "connect", "trace", "handler",
    "endpoint",
];

/// Types by which the methods of gRPC services are told, as they are written, with their paths.
const REQUESTS: &[(&str, &[&str])] =
    &[("Request<", &["tonic::Request", "tonic::request::Request"]), ("RpcContext", &["grpcio::RpcContext"])];

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
        let found = calls::is_handler(self, key);
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

    /// Whether an attribute binds a function to a route, its signature is a remote call's, or the configuration names it.
    pub(super) fn is_bound(&self, file: FileIndex, item: ItemIndex) -> bool {
        let Some(data) = self.file(file) else { return false };
        let named = self.handlers.as_ref();
        data.attributes(item).any(binds_route)
            || self.answers_calls(data, file, item)
            || named.is_some_and(|named| named(&data.outline.item(item).name, self.path(file)))
    }

    /// Whether a function is a method of a gRPC service: it implements a trait, and takes the framework's request.
    fn answers_calls(&self, data: &FileData, file: FileIndex, item: ItemIndex) -> bool {
        let found = data.outline.item(item);
        let Some(body) = found.body.filter(|_| found.kind == ItemKind::Fn) else { return false };
        let head = data.source.slice(Span { start: found.head.start, end: body.start });
        let Some((name, paths)) = REQUESTS.iter().find(|(name, _)| head.contains(name)) else { return false };
        let of_trait = found
            .parent
            .filter(|parent| data.outline.item(*parent).kind == ItemKind::Impl)
            .and_then(|parent| self.impl_head(file, parent))
            .is_some_and(|(of_trait, _)| of_trait.is_some());
        if !of_trait {
            return false;
        }
        let written = paths.iter().any(|path| head.contains(path));
        let module = self.enclosing_module(data, found.parent, file);
        let is_known = |def| matches!(def, Some(Def::Extern(path)) if paths.contains(&&*path));
        written || is_known(self.name(module, name.trim_end_matches('<'), Space::Types))
    }

    /// Whether so many files name a function that it serves more than requests.
    pub(super) fn is_widely_named(&self, file: FileIndex, item: ItemIndex) -> bool {
        let Some(data) = self.file(file) else { return false };
        let found = data.outline.item(item);
        let reach = self.reach(file, found.public || found.parent.is_some());
        self.files_mentioning(&found.name, &reach).len() > MAX_FILES
    }
}

/// Whether an attribute binds a function to a route.
pub(super) fn binds_route(attribute: &str) -> bool {
    let Some((path, args)) = attribute.split_once('(') else { return false };
    let name = path.rsplit("::").next().unwrap_or(path).trim();
    ROUTE_ATTRIBUTES.contains(&name) && args.trim_start().starts_with('"')
}
