//! The attributes of `runtime-guard`; use them through that crate.
//!
//! Reasons are weighed while the program is compiled, by the same words as the analyser weighs comments.

mod policy;
mod reason;
mod scope;

use proc_macro::TokenStream;

/// Marks a function that tunes the runtime at start-up: it is an *owner* of what it tunes.
///
/// Takes nothing, or `owner = "name"`; without it the owner is the function's path. A second owner of a knob, and a
/// call after the seal, are findings of `tuning-outside-main`.
#[proc_macro_attribute]
pub fn startup(arguments: TokenStream, item: TokenStream) -> TokenStream {
    scope::startup(arguments.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// Marks a function that pins the thread it runs on, with the cause: `#[pinned(because = "…")]`.
///
/// The cause must be one that the rule `unjustified-thread-pin` accepts. The function must not be `async` or `const`: a
/// pin belongs to one thread.
#[proc_macro_attribute]
pub fn pinned(arguments: TokenStream, item: TokenStream) -> TokenStream {
    scope::pinned(arguments.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// Marks a function that collects or purges by hand, with the reason: `#[purges(because = "…")]`.
///
/// The reason must be checkable: a link, an issue's number, or figures with units, as the rule `manual-gc` wants. The
/// function must not be `async` or `const`.
#[proc_macro_attribute]
pub fn purges(arguments: TokenStream, item: TokenStream) -> TokenStream {
    scope::purges(arguments.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// A test that fails on what the guard finds while it runs.
///
/// A guard is installed and sealed before the body, and asked after it. Such tests run one after the other, since the
/// guard sees the whole process.
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    scope::test(arguments.into(), item.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}

/// The levels of a `runtime-policy.toml`, read when the program is compiled: `policy!()` looks for the file in the
/// package's folder and above it, `policy!("path")` reads the one named, relative to the package's folder.
#[proc_macro]
pub fn policy(arguments: TokenStream) -> TokenStream {
    policy::expand(arguments.into()).unwrap_or_else(|error| error.into_compile_error()).into()
}
