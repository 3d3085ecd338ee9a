//! From a route to the listener that serves it, whatever the language.
//!
//! A front end lowers functions to [`sketch`]es and answers for names; how a router goes through functions, and what an
//! address or a name of authentication looks like, is the same everywhere.

pub(crate) mod address;
pub(crate) mod auth;
pub(crate) mod flow;
pub(crate) mod sketch;
