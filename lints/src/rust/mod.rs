//! The Rust front end: source to facts.

mod attributes;
mod callers;
mod code;
pub(crate) mod collect;
pub(crate) mod definition;
mod exposure;
mod finalizers;
mod flow;
mod governed;
mod handlers;
mod handoffs;
mod holds;
mod infer;
mod lexer;
mod macro_prelude;
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
