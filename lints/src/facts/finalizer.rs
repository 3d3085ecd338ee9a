//! What a type does when it is dropped or finalised.

use std::sync::Arc;

use crate::facts::{ApiId, FileIndex, Production};
use crate::source::Span;

/// What becomes of a call's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A failure ends the process or the thread: `.unwrap()`, `.expect(…)`.
    Unwrapped,
    /// A failure is lost: `let _ =`, `.ok();`, `drop(…)`.
    Ignored,
    /// A statement of its own: a failure, if there can be one, is lost.
    Bare,
    /// Looked at, logged, handed on.
    Used,
}

/// A call made while a value is dropped.
#[derive(Debug, Clone)]
pub struct DropCall {
    /// The name called.
    pub name: Arc<str>,
    /// How many arguments it takes, the receiver left out.
    pub args: usize,
    /// Whether it is called on a value.
    pub is_method: bool,
    /// Whether that value is the one being dropped.
    pub on_self: bool,
    /// The call, from its receiver to its closing bracket.
    pub span: Span,
    /// Its name.
    pub anchor: Span,
    /// What becomes of its result.
    pub fate: Fate,
    /// The catalogue's entry, if it is a catalogued API.
    pub api: Option<ApiId>,
}

/// A type's clean-up code.
#[derive(Debug, Clone)]
pub struct Finalizer {
    /// Where it stands.
    pub file: FileIndex,
    /// Whether it runs in production.
    pub production: Production,
    /// The function's canonical path.
    pub path: Arc<str>,
    /// The type's name.
    pub type_name: Arc<str>,
    /// The type: its file, and the item there.
    pub of: (FileIndex, u32),
    /// Calls in it and in the type's own methods that it calls, in order of place.
    pub calls: Vec<DropCall>,
}

/// Something attached to a value, to run when the value is collected.
#[derive(Debug, Clone)]
pub struct Attached {
    /// The call that attaches it.
    pub span: Span,
    /// The canonical path of what is called.
    pub api: Arc<str>,
    /// The value's type, if it is a named one that is known.
    pub type_path: Option<Arc<str>>,
    /// Names of the type's methods that its users may call; sorted.
    pub methods: Vec<Arc<str>>,
    /// Whether the type is one of somebody else's, whose methods cannot be seen.
    pub foreign: bool,
    /// Whether one of the type's methods takes it off again.
    pub cleared: bool,
    /// Where it reaches the value itself, which then is never collected.
    pub captures: Option<Span>,
    /// Path of the function around it.
    pub item: Arc<str>,
}
