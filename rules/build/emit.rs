//! Writes the checklist as Rust source.
//!
//! Every list becomes a static of its own, because a list inside a constant expression is not promoted.

use std::collections::HashMap;
use std::fmt::Write;

use crate::load::Checklist;
use crate::schema::*;

/// The source of the library's `data` module.
pub fn data(checklist: &Checklist) -> String {
    let mut out = Statics::default();
    out.named("RULES", &checklist.rules);
    for (language, facts) in Language::ALL.iter().zip(&checklist.facts) {
        let prefix = format!("{language:?}").to_uppercase();
        out.named(&format!("{prefix}_APIS"), &facts.apis);
        out.named(&format!("{prefix}_ENVIRONMENT"), &facts.environment);
        out.named(&format!("{prefix}_DEBUG_PATHS"), &facts.debug_paths);
        out.named(&format!("{prefix}_RECEIVER_TYPES"), &facts.receiver_types);
        out.named(&format!("{prefix}_HANDLERS"), &facts.handlers);
    }
    out.named("METRICS", &checklist.go.metrics);
    out.named("METRIC_MISTAKES", &checklist.go.metric_mistakes);
    out.named("RUNTIME_SWITCHES", &checklist.go.switches);
    let lexicon = checklist.lexicon.emit(&mut out);
    let _ = writeln!(out.text, "pub static LEXICON: Lexicon = {lexicon};");
    out.text
}

/// The statics written so far; equal lists share one.
#[derive(Default)]
struct Statics {
    text: String,
    names: HashMap<String, String>,
}

impl Statics {
    fn named<T: Emit>(&mut self, name: &str, items: &[T]) {
        let body = self.body(items);
        let _ = writeln!(self.text, "pub static {name}: {body};");
    }

    /// The name of a static that holds the items.
    fn list<T: Emit>(&mut self, items: &[T]) -> String {
        let body = self.body(items);
        if let Some(name) = self.names.get(&body) {
            return name.clone();
        }
        let name = format!("L{}", self.names.len());
        let _ = writeln!(self.text, "static {name}: {body};");
        self.names.insert(body, name.clone());
        name
    }

    fn body<T: Emit>(&mut self, items: &[T]) -> String {
        let values: Vec<String> = items.iter().map(|item| item.emit(self)).collect();
        format!("[{}; {}] = [{}]", T::TYPE, items.len(), values.join(", "))
    }
}

/// A value that can be written as a constant expression.
trait Emit {
    /// Its type, as written in the data.
    const TYPE: &'static str;
    /// The expression.
    fn emit(&self, out: &mut Statics) -> String;
}

impl Emit for Text {
    const TYPE: &'static str = "Text";
    fn emit(&self, _: &mut Statics) -> String {
        format!("Borrowed({:?})", self.as_ref())
    }
}

impl<T: Emit + Clone> Emit for List<T> {
    const TYPE: &'static str = "List";
    fn emit(&self, out: &mut Statics) -> String {
        if self.is_empty() { "Borrowed(&[])".to_owned() } else { format!("Borrowed(&{})", out.list(self)) }
    }
}

impl<T: Emit> Emit for Option<T> {
    const TYPE: &'static str = "Option";
    fn emit(&self, out: &mut Statics) -> String {
        self.as_ref().map_or("None".to_owned(), |value| format!("Some({})", value.emit(out)))
    }
}

impl Emit for Value {
    const TYPE: &'static str = "Value";
    fn emit(&self, out: &mut Statics) -> String {
        match self {
            Value::Bool(value) => format!("Value::Bool({value})"),
            Value::Int(value) => format!("Value::Int({value})"),
            Value::Text(value) => format!("Value::Text({})", value.emit(out)),
            Value::List(values) => format!("Value::List({})", values.emit(out)),
        }
    }
}

impl Emit for Arg {
    const TYPE: &'static str = "Arg";
    fn emit(&self, out: &mut Statics) -> String {
        match self {
            Arg::Position(position) => format!("Arg::Position({position})"),
            Arg::Name(name) => format!("Arg::Name({})", name.emit(out)),
            Arg::Names(names) => format!("Arg::Names({})", names.emit(out)),
        }
    }
}

/// Values whose `Debug` form is the expression.
macro_rules! emit_plain {
    ($($type:ident),+) => { $(impl Emit for $type {
        const TYPE: &'static str = stringify!($type);
        fn emit(&self, _: &mut Statics) -> String {
            format!("{self:?}")
        }
    })+ };
}

/// Closed sets of names.
macro_rules! emit_names {
    ($($type:ident),+) => { $(impl Emit for $type {
        const TYPE: &'static str = stringify!($type);
        fn emit(&self, _: &mut Statics) -> String {
            format!("{}::{self:?}", stringify!($type))
        }
    })+ };
}

/// Structs: a field left out here is an error when the data is compiled.
macro_rules! emit_structs {
    ($($type:ident { $($field:ident),+ $(,)? })+) => { $(impl Emit for $type {
        const TYPE: &'static str = stringify!($type);
        fn emit(&self, out: &mut Statics) -> String {
            let fields = [$(format!("{}: {}", stringify!($field), self.$field.emit(out))),+];
            format!("{} {{ {} }}", stringify!($type), fields.join(", "))
        }
    })+ };
}

emit_plain!(bool, u8);

emit_names!(
    Affinity,
    Class,
    Effect,
    EvidenceKind,
    Group,
    Kind,
    Language,
    Level,
    LoopKind,
    MetricKind,
    Op,
    Owner,
    PathKind,
    Scope,
    Shape,
    Target,
    Verified
);

emit_structs! {
    Rule { id, level, group, languages, since, shape, approvals, summary, why, help, page }
    Api {
        id, rules, package, paths, kind, receiver, of_trait, unambiguous, same_name_in, class, effect, level, scope,
        platform, since, feature, arg, conditions, values, knob, pair, owner, keeps, parts, replacement, older, fix, reason,
        note, versions, verified, auxiliary, beside, words,
    }
    Older { than, replacement }
    Parts { pattern, handler, variadic, router, address, listener, network, default_address, serves }
    Metric { name, kind, cumulative, since, until, deprecated, replacement, verified }
    MetricMistake { wrong, right, note }
    RuntimeSwitch { key, values, default, knob, since, default_changed, removed, rules, reason, note, verified }
    HandlerShape { package, method, parameters, verified }
    Condition { rule, arg, op, value, and, then, target, level }
    Test { arg, op, value }
    EnvVar { name, package, reader, rules, effect, knob, before_main, conditions, values, note, versions, verified }
    DebugPath { pattern, kind, level, served_by, note, verified }
    ReceiverType { path, package, made_by, deref, note, verified }
    Lexicon { libraries, syscalls, kernel_states, loops, not_reasons, evidence }
    Library {
        name, words, rust_crates, links, go_packages, includes, pkg_config, frameworks, affinity, justifies_os_thread, justifies_cpu_pin, accepted, reason, note,
        verified,
    }
    Syscall { name, per_thread, reason, note, verified }
    KernelState { phrase, justifies_cpu_pin, reason, verified }
    EventLoop { name, spellings, package, kind, main_thread, generic, note, versions, verified }
    NotAReason { phrase, reason, lifted_by }
    Evidence { kind, patterns }
}
