//! The checklist as data.
