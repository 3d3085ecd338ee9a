//! The rules' logic: facts in, remarks out.
//!
//! One file a rule, most of them few lines over a shared shape. A rule sees facts, the catalogue and the
//! configuration; it never sees a syntax tree, and it says nothing about how its remark is printed.

mod collector_disabled;
mod conditions;
mod exposed_debug_endpoint;
mod finalizer_for_correctness;
mod hardcoded_memory_limit;
mod host_cpu_count;
mod ldflags_build_info;
mod lost_task_context;
mod manual_gc;
pub(crate) mod missing_keep_alive;
mod missing_stack_dumper;
mod own;
mod profile_rate;
mod runtime_api_outside_wrapper;
mod shapes;
mod single_worker_runtime;
mod stack_dump_on_hot_path;
mod stop_the_world_metrics;
mod tuning_outside_main;
mod undocumented_queue_policy;
mod unjustified_thread_pin;
mod unpaired_thread_lock;
mod unstopped_capture;

use std::sync::Arc;

pub use conditions::holds_for_value;
pub(crate) use runtime_policy_rules::path::short;
use runtime_policy_rules::{Api, Level, Older};

use crate::catalogue::Catalogue;
use crate::facts::code::Code;
use crate::facts::exposure::Endpoint;
use crate::facts::setting::Setting;
use crate::facts::{ApiUse, FileFacts, FileIndex, Function, Production, Site};
use crate::finding::{self, Fix};
use crate::policy::Config;
use crate::source::Span;
use crate::timings::Clock;

/// A second place of a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub file: FileIndex,
    pub span: Span,
    pub message: String,
}

/// What a rule remarks on, before levels, suppressions and texts are settled.
#[derive(Debug, Clone)]
pub(crate) struct Remark {
    pub rule: Arc<str>,
    /// Lower than the rule's own level where the rule says so.
    pub at_most: Option<finding::Level>,
    /// The level of a pedantic rule here, where the configuration says nothing about it.
    pub by_default: Option<finding::Level>,
    pub file: FileIndex,
    pub span: Span,
    pub message: String,
    /// Instead of the rule's own sentence.
    pub why: Option<String>,
    /// Instead of the rule's own help.
    pub help: Option<String>,
    pub related: Vec<Place>,
    pub fix: Option<Fix>,
    /// Path of the function or item around it.
    pub item: Arc<str>,
}

/// What a rule judges: one file's facts, and whom to ask about the rest.
pub(crate) struct Case<'r> {
    pub code: &'r dyn Code,
    pub catalogue: &'r Catalogue,
    pub config: &'r Config,
    pub facts: &'r FileFacts,
    /// Path of the file, relative to the root of the run.
    pub path: &'r str,
}

/// A use that a rule is about, with what the catalogue says of it.
#[derive(Clone, Copy)]
pub(crate) struct Used<'r> {
    pub found: &'r ApiUse,
    pub api: &'r Api,
    /// The level that the catalogue asks for, if not the rule's own.
    pub level: Option<Level>,
}

impl<'r> Case<'r> {
    /// Production uses of a rule's APIs whose conditions hold, in order of place. A package that offers such APIs
    /// itself has none: it makes them, and its callers are who uses them.
    pub(crate) fn uses<'c>(&'c self, rule: &'c str) -> impl Iterator<Item = Used<'r>> + 'c {
        // A team's own rule is about its own APIs, wherever they are used.
        let built_in = runtime_policy_rules::rule(rule).is_some();
        let package = self.code.package(self.facts.file).filter(|_| built_in);
        self.facts.uses.iter().filter_map(move |found| {
            if found.site.production != Production::Yes {
                return None;
            }
            let api = self.catalogue.api(found.api);
            if !api.rules.iter().any(|name| name == rule)
                || package.is_some_and(|package| self.catalogue.is_made_by(api, package))
            {
                return None;
            }
            let level = conditions::fires(self, rule, api, found)?.or(api.level);
            match level {
                Some(Level::Off) => None,
                Some(Level::Pedantic) => {
                    self.config.pedantic_level(self.path)?;
                    Some(Used { found, api, level })
                }
                level => Some(Used { found, api, level }),
            }
        })
    }

    /// Settings of the file that a rule is about and whose conditions hold, in order of place.
    pub(crate) fn settings(&self, rule: &str) -> impl Iterator<Item = &'r Setting> {
        self.facts.settings.iter().filter(move |setting| {
            runtime_policy_rules::environment().any(|known| {
                *known.name == *setting.name && conditions::holds_for_setting(rule, known, setting)
            })
        })
    }

    /// A remark at a setting.
    pub(crate) fn remark_on(&self, rule: &str, setting: &Setting, message: String) -> Remark {
        self.remark_at(rule, setting.span, setting.name.clone(), message)
    }

    /// A remark at a place outside of code; `item` tells it from others of its file.
    pub(crate) fn remark_at(&self, rule: &str, span: Span, item: Arc<str>, message: String) -> Remark {
        Remark {
            rule: rule.into(),
            at_most: None,
            by_default: None,
            file: self.facts.file,
            span,
            message,
            why: None,
            help: None,
            related: Vec::new(),
            fix: None,
            item,
        }
    }

    /// The function around a site.
    pub(crate) fn function(&self, site: &Site) -> Option<&'r Function> {
        site.function.and_then(|index| self.facts.functions.get(index as usize))
    }

    /// What to use instead of an API, under the defaults that the file's programs run under.
    fn better(&self, file: FileIndex, api: &'r Api) -> Option<&'r str> {
        let told = |older: &&Older| self.code.defaults(file).is_some_and(|defaults| older.is_for(defaults));
        let older = api.older.as_ref().filter(told);
        older.map(|older| &*older.replacement).or(api.replacement.as_deref())
    }

    /// A remark at a use, with the catalogue's texts.
    pub(crate) fn remark(&self, rule: &str, used: &Used<'r>, message: String) -> Remark {
        let site = &used.found.site;
        Remark {
            rule: rule.into(),
            at_most: match used.level {
                Some(Level::Warning | Level::Pedantic) => Some(finding::Level::Warning),
                _ => None,
            },
            by_default: None,
            file: site.file,
            span: site.span,
            message,
            why: Some(used.api.reason.to_string()).filter(|text| is_sentence(text)),
            help: self.better(site.file, used.api).map(|better| format!("instead: {better}")),
            related: Vec::new(),
            fix: None,
            item: self.function(site).map_or_else(|| "".into(), |function| function.path.clone()),
        }
    }
}

/// Whether a catalogue's reason says why; a shorter one only says what the API is, and the rule's own sentence serves
/// better.
fn is_sentence(reason: &str) -> bool {
    reason.split_whitespace().count() > 5
}

type Judge = fn(&Case<'_>, &mut Vec<Remark>);

/// The rules that look at one file at a time.
const JUDGES: &[(&str, Judge)] = &[
    (tuning_outside_main::RULE, tuning_outside_main::judge),
    (unjustified_thread_pin::RULE, unjustified_thread_pin::judge),
    (manual_gc::RULE, manual_gc::judge),
    (lost_task_context::RULE, lost_task_context::judge),
    (finalizer_for_correctness::RULE, finalizer_for_correctness::judge),
    (unpaired_thread_lock::RULE, unpaired_thread_lock::judge),
    (unstopped_capture::RULE, unstopped_capture::judge),
    (stack_dump_on_hot_path::RULE, stack_dump_on_hot_path::judge),
    (stop_the_world_metrics::RULE, stop_the_world_metrics::judge),
    (collector_disabled::RULE, collector_disabled::judge),
    (hardcoded_memory_limit::RULE, hardcoded_memory_limit::judge),
    (host_cpu_count::RULE, host_cpu_count::judge),
    (ldflags_build_info::RULE, ldflags_build_info::judge),
    (missing_stack_dumper::RULE, missing_stack_dumper::judge),
    (profile_rate::RULE, profile_rate::judge),
    (runtime_api_outside_wrapper::RULE, runtime_api_outside_wrapper::judge),
    (single_worker_runtime::RULE, single_worker_runtime::judge),
    (undocumented_queue_policy::RULE, undocumented_queue_policy::judge),
    ("[[rule]]", own::judge),
];

/// Runs every rule over one file's facts.
pub(crate) fn judge(case: &Case<'_>, clock: Clock<'_>) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (rule, judge) in JUDGES {
        clock.rule(rule, || judge(case, &mut remarks));
    }
    without_doubles(remarks)
}

/// The remarks about a file's debugging endpoints.
pub(crate) fn judge_endpoints<'e>(
    case: &Case<'_>,
    endpoints: impl Iterator<Item = &'e Endpoint>,
) -> Vec<Remark> {
    let mut remarks = Vec::new();
    exposed_debug_endpoint::judge(case, endpoints, &mut remarks);
    without_doubles(remarks)
}

/// Two entries of the catalogue may describe one call.
fn without_doubles(mut remarks: Vec<Remark>) -> Vec<Remark> {
    remarks.sort_by(|a, b| (&a.rule, a.span).cmp(&(&b.rule, b.span)));
    remarks.dedup_by(|a, b| a.rule == b.rule && a.span == b.span && a.file == b.file);
    remarks
}

/// Runs the rules that look at a whole program.
pub(crate) fn judge_together(cases: &[Case<'_>]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    tuning_outside_main::second_owners(cases, &mut remarks);
    own::second_owners(cases, &mut remarks);
    missing_keep_alive::judge_together(cases, &mut remarks);
    remarks
}
