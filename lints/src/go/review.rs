//! A run of the front end: which files matter, and their facts.

use rayon::prelude::*;

use crate::catalogue::Catalogue;
use crate::facts::{FileFacts, FileIndex};
use crate::go::outline::{Item, Outline};
use crate::go::program::Program;
use crate::select::{Hits, Selected, Selector, Work};
use crate::workspace::FileKind;

/// Words that select Go files, sorted.
pub(crate) fn words(catalogue: &Catalogue) -> Vec<String> {
    let mut words: Vec<String> = catalogue
        .apis()
        .filter(|(_, api)| catalogue.selects(api))
        .flat_map(|(_, api)| api.words.iter().map(ToString::to_string))
        .chain(crate::go::exposure::words().filter(|_| catalogue.is_on("exposed-debug-endpoint")))
        .chain(["runtime-policy".to_owned()])
        .collect();
    words.sort_unstable();
    words.dedup();
    words
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
        let items = found.iter().map(|(_, items)| items).sum();
        let work = Work { bytes, selected: found.len() as u64, items };
        let mut facts: Vec<FileFacts> = found.into_iter().map(|(facts, _)| facts).collect();
        self.pointers(&mut facts);
        self.attached(&mut facts);
        (facts, work)
    }

    /// The files that matter, and the bytes read to tell.
    pub(crate) fn selected(&self, select: bool) -> (Vec<Selected>, u64) {
        let files: Vec<FileIndex> = (0..self.workspace.files.len() as u32)
            .filter(|file| self.workspace.files[*file as usize].kind == FileKind::Go)
            .collect();
        if files.is_empty() {
            return (Vec::new(), 0);
        }
        let selector = Selector::new(words(self.catalogue));
        let scanned: Vec<(u64, Option<Selected>)> =
            files.par_iter().map(|file| self.scan(*file, &selector, select)).collect();
        let bytes = scanned.iter().map(|(bytes, _)| bytes).sum();
        (scanned.into_iter().filter_map(|(_, selected)| selected).collect(), bytes)
    }

    fn scan(&self, file: FileIndex, selector: &Selector, select: bool) -> (u64, Option<Selected>) {
        let source = match self.workspace.read(&self.workspace.files[file as usize]) {
            Ok(source) => source,
            Err(notice) => {
                self.notice(notice);
                return (0, None);
            }
        };
        let bytes = source.text.len() as u64;
        let hits = selector.find(&source.text);
        if select && hits.places.is_empty() {
            return (bytes, None);
        }
        self.file_with(file, source);
        (bytes, Some(Selected { file, hits }))
    }

    fn selected_facts(&self, one: &Selected, select: bool) -> (FileFacts, u64) {
        if !self.workspace.files[one.file as usize].reported {
            return (FileFacts { file: one.file, ..FileFacts::default() }, 0);
        }
        let Some(data) = self.file(one.file) else {
            return (FileFacts { file: one.file, ..FileFacts::default() }, 0);
        };
        self.facts(one.file, &|item| !select || is_wanted(item, &data.outline, &one.hits))
    }
}

/// Whether an item holds a word. A word among the imports may give any item its meaning.
pub(crate) fn is_wanted(item: &Item, outline: &Outline, hits: &Hits) -> bool {
    let first = hits.places.partition_point(|hit| hit.at < item.span.start);
    hits.places.get(first).is_some_and(|hit| hit.at < item.span.end)
        || hits.places.first().is_some_and(|hit| hit.at < outline.header_end)
}
