//! Types, as far as naming a method's owner takes.

use std::sync::Arc;

use tree_sitter::Node;

use crate::calls::Callable;
use crate::facts::FileIndex;
use crate::go::outline::ItemKind;
use crate::go::program::{FileData, Program};
use crate::go::resolve::Def;
use crate::go::syntax::{self, text};

/// Aliases, fields and embedded types that are followed one into the other.
const MAX_STEPS: u32 = 8;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Ty {
    /// Not known.
    #[default]
    Unknown,
    /// By its canonical path; a name alone for those of the language.
    Named(Arc<str>),
    /// `*T`
    Pointer(Box<Ty>),
    /// `[]T`, `[n]T`, `...T`, `chan T`, and `map[K]T`: what comes out of it.
    Of(Box<Ty>),
    /// A function, by its results.
    Func(Arc<Vec<Ty>>),
    /// A `struct { … }` without a name, by its place.
    Struct(FileIndex, u32, u32),
    /// An `interface { … }` without a name.
    Interface,
}

impl Ty {
    /// A type of the language or of another package.
    pub(super) fn named(path: &str) -> Ty {
        Ty::Named(path.into())
    }

    /// Without pointers around it.
    pub(super) fn peeled(&self) -> &Ty {
        let mut ty = self;
        while let Ty::Pointer(inner) = ty {
            ty = inner;
        }
        ty
    }

    /// The path of the named type, pointers peeled.
    pub(super) fn path(&self) -> Option<&Arc<str>> {
        match self.peeled() {
            Ty::Named(path) => Some(path),
            _ => None,
        }
    }
}

impl Program<'_> {
    /// The type that a syntax node writes out.
    pub(super) fn written(&self, file: FileIndex, data: &FileData, node: Node<'_>) -> Ty {
        self.written_in(file, data, node, MAX_STEPS)
    }

    fn written_in(&self, file: FileIndex, data: &FileData, node: Node<'_>, steps: u32) -> Ty {
        let Some(steps) = steps.checked_sub(1) else { return Ty::Unknown };
        let inner = |field: &str| {
            let node = node.child_by_field_name(field).or_else(|| syntax::children(node).first().copied());
            node.map_or(Ty::Unknown, |node| self.written_in(file, data, node, steps))
        };
        match node.kind() {
            "type_identifier" | "identifier" => self.type_named(file, text(&data.source, node), steps),
            "qualified_type" => {
                let part = |field: &str| node.child_by_field_name(field).map(|part| text(&data.source, part));
                match (part("package"), part("name")) {
                    (Some(package), Some(name)) => self.type_of_package(file, data, package, name, steps),
                    _ => Ty::Unknown,
                }
            }
            "pointer_type" => Ty::Pointer(Box::new(inner(""))),
            "parenthesized_type" | "type_elem" | "type_constraint" | "negated_type" => inner(""),
            "generic_type" => inner("type"),
            "array_type" | "slice_type" | "implicit_length_array_type" => Ty::Of(Box::new(inner("element"))),
            "map_type" | "channel_type" => Ty::Of(Box::new(inner("value"))),
            "function_type" => Ty::Func(Arc::new(self.results_of(file, data, node))),
            "struct_type" => Ty::Struct(file, node.start_byte() as u32, node.end_byte() as u32),
            "interface_type" => Ty::Interface,
            _ => Ty::Unknown,
        }
    }

    /// The types that a function's signature returns.
    pub(super) fn results_of(&self, file: FileIndex, data: &FileData, function: Node<'_>) -> Vec<Ty> {
        let Some(result) = function.child_by_field_name("result") else { return Vec::new() };
        if result.kind() != "parameter_list" {
            return vec![self.written(file, data, result)];
        }
        let mut found = Vec::new();
        for parameter in syntax::children(result) {
            let ty = parameter.child_by_field_name("type");
            let ty = ty.map_or(Ty::Unknown, |ty| self.written(file, data, ty));
            let names = syntax::fields(parameter, "name").len().max(1);
            found.extend(std::iter::repeat_n(ty, names));
        }
        found
    }

    fn type_named(&self, file: FileIndex, name: &str, steps: u32) -> Ty {
        let package = self.package_id(file);
        if let Some(item) = self.declared_in(package, name) {
            return self.type_of_item(item, name, steps);
        }
        match self.through_dot(file, name) {
            Some(Def::Item(item)) => self.type_of_item(item, name, steps),
            Some(Def::Extern(path)) => Ty::Named(path),
            _ => Ty::named(name),
        }
    }

    fn type_of_package(&self, file: FileIndex, data: &FileData, package: &str, name: &str, steps: u32) -> Ty {
        match self.member_of_import(file, data, package, name) {
            Some(Def::Item(item)) => self.type_of_item(item, name, steps),
            Some(Def::Extern(path)) => Ty::Named(path),
            _ => Ty::Unknown,
        }
    }

    /// The type that an item declares; an alias is what it stands for.
    fn type_of_item(&self, (file, index): Callable, name: &str, steps: u32) -> Ty {
        let Some(data) = self.file(file) else { return Ty::Unknown };
        let item = data.outline.item(index);
        if item.kind != ItemKind::Type {
            return Ty::Unknown;
        }
        if item.node == "type_alias"
            && let Some(node) = syntax::node_at(&data.tree, item.span, item.node)
            && let Some(target) = node.child_by_field_name("type")
        {
            return self.written_in(file, data, target, steps);
        }
        Ty::Named(format!("{}::{name}", self.package(file).path).into())
    }

    /// The node behind a type of the workspace: what stands right of its name.
    fn definition(&self, path: &str) -> Option<(FileIndex, Node<'_>)> {
        let (package, name) = path.rsplit_once("::")?;
        let (file, index) = self.declared_in(self.package_at(package)?, name)?;
        let data = self.file(file)?;
        let item = data.outline.item(index);
        if item.kind != ItemKind::Type {
            return None;
        }
        let node = syntax::node_at(&data.tree, item.span, item.node)?;
        Some((file, node.child_by_field_name("type")?))
    }

    /// Whether values of a type are interfaces, so that a call on one may reach any method of its name.
    pub(super) fn is_interface(&self, ty: &Ty) -> bool {
        match ty.peeled() {
            Ty::Interface => true,
            Ty::Named(path) if &**path == "any" || &**path == "error" => true,
            Ty::Named(path) => self.definition(path).is_some_and(|(_, node)| node.kind() == "interface_type"),
            _ => false,
        }
    }

    /// The type of a field, embedded types' fields among them.
    pub(super) fn field(&self, ty: &Ty, name: &str) -> Option<Ty> {
        self.field_within(ty, name, MAX_STEPS)
    }

    fn field_within(&self, ty: &Ty, name: &str, steps: u32) -> Option<Ty> {
        let steps = steps.checked_sub(1)?;
        let (file, node) = match ty.peeled() {
            Ty::Named(path) => match self.definition(path) {
                Some(found) => found,
                None => return self.catalogue.made_by(&format!("{path}::{name}")).map(Ty::named),
            },
            Ty::Struct(file, start, end) => {
                let data = self.file(*file)?;
                let span = crate::source::Span { start: *start, end: *end };
                (*file, syntax::node_at(&data.tree, span, "struct_type")?)
            }
            _ => return None,
        };
        if node.kind() != "struct_type" {
            // `type A B`: the fields of B are A's.
            let data = self.file(file)?;
            let other = self.written(file, data, node);
            return if other == *ty { None } else { self.field_within(&other, name, steps) };
        }
        let data = self.file(file)?;
        let mut embedded = Vec::new();
        for field in self.fields_of(node) {
            let Some(written) = field.child_by_field_name("type") else { continue };
            let names = syntax::fields(field, "name");
            if names.iter().any(|own| text(&data.source, *own) == name) {
                return Some(self.written(file, data, written));
            }
            if names.is_empty() {
                let ty = self.written(file, data, written);
                if ty.path().is_some_and(|path| path.rsplit(['/', ':']).next() == Some(name)) {
                    return Some(ty);
                }
                embedded.push(ty);
            }
        }
        embedded.iter().find_map(|ty| self.field_within(ty, name, steps))
    }

    fn fields_of<'t>(&self, structure: Node<'t>) -> Vec<Node<'t>> {
        syntax::child(structure, "field_declaration_list").map_or_else(Vec::new, syntax::children)
    }

    /// The types that a struct of the workspace embeds.
    pub(super) fn embedded(&self, path: &str) -> Vec<Ty> {
        let Some((file, node)) = self.definition(path) else { return Vec::new() };
        let Some(data) = self.file(file) else { return Vec::new() };
        if node.kind() == "interface_type" {
            let parts = syntax::children(node).into_iter().filter(|part| part.kind() == "type_elem");
            return parts.map(|part| self.written(file, data, part)).collect();
        }
        let unnamed = |field: &Node<'_>| field.child_by_field_name("name").is_none();
        let fields = self.fields_of(node).into_iter().filter(unnamed);
        fields
            .filter_map(|field| Some(self.written(file, data, field.child_by_field_name("type")?)))
            .collect()
    }

    /// What calling a method of a type means, the methods of embedded types among them.
    pub(super) fn method(&self, ty: &Ty, name: &str) -> Option<Def> {
        self.method_within(ty, name, MAX_STEPS)
    }

    fn method_within(&self, ty: &Ty, name: &str, steps: u32) -> Option<Def> {
        let steps = steps.checked_sub(1)?;
        let path = ty.path()?;
        if let Some(found) = self.method_of(path, name) {
            return Some(Def::Item(found));
        }
        let own = path.rsplit_once("::").is_some_and(|(package, _)| self.package_at(package).is_some());
        if !own {
            return Some(Def::Extern(format!("{path}::{name}").into()));
        }
        let embedded = self.embedded(path);
        // An outer package's type says nothing about which methods it has, unless the catalogue knows it.
        let known = |ty: &&Ty| match self.method_within(ty, name, steps) {
            Some(Def::Extern(path)) => self.catalogue.knows(&path),
            found => found.is_some(),
        };
        let found = embedded.iter().find(known).or(embedded.first().filter(|_| embedded.len() == 1));
        found.and_then(|ty| self.method_within(ty, name, steps))
    }

    /// The results of a function or method of the workspace.
    pub(super) fn results(&self, (file, index): Callable) -> Arc<Vec<Ty>> {
        if let Some(known) = self.results.lock().expect("no panic while held").get(&(file, index)) {
            return known.clone();
        }
        let found = self.file(file).map_or_else(Vec::new, |data| {
            let item = data.outline.item(index);
            let node = syntax::node_at(&data.tree, item.span, item.node);
            node.map_or_else(Vec::new, |node| self.results_of(file, data, node))
        });
        let found = Arc::new(found);
        self.results.lock().expect("no panic while held").insert((file, index), found.clone());
        found
    }
}
