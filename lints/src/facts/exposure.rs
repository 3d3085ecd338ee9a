//! Debugging endpoints, and the listeners that serve them.

use std::sync::Arc;

use runtime_policy_rules::{DebugPath, Language, Level, PathKind};

use crate::facts::{FileIndex, Production};
use crate::source::Span;

/// What is known of an address that a program listens on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// Reached from this machine only, or a default that is.
    Loopback,
    /// A unix socket, or another channel of this machine.
    Unix,
    /// A flag or setting without a default: whoever deploys the program chooses.
    Undecided,
    /// Not seen; the name of what holds it.
    Unknown(Arc<str>),
    /// Reached from elsewhere, or a default that is; the address as written.
    Public(Arc<str>),
}

/// A listener that serves an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The file.
    pub file: FileIndex,
    /// Where the address or the listener is given.
    pub span: Span,
    /// The address.
    pub address: Address,
}

/// What an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointKind {
    /// A route of a server, with its path from the root as far as it is known.
    Route(Arc<str>),
    /// A listener of a debugging tool: the canonical path of the call that opens it.
    Tool(Arc<str>),
    /// An import whose loading registers routes on the router that a whole program shares.
    Import {
        /// The path imported.
        path: Arc<str>,
        /// Whether it is imported for nothing else.
        blank: bool,
    },
    /// A server of the shared router, in a part of the program that does not import what fills it: that path.
    Shared(Arc<str>),
}

/// A place that serves debugging data.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// What to point at.
    pub span: Span,
    /// What it is.
    pub kind: EndpointKind,
    /// The profiler or dump that its handler reaches: canonical path of the call.
    pub reaches: Option<Arc<str>>,
    /// Authentication or a check of the peer stands before it.
    pub guarded: bool,
    /// Authentication stands before the other routes, this one is exempt from it: the place that says so.
    pub exempt: Option<Span>,
    /// Listeners that serve it, in order of place; none if no server was found.
    pub listeners: Vec<Listener>,
    /// Path of the function around it.
    pub item: Arc<str>,
    /// Whether it runs in production.
    pub production: Production,
}

/// The lexicon's word on a path: the longest pattern that it meets, those that are no debugging paths left out.
pub fn debug_path(language: Language, path: &str) -> Option<&'static DebugPath> {
    let path = path.trim_end_matches(['/', '*']);
    let found = runtime_policy_rules::debug_paths(language)
        .iter()
        .filter(|known| meets(path, known))
        .max_by_key(|known| (known.kind == PathKind::Exact, known.pattern.len()))?;
    (found.level != Level::Off).then_some(found)
}

fn meets(path: &str, known: &DebugPath) -> bool {
    let pattern = known.pattern.trim_end_matches('/');
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(['/', '?', '{', ':', '*']);
    match known.kind {
        PathKind::Exact => path == pattern,
        PathKind::Prefix => path.strip_prefix(pattern).is_some_and(ends),
        PathKind::Segment => path.match_indices(pattern).any(|(at, _)| ends(&path[at + pattern.len()..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexicon_knows_debugging_paths_from_others() {
        let level = |path: &str| debug_path(Language::Rust, path).map(|found| found.level);
        assert_eq!(level("/debug/pprof/heap"), Some(Level::Error));
        assert_eq!(level("/debug/locks"), Some(Level::Warning));
        assert_eq!(level("/monitor/await_tree/{worker}"), Some(Level::Error));
        assert_eq!(level("/metrics"), None);
        assert_eq!(level("/debugger"), None);
        assert_eq!(level("/heaps"), None);
    }
}
