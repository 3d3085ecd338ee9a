//! Where the values of local variables go.

use std::sync::Arc;

use crate::facts::Outcome;
use crate::source::Span;

/// A place that hands a local variable's value on.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The variable's number in its function.
    pub variable: u32,
    /// The function: index into the file's functions.
    pub function: Option<u32>,
    /// The methods called on it there, first one first.
    pub through: Vec<Arc<str>>,
    /// The statement around it.
    pub statement: Span,
    /// What becomes of the value.
    pub outcome: Outcome,
    /// The field that it is stored in, if it is.
    pub field: Option<Arc<str>>,
}

/// What [`Outcome::Argument`] names for the bound of a range: `0..count`.
pub const RANGE: &str = "..";

/// What [`Outcome::Argument`] names for the length of an array: `[value; count]`, `vec![value; count]`.
pub const REPEAT: &str = "[;]";
