//! The Rust front end: source to facts.

mod attributes;
mod callers;
mod code;
pub(crate) mod collect;
mod governed;
mod handlers;
mod infer;
mod lexer;
mod macros;
mod nesting;
pub(crate) mod outline;
mod pointer_names;
pub(crate) mod pointers;
pub(crate) mod program;
mod resolve;
pub(crate) mod review;
mod types;
mod use_tree;
mod values;
pub(crate) mod walk;
