//! A run of the front end: which files matter, and their facts.

use rayon::prelude::*;
use runtime_policy_rules::Effect;
use rustc_hash::FxHashSet;

use crate::catalogue::Catalogue;
use crate::facts::pointer::PointerBody;
use crate::facts::{FileFacts, FileIndex};
use crate::rust::outline::{Item, ItemIndex, ItemKind, Outline};
use crate::rust::pointer_names::mentions_pointers;
use crate::rust::program::Program;
use crate::rust::resolve::plain_path;
use crate::rust::use_tree::imports;
use crate::select::{Selected, Selector, Work};
use crate::source::Span;
use crate::workspace::FileKind;

/// Words that select Rust files, sorted: those of the catalogue's entries and of debug paths.
pub(crate) fn words(catalogue: &Catalogue) -> Vec<String> {
    let mut words: Vec<String> = catalogue
        .apis()
        .filter(|(_, api)| catalogue.selects(api))
        .flat_map(|(_, api)| api.words.iter().map(ToString::to_string))
        .chain(serving(catalogue))
        .chain(["runtime-policy".to_owned()])
        .chain(crate::rust::pointer_names::WORDS.iter().map(|word| (*word).to_owned()))
        .chain(crate::rust::exposure::words())
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Words of the calls that start serving: `missing-stack-dumper` points at them.
fn serving(catalogue: &Catalogue) -> impl Iterator<Item = String> {
    let wanted = catalogue.is_on("missing-stack-dumper");
    catalogue.apis().filter(move |(_, api)| wanted && api.effect == Effect::Serve).flat_map(|(_, api)| {
        api.paths.iter().map(|path| runtime_policy_rules::words::of_path(path).into_owned())
    })
}

impl Selected {
    /// Whether an item of the file holds a word, or stands in an `impl` whose head does.
    pub(crate) fn wants(&self, item: &Item, outline: &Outline) -> bool {
        is_wanted(item, outline, &self.hits.places)
    }
}

impl Program<'_> {
    /// The facts of every file that matters, in order of path.
    pub(crate) fn review(&self, select: bool, done: &(dyn Fn() + Sync)) -> (Vec<FileFacts>, Work) {
        let (selected, bytes) = self.selected(select);
        let mut found: Vec<(FileFacts, u64)> = selected
            .par_iter()
            .map(|one| {
                let facts = self.selected_facts(one, select);
                done();
                facts
            })
            .collect();
        found.sort_by_key(|(facts, _)| facts.file);
        self.follow_pointer_helpers(&mut found);
        let work =
            Work { bytes, selected: found.len() as u64, items: found.iter().map(|(_, items)| items).sum() };
        let mut facts = found.into_iter().map(|(facts, _)| facts).collect();
        self.expose(&mut facts);
        (facts, work)
    }

    /// The files that matter, and the bytes read to tell.
    pub(crate) fn selected(&self, select: bool) -> (Vec<Selected>, u64) {
        let selector = Selector::new(words(self.catalogue));
        let files: Vec<FileIndex> = (0..self.workspace.files.len() as u32)
            .filter(|file| self.workspace.files[*file as usize].kind == FileKind::Rust)
            .collect();
        let (mut selected, bytes) = self.scan(&files, &selector, select);
        if select {
            self.follow_renames(&files, &selector, &mut selected);
        }
        (selected, bytes)
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
        let wanted = |item: &Item| !select || one.wants(item, &data.outline);
        self.facts(one.file, &wanted)
    }

    fn scan(&self, files: &[FileIndex], selector: &Selector, select: bool) -> (Vec<Selected>, u64) {
        let scanned: Vec<(u64, Option<Selected>)> = files
            .par_iter()
            .map(|file| {
                let source = match self.workspace.read(&self.workspace.files[*file as usize]) {
                    Ok(source) => source,
                    Err(notice) => {
                        self.notice(notice);
                        return (0, None);
                    }
                };
                let bytes = source.text.len() as u64;
                let hits = selector.find(&source.text);
                if hits.names_files {
                    self.naming.lock().expect("no panic while held").push(*file);
                }
                if select && hits.places.is_empty() {
                    return (bytes, None);
                }
                self.file_with(*file, source);
                (bytes, Some(Selected { file: *file, hits }))
            })
            .collect();
        let bytes = scanned.iter().map(|(bytes, _)| bytes).sum();
        (scanned.into_iter().filter_map(|(_, selected)| selected).collect(), bytes)
    }

    /// Names that stand for a word: `use a::Word as Other`, `type Other = Word`. Files and items that use the other
    /// name matter as well, and so on for names of those.
    fn follow_renames(&self, files: &[FileIndex], selector: &Selector, selected: &mut Vec<Selected>) {
        let mut known: FxHashSet<String> = selector.words().iter().cloned().collect();
        let mut fresh: FxHashSet<String> = FxHashSet::default();
        for one in selected.iter() {
            self.renames(one, &known, &mut fresh);
        }
        for _ in 0..4 {
            fresh.retain(|name| known.insert(name.clone()));
            if fresh.is_empty() {
                return;
            }
            let others = Selector::new(fresh.drain());
            let found: Vec<Selected> = files
                .par_iter()
                .filter_map(|file| {
                    let hits = match self.known(*file) {
                        Some(data) => others.find(&data.source.text),
                        None => {
                            let source = self.workspace.read(&self.workspace.files[*file as usize]).ok()?;
                            let hits = others.find(&source.text);
                            if !hits.places.is_empty() {
                                self.file_with(*file, source);
                            }
                            hits
                        }
                    };
                    (!hits.places.is_empty()).then_some(Selected { file: *file, hits })
                })
                .collect();
            for one in found {
                self.renames(&one, &known, &mut fresh);
                match selected.iter_mut().find(|known| known.file == one.file) {
                    Some(known) => {
                        known.hits.places.extend(one.hits.places);
                        known.hits.places.sort_unstable();
                    }
                    None => selected.push(one),
                }
            }
        }
    }

    fn renames(&self, one: &Selected, known: &FxHashSet<String>, names: &mut FxHashSet<String>) {
        let Some(data) = self.file(one.file) else { return };
        for item in &data.outline.items {
            if !any_within(&one.hits.places, item.span) {
                continue;
            }
            let text = data.source.slice(item.head);
            match item.kind {
                ItemKind::Use => {
                    let Some((_, tree)) = text.split_once("use") else { continue };
                    names.extend(imports(tree.trim_end_matches(';')).into_iter().filter_map(|import| {
                        let name = import.name?;
                        let last = import.path.last()?;
                        let renamed = *last != name && &*name != "_" && known.contains(&**last);
                        renamed.then(|| name.into())
                    }));
                }
                ItemKind::Type => {
                    let target =
                        text.split_once('=').and_then(|(_, target)| plain_path(target.trim_end_matches(';')));
                    if target.is_some_and(|path| path.last().is_some_and(|last| known.contains(*last))) {
                        names.insert(item.name.to_string());
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether an item holds a word, or stands in an `impl` or macro whose head does.
fn is_wanted(item: &Item, outline: &Outline, places: &[u32]) -> bool {
    if any_within(places, item.span) {
        return true;
    }
    let Some(parent) = item.parent.map(|parent| outline.item(parent)) else { return false };
    let head = Span { start: parent.span.start, end: parent.body.map_or(parent.span.end, |body| body.start) };
    parent.kind == ItemKind::Impl && any_within(places, head)
}

fn any_within(places: &[u32], span: Span) -> bool {
    let first = places.partition_point(|place| *place < span.start);
    places.get(first).is_some_and(|place| *place < span.end)
}
