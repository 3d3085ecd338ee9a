//! The run's API entries, indexed for look-up: those of the checklist, and those that the configuration adds.

use runtime_policy_rules::{Api, Effect, Kind, Language};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::ApiId;

/// A crate, and a name in it.
type CrateName = (Box<str>, Box<str>);

/// All entries of a run.
#[derive(Debug)]
pub struct Catalogue {
    language: Language,
    apis: Vec<Api>,
    by_path: FxHashMap<Box<str>, Vec<ApiId>>,
    prefixes: FxHashSet<Box<str>>,
    /// Last names of all paths.
    names: FxHashSet<Box<str>>,
    /// The path of a crate's type or function by its last segment; `None` where there are several.
    by_last: FxHashMap<CrateName, Option<Box<str>>>,
    methods: FxHashSet<Box<str>>,
    trait_methods: FxHashMap<Box<str>, Vec<(ApiId, Box<str>)>>,
    unambiguous: FxHashMap<Box<str>, Vec<ApiId>>,
    receivers: FxHashSet<Box<str>>,
    made_by: FxHashMap<Box<str>, &'static str>,
    /// Packages with calls that bind routes or serve.
    web: FxHashSet<Box<str>>,
    /// Rules that are off in the whole run: their APIs select nothing.
    off: FxHashSet<Box<str>>,
}

impl Catalogue {
    /// The checklist's entries of a language and those of the configuration.
    pub fn new(language: Language, extra: &[Api]) -> Self {
        let own = runtime_policy_rules::apis(language).iter().cloned();
        let extra = extra.iter().cloned().map(runtime_policy_rules::load::with_words);
        Self::of(language, own.chain(extra).collect())
    }

    /// A catalogue without entries: most of the time over few files would go into making one that nobody asks.
    pub fn empty(language: Language) -> Self {
        Self::of(language, Vec::new())
    }

    /// A catalogue of some entries and no others.
    #[cfg(test)]
    pub(crate) fn only(language: Language, apis: &[Api]) -> Self {
        Self::of(language, apis.iter().cloned().map(runtime_policy_rules::load::with_words).collect())
    }

    fn of(language: Language, apis: Vec<Api>) -> Self {
        let mut found = Self {
            language,
            by_path: FxHashMap::default(),
            prefixes: FxHashSet::default(),
            names: FxHashSet::default(),
            by_last: FxHashMap::default(),
            methods: FxHashSet::default(),
            trait_methods: FxHashMap::default(),
            unambiguous: FxHashMap::default(),
            receivers: FxHashSet::default(),
            made_by: FxHashMap::default(),
            web: FxHashSet::default(),
            off: FxHashSet::default(),
            apis: Vec::new(),
        };
        for (number, api) in apis.iter().enumerate() {
            found.index(number as ApiId, api);
        }
        for ty in runtime_policy_rules::receiver_types(language) {
            found.receivers.insert(canonical(&ty.path).into());
            for maker in ty.made_by.iter() {
                found.made_by.insert(canonical(maker).into(), leaked(&ty.path));
            }
        }
        found.index_last();
        found.apis = apis;
        found
    }

    fn index(&mut self, id: ApiId, api: &Api) {
        if matches!(api.effect, Effect::Route | Effect::Serve) {
            self.web.insert(api.package[..].into());
        }
        for path in api.paths.iter() {
            let key = canonical(path);
            self.names.insert(key.rsplit_once("::").map_or(key.as_str(), |(_, last)| last).into());
            let ids = self.by_path.entry(key.as_str().into()).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
            let mut at = key.as_str();
            while let Some((up, _)) = at.rsplit_once("::") {
                if !self.prefixes.insert(up.into()) {
                    break;
                }
                at = up;
            }
            if matches!(api.kind, Kind::Method | Kind::BuilderTerminal) {
                self.index_method(id, api, &key);
            }
        }
    }

    fn index_last(&mut self) {
        for path in self.prefixes.iter().chain(self.by_path.keys()) {
            let (Some((root, _)), Some((_, last))) = (path.split_once("::"), path.rsplit_once("::")) else {
                continue;
            };
            self.by_last
                .entry((root.into(), last.into()))
                .and_modify(|only| {
                    if only.as_ref() != Some(path) {
                        *only = None;
                    }
                })
                .or_insert_with(|| Some(path.clone()));
        }
    }

    fn index_method(&mut self, id: ApiId, api: &Api, key: &str) {
        let (owner, name) = key.rsplit_once("::").unwrap_or(("", key));
        self.methods.insert(name.into());
        self.receivers.insert(owner.into());
        if let Some(of_trait) = &api.of_trait {
            let of_trait = canonical(of_trait);
            let entries = self.trait_methods.entry(name.into()).or_default();
            if !entries.iter().any(|(known, _)| *known == id) {
                entries.push((id, of_trait.as_str().into()));
            }
        }
        if api.unambiguous && api.same_name_in.is_empty() {
            let ids = self.unambiguous.entry(name.into()).or_default();
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }

    /// Leaves out of the selection what only rules are about that `may_be_on` denies.
    pub fn without_rules_off(mut self, may_be_on: impl Fn(&str) -> bool) -> Self {
        let rules = self.apis.iter().flat_map(|api| api.rules.iter());
        self.off = rules.filter(|rule| !may_be_on(rule)).map(|rule| rule[..].into()).collect();
        self
    }

    /// Whether an entry's words select items: some rule that it is for may speak.
    ///
    /// A queue without a bound is worth a look wherever it is, since a handler may make it; a bounded one and a send
    /// are not, unless the rule about queues is on.
    pub fn selects(&self, api: &Api) -> bool {
        self.selects_besides(api, "")
    }

    /// As [`Catalogue::selects`], for a front end that has a rule's words by other means.
    pub fn selects_besides(&self, api: &Api, known: &str) -> bool {
        let on = |rule: &str| {
            let handles_queues = rule == "undocumented-queue-policy" && api.effect == Effect::Unbounded;
            rule != known && (!self.off.contains(rule) || handles_queues)
        };
        !api.is_auxiliary() && api.rules.iter().any(|rule| on(rule))
    }

    /// Whether a rule may speak in this run.
    pub fn is_on(&self, rule: &str) -> bool {
        !self.off.contains(rule)
    }

    /// The language that the entries are about.
    pub fn language(&self) -> Language {
        self.language
    }

    /// An entry.
    pub fn api(&self, id: ApiId) -> &Api {
        &self.apis[id as usize]
    }

    /// All entries with their numbers.
    pub fn apis(&self) -> impl Iterator<Item = (ApiId, &Api)> {
        self.apis.iter().enumerate().map(|(number, api)| (number as ApiId, api))
    }

    /// Entries whose paths include this canonical path.
    pub fn by_path(&self, path: &str) -> &[ApiId] {
        self.by_path.get(path).map_or(&[], Vec::as_slice)
    }

    /// Whether an entry's path ends with a name.
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a path is an entry's, or leads to one.
    pub fn knows(&self, path: &str) -> bool {
        self.by_path.contains_key(path) || self.prefixes.contains(path) || self.receivers.contains(path)
    }

    /// A path through a crate's `prelude`, as the path that the catalogue has: `pyo3::prelude::Python` is
    /// `pyo3::Python`. The path itself where the catalogue has none, or several.
    pub fn without_prelude(&self, path: &str) -> String {
        let Some((root, rest)) = path.split_once("::prelude::") else { return path.to_owned() };
        let direct = format!("{root}::{rest}");
        if self.knows(&direct) {
            return direct;
        }
        let (first, after) =
            rest.split_once("::").map_or((rest, None), |(first, after)| (first, Some(after)));
        match self.by_last.get(&(root.into(), first.into())) {
            Some(Some(only)) => after.map_or_else(|| only.to_string(), |after| format!("{only}::{after}")),
            _ => path.to_owned(),
        }
    }

    /// Whether a method of that name is catalogued at all.
    pub fn is_method(&self, name: &str) -> bool {
        self.methods.contains(name)
    }

    /// Entries for methods of extension traits, with the trait.
    pub fn by_trait_method(&self, name: &str) -> &[(ApiId, Box<str>)] {
        self.trait_methods.get(name).map_or(&[], Vec::as_slice)
    }

    /// Entries whose method name no other known crate has.
    pub fn unambiguous(&self, name: &str) -> &[ApiId] {
        self.unambiguous.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether methods of this type are catalogued, so that its builders' chains are worth following.
    pub fn is_receiver(&self, path: &str) -> bool {
        self.receivers.contains(path)
    }

    /// The type that a constructor or method makes.
    pub fn made_by(&self, path: &str) -> Option<&'static str> {
        self.made_by.get(path).copied()
    }

    /// The package that an entry belongs to.
    pub fn package(&self, id: ApiId) -> &str {
        &self.api(id).package
    }

    /// Whether a package is a web framework: it has calls that bind routes or serve.
    pub fn is_web(&self, package: &str) -> bool {
        self.web.contains(package)
    }

    /// Whether a package is the one that offers an API, or of its family (`mlua` and `mlua-sys`): within it the API is
    /// made, not used.
    pub fn is_made_by(&self, api: &Api, package: &str) -> bool {
        let family = |name: &str| name.split(['-', '_']).next().map(str::to_owned);
        !matches!(&*api.package, "" | "std" | "libc") && family(&api.package) == family(package)
    }

    /// The path of an entry that ends in a method's name.
    pub fn method_path(&self, id: ApiId, name: &str) -> String {
        let api = self.api(id);
        let ends = |path: &String| path.rsplit("::").next() == Some(name);
        api.paths.iter().map(|path| canonical(path)).find(ends).unwrap_or_else(|| name.to_owned())
    }

    /// Whether an entry's call starts serving.
    pub fn is_serve(&self, id: ApiId) -> bool {
        self.api(id).effect == Effect::Serve
    }

    /// Whether an entry's function takes its receiver as the first argument when called by path.
    pub fn takes_receiver(&self, id: ApiId) -> bool {
        matches!(self.api(id).kind, Kind::Method | Kind::BuilderTerminal)
    }

    /// As [`Catalogue::takes_receiver`], where no entry says that the path is called without one.
    pub fn takes_receiver_by_path(&self, path: &str) -> bool {
        let apis = self.by_path(path);
        !apis.is_empty() && apis.iter().all(|id| self.takes_receiver(*id))
    }

    /// Whether closures given to an entry's call run on their own: as tasks, handlers of routes or of signals.
    pub fn is_task_start(&self, id: ApiId) -> bool {
        matches!(self.api(id).effect, Effect::Spawn | Effect::Route | Effect::SignalHook)
    }

    /// Whether an entry's call binds handlers to a route.
    pub fn is_route(&self, id: ApiId) -> bool {
        self.api(id).effect == Effect::Route
    }

    /// As [`Catalogue::is_route`], by path.
    pub fn binds_route(&self, path: &str) -> bool {
        self.by_path(path).iter().any(|id| self.is_route(*id))
    }

    /// As [`Catalogue::is_task_start`], by path.
    pub fn starts_task(&self, path: &str) -> bool {
        self.by_path(path).iter().any(|id| self.is_task_start(*id))
    }
}

/// Spelling used for look-up: no marks of attributes and macros' brackets, `std` for `core` and `alloc`.
pub(crate) fn canonical(path: &str) -> String {
    let bare = path.trim_start_matches("#[").trim_end_matches(']');
    match bare.split_once("::") {
        Some(("core" | "alloc", rest)) => format!("std::{rest}"),
        _ => bare.to_owned(),
    }
}

// The borrow in the type is what tells that the text is the program's own.
#[allow(clippy::ptr_arg)]
fn leaked(text: &std::borrow::Cow<'static, str>) -> &'static str {
    match text {
        std::borrow::Cow::Borrowed(text) => text,
        // The checklist's own data is all borrowed from the program.
        std::borrow::Cow::Owned(_) => "",
    }
}
