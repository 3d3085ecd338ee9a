//! The Go front end: source to facts.

mod callers;
mod calls;
mod cgo;
mod code;
mod collect;
mod constraint;
mod exits;
mod exposure;
mod expressions;
mod finalizers;
mod governed;
mod handlers;
mod head;
pub(crate) mod imports;
mod infer;
pub(crate) mod outline;
mod pointers;
pub(crate) mod program;
mod resolve;
pub(crate) mod review;
mod statements;
mod syntax;
mod types;
mod values;
pub(crate) mod vocabulary;
mod walk;

#[cfg(test)]
mod tests;
