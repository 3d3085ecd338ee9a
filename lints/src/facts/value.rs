//! Values as far as they can be read from the text.

use std::sync::Arc;

/// Where a value that a person can change comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An environment variable.
    Environment,
    /// A command-line flag.
    Flag,
    /// A configuration's default.
    Configuration,
}

/// What an expression is known to be.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// An integer.
    Int(i128),
    /// A floating-point number.
    Float(f64),
    /// A string; byte strings and C strings without their final NUL.
    Str(Arc<str>),
    /// `true` or `false`.
    Bool(bool),
    /// A named thing that is no constant of the workspace: `libc::RLIMIT_NOFILE`; its canonical path.
    Path(Arc<str>),
    /// A call: canonical path of what is called, and its arguments.
    Call(Arc<str>, Vec<Value>),
    /// A variable, flag or setting with a default.
    Default(Origin, Box<Value>),
    /// Read from a place that has no default in sight.
    From(Origin),
    /// A parameter of the function around it, by its position, the receiver left out.
    Parameter(u32),
    /// Several elements.
    List(Vec<Value>),
    /// Not known.
    #[default]
    Unknown,
}

impl Value {
    /// The integer, if it is one.
    pub fn int(&self) -> Option<i128> {
        match self {
            Value::Int(value) => Some(*value),
            Value::Float(value) if value.fract() == 0.0 => Some(*value as i128),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub fn str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The path or the callee, if it is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Value::Path(path) | Value::Call(path, _) => Some(path),
            _ => None,
        }
    }

    /// Whether the value is written out in the code: a literal, or a constant that is one.
    pub fn is_literal(&self) -> bool {
        match self {
            Value::Int(_) | Value::Float(_) | Value::Str(_) | Value::Bool(_) => true,
            Value::Call(_, args) => args.iter().any(Value::is_literal) && args.iter().all(Value::is_literal),
            Value::List(items) => !items.is_empty() && items.iter().all(Value::is_literal),
            _ => false,
        }
    }

    /// Whether the operator of the program decides it: a flag, a setting, the environment.
    pub fn is_configured(&self) -> bool {
        match self {
            Value::Default(..) | Value::From(_) => true,
            Value::Call(_, args) | Value::List(args) => args.iter().any(Value::is_configured),
            _ => false,
        }
    }
}
