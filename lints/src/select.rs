//! Selection on bytes: which files, and which places in them, mention a word that a rule cares about.
//!
//! Selection never changes a result: every use of a catalogued API has at least one of its words within the item that
//! holds the use, or within the head of the `impl` around it.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

/// The words of a run and the automaton over them.
pub struct Selector {
    automaton: AhoCorasick,
    words: Vec<String>,
    /// Words from here on only tell which files name other files.
    naming: usize,
}

/// Bytes that only files have which name other files as modules.
const NAMING: &[&str] = &["#[path", "include!"];

/// What a front end did, for the counts of a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Work {
    pub bytes: u64,
    pub selected: u64,
    pub items: u64,
}

/// A file, by its number in the workspace, and the places of words in it.
pub(crate) struct Selected {
    pub file: u32,
    pub hits: Hits,
}

/// A word in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// Byte offset.
    pub at: u32,
    /// The word, by its number in [`Selector::words`].
    pub word: u32,
}

/// The hits within some bytes; `hits` are in order of place.
pub(crate) fn within(hits: &[Hit], bytes: Range<u32>) -> &[Hit] {
    let first = hits.partition_point(|hit| hit.at < bytes.start);
    let count = hits[first..].partition_point(|hit| hit.at < bytes.end);
    &hits[first..first + count]
}

/// Where a file's words are.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// In order of place.
    pub places: Vec<Hit>,
    /// Whether the file may name other files as modules.
    pub names_files: bool,
}

impl Selector {
    /// A selector over some words; duplicates are dropped.
    pub fn new(words: impl IntoIterator<Item = String>) -> Self {
        let mut words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        words.dedup();
        let naming = words.len();
        words.extend(NAMING.iter().map(|word| (*word).to_owned()));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            // Some hundred short words: the table is small, and every byte of the tree goes through it.
            .kind(Some(AhoCorasickKind::DFA))
            .build(&words)
            .expect("a few thousand short words fit an automaton");
        Self { automaton, words, naming }
    }

    /// The words, sorted.
    pub fn words(&self) -> &[String] {
        &self.words[..self.naming]
    }

    /// Whether a text holds any of the words.
    pub fn holds_any(&self, text: &str) -> bool {
        !self.find(text).places.is_empty()
    }

    /// The places of whole words in a text. A word that begins or ends with a mark needs no boundary on that side.
    pub fn find(&self, text: &str) -> Hits {
        let bytes = text.as_bytes();
        let mut hits = Hits::default();
        let mut at = 0;
        while let Some(found) = self.automaton.find(aho_corasick::Input::new(bytes).range(at..)) {
            if is_whole(bytes, found.start(), found.end()) {
                let word = found.pattern().as_usize();
                if word >= self.naming {
                    hits.names_files = true;
                } else {
                    hits.places.push(Hit { at: found.start() as u32, word: word as u32 });
                }
                at = found.end();
            } else {
                // A shorter word may begin within one that is no whole word.
                at = found.start() + 1;
            }
        }
        hits
    }
}

fn is_whole(bytes: &[u8], start: usize, end: usize) -> bool {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    let free_before = start == 0 || !part(bytes[start]) || !part(bytes[start - 1]);
    let free_after = end == bytes.len() || !part(bytes[end - 1]) || !part(bytes[end]);
    free_before && free_after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_only_and_overlapping_ones() {
        let selector = Selector::new(["trim".into(), "malloc_trim".into(), "malloc".into(), "/debug".into()]);
        let found = |text: &str| -> Vec<(u32, &str)> {
            let hits = selector.find(text).places;
            hits.iter().map(|hit| (hit.at, &*selector.words()[hit.word as usize])).collect()
        };
        assert_eq!(found("malloc_trim(0)"), [(0, "malloc_trim")]);
        assert_eq!(found("xmalloc_trim malloc"), [(13, "malloc")]);
        assert_eq!(found("\"/debug/pprof\" \"x/debugger\""), [(1, "/debug")]);
        assert!(selector.find("#[path = \"x.rs\"] mod y;").names_files);
    }
}
