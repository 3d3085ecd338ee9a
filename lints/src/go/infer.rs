//! What a name means where the walk stands, and what type an expression has.

use tree_sitter::Node;

use crate::go::calls::callee;
use crate::go::outline::ItemKind;
use crate::go::resolve::Def;
use crate::go::syntax::{self, children};
use crate::go::types::Ty;
use crate::go::walk::{Origin, Walker};

/// Expressions that are looked into, one through the other.
const MAX_STEPS: u32 = 16;

impl<'p> Walker<'p> {
    /// What a name or selector means: a function, variable or type of a package, or a method.
    pub(super) fn def_of(&self, node: Node<'p>) -> Option<Def> {
        self.def_at(node, self.env, MAX_STEPS)
    }

    fn def_at(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Option<Def> {
        let steps = steps.checked_sub(1)?;
        match node.kind() {
            "identifier" | "type_identifier" => {
                let name = self.text(node);
                if self.variable_at(name, env).is_some() {
                    return None;
                }
                let own = self.program.declared_in(self.program.package_id(self.file), name).map(Def::Item);
                own.or_else(|| self.program.through_dot(self.file, name))
            }
            "selector_expression" | "qualified_type" => {
                let name = self.text(node.child_by_field_name("field").or(node.child_by_field_name("name"))?);
                let operand = node.child_by_field_name("operand").or(node.child_by_field_name("package"))?;
                if let Some(package) = self.package_at(operand, env) {
                    return self.program.member_of_import(self.file, self.data, package, name);
                }
                let ty = self.type_or_value(operand, env, steps);
                // A field of that name is no method.
                match ty.path() {
                    Some(path) if self.program.method_of(path, name).is_none() => {
                        let field = self.program.field(&ty, name);
                        if field.is_some() && !self.catalogue.knows(&format!("{path}::{name}")) {
                            return None;
                        }
                        self.program.method(&ty, name)
                    }
                    Some(_) => self.program.method(&ty, name),
                    None => None,
                }
            }
            "parenthesized_expression" => self.def_at(children(node).first().copied()?, env, steps),
            _ => None,
        }
    }

    /// The name of a package, where a node is one.
    fn package_at(&self, node: Node<'p>, env: Option<u32>) -> Option<&'p str> {
        let name = self.text(node);
        let is_name = matches!(node.kind(), "identifier" | "package_identifier");
        let is_package = is_name
            && self.variable_at(name, env).is_none()
            && self.program.import(self.data, name).is_some();
        is_package.then_some(name)
    }

    /// Whether a selector picks something out of a package.
    pub(super) fn is_package(&self, selector: Node<'p>) -> bool {
        selector
            .child_by_field_name("operand")
            .is_some_and(|operand| self.package_at(operand, self.env).is_some())
    }

    /// The type of what a method is picked out of: a value, or a type written out (`(*T).Method`).
    fn type_or_value(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Ty {
        if let Some(Def::Item((file, item))) = self.def_at(node, env, steps)
            && let Some(data) = self.program.file(file)
            && data.outline.item(item).kind == ItemKind::Type
        {
            return Ty::named(&self.program.item_path((file, item)));
        }
        self.infer_at(node, env, steps)
    }

    /// The type of an expression.
    pub(super) fn infer(&self, node: Node<'p>) -> Ty {
        self.infer_at(node, self.env, MAX_STEPS)
    }

    fn infer_at(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Ty {
        let Some(steps) = steps.checked_sub(1) else { return Ty::Unknown };
        let inner = || children(node).first().map_or(Ty::Unknown, |inner| self.infer_at(*inner, env, steps));
        let operand = || {
            let operand = node.child_by_field_name("operand");
            operand.map_or(Ty::Unknown, |operand| self.infer_at(operand, env, steps))
        };
        let written = || {
            let ty = node.child_by_field_name("type");
            ty.map_or(Ty::Unknown, |ty| self.program.written(self.file, self.data, ty))
        };
        match node.kind() {
            "identifier" => self.type_of_name(node, env, steps),
            "selector_expression" => self.type_of_selector(node, env, steps),
            "call_expression" => self.results_at(node, env, steps).into_iter().next().unwrap_or_default(),
            "parenthesized_expression" | "expression_list" => inner(),
            "unary_expression" => match self.text(node).as_bytes().first() {
                Some(b'&') => Ty::Pointer(Box::new(inner())),
                Some(b'*') => match inner() {
                    Ty::Pointer(ty) => *ty,
                    other => other,
                },
                Some(b'<') => element(inner()),
                _ => inner(),
            },
            "composite_literal" | "type_conversion_expression" | "type_assertion_expression" => written(),
            "index_expression" => element(operand()),
            "slice_expression" => operand(),
            "func_literal" => Ty::Func(self.program.results_of(self.file, self.data, node).into()),
            "interpreted_string_literal" | "raw_string_literal" => Ty::named("string"),
            "int_literal" => Ty::named("int"),
            "true" | "false" => Ty::named("bool"),
            _ => Ty::Unknown,
        }
    }

    fn type_of_name(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Ty {
        let name = self.text(node);
        if let Some(variable) = self.variable_at(name, env) {
            return self.type_of_variable(variable, steps);
        }
        match self.def_at(node, env, steps) {
            Some(def) => self.type_of_def(&def, steps),
            None => Ty::Unknown,
        }
    }

    fn type_of_variable(&self, variable: u32, steps: u32) -> Ty {
        let binding = &self.bindings[variable as usize];
        match binding.origin {
            Origin::Typed(ty) => {
                let written = self.program.written(self.file, self.data, ty);
                let variadic = ty.parent().is_some_and(|up| up.kind() == "variadic_parameter_declaration");
                if variadic { Ty::Of(Box::new(written)) } else { written }
            }
            Origin::Value(value, at) => match value.kind() {
                "call_expression" => {
                    self.results_at(value, binding.previous, steps).into_iter().nth(at).unwrap_or_default()
                }
                _ if at == 0 => self.infer_at(value, binding.previous, steps),
                _ => Ty::Unknown,
            },
            Origin::Range(value, 1) => element(self.infer_at(value, binding.previous, steps)),
            Origin::Range(value, _) => match self.infer_at(value, binding.previous, steps) {
                // Over a channel the one name is the element; over a slice or map it is the key.
                ty @ Ty::Of(_) if value.kind() != "identifier" => element(ty),
                _ => Ty::Unknown,
            },
            Origin::Nothing => Ty::Unknown,
        }
    }

    fn type_of_selector(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Ty {
        let (Some(operand), Some(field)) =
            (node.child_by_field_name("operand"), node.child_by_field_name("field"))
        else {
            return Ty::Unknown;
        };
        if let Some(package) = self.package_at(operand, env) {
            let def = self.program.member_of_import(self.file, self.data, package, self.text(field));
            return def.map_or(Ty::Unknown, |def| self.type_of_def(&def, steps));
        }
        let ty = self.infer_at(operand, env, steps);
        if let Some(found) = self.program.field(&ty, self.text(field)) {
            return found;
        }
        match self.program.method(&ty, self.text(field)) {
            Some(Def::Item(item)) => Ty::Func(self.program.results(item)),
            _ => Ty::Unknown,
        }
    }

    /// The type of a variable, constant or function of a package.
    fn type_of_def(&self, def: &Def, steps: u32) -> Ty {
        let (file, index) = match def {
            Def::Item(item) => *item,
            Def::Extern(path) => return self.catalogue.made_by(path).map_or(Ty::Unknown, Ty::named),
        };
        let Some(data) = self.program.file(file) else { return Ty::Unknown };
        let item = data.outline.item(index);
        let Some(node) = syntax::node_at(&data.tree, item.span, item.node) else { return Ty::Unknown };
        match item.kind {
            ItemKind::Func | ItemKind::Method => Ty::Func(self.program.results((file, index))),
            ItemKind::Type => Ty::Unknown,
            ItemKind::Var | ItemKind::Const => {
                if let Some(ty) = node.child_by_field_name("type") {
                    return self.program.written(file, data, ty);
                }
                let values: Vec<Node<'p>> =
                    syntax::fields(node, "value").into_iter().flat_map(children).collect();
                let there = Walker::new(self.program, file, data, self.production);
                values.first().map_or(Ty::Unknown, |value| there.infer_at(*value, None, steps))
            }
        }
    }

    fn results_at(&self, call: Node<'p>, env: Option<u32>, steps: u32) -> Vec<Ty> {
        let (Some(steps), Some(function)) = (steps.checked_sub(1), callee(call)) else { return Vec::new() };
        let args = self.arguments(call);
        match function.kind() {
            "func_literal" => self.program.results_of(self.file, self.data, function),
            "identifier" => {
                let name = self.text(function);
                if let Some(variable) = self.variable_at(name, env) {
                    return results(self.type_of_variable(variable, steps));
                }
                match (self.def_at(function, env, steps), name) {
                    (Some(def), _) => self.results_of_def(&def, steps),
                    (None, "new" | "make") => {
                        let ty = args.first().map(|ty| self.program.written(self.file, self.data, *ty));
                        let ty = ty.unwrap_or_default();
                        vec![if name == "new" { Ty::Pointer(Box::new(ty)) } else { ty }]
                    }
                    (None, "append") => {
                        args.first().map(|arg| self.infer_at(*arg, env, steps)).into_iter().collect()
                    }
                    (None, basic) => vec![Ty::named(basic)],
                }
            }
            "selector_expression" => match self.def_at(function, env, steps) {
                Some(def) => self.results_of_def(&def, steps),
                None => results(self.type_of_selector(function, env, steps)),
            },
            // A conversion: `(*T)(p)`, `[]byte(s)`.
            "unary_expression" | "pointer_type" | "slice_type" | "array_type" | "map_type" => {
                vec![self.converted(function)]
            }
            _ => Vec::new(),
        }
    }

    /// The type that `(*T)(x)` converts to.
    fn converted(&self, node: Node<'p>) -> Ty {
        if node.kind() != "unary_expression" {
            return self.program.written(self.file, self.data, node);
        }
        let inner = children(node).first().copied();
        let def = inner.and_then(|inner| self.def_of(inner));
        def.map_or(Ty::Unknown, |def| Ty::Pointer(Box::new(Ty::Named(self.program.canonical(&def)))))
    }

    fn results_of_def(&self, def: &Def, steps: u32) -> Vec<Ty> {
        match def {
            Def::Extern(path) => match self.catalogue.made_by(path) {
                Some(made) => vec![Ty::named(made)],
                // A conversion to another package's type.
                None if self.catalogue.is_receiver(path) => vec![Ty::Named(path.clone())],
                None => Vec::new(),
            },
            Def::Item((file, item)) => {
                let Some(data) = self.program.file(*file) else { return Vec::new() };
                match data.outline.item(*item).kind {
                    ItemKind::Type => vec![Ty::named(&self.program.item_path((*file, *item)))],
                    ItemKind::Func | ItemKind::Method => self.program.results((*file, *item)).to_vec(),
                    ItemKind::Var | ItemKind::Const => results(self.type_of_def(def, steps)),
                }
            }
        }
    }
}

fn element(ty: Ty) -> Ty {
    match ty.peeled() {
        Ty::Of(inner) => (**inner).clone(),
        _ => Ty::Unknown,
    }
}

fn results(ty: Ty) -> Vec<Ty> {
    match ty {
        Ty::Func(results) => results.to_vec(),
        _ => Vec::new(),
    }
}
