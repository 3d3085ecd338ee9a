//! Policy: what the team has decided. Configuration, suppressions in the code, the baseline.
//!
//! Works on findings; knows no syntax and no format of output.

pub mod baseline;
pub mod config;
pub mod directive;
pub mod file;
pub mod layer;
mod nested;
pub mod own;
pub mod problem;
pub(crate) mod regular;
pub mod schema;
mod show;
pub mod suppress;

pub use baseline::Baseline;
pub use config::{Config, Selection};
pub use nested::nested;
pub use problem::{ConfigError, suggestion};

/// The name of a configuration file.
pub const FILE_NAME: &str = "runtime-policy.toml";

/// A `runtime-policy.toml` that says nothing yet and explains every key.
pub const TEMPLATE: &str = include_str!("template.toml");

#[cfg(test)]
const OWN_RULE_EXAMPLE: &str = r#"
[[rule]]
id = "no-flush-in-handlers"
shape = "prohibition"
within = ["handler"]
apis = ["acme_sdk::Client::flush"]
message = "the telemetry client is flushed while a request waits"
why = "a flush waits for the vendor's servers, and the caller waits with it"
help = "let the background task flush, and flush once at shutdown"
level = "error"
"#;
