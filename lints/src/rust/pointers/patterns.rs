//! Binding values to patterns.

use syn::Pat;

use super::state::{Shape, Value};
use super::{Flow, owners};
use crate::rust::extent;

/// Whether a pattern moves out of what it matches: it binds a name by value.
pub(super) fn moves(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(ident) => ident.by_ref.is_none() && is_binding(&ident.ident.to_string()),
        Pat::TupleStruct(inner) => inner.elems.iter().any(moves),
        Pat::Tuple(inner) => inner.elems.iter().any(moves),
        Pat::Struct(inner) => inner.fields.iter().any(|field| moves(&field.pat)),
        Pat::Or(inner) => inner.cases.iter().any(moves),
        Pat::Paren(inner) => moves(&inner.pat),
        Pat::Type(inner) => moves(&inner.pat),
        Pat::Guard(inner) => moves(&inner.pat),
        _ => false,
    }
}

/// Names that start upper case are constants and variants.
fn is_binding(name: &str) -> bool {
    name.starts_with(|first: char| first == '_' || first.is_lowercase())
}

impl Flow<'_> {
    /// Declares the names of a pattern in the innermost scope.
    pub(super) fn bind(&mut self, pat: &Pat, value: Value) {
        match pat {
            Pat::Ident(ident) if is_binding(&ident.ident.to_string()) => {
                let value = if ident.by_ref.is_some() { self.lent(value) } else { value };
                self.declare(&ident.ident.to_string(), value);
            }
            Pat::Type(typed) => {
                let value = if owners::is_raw(&typed.ty) {
                    self.as_pointer(value, extent::of(pat))
                } else if value.shape == Shape::Unknown {
                    self.made_by_type(&typed.ty, "")
                } else {
                    value
                };
                self.bind(&typed.pat, value);
            }
            Pat::Paren(inner) => self.bind(&inner.pat, value),
            Pat::Reference(inner) => self.bind(&inner.pat, value),
            Pat::Guard(inner) => self.bind(&inner.pat, value),
            Pat::TupleStruct(inner) if inner.elems.len() == 1 => {
                // An error is not the owner that the call would have made.
                let error = inner.path.segments.last().is_some_and(|last| last.ident == "Err");
                let value = if error { Value::default() } else { value.unwrapped() };
                self.bind(&inner.elems[0], value);
            }
            Pat::TupleStruct(inner) => self.spread(inner.elems.iter(), value),
            Pat::Tuple(inner) => self.spread(inner.elems.iter(), value),
            Pat::Slice(inner) => self.spread(inner.elems.iter(), value),
            Pat::Struct(inner) => self.spread(inner.fields.iter().map(|field| &*field.pat), value),
            Pat::Or(inner) => {
                if let Some(first) = inner.cases.first() {
                    self.bind(first, value);
                }
            }
            Pat::Wild(_) => self.temporary(&value, false),
            _ => {}
        }
    }

    /// Several names from one value: each may carry its pointers, none surely its memory.
    fn spread<'p>(&mut self, pats: impl Iterator<Item = &'p Pat>, value: Value) {
        self.state.keep(&value.holds);
        let mut part = Value { points: value.points, ..Value::default() };
        if !part.points.is_empty() {
            part.shape = Shape::Bundle;
        }
        for pat in pats {
            self.bind(pat, part.clone());
        }
    }

    /// A reference to a value that stays where it is.
    pub(super) fn lent(&mut self, value: Value) -> Value {
        match value.shape {
            Shape::Owner { class, wrapped, heap } => {
                self.temporary(&value, false);
                Value {
                    shape: Shape::Borrow { class: Some(class), wrapped, heap, target: None },
                    points: value.points,
                    holds: Vec::new(),
                }
            }
            _ => value,
        }
    }
}
