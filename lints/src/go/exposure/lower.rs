//! Syntax to sketches.

use std::cell::OnceCell;
use std::rc::Rc;

use rustc_hash::FxHashSet;
use tree_sitter::Node as Syntax;

use crate::calls::Callable;
use crate::exposure::sketch::{Arm, Bind, Kind, Node, Param};
use crate::go::exposure::{Scope, Sketch};
use crate::go::outline::ItemKind;
use crate::go::program::{FileData, Program};
use crate::go::syntax::{self, children, fields, span, text};

impl Program<'_> {
    /// The sketch of a function, variable or constant; `None` for other items and what cannot be walked.
    pub(super) fn sketch(&self, (file, index): Callable) -> Option<Sketch> {
        let data = self.file(file)?;
        let item = data.outline.item(index);
        if item.unfit {
            return None;
        }
        let node = syntax::node_at(&data.tree, item.span, item.node)?;
        let mut lower = Lower { program: self, file, data, own: None, locals: FxHashSet::default() };
        let receiver = node.child_by_field_name("receiver").and_then(|list| children(list).first().copied());
        lower.own =
            receiver.and_then(|own| own.child_by_field_name("name")).map(|name| text(&data.source, name));
        lower.note_locals(node);
        let params = node.child_by_field_name("parameters").map_or_else(Vec::new, |list| lower.params(list));
        let body = match item.kind {
            ItemKind::Func | ItemKind::Method => lower.node(node.child_by_field_name("body")?),
            ItemKind::Var | ItemKind::Const => {
                let values: Vec<Node> = fields(node, "value")
                    .into_iter()
                    .flat_map(
                        |list| if list.kind() == "expression_list" { children(list) } else { vec![list] },
                    )
                    .map(|value| lower.node(value))
                    .collect();
                Node { span: span(node), kind: Kind::List(values) }
            }
            ItemKind::Type => return None,
        };
        let own = item.receiver.as_ref().map(|name| format!("{}::{name}", self.package(file).path).into());
        let list = node.child_by_field_name("result").filter(|list| list.kind() == "parameter_list");
        let results = list.map_or_else(Vec::new, |list| lower.params(list));
        Some(Sketch {
            file,
            item: index,
            scope: Scope { own, results },
            params,
            method: item.receiver.is_some(),
            returns: String::new(),
            body,
            production: self.production(file, Some(index)),
            bindings: OnceCell::new(),
        })
    }
}

/// Syntax to nodes.
struct Lower<'p> {
    program: &'p Program<'p>,
    file: u32,
    data: &'p FileData,
    /// The receiver's name.
    own: Option<&'p str>,
    /// Names that the item declares: they hide packages.
    locals: FxHashSet<&'p str>,
}

impl<'p> Lower<'p> {
    fn text(&self, node: Syntax<'p>) -> &'p str {
        text(&self.data.source, node)
    }

    /// All names declared anywhere in the item.
    fn note_locals(&mut self, node: Syntax<'p>) {
        let declares = match node.kind() {
            "short_var_declaration" | "range_clause" => {
                node.child_by_field_name("left").map_or_else(Vec::new, children)
            }
            "var_spec" | "const_spec" | "parameter_declaration" | "variadic_parameter_declaration" => {
                fields(node, "name")
            }
            _ => Vec::new(),
        };
        let source = &self.data.source;
        let names = declares.into_iter().filter(|name| name.kind() == "identifier");
        self.locals.extend(names.map(|name| text(source, name)));
        for child in children(node) {
            self.note_locals(child);
        }
    }

    /// The parameters of a list; the type as its canonical path, where it is a named one.
    fn params(&self, list: Syntax<'p>) -> Vec<Param> {
        let mut found = Vec::new();
        for parameter in children(list) {
            let ty = parameter.child_by_field_name("type").map_or_else(String::new, |ty| self.ty(ty));
            let names = fields(parameter, "name");
            if names.is_empty() {
                found.push(Param { names: Vec::new(), ty: ty.clone() });
            }
            found.extend(names.iter().map(|name| Param { names: vec![self.name(*name)], ty: ty.clone() }));
        }
        found
    }

    fn ty(&self, node: Syntax<'p>) -> String {
        let ty = self.program.written(self.file, self.data, node);
        ty.path().map_or_else(|| self.text(node).to_owned(), ToString::to_string)
    }

    fn name(&self, node: Syntax<'p>) -> String {
        let name = self.text(node);
        if self.own == Some(name) { "self".to_owned() } else { name.to_owned() }
    }

    fn boxed(&self, node: Syntax<'p>) -> Box<Node> {
        Box::new(self.node(node))
    }

    fn nodes(&self, list: impl IntoIterator<Item = Syntax<'p>>) -> Vec<Node> {
        list.into_iter().map(|node| self.node(node)).collect()
    }

    fn field(&self, node: Syntax<'p>, name: &str) -> Option<Node> {
        node.child_by_field_name(name).map(|child| self.node(child))
    }

    fn node(&self, node: Syntax<'p>) -> Node {
        let inner = || children(node).first().copied();
        let kind = match node.kind() {
            "identifier" | "type_identifier" | "field_identifier" | "nil" => {
                Kind::Path(vec![self.name(node)])
            }
            "interpreted_string_literal" | "raw_string_literal" => {
                Kind::Text(unquoted(self.text(node)).into())
            }
            "int_literal" => {
                self.text(node).replace('_', "").parse().map_or(Kind::Other(Vec::new()), Kind::Int)
            }
            "selector_expression" | "qualified_type" => self.selector(node),
            "call_expression" => self.call(node),
            "type_conversion_expression" => match node.child_by_field_name("operand") {
                Some(operand) => return self.node(operand),
                None => Kind::Other(Vec::new()),
            },
            "composite_literal" => self.literal(node),
            "func_literal" => self.closure(node),
            "parenthesized_expression"
            | "unary_expression"
            | "expression_statement"
            | "go_statement"
            | "defer_statement"
            | "literal_element"
            | "type_assertion_expression"
            | "generic_type" => match node.child_by_field_name("operand").or_else(inner) {
                Some(inner) => return self.node(inner),
                None => Kind::Other(Vec::new()),
            },
            "binary_expression" => self.binary(node),
            "block" | "statement_list" => return self.block(node),
            "short_var_declaration" => self.declare(node),
            "var_spec" | "const_spec" => self.spec(node),
            "assignment_statement" => self.assign(node),
            "return_statement" => Kind::Return(inner().map(|list| {
                let mut values = self.nodes(children(list));
                Box::new(match values.len() {
                    1 => values.remove(0),
                    _ => Node { span: span(list), kind: Kind::List(values) },
                })
            })),
            "if_statement" => return self.branch(node),
            "expression_switch_statement" => self.switch(node),
            "range_clause" => Kind::Let {
                binds: node
                    .child_by_field_name("left")
                    .map_or_else(Vec::new, |left| self.binds(children(left))),
                ty: None,
                init: self.field(node, "right").map(Rc::new),
                other: None,
            },
            _ => Kind::Other(self.nodes(children(node))),
        };
        Node { span: span(node), kind }
    }

    /// A function without a name; its parameters are declared in its body, with their types.
    fn closure(&self, node: Syntax<'p>) -> Kind {
        let list = node.child_by_field_name("parameters");
        let params = list.map_or_else(Vec::new, |list| self.params(list));
        let binds: Vec<Bind> = params
            .iter()
            .map(|param| Bind { name: param.names.first().cloned().unwrap_or_default(), field: None })
            .collect();
        let declared = params.into_iter().zip(&binds).map(|(param, bind)| Node {
            span: list.map_or_else(|| span(node), span),
            kind: Kind::Let { binds: vec![bind.clone()], ty: Some(param.ty), init: None, other: None },
        });
        let body = node.child_by_field_name("body").map(|body| self.block(body));
        let parts = declared.chain(body).collect();
        Kind::Closure(binds, Box::new(Node { span: span(node), kind: Kind::Block(parts, false) }))
    }

    /// `package.Name`, or a field.
    fn selector(&self, node: Syntax<'p>) -> Kind {
        let operand = node.child_by_field_name("operand").or(node.child_by_field_name("package"));
        let field = node.child_by_field_name("field").or(node.child_by_field_name("name"));
        let (Some(operand), Some(field)) = (operand, field) else { return Kind::Other(Vec::new()) };
        let written = self.text(operand);
        let is_name = matches!(operand.kind(), "identifier" | "package_identifier");
        if is_name
            && !self.locals.contains(written)
            && let Some(import) = self.program.import(self.data, written)
        {
            return Kind::Path(vec![import.path.to_string(), self.text(field).to_owned()]);
        }
        Kind::Field(self.boxed(operand), self.text(field).to_owned())
    }

    fn call(&self, node: Syntax<'p>) -> Kind {
        let Some(function) = node.child_by_field_name("function") else { return Kind::Other(Vec::new()) };
        let args =
            node.child_by_field_name("arguments").map_or_else(Vec::new, |list| self.nodes(children(list)));
        let callee = self.node(function);
        match callee.kind {
            Kind::Field(receiver, name) => {
                let at = function
                    .child_by_field_name("field")
                    .map_or(function.start_byte(), |name| name.start_byte());
                Kind::Method { receiver, name, at: at as u32, args }
            }
            _ => Kind::Call(Box::new(callee), args),
        }
    }

    /// `T{field: value}`; what is no struct is a list.
    fn literal(&self, node: Syntax<'p>) -> Kind {
        let ty = node.child_by_field_name("type").map(|ty| self.node(ty));
        let elements = node.child_by_field_name("body").map_or_else(Vec::new, children);
        match ty.map(|ty| ty.kind) {
            Some(Kind::Path(path)) => {
                let fields = elements.into_iter().enumerate();
                Kind::Struct(
                    path,
                    fields.map(|(number, element)| self.element(number, element)).collect(),
                    None,
                )
            }
            _ => Kind::List(elements.into_iter().map(|element| self.element(0, element).1).collect()),
        }
    }

    fn element(&self, number: usize, element: Syntax<'p>) -> (String, Node) {
        if element.kind() != "keyed_element" {
            return (number.to_string(), self.bare(element));
        }
        let parts = children(element);
        match parts.as_slice() {
            [key, value] => (self.text(*key).to_owned(), self.bare(*value)),
            _ => (number.to_string(), Node { span: span(element), kind: Kind::Other(self.nodes(parts)) }),
        }
    }

    /// A literal's element; one whose type is left out is a list.
    fn bare(&self, node: Syntax<'p>) -> Node {
        let inner =
            if node.kind() == "literal_element" { children(node).first().copied() } else { Some(node) };
        match inner {
            Some(list) if list.kind() == "literal_value" => {
                let parts = children(list).into_iter().enumerate();
                let fields = parts.map(|(number, element)| self.element(number, element)).collect();
                Node { span: span(list), kind: Kind::Struct(Vec::new(), fields, None) }
            }
            Some(other) => self.node(other),
            None => Node { span: span(node), kind: Kind::Other(Vec::new()) },
        }
    }

    fn binary(&self, node: Syntax<'p>) -> Kind {
        let (Some(left), Some(right)) = (self.field(node, "left"), self.field(node, "right")) else {
            return Kind::Other(Vec::new());
        };
        match node.child_by_field_name("operator").map(|operator| operator.kind()) {
            Some("==") => Kind::Equal(Box::new(left), Box::new(right)),
            Some("+") => Kind::Macro("concat".to_owned(), vec![left, right]),
            _ => Kind::Other(vec![left, right]),
        }
    }

    fn block(&self, node: Syntax<'p>) -> Node {
        let list = children(node)
            .into_iter()
            .flat_map(|part| if part.kind() == "statement_list" { children(part) } else { vec![part] });
        Node { span: span(node), kind: Kind::Block(self.nodes(list), false) }
    }

    fn binds(&self, names: Vec<Syntax<'p>>) -> Vec<Bind> {
        names.into_iter().map(|name| Bind { name: self.name(name), field: None }).collect()
    }

    fn declare(&self, node: Syntax<'p>) -> Kind {
        let side = |name: &str| node.child_by_field_name(name).map_or_else(Vec::new, children);
        self.lets(&side("left"), &side("right"), None)
    }

    fn spec(&self, node: Syntax<'p>) -> Kind {
        let values: Vec<Syntax<'p>> = fields(node, "value").into_iter().flat_map(children).collect();
        let ty = node.child_by_field_name("type").map(|ty| self.ty(ty));
        self.lets(&fields(node, "name"), &values, ty)
    }

    /// One declaration a name where there are as many values; else one for all of them.
    fn lets(&self, left: &[Syntax<'p>], right: &[Syntax<'p>], ty: Option<String>) -> Kind {
        let declared = |names: &[Syntax<'p>], value: Option<Syntax<'p>>| Kind::Let {
            binds: self.binds(names.to_vec()),
            ty: ty.clone(),
            init: value.map(|value| Rc::new(self.node(value))),
            other: None,
        };
        if left.len() < 2 || right.len() != left.len() {
            return declared(left, right.first().copied());
        }
        let each = left.iter().zip(right);
        Kind::Other(
            each.map(|(name, value)| Node { span: span(*value), kind: declared(&[*name], Some(*value)) })
                .collect(),
        )
    }

    fn assign(&self, node: Syntax<'p>) -> Kind {
        let side = |name: &str| node.child_by_field_name(name).map_or_else(Vec::new, children);
        let (left, right) = (side("left"), side("right"));
        let value = |number: usize| right.get(number).or(right.first()).copied();
        let mut parts: Vec<Node> = left
            .iter()
            .enumerate()
            .filter_map(|(number, place)| {
                let kind = Kind::Assign(self.boxed(*place), Rc::new(self.node(value(number)?)));
                Some(Node { span: span(node), kind })
            })
            .collect();
        match parts.len() {
            1 => parts.remove(0).kind,
            _ => Kind::Other(parts),
        }
    }

    fn branch(&self, node: Syntax<'p>) -> Node {
        let on = self.field(node, "condition");
        let then = self.field(node, "consequence");
        let (Some(on), Some(then)) = (on, then) else {
            return Node { span: span(node), kind: Kind::Other(self.nodes(children(node))) };
        };
        let other = node.child_by_field_name("alternative").map(|other| self.boxed(other));
        let whole = Node { span: span(node), kind: Kind::If(Box::new(on), Box::new(then), other) };
        match self.field(node, "initializer") {
            Some(first) => Node { span: span(node), kind: Kind::Block(vec![first, whole], false) },
            None => whole,
        }
    }

    fn switch(&self, node: Syntax<'p>) -> Kind {
        let Some(on) = self.field(node, "value") else { return Kind::Other(self.nodes(children(node))) };
        let arms = children(node)
            .into_iter()
            .filter(|case| matches!(case.kind(), "expression_case" | "default_case"));
        let arm = |case: Syntax<'p>| {
            let values = case.child_by_field_name("value");
            let pattern = values.map_or_else(Vec::new, |list| self.nodes(children(list)));
            let rest = children(case).into_iter().filter(|part| Some(*part) != values);
            let body = Node { span: span(case), kind: Kind::Block(self.nodes(rest), false) };
            Arm { span: span(case), pattern, binds: Vec::new(), guard: None, body }
        };
        Kind::Match(Rc::new(on), arms.map(arm).collect())
    }
}

/// A string without its quotes; escapes stay as they are, since no address or path holds one.
fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '`'])
}
