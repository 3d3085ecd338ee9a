//! Which functions serve requests.

use runtime_policy_rules::{HandlerShape, Language};
use tree_sitter::Node;

use crate::calls::{self, Callable};
use crate::facts::FileIndex;
use crate::go::outline::ItemKind;
use crate::go::program::{FileData, Program};
use crate::go::syntax;
use crate::go::types::Ty;
use crate::identifiers::Hashed;

/// Files that may mention a handler's name.
const MAX_FILES: usize = 12;

impl Program<'_> {
    /// Whether a function is bound to a route, or is called by such functions only.
    pub(super) fn is_handler(&self, function: Callable) -> bool {
        if let Some(known) = self.serving.lock().expect("no panic while held").get(&function) {
            return *known;
        }
        let found = calls::is_handler(self, function);
        self.serving.lock().expect("no panic while held").insert(function, found);
        found
    }

    /// Whether a function's signature or receiver, or the configuration, says that it serves requests.
    pub(super) fn serves(&self, (file, index): Callable) -> bool {
        let Some(data) = self.file(file) else { return false };
        let item = data.outline.item(index);
        if !matches!(item.kind, ItemKind::Func | ItemKind::Method) {
            return false;
        }
        if self.handlers.as_ref().is_some_and(|named| named(item.name(), self.path(file))) {
            return true;
        }
        let Some(node) = syntax::node_at(&data.tree, item.span, item.node) else { return false };
        self.is_handler_signature(file, data, node) || self.is_remote_procedure(file, data, index, node)
    }

    /// Whether so many files name a function that it serves more than requests.
    pub(super) fn is_named_widely(&self, (file, index): Callable) -> bool {
        let Some(data) = self.file(file) else { return false };
        let word = Hashed::of(data.outline.item(index).name());
        self.reach(file, index).iter().filter(|file| self.may_hold(**file, word)).count() > MAX_FILES
    }

    /// Whether a function or closure takes what only handlers take.
    pub(super) fn is_handler_signature(&self, file: FileIndex, data: &FileData, function: Node<'_>) -> bool {
        let Some(parameters) = function.child_by_field_name("parameters") else { return false };
        // Most functions are told by their text alone.
        let text = syntax::text(&data.source, parameters);
        let last = |shape: &HandlerShape| {
            shape
                .parameters
                .iter()
                .next()
                .is_some_and(|path| text.contains(path.rsplit("::").next().unwrap_or(path)))
        };
        let shapes = runtime_policy_rules::handlers(Language::Go);
        let mut likely = shapes.iter().filter(|shape| last(shape)).peekable();
        if likely.peek().is_none() {
            return false;
        }
        let name = function.child_by_field_name("name").map(|name| syntax::text(&data.source, name));
        let types = self.parameter_types(file, data, function);
        likely.any(|shape| {
            shape.method.as_deref().is_none_or(|method| name == Some(method))
                && shape.parameters.len() <= types.len()
                && shape
                    .parameters
                    .iter()
                    .zip(&types)
                    .all(|(wanted, ty)| **wanted == *"*" || ty.path().is_some_and(|path| **path == **wanted))
        })
    }

    /// A method of a gRPC service: of a type that embeds `Unimplemented…Server`, with a context and a message.
    fn is_remote_procedure(&self, file: FileIndex, data: &FileData, index: u32, node: Node<'_>) -> bool {
        let Some(receiver) = &data.outline.item(index).receiver else { return false };
        if !data.outline.item(index).is_exported() {
            return false;
        }
        let path = format!("{}::{receiver}", self.package(file).path);
        if self.is_request_and_answer(file, data, node) {
            return true;
        }
        let serves = self.embedded(&path).iter().any(|ty| {
            let name = ty.path().and_then(|path| path.rsplit("::").next());
            name.is_some_and(|name| name.starts_with("Unimplemented") && name.ends_with("Server"))
        });
        let takes = || {
            self.parameter_types(file, data, node).first().is_some_and(|ty| {
                ty.path().is_some_and(|path| &**path == "context::Context" || path.ends_with("Server"))
            })
        };
        serves && takes()
    }

    /// `(context.Context, *XRequest) (*XResponse, error)`: the form of a remote procedure, whatever serves it.
    fn is_request_and_answer(&self, file: FileIndex, data: &FileData, node: Node<'_>) -> bool {
        let ends = |ty: Option<&Ty>, words: &[&str]| {
            let pointee = match ty {
                Some(Ty::Pointer(inner)) => inner.path(),
                _ => None,
            };
            pointee.is_some_and(|path| words.iter().any(|word| path.ends_with(word)))
        };
        let text = syntax::text(&data.source, node.child_by_field_name("parameters").unwrap_or(node));
        if !text.contains("context.Context") {
            return false;
        }
        let takes = self.parameter_types(file, data, node);
        let gives = self.results_of(file, data, node);
        takes.len() == 2
            && gives.len() == 2
            && ends(takes.get(1), &["Request", "Req"])
            && ends(gives.first(), &["Response", "Reply", "Resp"])
    }

    /// The types of a function's parameters.
    pub(super) fn parameter_types(&self, file: FileIndex, data: &FileData, function: Node<'_>) -> Vec<Ty> {
        let parameters = function.child_by_field_name("parameters").map_or_else(Vec::new, syntax::children);
        let types = parameters.into_iter().filter_map(|parameter| parameter.child_by_field_name("type"));
        types.map(|ty| self.written(file, data, ty)).collect()
    }

    /// Whether a type is of a path, or a pointer, slice or channel of it.
    pub(super) fn holds(&self, ty: &Ty, path: &str) -> bool {
        match ty {
            Ty::Named(own) => **own == *path,
            Ty::Pointer(inner) | Ty::Of(inner) => self.holds(inner, path),
            _ => false,
        }
    }
}
