//! Which files hold which identifiers: one pass over the bytes, so that each question costs a look-up.

use memchr::memmem;
use rustc_hash::FxHashSet;

/// The identifiers of one text, hashed and sorted; words of comments and strings are among them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Identifiers(Box<[u32]>);

impl Identifiers {
    /// The identifiers of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        let part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        let words =
            text.split(|byte| !part(byte)).filter(|word| !word.is_empty() && !word[0].is_ascii_digit());
        let unique: FxHashSet<u32> = words.map(hashed).collect();
        let mut sorted: Vec<u32> = unique.into_iter().collect();
        sorted.sort_unstable();
        Self(sorted.into_boxed_slice())
    }

    /// Whether the text may hold an identifier: two words of one hash cost a needless look at a file, nothing else.
    pub(crate) fn may_hold(&self, word: Hashed) -> bool {
        self.0.binary_search(&word.0).is_ok()
    }
}

/// A word, ready to be looked up in many texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed(u32);

impl Hashed {
    /// Of a word.
    pub(crate) fn of(word: &str) -> Self {
        Self(hashed(word.as_bytes()))
    }
}

fn hashed(word: &[u8]) -> u32 {
    xxhash_rust::xxh3::xxh3_64(word) as u32
}

/// Places at which a whole identifier stands.
pub(crate) fn words_at<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = u32> + 't {
    let bytes = text.as_bytes();
    let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    memmem::find_iter(bytes, word.as_bytes())
        .filter(move |at| {
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let after = bytes.get(at + word.len()).copied();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
        .map(|at| at as u32)
}
