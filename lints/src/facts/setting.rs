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
