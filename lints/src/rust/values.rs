//! Values of expressions, as far as the text tells.

use std::sync::Arc;

use crate::facts::{Origin, Value};
use crate::rust::outline::ItemKind;
use crate::rust::resolve::{Def, Space};
use crate::rust::types::Ty;
use crate::rust::walk::{Walker, ident, member, segments};

/// How many steps one evaluation may take.
const MAX_STEPS: u32 = 24;

/// Methods and functions that change a value's form, not what it says.
const PLAIN: &[&str] = &[
    "unwrap",
    "expect",
    "into",
    "to_string",
    "to_owned",
    "as_ref",
    "as_str",
    "as_bytes",
    "as_ptr",
    "clone",
    "parse",
    "as_mut",
    "cloned",
    "copied",
    "as_deref",
    "into_bytes",
    "to_vec",
    "to_bytes",
    "as_c_str",
    "to_bytes_with_nul",
    "into_boxed_str",
    "borrow",
    "as_slice",
    "name",
    "trim",
    "as_mut_ptr",
    "into_raw",
    "cast",
    "ok",
    "map_err",
];

impl<'a> Walker<'_, 'a> {
    /// What an expression is known to be.
    pub(super) fn value(&self, expr: &'a syn::Expr) -> Value {
        self.value_at(expr, self.env, MAX_STEPS)
    }

    fn value_at(&self, expr: &'a syn::Expr, env: Option<u32>, steps: u32) -> Value {
        let Some(steps) = steps.checked_sub(1) else { return Value::Unknown };
        let inner = |expr: &'a syn::Expr| self.value_at(expr, env, steps);
        match expr {
            syn::Expr::Lit(found) => literal(&found.lit),
            syn::Expr::Paren(found) => inner(&found.expr),
            syn::Expr::Group(found) => inner(&found.expr),
            syn::Expr::Reference(found) => inner(&found.expr),
            syn::Expr::RawAddr(found) => inner(&found.expr),
            syn::Expr::Cast(found) => inner(&found.expr),
            syn::Expr::Try(found) => inner(&found.expr),
            syn::Expr::Await(found) => inner(&found.base),
            syn::Expr::Unary(found) => match (&found.op, inner(&found.expr)) {
                (syn::UnOp::Neg(_), Value::Int(value)) => Value::Int(-value),
                (syn::UnOp::Neg(_), Value::Float(value)) => Value::Float(-value),
                (syn::UnOp::Not(_), Value::Bool(value)) => Value::Bool(!value),
                (syn::UnOp::Deref(_), value) => value,
                _ => Value::Unknown,
            },
            syn::Expr::Binary(found) => arithmetic(&found.op, &inner(&found.left), &inner(&found.right)),
            syn::Expr::Array(found) => Value::List(found.elems.iter().map(inner).collect()),
            syn::Expr::Tuple(found) => Value::List(found.elems.iter().map(inner).collect()),
            syn::Expr::Block(found) => self.tail_value(&found.block, env, steps),
            syn::Expr::Unsafe(found) => self.tail_value(&found.block, env, steps),
            syn::Expr::Struct(found) if found.rest.is_none() => {
                Value::List(found.fields.iter().map(|field| inner(&field.expr)).collect())
            }
            syn::Expr::Closure(found) => match inner(&found.body) {
                body @ Value::Call(..) => Value::Call("closure".into(), vec![body]),
                _ => Value::Unknown,
            },
            syn::Expr::Path(found) => self.path_of_value(found, env, steps),
            syn::Expr::Call(found) => self.call_value(found, env, steps),
            syn::Expr::MethodCall(found) => self.method_value(found, env, steps),
            syn::Expr::Field(found) => self.field_value(found),
            syn::Expr::Macro(found) => self.macro_value(&found.mac),
            syn::Expr::Struct(found) => match self.def(&segments(&found.path), Space::Types) {
                Some(def) => Value::Call(
                    self.program.canonical(&def).into(),
                    found.fields.iter().map(|field| inner(&field.expr)).collect(),
                ),
                None => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    fn tail_value(&self, block: &'a syn::Block, env: Option<u32>, steps: u32) -> Value {
        match block.stmts.as_slice() {
            [syn::Stmt::Expr(tail, None)] => self.value_at(tail, env, steps),
            _ => Value::Unknown,
        }
    }

    fn path_of_value(&self, path: &'a syn::ExprPath, env: Option<u32>, steps: u32) -> Value {
        if let Some(name) = path.path.get_ident()
            && let Some(index) = self.variable_at(&ident(name), env)
        {
            let binding = &self.bindings[index as usize];
            return match binding.init {
                None if binding.parameter.is_some() && binding.part.is_none() => {
                    binding.parameter.map_or(Value::Unknown, Value::Parameter)
                }
                Some(init) if !binding.mutable && binding.part.is_none() => {
                    self.value_at(init, binding.previous, steps)
                }
                _ => Value::Unknown,
            };
        }
        match self.def(&segments(&path.path), Space::Values) {
            Some(Def::Item(file, item)) => {
                let value = self.program.constant(file, item, steps);
                if value == Value::Unknown {
                    Value::Path(self.program.canonical(&Def::Item(file, item)).into())
                } else {
                    value
                }
            }
            Some(def) => Value::Path(self.program.canonical(&def).into()),
            None => Value::Unknown,
        }
    }

    fn call_value(&self, call: &'a syn::ExprCall, env: Option<u32>, steps: u32) -> Value {
        let args: Vec<Value> = call.args.iter().map(|arg| self.value_at(arg, env, steps)).collect();
        let syn::Expr::Path(path) = &*call.func else { return Value::Unknown };
        let names = segments(&path.path);
        let last = names.last().map_or("", String::as_str);
        // `Some(x)` says what `x` says; a variant of another type, `ProcessesToUpdate::Some(x)`, does not.
        let plain = matches!(last, "Some" | "Ok") && names.len() == 1;
        if (plain || matches!(last, "from" | "new_unchecked" | "from_str" | "from_static")) && args.len() == 1
        {
            return args.into_iter().next().unwrap_or_default();
        }
        let Some(def) = self.def(&names, Space::Values) else { return Value::Unknown };
        let full: Arc<str> = self.program.canonical(&def).into();
        match &*full {
            "std::env::var" | "std::env::var_os" => Value::From(Origin::Environment),
            "std::ffi::CString::new" | "std::boxed::Box::new" | "std::sync::Arc::new" => {
                args.into_iter().next().unwrap_or_default()
            }
            _ => Value::Call(full, args),
        }
    }

    fn method_value(&self, call: &'a syn::ExprMethodCall, env: Option<u32>, steps: u32) -> Value {
        let name = ident(&call.method);
        let receiver = self.value_at(&call.receiver, env, steps);
        if PLAIN.contains(&name.as_str()) {
            return receiver;
        }
        let fallback = match (name.as_str(), call.args.first()) {
            ("unwrap_or", Some(arg)) => Some(self.value_at(arg, env, steps)),
            ("unwrap_or_else" | "map_or_else", Some(syn::Expr::Closure(closure))) => {
                Some(self.value_at(&closure.body, env, steps))
            }
            ("map_or", Some(arg)) => Some(self.value_at(arg, env, steps)),
            ("unwrap_or_default", _) => Some(Value::Unknown),
            _ => None,
        };
        if let Some(fallback) = fallback {
            let origin = match receiver {
                Value::From(origin) | Value::Default(origin, _) => origin,
                _ => Origin::Configuration,
            };
            return Value::Default(origin, Box::new(fallback));
        }
        if receiver.is_configured()
            && matches!(name.as_str(), "map" | "and_then" | "filter" | "or_else" | "or")
        {
            return receiver;
        }
        let args = call.args.iter().map(|arg| self.value_at(arg, env, steps));
        Value::Call(name.into(), std::iter::once(receiver).chain(args).collect())
    }

    /// A field of a structure that a command line or a configuration file fills.
    fn field_value(&self, field: &'a syn::ExprField) -> Value {
        let base = self.infer(&field.base);
        let Ty::Named(Def::Item(file, item), _) = base.peeled() else { return Value::Unknown };
        let name = member(&field.member);
        let Some((_, attributes)) = self.program.field(*file, *item, &name) else { return Value::Unknown };
        let filled_by = self.program.filled_by(*file, *item);
        for attribute in &attributes {
            if let Some(default) = default_in(attribute) {
                return Value::Default(filled_by.unwrap_or(Origin::Flag), Box::new(default));
            }
        }
        filled_by.map_or(Value::Unknown, Value::From)
    }

    fn macro_value(&self, mac: &'a syn::Macro) -> Value {
        let name = mac.path.segments.last().map_or_else(String::new, |segment| ident(&segment.ident));
        let text = self.data.source.slice(self.span(&mac.tokens)).trim();
        match name.as_str() {
            "format" | "concat" | "c" | "cstr" => {
                first_literal(text).map_or(Value::Unknown, |text| Value::Str(text.into()))
            }
            "env" | "option_env" => Value::From(Origin::Environment),
            "vec" => Value::List(Vec::new()),
            _ => Value::Unknown,
        }
    }

    /// The keys of an attribute: `flavor = "multi_thread", worker_threads = 1`.
    pub(super) fn attribute_keys(&self, attribute: &'a syn::Attribute) -> Vec<(Arc<str>, Value)> {
        let mut keys = Vec::new();
        let syn::Meta::List(list) = &attribute.meta else { return keys };
        let parsed =
            list.parse_args_with(syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated);
        for meta in parsed.into_iter().flatten() {
            let name: Arc<str> = segments(meta.path()).join("::").into();
            let value = match &meta {
                syn::Meta::NameValue(pair) => match &pair.value {
                    syn::Expr::Lit(found) => literal(&found.lit),
                    syn::Expr::Path(found) => Value::Path(segments(&found.path).join("::").into()),
                    _ => Value::Unknown,
                },
                _ => Value::Bool(true),
            };
            keys.push((name, value));
        }
        keys
    }
}

impl crate::rust::program::Program<'_> {
    /// The value of a `const` or `static` of the workspace.
    pub(crate) fn constant(&self, file: u32, item: u32, steps: u32) -> Value {
        let Some(data) = self.file(file) else { return Value::Unknown };
        let found = data.outline.item(item);
        if !matches!(found.kind, ItemKind::Const | ItemKind::Static) || steps == 0 {
            return Value::Unknown;
        }
        let text = data.source.slice(found.head);
        let parsed = match found.kind {
            ItemKind::Const => syn::parse_str::<syn::ItemConst>(text).map(|item| item.expr),
            _ => syn::parse_str::<syn::ItemStatic>(text).map(|item| item.expr),
        };
        let Ok(expr) = parsed else { return Value::Unknown };
        let arena = crate::rust::macros::MacroArena::default();
        let module = self.enclosing_module(data, found.parent, file);
        let walker = Walker::new(self, data, module, found.head.start, &arena, Default::default());
        walker.value_at(&expr, None, steps)
    }

    /// Whether a structure's fields come from a command line or a configuration file.
    pub(crate) fn filled_by(&self, file: u32, item: u32) -> Option<Origin> {
        let data = self.file(file)?;
        let derives = data.attributes(item).find(|text| text.starts_with("derive"))?;
        let has = |names: &[&str]| {
            derives.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| names.contains(&word))
        };
        if has(&["Parser", "Args", "StructOpt", "FromArgs", "Subcommand", "Clap"]) {
            Some(Origin::Flag)
        } else if has(&["Deserialize", "Config"]) {
            Some(Origin::Configuration)
        } else {
            None
        }
    }
}

/// The default that a field's attribute gives: clap's `default_value`, `default_value_t`, serde's have none in sight.
fn default_in(text: &str) -> Option<Value> {
    let at = text.find("default_value").or_else(|| text.find("default ="))?;
    let after = text[at..].split_once('=')?.1.trim_start();
    first_literal(after)
        .map(|text| Value::Str(text.into()))
        .or_else(|| after.split([',', ')', ']']).next()?.trim().parse().ok().map(Value::Int))
        .or(Some(Value::Unknown))
}

/// The text of a string literal at the start of `text`.
fn first_literal(text: &str) -> Option<String> {
    let body = text.trim_start().strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Some(out),
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    None
}

fn literal(lit: &syn::Lit) -> Value {
    match lit {
        syn::Lit::Int(found) => found.base10_parse::<i128>().map_or(Value::Unknown, Value::Int),
        syn::Lit::Float(found) => found.base10_parse::<f64>().map_or(Value::Unknown, Value::Float),
        syn::Lit::Str(found) => Value::Str(without_nul(&found.value()).into()),
        syn::Lit::ByteStr(found) => Value::Str(without_nul(&String::from_utf8_lossy(&found.value())).into()),
        syn::Lit::CStr(found) => Value::Str(found.value().to_string_lossy().into_owned().into()),
        syn::Lit::Bool(found) => Value::Bool(found.value),
        syn::Lit::Byte(found) => Value::Int(found.value().into()),
        _ => Value::Unknown,
    }
}

fn without_nul(text: &str) -> &str {
    text.strip_suffix('\0').unwrap_or(text)
}

fn arithmetic(op: &syn::BinOp, left: &Value, right: &Value) -> Value {
    let (Value::Int(a), Value::Int(b)) = (left, right) else {
        // A size made from a configured one stays configured.
        return if left.is_configured() || right.is_configured() {
            Value::Call("arithmetic".into(), vec![left.clone(), right.clone()])
        } else {
            Value::Unknown
        };
    };
    let result = match op {
        syn::BinOp::Add(_) => a.checked_add(*b),
        syn::BinOp::Sub(_) => a.checked_sub(*b),
        syn::BinOp::Mul(_) => a.checked_mul(*b),
        syn::BinOp::Div(_) => a.checked_div(*b),
        syn::BinOp::Shl(_) => u32::try_from(*b).ok().and_then(|by| a.checked_shl(by)),
        _ => None,
    };
    result.map_or(Value::Unknown, Value::Int)
}
