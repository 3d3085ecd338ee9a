//! A run of the front end: which files matter, and their facts.

use rayon::prelude::*;

use crate::facts::comment::is_comment;
use crate::facts::{FileFacts, FileIndex, Production};
use crate::go::outline::{Item, Outline};
use crate::go::program::Program;
use crate::select::{Hits, Selected, Work, within};
use crate::source::Span;
use crate::workspace::FileKind;

impl Program<'_> {
    /// The facts of every file that matters, in order of path.
    pub(crate) fn review(&self, select: bool, done: &(dyn Fn() + Sync)) -> (Vec<FileFacts>, Work) {
        let (selected, bytes) = self.selected(select);
        let mut found: Vec<(FileFacts, u64)> = selected
            .par_iter()
            // Some files take a hundred times as long as others.
            .with_max_len(1)
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
        let scanned: Vec<(u64, Option<Selected>)> =
            files.par_iter().map(|file| self.scan(*file, select)).collect();
        let bytes = scanned.iter().map(|(bytes, _)| bytes).sum();
        (scanned.into_iter().filter_map(|(_, selected)| selected).collect(), bytes)
    }

    fn scan(&self, file: FileIndex, select: bool) -> (u64, Option<Selected>) {
        let source = match self.workspace.read(&self.workspace.files[file as usize]) {
            Ok(source) => source,
            Err(notice) => {
                self.notice(notice);
                return (0, None);
            }
        };
        let bytes = source.text.len() as u64;
        let production = self.production_by_role(file) == Production::Yes;
        let vocabulary = self.vocabulary();
        let mut hits = vocabulary.find(&source.text, production, |module| self.requires(file, module));
        if !select {
            self.file_with(file, source);
            return (bytes, Some(Selected { file, hits }));
        }
        if hits.places.is_empty() {
            return (bytes, None);
        }
        let Some(data) = self.file_with(file, source) else { return (bytes, None) };
        // What stands above `import "C"` is a comment, and C.
        let header = data.outline.header_end;
        hits.places.retain(|hit| {
            hit.at < header || vocabulary.matters_in_comments(hit) || !is_comment(&data.comments, hit.at)
        });
        (bytes, (!hits.places.is_empty()).then_some(Selected { file, hits }))
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

/// Whether an item holds a word, or may use a package that stands among the imports under a name of the file's own.
pub(crate) fn is_wanted(item: &Item, outline: &Outline, hits: &Hits) -> bool {
    let holds = |span: Span| !within(&hits.places, span.start..span.end).is_empty();
    holds(item.span) || outline.imports_renamed().any(holds)
}
