//! Settings of a process's environment in files that start it.

use std::sync::Arc;

use crate::source::Span;

/// One variable that a file gives to a process: `ENV MALLOC_CONF=…`, `Environment=…`, `export …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The variable.
    pub name: Arc<str>,
    /// Its value, without quotes.
    pub value: Arc<str>,
    /// From the name to the end of the value.
    pub span: Span,
}

/// A variable of a program that a build tells the linker to fill: `-X main.version=…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The variable, as written: `main.version`.
    pub name: Arc<str>,
    /// From the flag to the end of the name.
    pub span: Span,
}
