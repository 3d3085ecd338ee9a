//! The analyser behind `cargo runtime-policy`.
//!
//! One idea: *facts, then policy*. `workspace` finds files and packages, `select` decides on bytes which of them
//! matter, the front end `rust` and the readers of `settings` turn what matters into `facts`, `rules` judge facts, `policy` applies configuration
//! and suppressions, `report` prints findings. Data moves one way, and nothing of the analysed tree is ever run.

mod calls;
pub mod catalogue;
pub mod change;
pub mod engine;
mod exposure;
pub mod facts;
pub mod finding;
pub mod fingerprint;
pub mod fix;
mod go;
mod identifiers;
pub mod policy;
mod production;
pub mod report;
mod rules;
mod rust;
pub mod select;
mod settings;
pub mod source;
pub mod timings;
pub mod visible;
pub mod workspace;

pub use rules::holds_for_value;
