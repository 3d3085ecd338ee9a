//! The types of the checklist.
//!
//! One schema serves three readers: the build script turns the files of this crate into static data, the library
//! hands that data out, and `runtime-policy.toml` adds entries of the same types. Texts and lists are therefore
//! borrowed where they are compiled in and owned where they are read at run time.

use std::borrow::Cow;

/// A text: compiled in, or read from a configuration file.
pub type Text = Cow<'static, str>;

/// A list: compiled in, or read from a configuration file.
pub type List<T> = Cow<'static, [T]>;

/// Declares a closed set of names: anything else in a file is an error that lists the names.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
        }
    };
}

mod api;
mod condition;
mod go;
mod lexicon;
mod rule;

pub use api::{
    Api, Class, DebugPath, Effect, EnvVar, Kind, Older, Owner, Parts, PathKind, ReceiverType, Scope, Verified,
};
pub use condition::{Arg, Condition, Op, Target, Test, Value};
pub use go::{HandlerShape, Metric, MetricKind, MetricMistake, RuntimeSwitch};
pub use lexicon::{
    Affinity, EventLoop, Evidence, EvidenceKind, KernelState, Lexicon, Library, LoopKind, NotAReason, Syscall,
};
pub use rule::{Group, Rule, Shape};

names! {
    /// A programming language.
    Language {
        /// Rust.
        Rust,
        /// Go.
        Go,
    }
}

names! {
    /// How much a rule, an API or a path weighs before any configuration.
    Level {
        /// Never a finding by itself; an API with this level is known for reference only.
        Off,
        /// A finding only when pedantic rules are asked for. Not for rules, which have a [`Group`].
        Pedantic,
        /// Shown; fails a run under `--deny-warnings`.
        Warning,
        /// Fails a run.
        Error,
    }
}
