//! What only the tables of Go hold: metrics of its runtime, switches of `GODEBUG`, shapes of handlers.

use serde::Deserialize;

use super::{List, Text, Verified};

names! {
    /// What reading a [`Metric`] gives.
    MetricKind {
        /// A whole number.
        Uint64,
        /// A floating-point number.
        Float64,
        /// A histogram.
        Float64Histogram,
    }
}

/// A name that `runtime/metrics` knows.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Name and unit: `/sched/latencies:seconds`.
    pub name: Text,
    /// What it gives.
    pub kind: MetricKind,
    /// Whether it only grows.
    pub cumulative: bool,
    /// First release that has it.
    pub since: Text,
    /// Last release that has it, if it is gone.
    #[serde(default)]
    pub until: Option<Text>,
    /// The release that took leave of it.
    #[serde(default)]
    pub deprecated: Option<Text>,
    /// The name to read instead.
    #[serde(default)]
    pub replacement: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// A name in circulation that never was a metric.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricMistake {
    /// The name.
    pub wrong: Text,
    /// What is meant.
    pub right: Text,
    /// Where it comes from.
    #[serde(default)]
    pub note: Option<Text>,
}

/// A key of `GODEBUG`: a switch of the runtime.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeSwitch {
    /// The key.
    pub key: Text,
    /// Values that differ from the default.
    pub values: Text,
    /// The default.
    #[serde(default)]
    pub default: Option<Text>,
    /// Whether writing it is tuning.
    pub knob: bool,
    /// First release that has it.
    #[serde(default)]
    pub since: Option<Text>,
    /// The release that changed the default, for modules whose `go` line is not older.
    #[serde(default)]
    pub default_changed: Option<Text>,
    /// The release that took it away.
    #[serde(default)]
    pub removed: Option<Text>,
    /// Rules that use it.
    #[serde(default)]
    pub rules: List<Text>,
    /// What it does.
    pub reason: Text,
    /// More, for people.
    #[serde(default)]
    pub note: Option<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}

/// The signature by which a function is known to serve requests.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandlerShape {
    /// Module that asks for it.
    #[serde(rename = "crate")]
    pub package: Text,
    /// The method's name, where only a method of that name serves.
    #[serde(default)]
    pub method: Option<Text>,
    /// Types of the parameters that tell it, in order and without their pointers: the full path, or `*` for any.
    pub parameters: List<Text>,
    /// Where it was checked.
    #[serde(default)]
    pub verified: Option<Verified>,
}
