//! The Go front end: source to facts.

mod callers;
mod code;
mod collect;
mod constraint;
mod exposure;
mod finalizers;
mod governed;
mod handlers;
pub(crate) mod imports;
mod infer;
pub(crate) mod outline;
mod pointers;
pub(crate) mod program;
mod resolve;
pub(crate) mod review;
mod syntax;
mod types;
mod values;
mod walk;

#[cfg(test)]
mod tests;
