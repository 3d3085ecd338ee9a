//! The words that make the front end look into a file, and what each of them asks for.

use runtime_policy_rules::{Api, Effect, Kind, Language};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::catalogue::Catalogue;
use crate::exposure;
use crate::identifiers::words_at;
use crate::rust::outline::{Item, ItemKind, Outline};
use crate::rust::pointer_names;
use crate::select::{Hit, Hits, Selector, within};
use crate::source::Span;

/// What begins a comment that addresses the tool.
const ADDRESS: &str = "runtime-policy";

/// The rule that pointers are followed for.
const POINTERS: &str = "missing-keep-alive";

/// The number of words that code gives to something of the catalogue: `use a::word as name`.
pub(crate) const RENAMED: u32 = u32::MAX;

/// What a word asks for where it stands.
#[derive(Debug, Clone, Copy, Default)]
struct Sense {
    /// A walk over the item.
    walk: bool,
    /// A walk over the members of the `impl` whose head it stands in.
    head: bool,
    /// A walk over the item if it holds a companion of one of these effects, a bit each.
    beside: u32,
    /// The effects that it is a companion for.
    companion: u32,
    /// A look at the item's pointers.
    pointers: bool,
    /// The same outside production code: what is taken back there is no leak.
    reclaims: bool,
    /// A look at routes.
    path: bool,
    /// A look at the file's comments, and at nothing else.
    address: bool,
}

impl Sense {
    /// Whether the word asks for something whatever stands beside it.
    fn matters_alone(self) -> bool {
        self.walk || self.head || self.pointers || self.path || self.address
    }
}

/// What is to be done with an item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// Walk over it for uses of the catalogue.
    pub walk: bool,
    /// Follow its pointers.
    pub pointers: bool,
}

impl Look {
    /// Whether there is anything to do.
    pub(crate) fn any(self) -> bool {
        self.walk || self.pointers
    }
}

/// The words of a run.
pub(crate) struct Vocabulary {
    production: Selector,
    senses: Vec<Sense>,
    /// The crates that each word belongs to, by their names in code.
    crates: Vec<Crates>,
    elsewhere: Selector,
    /// The numbers in `production` of the words in `elsewhere`.
    renumbered: Vec<u32>,
    /// Names that code may rename: the words, and the names in the paths that they stand for.
    names: FxHashSet<String>,
}

impl Vocabulary {
    /// The words of a catalogue's entries that some rule may be about, of debugging paths and of pointers.
    pub(crate) fn new(catalogue: &Catalogue) -> Self {
        let mut builder = Builder::default();
        // Entries about pointers alone are asked for while pointers are followed.
        let selects = |api: &Api| catalogue.selects_besides(api, POINTERS);
        catalogue.apis().filter(|(_, api)| selects(api)).for_each(|(_, api)| builder.entry(api));
        if catalogue.is_on("missing-stack-dumper") {
            let serves = catalogue.apis().filter(|(_, api)| api.effect == Effect::Serve);
            for path in serves.flat_map(|(_, api)| api.paths.iter()) {
                builder.sense(&word_of(path)).walk = true;
                // Imported by its own name: `use axum::serve`.
                builder.sense(&format!("{}(", last_name(path))).walk = true;
            }
        }
        for (bit, effect) in builder.besides.clone().into_iter().enumerate() {
            let companions = catalogue.apis().filter(|(_, api)| api.effect == effect);
            let names = companions.flat_map(|(_, api)| api.paths.iter().map(|path| last_name(path)));
            names.for_each(|name| builder.sense(name).companion |= 1 << bit);
        }
        if catalogue.is_on(POINTERS) {
            pointer_names::WORDS.iter().for_each(|word| builder.sense(word).pointers = true);
            pointer_names::RECLAIMS.iter().for_each(|word| builder.sense(word).reclaims = true);
        }
        for word in exposure::words(Language::Rust) {
            let sense = builder.sense(&word);
            (sense.walk, sense.path) = (true, true);
        }
        builder.sense(ADDRESS).address = true;
        builder.build()
    }

    /// The words, sorted.
    pub(crate) fn words(&self) -> &[String] {
        self.production.words()
    }

    /// Whether a name may stand for something of the catalogue.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The words in a text; outside production code, those alone that matter there.
    pub(crate) fn find(&self, text: &str, production: bool) -> Hits {
        if production {
            return self.production.find(text);
        }
        let mut hits = self.elsewhere.find(text);
        hits.places.iter_mut().for_each(|hit| hit.word = self.renumbered[hit.word as usize]);
        hits
    }

    /// Drops words that mean nothing without a companion in a text that holds none, and companions of nothing.
    pub(crate) fn drop_the_lonely(&self, hits: &mut Hits) {
        let senses = || hits.places.iter().map(|hit| self.sense(hit));
        let (beside, companion) = senses()
            .fold((0, 0), |(beside, companion), sense| (beside | sense.beside, companion | sense.companion));
        let paired = beside & companion;
        hits.places.retain(|hit| {
            let sense = self.sense(hit);
            sense.matters_alone() || (sense.beside | sense.companion) & paired != 0
        });
    }

    /// Which words can mean anything to a package that can name the crates that `reaches` says yes to.
    pub(crate) fn relevant(&self, reaches: impl Fn(&str) -> bool) -> Box<[bool]> {
        self.crates.iter().map(|crates| crates.any || crates.names.iter().any(|name| reaches(name))).collect()
    }

    /// Whether a text names a crate that a word belongs to: what the package does not depend on itself, another crate
    /// may hand on (`deno_core::v8`).
    pub(crate) fn names_crate(&self, word: u32, text: &str) -> bool {
        let crates = self.crates.get(word as usize);
        crates.is_some_and(|crates| crates.names.iter().any(|name| words_at(text, name).next().is_some()))
    }

    /// Whether a word matters in comments.
    pub(crate) fn addresses(&self, hit: &Hit) -> bool {
        self.sense(hit).address
    }

    /// Whether a word is, or begins, a debugging path.
    pub(crate) fn is_path(&self, hit: &Hit) -> bool {
        self.sense(hit).path
    }

    /// What the words in a production item ask for.
    pub(crate) fn look(&self, item: &Item, outline: &Outline, hits: &[Hit]) -> Look {
        let mut look = Look::default();
        let (mut beside, mut companion) = (0, 0);
        for sense in within(hits, item.span.start..item.span.end).iter().map(|hit| self.sense(hit)) {
            look.walk |= sense.walk;
            look.pointers |= sense.pointers;
            beside |= sense.beside;
            companion |= sense.companion;
        }
        look.walk |= beside & companion != 0 || self.is_headed(item, outline, hits);
        look
    }

    /// What the words in an item outside production ask for.
    pub(crate) fn look_elsewhere(&self, item: &Item, hits: &[Hit]) -> Look {
        let reclaims =
            within(hits, item.span.start..item.span.end).iter().any(|hit| self.sense(hit).reclaims);
        Look { walk: false, pointers: reclaims }
    }

    /// Whether an item stands in an `impl` whose head asks for a walk.
    fn is_headed(&self, item: &Item, outline: &Outline, hits: &[Hit]) -> bool {
        let Some(parent) = item.parent.map(|parent| outline.item(parent)) else { return false };
        let end = parent.body.map_or(parent.span.end, |body| body.start);
        let head = Span { start: parent.span.start, end };
        parent.kind == ItemKind::Impl
            && within(hits, head.start..head.end).iter().any(|hit| self.sense(hit).head)
    }

    fn sense(&self, hit: &Hit) -> Sense {
        let renamed = Sense { walk: true, head: true, ..Sense::default() };
        self.senses.get(hit.word as usize).copied().unwrap_or(renamed)
    }
}

fn word_of(path: &str) -> String {
    runtime_policy_rules::words::of_path(path).into_owned()
}

/// The last name of a path.
fn last_name(path: &str) -> &str {
    path.rsplit(['.', ':']).next().unwrap_or(path).trim_end_matches(['!', '(', ')'])
}

/// The crates that a word belongs to.
#[derive(Debug, Clone, Default)]
struct Crates {
    /// It belongs to every program: the standard library's, C's, or no crate's at all.
    any: bool,
    names: Vec<String>,
}

impl Crates {
    fn add(&mut self, api: &Api) {
        let names = std::iter::once(&*api.package).chain(api.paths.iter().filter_map(|path| {
            let (first, _) = path.split_once("::")?;
            Some(first)
        }));
        let before = self.names.len();
        for name in names.map(|name| name.replace('-', "_")) {
            // C's functions are declared by whoever wants to.
            self.any |= matches!(&*name, "std" | "core" | "alloc" | "libc")
                || name.contains("_sys")
                || name.ends_with("_src");
            self.names.push(name);
        }
        self.any |= self.names.len() == before;
        self.names.sort_unstable();
        self.names.dedup();
    }
}

#[derive(Default)]
struct Builder {
    senses: FxHashMap<String, Sense>,
    /// Of words that entries brought, and nothing else.
    crates: FxHashMap<String, Crates>,
    names: FxHashSet<String>,
    /// The effects that entries stand beside, by bit.
    besides: Vec<Effect>,
}

impl Builder {
    fn sense(&mut self, word: &str) -> &mut Sense {
        self.senses.entry(word.to_owned()).or_default()
    }

    fn entry(&mut self, api: &Api) {
        let beside = api.beside.map(|effect| self.bit(effect));
        for word in api.words.iter() {
            let sense = self.sense(word);
            match beside {
                Some(bit) => sense.beside |= bit,
                None => sense.walk = true,
            }
            sense.head |= api.kind == Kind::TraitImpl;
            self.crates.entry(word.to_string()).or_default().add(api);
        }
        for path in api.paths.iter() {
            // Of a method or variant, the type may be renamed as well as the name itself.
            self.names.extend(path.rsplit("::").take(2).map(|name| last_name(name).to_owned()));
        }
    }

    fn bit(&mut self, effect: Effect) -> u32 {
        let known = self.besides.iter().position(|other| *other == effect);
        let number = known.unwrap_or_else(|| {
            self.besides.push(effect);
            self.besides.len() - 1
        });
        1 << number
    }

    fn build(mut self) -> Vocabulary {
        self.senses.remove("");
        self.names.extend(self.senses.keys().cloned());
        let production = Selector::new(self.senses.keys().cloned());
        let senses: Vec<Sense> = production.words().iter().map(|word| self.senses[word]).collect();
        let own = |sense: &Sense| sense.pointers || sense.path || sense.address || sense.companion != 0;
        let crates =
            production.words().iter().zip(&senses).map(|(word, sense)| match self.crates.remove(word) {
                Some(crates) if !own(sense) => crates,
                _ => Crates { any: true, names: Vec::new() },
            });
        let crates = crates.collect();
        let matters = |sense: &Sense| sense.reclaims || sense.address;
        let numbered = || production.words().iter().zip(&senses).zip(0..).filter(|((_, s), _)| matters(s));
        let elsewhere = Selector::new(numbered().map(|((word, _), _)| word.clone()));
        // Both list their words in order, so that the n-th of one is the n-th of the other.
        let renumbered = numbered().map(|(_, number)| number).collect();
        Vocabulary { production, senses, crates, elsewhere, renumbered, names: self.names }
    }
}
