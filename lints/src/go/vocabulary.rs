//! The words that make the front end look into a Go file, and in which files each of them can mean anything.

use runtime_policy_rules::path::without_major;
use runtime_policy_rules::words::of_path;
use runtime_policy_rules::{Api, Effect, Kind, Language};
use rustc_hash::FxHashMap;

use crate::catalogue::Catalogue;
use crate::exposure;
use crate::go::head::Head;
use crate::select::{Hit, Hits, Selector};

/// What begins a comment that addresses the tool.
const ADDRESS: &str = "runtime-policy";

/// Where a word can mean anything.
#[derive(Debug, Default)]
struct Homes {
    /// In every file.
    anywhere: bool,
    /// In files that import one of these packages.
    imported: Vec<String>,
    /// In modules that require one of these: a method's receiver may come from another file.
    required: Vec<String>,
    /// In comments as well.
    comments: bool,
}

/// The words of a run.
pub(crate) struct Vocabulary {
    production: Selector,
    homes: Vec<Homes>,
    /// For code that is no production code: what addresses the tool.
    elsewhere: Selector,
    address: u32,
}

impl Vocabulary {
    /// The words of a catalogue's entries that some rule may be about, and of debugging paths.
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let mut words: FxHashMap<String, Homes> = FxHashMap::default();
        for (_, api) in catalogue.apis().filter(|(_, api)| catalogue.selects(api)) {
            for word in api.words.iter() {
                words.entry(word.to_string()).or_default().add(api);
            }
        }
        if catalogue.is_on("missing-stack-dumper") {
            // The rule points at the calls that start serving.
            for (_, api) in catalogue.apis().filter(|(_, api)| api.effect == Effect::Serve) {
                for path in api.paths.iter() {
                    words.entry(of_path(path).into_owned()).or_default().add(api);
                }
            }
        }
        for path in exposure::words(Language::Go).filter(|_| catalogue.is_on("exposed-debug-endpoint")) {
            words.entry(path).or_default().anywhere = true;
        }
        let home = words.entry(ADDRESS.to_owned()).or_default();
        (home.anywhere, home.comments) = (true, true);
        let production = Selector::new(words.keys().cloned());
        let homes = production.words().iter().map(|word| words.remove(word).unwrap_or_default()).collect();
        let address = production.words().iter().position(|word| word == ADDRESS).unwrap_or_default() as u32;
        Self { production, homes, elsewhere: Selector::new([ADDRESS.to_owned()]), address }
    }

    /// The words, sorted.
    pub(crate) fn words(&self) -> &[String] {
        self.production.words()
    }

    /// The words in a text that can mean anything there. `requires` says whether the text's module requires another.
    pub(crate) fn find(&self, text: &str, production: bool, requires: impl Fn(&str) -> bool) -> Hits {
        if !production {
            let mut hits = self.elsewhere.find(text);
            hits.places.iter_mut().for_each(|hit| hit.word = self.address);
            return hits;
        }
        let mut hits = self.production.find(text);
        if hits.places.is_empty() {
            return hits;
        }
        let imports = Head::of(text).imports;
        let mut known: FxHashMap<u32, bool> = FxHashMap::default();
        hits.places.retain(|hit| {
            *known.entry(hit.word).or_insert_with(|| {
                let homes = &self.homes[hit.word as usize];
                homes.anywhere
                    || homes.imported.iter().any(|path| imports.contains(&**path))
                    || homes.required.iter().any(|module| requires(module))
            })
        });
        hits
    }

    /// Whether a word matters in comments.
    pub(crate) fn matters_in_comments(&self, hit: &Hit) -> bool {
        self.homes[hit.word as usize].comments
    }
}

impl Homes {
    fn add(&mut self, api: &Api) {
        match api.kind {
            Kind::Directive => (self.anywhere, self.comments) = (true, true),
            Kind::Method | Kind::BuilderTerminal | Kind::TraitImpl => {
                // The standard library's modules are no modules to require.
                self.anywhere |= matches!(&*api.package, "std" | "C");
                self.required.push(without_major(&api.package).into_owned());
            }
            _ => {
                let packages = api.paths.iter().map(|path| path.split_once("::").map_or(&**path, |(p, _)| p));
                self.imported.extend(packages.map(|package| without_major(package).into_owned()));
            }
        }
    }
}
