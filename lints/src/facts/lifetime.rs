//! Guards and how long they live; work given away and what goes with it.

use std::sync::Arc;

use crate::source::Span;

/// A guard bound by a `let`, followed to its end.
#[derive(Debug, Clone)]
pub struct Held {
    /// The call that made it.
    pub made: Span,
    /// The pattern's span.
    pub pattern: Span,
    /// The names that the pattern gives, in order; `None` for a part that is dropped at once.
    pub names: Vec<Option<Arc<str>>>,
    /// From the end of the statement to where the guard is dropped, moved or goes out of scope.
    pub alive: Span,
    /// The first wait of the same task while it is alive.
    pub wait: Option<Span>,
    /// Where it is forgotten, so that it is never dropped.
    pub forgotten: Option<Span>,
    /// Blocks within its life that run later: bodies of futures.
    pub deferred: Vec<Span>,
}

/// Work given to something that may run it elsewhere.
#[derive(Debug, Clone)]
pub struct Handoff {
    /// The argument.
    pub given: Span,
    /// The expression that made the work: the argument, or what its variable was bound to.
    pub work: Span,
    /// Parts of it that run later: closures and bodies of futures.
    pub deferred: Vec<Span>,
    /// Whether it names a variable that holds a span.
    pub names_span: bool,
    /// The argument as a whole is the body of a future: `async { … }`.
    pub is_future_body: bool,
}
