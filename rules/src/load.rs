//! Reading and checking the checklist's files.
//!
//! The build script reads the files of this crate with it, tests read broken samples, and whoever reads entries of
//! a user checks them with [`fault`].

use std::fmt;

use serde::Deserialize;
use toml::Spanned;

use crate::schema::{
    Api, Condition, DebugPath, EnvVar, EventLoop, Evidence, HandlerShape, KernelState, Language, Level,
    Lexicon, Library, List, Metric, MetricMistake, NotAReason, Op, ReceiverType, Rule, RuntimeSwitch,
    Syscall, Value,
};

/// A mistake in a file of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named.
    pub file: String,
    /// Line from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.message)
    }
}

/// One file of the checklist: a page (`*.md`) or tables (`*.toml`).
#[derive(Debug, Clone)]
pub struct File {
    /// Its name in messages: a path relative to the crate.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The language of its tables; none for pages and the lexicon.
    pub language: Option<Language>,
}

/// The facts about one language.
#[derive(Debug, Default)]
pub struct Facts {
    /// APIs, in the order of the files.
    pub apis: Vec<Api>,
    /// Environment variables.
    pub environment: Vec<EnvVar>,
    /// Debug paths.
    pub debug_paths: Vec<DebugPath>,
    /// Types of receivers.
    pub receiver_types: Vec<ReceiverType>,
    /// Signatures of functions that serve requests.
    pub handlers: Vec<HandlerShape>,
}

/// What is known of Go's runtime beyond APIs.
#[derive(Debug, Default)]
pub struct GoRuntime {
    /// Names of metrics.
    pub metrics: Vec<Metric>,
    /// Names that are none.
    pub metric_mistakes: Vec<MetricMistake>,
    /// Keys of `GODEBUG`.
    pub switches: Vec<RuntimeSwitch>,
}

/// The whole checklist.
#[derive(Debug)]
pub struct Checklist {
    /// Rules, sorted by id.
    pub rules: Vec<Rule>,
    /// Facts by language, in the order of [`Language::ALL`].
    pub facts: Vec<Facts>,
    /// Go's runtime.
    pub go: GoRuntime,
    /// The lexicon.
    pub lexicon: Lexicon,
}

/// The tables that one file may hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Tables {
    api: Vec<Spanned<Api>>,
    env_var: Vec<Spanned<EnvVar>>,
    debug_path: Vec<DebugPath>,
    #[serde(rename = "type")]
    receiver_type: Vec<ReceiverType>,
    handler: Vec<HandlerShape>,
    metric: Vec<Metric>,
    metric_mistake: Vec<MetricMistake>,
    runtime_switch: Vec<RuntimeSwitch>,
    thread_affine_library: Vec<Library>,
    syscall: Vec<Syscall>,
    kernel_state: Vec<KernelState>,
    #[serde(rename = "loop")]
    event_loop: Vec<EventLoop>,
    not_a_reason: Vec<NotAReason>,
    evidence: Vec<Evidence>,
}

/// Reads and checks all files: pages first, then tables.
///
/// # Errors
///
/// Every mistake found, in the order of the files.
pub fn checklist(files: &[File]) -> Result<Checklist, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut rules: Vec<Rule> = Vec::new();
    let mut tables = Vec::new();
    for file in files {
        if file.path.ends_with(".md") {
            match page(file) {
                Ok(rule) => rules.push(rule),
                Err(problem) => problems.push(problem),
            }
        } else {
            match parse::<Tables>(file, &file.text, 0) {
                Ok(read) => tables.push((file, read)),
                Err(problem) => problems.push(problem),
            }
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));

    let mut uses = Uses::default();
    for (file, read) in &tables {
        for api in &read.api {
            let line = line_of(&file.text, api.span().start);
            let place = Place { file, line };
            let known = |id: &str| rules.iter().any(|rule| rule.id == id);
            problems.extend(fault(api.get_ref(), known).map(|message| place.problem(message)));
            problems.extend(uses.add(api.get_ref(), place));
        }
        for variable in &read.env_var {
            let place = Place { file, line: line_of(&file.text, variable.span().start) };
            for rule in variable.get_ref().rules.iter().filter(|id| !rules.iter().any(|rule| rule.id == **id))
            {
                problems.push(place.problem(unknown_rule(rule)));
            }
        }
    }
    problems.extend(uses.dangling_pairs());
    if problems.is_empty() { Ok(assemble(rules, tables)) } else { Err(problems) }
}

/// What is wrong with an entry taken by itself; `known` says whether a rule id exists.
pub fn fault(api: &Api, known: impl Fn(&str) -> bool) -> Option<String> {
    if let Some(rule) = api.rules.iter().find(|rule| !known(rule)) {
        return Some(unknown_rule(rule));
    }
    if api.paths.is_empty() || api.paths.iter().any(|path| path.trim().is_empty()) {
        return Some(format!("`{}` names no path: write the full path of the API into `paths`", api.id));
    }
    if !api.is_auxiliary() && api.replacement.is_none() {
        return Some(format!(
            "`{}` can make a finding but has no `replacement`: say what to do instead",
            api.id
        ));
    }
    for condition in api.conditions.iter() {
        if let Some(rule) = condition.rule.as_ref().filter(|rule| !api.rules.contains(rule)) {
            return Some(format!(
                "a condition of `{}` is about `{rule}`, which its `rules` do not list",
                api.id
            ));
        }
        if let Some(name) = foreign_name(api, condition) {
            return Some(format!(
                "a condition of `{}` names `{name}`, which ends none of its `paths`",
                api.id
            ));
        }
        if condition.op == Op::PairMissing && api.pair.is_none() {
            return Some(format!("a condition of `{}` asks for its `pair`, which it does not have", api.id));
        }
        let tests = std::iter::once((condition.op, &condition.value))
            .chain(condition.and.iter().map(|test| (test.op, &test.value)));
        for (op, value) in tests {
            if let Some(fault) = fault_of_test(op, value.as_ref()) {
                return Some(format!("a condition of `{}` {fault}", api.id));
            }
        }
    }
    None
}

/// A name in `name-in` that is no last segment of a path, so that the condition could never hold.
fn foreign_name<'a>(api: &Api, condition: &'a Condition) -> Option<&'a str> {
    let (Op::NameIn, Some(Value::List(names))) = (condition.op, &condition.value) else { return None };
    names.iter().find_map(|name| match name {
        Value::Text(name) if !api.paths.iter().any(|path| path.rsplit("::").next() == Some(name)) => {
            Some(name.as_ref())
        }
        _ => None,
    })
}

fn fault_of_test(op: Op, value: Option<&Value>) -> Option<String> {
    let wants = match op {
        Op::Gt | Op::Lt | Op::NotLt => "a whole number",
        Op::In | Op::NameIn | Op::ChainEndsIn | Op::ChainLacks | Op::ContainsPath => "a list",
        Op::Matches | Op::NotMatches | Op::Contains | Op::NotContains | Op::UsedAsCount => "a string",
        Op::CargoFeatureMissing | Op::CrateVersion | Op::WithAttribute | Op::ContainsEffect => "a string",
        Op::Eq | Op::Ne => "a value",
        _ => return value.map(|_| format!("gives `{op:?}` a value, which it does not take")),
    };
    let fits = match value {
        Some(Value::Int(_)) => wants == "a whole number" || wants == "a value",
        Some(Value::List(_)) => wants == "a list",
        Some(Value::Text(_)) => wants == "a string" || wants == "a value",
        Some(Value::Bool(_)) => wants == "a value",
        None => false,
    };
    (!fits).then(|| format!("gives `{op:?}` no `value` that is {wants}"))
}

fn unknown_rule(rule: &str) -> String {
    format!("no rule is called `{rule}`: there is no page `{rule}.md`")
}

/// A place in a file.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a File,
    line: usize,
}

impl Place<'_> {
    fn problem(self, message: String) -> Problem {
        Problem { file: self.file.path.clone(), line: self.line, message }
    }
}

/// What the entries say together: ids, pairs, and who claims a path for a rule.
#[derive(Default)]
struct Uses<'a> {
    ids: Vec<&'a str>,
    pairs: Vec<(&'a str, &'a str, Option<Place<'a>>)>,
    claims: std::collections::HashMap<(Option<Language>, &'a str, &'a str, &'a str), &'a str>,
}

impl<'a> Uses<'a> {
    fn add(&mut self, api: &'a Api, place: Place<'a>) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.ids.contains(&api.id.as_ref()) {
            problems.push(place.problem(format!("the id `{}` is taken by an earlier entry", api.id)));
        }
        self.ids.push(&api.id);
        if let Some(pair) = &api.pair {
            self.pairs.push((&api.id, pair, Some(place)));
        }
        let receiver = api.receiver.as_deref().unwrap_or("");
        for path in api.paths.iter() {
            for rule in api.rules.iter() {
                let claim = (place.file.language, path.as_ref(), receiver, rule.as_ref());
                if let Some(earlier) = self.claims.insert(claim, &api.id).filter(|id| *id != api.id) {
                    let message =
                        format!("`{}` repeats `{path}` for `{rule}`, which `{earlier}` has", api.id);
                    problems.push(place.problem(message));
                }
            }
        }
        problems
    }

    fn dangling_pairs(&self) -> Vec<Problem> {
        let dangling = self.pairs.iter().filter(|(_, pair, _)| !self.ids.contains(pair));
        let problem = |(id, pair, place): &(&str, &str, Option<Place<'_>>)| {
            place.map(|place| place.problem(format!("`{id}` has the pair `{pair}`, which is no entry's id")))
        };
        dangling.filter_map(problem).collect()
    }
}

/// Reads a page: front matter between `+++` lines, then Markdown.
fn page(file: &File) -> Result<Rule, Problem> {
    let at = |line, message: &str| Problem { file: file.path.clone(), line, message: message.to_owned() };
    let Some(rest) = file.text.strip_prefix("+++\n") else {
        return Err(at(1, "a page starts with its front matter: a line `+++`, TOML, a line `+++`"));
    };
    let Some((front, body)) = rest.split_once("\n+++\n") else {
        return Err(at(1, "the front matter has no end: a line `+++`"));
    };
    let mut rule: Rule = parse(file, front, 1)?;
    let stem = file.path.rsplit('/').next().unwrap_or(&file.path).trim_end_matches(".md");
    if rule.id != stem {
        return Err(at(2, &format!("the id `{}` is not the file's name, `{stem}`", rule.id)));
    }
    if rule.level == Level::Pedantic {
        return Err(at(2, "a rule's level is off, warning or error; pedantic is a `group`"));
    }
    rule.page = body.trim_start().to_owned().into();
    Ok(rule)
}

fn parse<T: serde::de::DeserializeOwned>(file: &File, text: &str, lines_before: usize) -> Result<T, Problem> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = line_of(text, start) + lines_before;
        Problem { file: file.path.clone(), line, message: error.message().to_owned() }
    })
}

fn line_of(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

fn assemble(rules: Vec<Rule>, tables: Vec<(&File, Tables)>) -> Checklist {
    let mut facts: Vec<Facts> = Language::ALL.iter().map(|_| Facts::default()).collect();
    let mut go = GoRuntime::default();
    let mut lexicon = Tables::default();
    for (file, read) in tables {
        if let Some(position) = Language::ALL.iter().position(|language| Some(*language) == file.language) {
            let of_language = &mut facts[position];
            of_language.apis.extend(read.api.into_iter().map(|api| with_words(api.into_inner())));
            of_language.environment.extend(read.env_var.into_iter().map(Spanned::into_inner));
            of_language.debug_paths.extend(read.debug_path);
            of_language.receiver_types.extend(read.receiver_type);
            of_language.handlers.extend(read.handler);
        }
        go.metrics.extend(read.metric);
        go.metric_mistakes.extend(read.metric_mistake);
        go.switches.extend(read.runtime_switch);
        lexicon.thread_affine_library.extend(read.thread_affine_library);
        lexicon.syscall.extend(read.syscall);
        lexicon.kernel_state.extend(read.kernel_state);
        lexicon.event_loop.extend(read.event_loop);
        lexicon.not_a_reason.extend(read.not_a_reason);
        lexicon.evidence.extend(read.evidence);
    }
    let lexicon = Lexicon {
        libraries: List::Owned(lexicon.thread_affine_library),
        syscalls: List::Owned(lexicon.syscall),
        kernel_states: List::Owned(lexicon.kernel_state),
        loops: List::Owned(lexicon.event_loop),
        not_reasons: List::Owned(lexicon.not_a_reason),
        evidence: List::Owned(lexicon.evidence),
    };
    Checklist { rules, facts, go, lexicon }
}

/// An entry as the code wants it: its words worked out.
pub fn with_words(mut api: Api) -> Api {
    api.words = crate::words::of(&api);
    api
}
