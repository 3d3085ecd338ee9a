//! Which calls belong to one builder.

use crate::facts::{ApiUse, Outcome};
use crate::source::Span;

/// What ties calls together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Owner {
    /// Calls on one variable of one function: its number, and the function's.
    Variable(Option<u32>, u32),
    /// Calls of one chain that begins here.
    Chain(u32),
    /// A call of its own.
    Alone(Span),
}

/// The builder that a use belongs to.
pub(crate) fn owner_of(found: &ApiUse) -> Owner {
    let function = found.site.function;
    match (found.receiver_variable, &found.outcome) {
        (Some(variable), _) => Owner::Variable(function, variable),
        // `let builder = Builder::new()` names the builder; `let runtime = Builder::new().build()?` does not.
        (None, Outcome::Bound(variable, _)) if !found.followed_by(&["build", "init", "run", "start"]) => {
            Owner::Variable(function, *variable)
        }
        _ => Owner::Chain(found.chain.start),
    }
}
