//! Text from a pull request on its way out: one file for each place where it could do harm.
//!
//! SARIF is written by the analyser's own reporter, terminals by its `visible`.

pub mod command;
pub mod markdown;
