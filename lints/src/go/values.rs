//! Values as far as they can be read from the text.

use tree_sitter::Node;

use crate::facts::{Origin as From, Value};
use crate::go::calls::callee;
use crate::go::outline::ItemKind;
use crate::go::resolve::Def;
use crate::go::syntax::{self, children};
use crate::go::walk::{Origin, Walker};

/// Names that are followed one into the other.
const MAX_STEPS: u32 = 12;

impl<'p> Walker<'p> {
    /// What an expression is known to be.
    pub(super) fn value(&self, node: Node<'p>) -> Value {
        self.value_at(node, self.env, MAX_STEPS)
    }

    fn value_at(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return Value::Unknown };
        let inner =
            || children(node).first().map_or(Value::Unknown, |inner| self.value_at(*inner, env, steps));
        match node.kind() {
            "int_literal" => integer(self.text(node)).map_or(Value::Unknown, Value::Int),
            "float_literal" => self.text(node).replace('_', "").parse().map_or(Value::Unknown, Value::Float),
            "interpreted_string_literal" | "raw_string_literal" => string(self.text(node)),
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "nil" => Value::Path("nil".into()),
            "identifier" => self.value_of_name(node, env, steps),
            "selector_expression" => self.value_of_selector(node, env, steps),
            "parenthesized_expression" | "literal_element" => inner(),
            "unary_expression" => match (self.text(node).as_bytes().first(), inner()) {
                (Some(b'-'), Value::Int(number)) => Value::Int(-number),
                (Some(b'-'), Value::Float(number)) => Value::Float(-number),
                (Some(b'^'), Value::Int(number)) => Value::Int(!number),
                (Some(b'*' | b'&' | b'+'), value) => value,
                _ => Value::Unknown,
            },
            "binary_expression" => self.computed(node, env, steps),
            "type_conversion_expression" => {
                let operand = node.child_by_field_name("operand");
                operand.map_or(Value::Unknown, |operand| self.value_at(operand, env, steps))
            }
            "call_expression" => self.value_of_call(node, env, steps),
            "composite_literal" => self.value_of_literal(node, env, steps),
            _ => Value::Unknown,
        }
    }

    fn value_of_name(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        let name = self.text(node);
        let Some(variable) = self.variable_at(name, env) else {
            return self.def_of(node).map_or(Value::Unknown, |def| self.value_of_def(&def, steps));
        };
        let binding = &self.bindings[variable as usize];
        if let Some(number) = binding.parameter {
            return if self.assigned.contains(name) { Value::Unknown } else { Value::Parameter(number) };
        }
        match binding.origin {
            Origin::Value(value, 0) if !self.assigned.contains(name) => {
                self.value_at(value, binding.previous, steps)
            }
            _ => Value::Unknown,
        }
    }

    fn value_of_selector(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        if let Some(def) = self.def_of(node) {
            return self.value_of_def(&def, steps);
        }
        let _ = env;
        Value::Unknown
    }

    /// A constant of the workspace, or a thing named elsewhere.
    fn value_of_def(&self, def: &Def, steps: u32) -> Value {
        let (file, index) = match def {
            Def::Extern(path) => return Value::Path(path.clone()),
            Def::Item(item) => *item,
        };
        let path = || Value::Path(self.program.item_path((file, index)).into());
        let Some(data) = self.program.file(file) else { return Value::Unknown };
        let item = data.outline.item(index);
        if !matches!(item.kind, ItemKind::Const | ItemKind::Var) || item.names.len() > 1 {
            return path();
        }
        let Some(node) = syntax::node_at(&data.tree, item.span, item.node) else { return Value::Unknown };
        let there = Walker::new(self.program, file, data, self.production);
        let values = syntax::fields(node, "value").into_iter().flat_map(children);
        let value = values.map(|value| there.value_at(value, None, steps)).next().unwrap_or_default();
        match item.kind {
            ItemKind::Const if value == Value::Unknown => path(),
            ItemKind::Const => value,
            // A variable may be given another value; what a flag or the environment says stays.
            _ if value.is_configured() => value,
            _ => path(),
        }
    }

    fn computed(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        let side = |field: &str| {
            node.child_by_field_name(field).map_or(Value::Unknown, |side| self.value_at(side, env, steps))
        };
        let operator = node.child_by_field_name("operator").map_or("", |operator| self.text(operator));
        match (side("left"), side("right")) {
            (Value::Int(a), Value::Int(b)) => arithmetic(operator, a, b).map_or(Value::Unknown, Value::Int),
            (Value::Str(a), Value::Str(b)) if operator == "+" => Value::Str(format!("{a}{b}").into()),
            (Value::Float(_) | Value::Int(_), Value::Float(b)) => Value::Float(b),
            // An address whose port is put in.
            (Value::Str(a), other) if operator == "+" => Value::Call("+".into(), vec![Value::Str(a), other]),
            (a, b) if a.is_configured() || b.is_configured() => Value::Call(operator.into(), vec![a, b]),
            _ => Value::Unknown,
        }
    }

    fn value_of_call(&self, call: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        let Some(function) = callee(call) else { return Value::Unknown };
        let args = self.arguments(call);
        let values = || args.iter().map(|arg| self.value_at(*arg, env, steps)).collect::<Vec<_>>();
        let name = self.callee_name(call).unwrap_or("");
        match self.def_of(function) {
            Some(Def::Extern(path)) => called(&path, values()),
            Some(def @ Def::Item(item)) => {
                let is_type = self
                    .program
                    .file(item.0)
                    .is_some_and(|data| data.outline.item(item.1).kind == ItemKind::Type);
                match args.as_slice() {
                    [only] if is_type => self.value_at(*only, env, steps),
                    _ => Value::Call(self.program.canonical(&def), values()),
                }
            }
            None => match (name, args.as_slice()) {
                (
                    "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32"
                    | "uint64" | "uintptr" | "float32" | "float64" | "string",
                    [only],
                ) => self.value_at(*only, env, steps),
                ("", _) => Value::Unknown,
                _ => Value::Call(name.into(), values()),
            },
        }
    }

    fn value_of_literal(&self, node: Node<'p>, env: Option<u32>, steps: u32) -> Value {
        let elements = node.child_by_field_name("body").map_or_else(Vec::new, children);
        let value = |element: &Node<'p>| {
            let value = element.child_by_field_name("value").unwrap_or(*element);
            self.value_at(value, env, steps)
        };
        Value::List(elements.iter().map(value).collect())
    }
}

/// What a call of another package gives: a flag or a variable of the environment, or the call itself.
fn called(path: &str, args: Vec<Value>) -> Value {
    let default = |at: usize| {
        let default = args.get(at).cloned().unwrap_or_default();
        Value::Default(From::Flag, Box::new(default))
    };
    match path {
        "os::Getenv" | "os::LookupEnv" | "syscall::Getenv" => Value::From(From::Environment),
        _ => {
            let (package, name) = path.rsplit_once("::").unwrap_or(("", path));
            let flags = matches!(
                package,
                "flag" | "github.com/spf13/pflag" | "flag::FlagSet" | "github.com/spf13/pflag::FlagSet"
            );
            let kind = name.strip_suffix('P').unwrap_or(name);
            let is_flag = matches!(
                kind,
                "String"
                    | "Int"
                    | "Int64"
                    | "Uint"
                    | "Uint64"
                    | "Bool"
                    | "Float64"
                    | "Duration"
                    | "Int32"
                    | "Uint32"
            );
            match (flags && is_flag, name.ends_with('P')) {
                (true, false) => default(1),
                (true, true) => default(2),
                _ => Value::Call(path.into(), args),
            }
        }
    }
}

fn arithmetic(operator: &str, a: i128, b: i128) -> Option<i128> {
    match operator {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "<<" => a.checked_shl(u32::try_from(b).ok()?).filter(|_| b < 100),
        ">>" => a.checked_shr(u32::try_from(b).ok()?),
        "|" => Some(a | b),
        "&" => Some(a & b),
        _ => None,
    }
}

/// `1_000`, `0x1F`, `0o17`, `017`, `0b1`.
fn integer(text: &str) -> Option<i128> {
    let plain = text.replace('_', "").to_lowercase();
    let radix = |prefix: &str, radix: u32| {
        plain.strip_prefix(prefix).and_then(|digits| i128::from_str_radix(digits, radix).ok())
    };
    radix("0x", 16)
        .or_else(|| radix("0o", 8))
        .or_else(|| radix("0b", 2))
        .or_else(|| if plain.len() > 1 { radix("0", 8) } else { None })
        .or_else(|| plain.parse().ok())
}

/// A string's text; escapes but for the plain ones stay as they are.
fn string(written: &str) -> Value {
    let text = match written.strip_prefix('`') {
        Some(raw) => raw.trim_end_matches('`').to_owned(),
        None => {
            let inner = written.strip_prefix('"').unwrap_or(written);
            let inner = inner.strip_suffix('"').unwrap_or(inner);
            inner.replace("\\\"", "\"").replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
        }
    };
    Value::Str(text.into())
}
