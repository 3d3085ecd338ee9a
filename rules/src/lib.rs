//! The checklist as data: what the rules are, which APIs they are about, and what a justification may say.
//!
//! Everything here is compiled in from the files beside this crate's source: one Markdown page a rule, `apis/` and
//! `lexicon/`. Nothing is parsed at run time. There is no logic but the weighing of reasons ([`justify`]): the analyser, the
//! review bot and the guard all judge by the same names.

pub mod justify;
#[cfg(feature = "read")]
pub mod load;
mod page;
pub mod path;
mod schema;
pub mod words;

pub use schema::*;

/// The data that the build script wrote: `RULES`, `RUST_*`, `GO_*` and `LEXICON`.
mod data {
    use std::borrow::Cow::Borrowed;

    use crate::schema::*;

    include!(concat!(env!("OUT_DIR"), "/data.rs"));
}

/// Every rule, sorted by id.
pub fn rules() -> &'static [Rule] {
    &data::RULES
}

/// The rule of that id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    let rules = rules();
    rules.binary_search_by(|rule| rule.id.as_ref().cmp(id)).ok().map(|position| &rules[position])
}

/// The APIs that the rules know in a language, grouped by crate.
pub fn apis(language: Language) -> &'static [Api] {
    match language {
        Language::Rust => &data::RUST_APIS,
        Language::Go => &data::GO_APIS,
    }
}

/// The environment variables that programs read. A program may hold code of several languages, and a file that starts
/// one does not tell, so that there is one list for all.
pub fn environment() -> impl Iterator<Item = &'static EnvVar> {
    data::RUST_ENVIRONMENT.iter().chain(&data::GO_ENVIRONMENT)
}

/// The paths under which programs in a language serve debugging data.
pub fn debug_paths(language: Language) -> &'static [DebugPath] {
    match language {
        Language::Rust => &data::RUST_DEBUG_PATHS,
        Language::Go => &data::GO_DEBUG_PATHS,
    }
}

/// The types of receivers and what makes them.
pub fn receiver_types(language: Language) -> &'static [ReceiverType] {
    match language {
        Language::Rust => &data::RUST_RECEIVER_TYPES,
        Language::Go => &data::GO_RECEIVER_TYPES,
    }
}

/// The signatures by which functions in a language are known to serve requests.
pub fn handlers(language: Language) -> &'static [HandlerShape] {
    match language {
        Language::Rust => &data::RUST_HANDLERS,
        Language::Go => &data::GO_HANDLERS,
    }
}

/// The names that Go's `runtime/metrics` knows.
pub fn metrics() -> &'static [Metric] {
    &data::METRICS
}

/// Names in circulation that never were metrics of Go's runtime.
pub fn metric_mistakes() -> &'static [MetricMistake] {
    &data::METRIC_MISTAKES
}

/// The keys of `GODEBUG`.
pub fn runtime_switches() -> &'static [RuntimeSwitch] {
    &data::RUNTIME_SWITCHES
}

/// What a justification may and may not say.
pub fn lexicon() -> &'static Lexicon {
    &data::LEXICON
}
