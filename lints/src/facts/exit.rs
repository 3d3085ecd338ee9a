//! Where functions are left.

use crate::source::Span;

/// A place where a function or closure is left and the process goes on: a return, or the end of a body that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    /// The return, or an empty span at the end of the body.
    pub span: Span,
    /// The function or closure that is left.
    pub body: Span,
}
