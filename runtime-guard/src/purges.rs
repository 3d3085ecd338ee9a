//! Scopes in which a collection by hand is wanted, with the reason.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static SCOPES: Cell<usize> = const { Cell::new(0) };
}

/// Whether the calling thread may collect now.
#[cfg_attr(not(interposed), allow(dead_code, reason = "only hooks ask"))]
pub(crate) fn is_wanted_here() -> bool {
    SCOPES.try_with(|scopes| scopes.get() > 0).unwrap_or(false)
}

/// Lets the calling thread collect until the value is dropped; what `#[runtime_guard::purges]` puts around a function,
/// having weighed the reason.
pub fn purging_scope(because: &'static str) -> PurgingScope {
    let _ = SCOPES.try_with(|scopes| scopes.set(scopes.get() + 1));
    PurgingScope { because, on_one_thread: PhantomData }
}

/// A scope in which the calling thread may collect.
#[must_use = "the scope ends when it is dropped"]
#[derive(Debug)]
pub struct PurgingScope {
    /// For whoever prints it.
    #[allow(dead_code, reason = "read by Debug")]
    because: &'static str,
    on_one_thread: PhantomData<*const ()>,
}

impl Drop for PurgingScope {
    fn drop(&mut self) {
        let _ = SCOPES.try_with(|scopes| scopes.set(scopes.get().saturating_sub(1)));
    }
}
