//! From a route to the listener that serves it, whatever the language.
//!
//! A front end lowers functions to [`sketch`]es and answers for names; how a router goes through functions, and what an
//! address or a name of authentication looks like, is the same everywhere.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod flow;
pub(crate) mod sketch;

use runtime_policy_rules::{Language, Level, debug_paths};

/// Words that select files with debugging paths in them.
pub(crate) fn words(language: Language) -> impl Iterator<Item = String> {
    let counts = debug_paths(language).iter().filter(|path| path.level != Level::Off);
    counts.map(|path| path.pattern.trim_end_matches('/').to_owned())
}
