//! A run of the front end: which files matter, and their facts.

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::pointer::PointerBody;
use crate::facts::{FileFacts, FileIndex, Production};
use crate::rust::outline::{Item, ItemIndex, ItemKind};
use crate::rust::pointer_names::mentions_pointers;
use crate::rust::program::{FileData, Program};
use crate::rust::resolve::plain_path;
use crate::rust::use_tree::imports;
use crate::rust::vocabulary::{Look, RENAMED};
use crate::select::{Selected, Selector, Work, within};

impl Program<'_> {
    /// The facts of every file that matters, in order of path.
    pub(crate) fn review(&self, select: bool, done: &(dyn Fn() + Sync)) -> (Vec<FileFacts>, Work) {
        let (selected, bytes) = self.selected(select);
        let review = |one: &Selected| {
            let (mut facts, items) = self.selected_facts(one, select);
            facts.debug_paths = one.hits.places.iter().any(|hit| self.vocabulary().is_path(hit));
            done();
            (facts, items)
        };
        let mut found: Vec<(FileFacts, u64)> = self.clock.stage("Rust: items", || {
            // Some files take a hundred times as long as others.
            selected.par_iter().with_max_len(1).map(review).collect()
        });
        found.sort_by_key(|(facts, _)| facts.file);
        self.clock.stage("Rust: callers of pointers' helpers", || self.follow_pointer_helpers(&mut found));
        let work =
            Work { bytes, selected: found.len() as u64, items: found.iter().map(|(_, items)| items).sum() };
        (found.into_iter().map(|(facts, _)| facts).collect(), work)
    }

    /// The files that matter, and the bytes read to tell.
    pub(crate) fn selected(&self, select: bool) -> (Vec<Selected>, u64) {
        let (mut selected, bytes) = self.clock.stage("Rust: search for words", || self.scan(select));
        if select {
            self.clock.stage("Rust: search for other names", || self.follow_renames(&mut selected));
        }
        (selected, bytes)
    }

    /// What is to be done with an item of a selected file.
    pub(crate) fn look(&self, one: &Selected, data: &FileData, index: ItemIndex, select: bool) -> Look {
        let item = data.outline.item(index);
        if !select {
            return Look { walk: true, pointers: mentions_pointers(data.source.slice(item.span)) };
        }
        let hits = &one.hits.places;
        let look = self.vocabulary().look(item, &data.outline, hits);
        if look.any() && self.production(one.file, Some(index)) != Production::Yes {
            return self.vocabulary().look_elsewhere(item, hits);
        }
        look
    }

    /// Functions that get a raw pointer from a helper name no pointer themselves: they are looked at because of it.
    fn follow_pointer_helpers(&self, found: &mut Vec<(FileFacts, u64)>) {
        let helpers: Vec<(FileIndex, ItemIndex)> = found
            .iter()
            .flat_map(|(facts, _)| {
                facts.pointers.iter().filter_map(|body| {
                    let function = facts.functions.get(body.function as usize)?;
                    let helps = body.facts.summary.returns_into.is_some() && function.self_type.is_none();
                    (helps && !mentions_pointers(&function.name)).then_some((facts.file, function.item))
                })
            })
            .collect();
        let mut callers: Vec<(FileIndex, ItemIndex)> = helpers
            .par_iter()
            .flat_map_iter(|(file, item)| {
                let callers = self.callers(*file, *item);
                let places = callers.iter().filter(|caller| caller.function.is_some());
                places.map(|caller| (caller.mention.site.file, caller.item)).collect::<Vec<_>>()
            })
            .collect();
        callers.sort_unstable();
        callers.dedup();
        for (file, item) in callers {
            let Some((function, body)) = self.pointer_body(file, item) else { continue };
            let at = match found.iter().position(|(facts, _)| facts.file == file) {
                Some(at) => at,
                None => {
                    found.push((FileFacts { file, ..FileFacts::default() }, 0));
                    found.len() - 1
                }
            };
            let (facts, items) = &mut found[at];
            facts.functions.push(function);
            facts.pointers.push(PointerBody { function: facts.functions.len() as u32 - 1, ..body });
            *items += 1;
        }
        found.sort_by_key(|(facts, _)| facts.file);
    }

    fn selected_facts(&self, one: &Selected, select: bool) -> (FileFacts, u64) {
        if !self.workspace.files[one.file as usize].reported {
            return (FileFacts { file: one.file, ..FileFacts::default() }, 0);
        }
        let Some(data) = self.file(one.file).cloned() else { return (FileFacts::default(), 0) };
        self.facts(one.file, &|index| self.look(one, &data, index, select))
    }

    fn scan(&self, select: bool) -> (Vec<Selected>, u64) {
        let files: Vec<FileIndex> = self.files_of.iter().flatten().copied().collect();
        let scanned: Vec<(u64, Option<Selected>)> =
            files.par_iter().map(|file| self.scan_file(*file, select)).collect();
        let bytes = scanned.iter().map(|(bytes, _)| bytes).sum();
        let mut selected: Vec<Selected> = scanned.into_iter().filter_map(|(_, selected)| selected).collect();
        selected.sort_by_key(|one| one.file);
        (selected, bytes)
    }

    /// The length of a file, and its words if it holds any that matter.
    fn scan_file(&self, file: FileIndex, select: bool) -> (u64, Option<Selected>) {
        let source = match self.workspace.read(&self.workspace.files[file as usize]) {
            Ok(source) => source,
            Err(notice) => {
                self.notice(notice);
                return (0, None);
            }
        };
        let bytes = source.text.len() as u64;
        let production = self.production_by_role(file) == Production::Yes;
        let mut hits = self.vocabulary().find(&source.text, production);
        if let Some(relevant) = self.relevant_words(file) {
            let mut handed_on = FxHashMap::default();
            hits.places.retain(|hit| {
                relevant[hit.word as usize]
                    || *handed_on
                        .entry(hit.word)
                        .or_insert_with(|| self.vocabulary().names_crate(hit.word, &source.text))
            });
        }
        self.vocabulary().drop_the_lonely(&mut hits);
        if hits.names_files {
            self.naming.lock().expect("no panic while held").push(file);
        }
        if select && hits.places.is_empty() {
            return (bytes, None);
        }
        let data = self.file_with(file, source);
        hits.places.retain(|hit| self.vocabulary().addresses(hit) || !data.is_comment(hit.at));
        let matters = !select || !hits.places.is_empty();
        (bytes, matters.then_some(Selected { file, hits }))
    }

    /// Names that stand for a word: `use a::Word as Other`, `type Other = Word`. Files and items that use the other
    /// name matter as well, and so on for names of those.
    fn follow_renames(&self, selected: &mut Vec<Selected>) {
        let mut known: FxHashSet<Rename> = FxHashSet::default();
        let mut fresh: Vec<Rename> = selected.iter().flat_map(|one| self.renames(one, &known)).collect();
        for _ in 0..MAX_RENAMES {
            fresh.retain(|rename| known.insert(rename.clone()));
            if fresh.is_empty() {
                break;
            }
            let found = self.uses_of_names(&std::mem::take(&mut fresh));
            for one in found {
                fresh.extend(self.renames(&one, &known));
                match selected.binary_search_by_key(&one.file, |known| known.file) {
                    Ok(at) => {
                        let places = &mut selected[at].hits.places;
                        places.extend(one.hits.places);
                        places.sort_unstable();
                    }
                    Err(at) => selected.insert(at, one),
                }
            }
        }
        known.extend(fresh);
        self.renamed.get_or_init(|| known.into_iter().map(|rename| rename.name).collect());
    }

    /// The places of names, in the files where they can be seen.
    fn uses_of_names(&self, renames: &[Rename]) -> Vec<Selected> {
        let names = Selector::new(renames.iter().map(|rename| rename.name.clone()));
        let mut homes: Vec<usize> = renames.iter().flat_map(|rename| rename.homes.iter().copied()).collect();
        homes.sort_unstable();
        homes.dedup();
        let files: Vec<FileIndex> = homes
            .iter()
            .flat_map(|home| &self.files_of[*home])
            .copied()
            .filter(|file| self.production_by_role(*file) == Production::Yes)
            .collect();
        let find = |file: &FileIndex| {
            let mut hits = match self.known(*file) {
                Some(data) => names.find(&data.source.text),
                None => {
                    let source = self.workspace.read(&self.workspace.files[*file as usize]).ok()?;
                    let hits = names.find(&source.text);
                    if !hits.places.is_empty() {
                        self.file_with(*file, source);
                    }
                    hits
                }
            };
            let data = self.known(*file)?;
            hits.places.retain(|hit| !data.is_comment(hit.at));
            hits.places.iter_mut().for_each(|hit| hit.word = RENAMED);
            (!hits.places.is_empty()).then_some(Selected { file: *file, hits })
        };
        files.par_iter().filter_map(find).collect()
    }

    /// The names that a file gives to words, or to names that stand for them.
    fn renames(&self, one: &Selected, known: &FxHashSet<Rename>) -> Vec<Rename> {
        let mut found = Vec::new();
        let Some(data) = self.file(one.file) else { return found };
        let knows =
            |name: &str| self.vocabulary().knows(name) || known.iter().any(|rename| rename.name == name);
        let mut note = |name: &str, item: &Item| {
            let homes = self.homes(one.file, item.public);
            found.push(Rename { name: name.to_owned(), homes });
        };
        let renaming = |item: &&Item| matches!(item.kind, ItemKind::Use | ItemKind::Type);
        for item in data.outline.items.iter().filter(renaming) {
            if within(&one.hits.places, item.span.start..item.span.end).is_empty() {
                continue;
            }
            let text = data.source.slice(item.head);
            if item.kind == ItemKind::Type {
                let target = text.split_once('=').map(|(_, target)| target.trim_end_matches(';'));
                let path = target.and_then(plain_path);
                if path.is_some_and(|path| path.last().is_some_and(|last| knows(last))) {
                    note(&item.name, item);
                }
                continue;
            }
            let Some((_, tree)) = text.split_once("use") else { continue };
            for import in imports(tree.trim_end_matches(';')) {
                let (Some(name), Some(last)) = (&import.name, import.path.last()) else { continue };
                if *last != *name && &**name != "_" && knows(last) {
                    note(name, item);
                }
            }
        }
        found
    }

    /// The packages whose files can see a name of a file, as places in `files_of`.
    fn homes(&self, file: FileIndex, public: bool) -> Vec<usize> {
        let packages = self.reach(file, public);
        if packages.is_empty() {
            return vec![self.files_of.len() - 1];
        }
        packages.iter().map(|id| id.0 as usize).collect()
    }
}

/// A name that code gives to something of the catalogue, and the packages that can see it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rename {
    name: String,
    homes: Vec<usize>,
}

/// Names for names for names.
const MAX_RENAMES: usize = 4;
