//! What a file declares at its top.

use tree_sitter::Node;

use crate::go::imports::{Import, ImportName, imports};
use crate::go::syntax::{self, span, text};
use crate::source::{Source, Span};

/// Number of an item in its file.
pub(super) type ItemIndex = u32;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Func,
    Method,
    Type,
    Var,
    Const,
}

impl ItemKind {
    /// The word that declares it.
    pub(crate) fn keyword(self) -> &'static str {
        match self {
            ItemKind::Func | ItemKind::Method => "func",
            ItemKind::Type => "type",
            ItemKind::Var => "var",
            ItemKind::Const => "const",
        }
    }
}

/// A declaration: a function, or one line of a `var`, `const` or `type` block.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub kind: ItemKind,
    /// The names that it declares; one but for `var a, b = …`.
    pub names: Vec<Box<str>>,
    /// The node, for functions without their comments.
    pub span: Span,
    /// The node's kind in the grammar.
    pub node: &'static str,
    /// Name of the type that a method belongs to.
    pub receiver: Option<Box<str>>,
    /// Whether it is nested too deep, too long or broken to be walked.
    pub unfit: bool,
}

impl Item {
    /// Its name, the first one.
    pub(crate) fn name(&self) -> &str {
        self.names.first().map_or("", |name| name)
    }

    /// Whether other packages can name it.
    pub(super) fn is_exported(&self) -> bool {
        self.name().starts_with(char::is_uppercase)
    }

    /// Whether it holds code: functions with a body, variables and constants.
    pub(crate) fn is_unit(&self) -> bool {
        self.kind != ItemKind::Type
    }
}

/// A file's top.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// As the `package` clause says.
    pub package: Box<str>,
    pub(super) imports: Vec<Import>,
    pub items: Vec<Item>,
    /// Where the first declaration begins that is no import.
    pub header_end: u32,
}

impl Outline {
    /// Imports that give a package another name than its own, or none.
    pub(crate) fn imports_renamed(&self) -> impl Iterator<Item = Span> {
        let renames = |import: &&Import| matches!(import.name, ImportName::Other(_) | ImportName::Dot);
        self.imports.iter().filter(renames).map(|import| import.span)
    }
}

/// Outlines a file.
pub(super) fn outline(source: &Source, root: Node<'_>) -> Outline {
    let mut found = Outline { imports: imports(source, root), ..Outline::default() };
    found.header_end = source.text.len() as u32;
    for node in syntax::children(root) {
        match node.kind() {
            "package_clause" => {
                let name = syntax::child(node, "package_identifier");
                found.package = name.map_or("", |name| text(source, name)).into();
            }
            "import_declaration" => {}
            _ => {
                found.header_end = found.header_end.min(node.start_byte() as u32);
                declaration(source, node, &mut found.items);
            }
        }
    }
    found
}

fn declaration(source: &Source, node: Node<'_>, items: &mut Vec<Item>) {
    match node.kind() {
        "function_declaration" => items.push(item(source, node, ItemKind::Func, None)),
        "method_declaration" => {
            let receiver = receiver(source, node).map(|(_, name)| name);
            items.push(item(source, node, ItemKind::Method, receiver));
        }
        "type_declaration" | "var_declaration" | "const_declaration" | "var_spec_list" => {
            for spec in syntax::children(node) {
                match spec.kind() {
                    "type_spec" | "type_alias" => items.push(item(source, spec, ItemKind::Type, None)),
                    "var_spec" => items.push(item(source, spec, ItemKind::Var, None)),
                    "const_spec" => items.push(item(source, spec, ItemKind::Const, None)),
                    "var_spec_list" => declaration(source, spec, items),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn item(source: &Source, node: Node<'_>, kind: ItemKind, receiver: Option<Box<str>>) -> Item {
    let names = syntax::fields(node, "name").into_iter().map(|name| text(source, name).into()).collect();
    Item { kind, names, span: span(node), node: node.kind(), receiver, unfit: node.has_error() }
}

/// The name of a method's receiver, if it has one, and the name of its type.
pub(super) fn receiver(source: &Source, method: Node<'_>) -> Option<(Option<Box<str>>, Box<str>)> {
    let parameter = syntax::child(method.child_by_field_name("receiver")?, "parameter_declaration")?;
    let name = parameter.child_by_field_name("name").map(|name| text(source, name).into());
    let mut ty = parameter.child_by_field_name("type")?;
    for _ in 0..4 {
        ty = match ty.kind() {
            "pointer_type" | "parenthesized_type" => syntax::children(ty).first().copied()?,
            "generic_type" => ty.child_by_field_name("type")?,
            _ => break,
        };
    }
    Some((name, text(source, ty).into()))
}

impl Outline {
    /// The item that a byte lies in.
    pub(super) fn item_at(&self, at: u32) -> Option<ItemIndex> {
        self.items.iter().position(|item| item.span.covers(at)).map(|index| index as ItemIndex)
    }

    /// The item that declares a name, methods left out.
    pub(super) fn declared(&self, name: &str) -> Option<ItemIndex> {
        let declares =
            |item: &Item| item.kind != ItemKind::Method && item.names.iter().any(|own| **own == *name);
        self.items.iter().position(declares).map(|index| index as ItemIndex)
    }

    /// An item.
    pub(crate) fn item(&self, index: ItemIndex) -> &Item {
        &self.items[index as usize]
    }
}
