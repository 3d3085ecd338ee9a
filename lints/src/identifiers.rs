//! Which files hold which identifiers: one pass over the bytes, so that each question costs a look-up.

use memchr::memmem;

/// The identifiers of one text, a few bits each; words of comments and strings are among them.
#[derive(Debug, Default, Clone)]
pub(crate) struct Identifiers(Box<[u64]>);

impl Identifiers {
    /// The identifiers of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        // Every tenth byte or so ends a word, and most words come again: about one bit in thirty is set.
        let mut found = Self(vec![0; (text.len() / 64).next_power_of_two()].into_boxed_slice());
        // What folds to nothing looks like no word below.
        found.add(Hashed::mixed(0));
        let mut folded = 0;
        for byte in text {
            if PART[*byte as usize] {
                folded = fold(folded, *byte);
            } else if folded != 0 {
                found.add(Hashed::mixed(folded));
                folded = 0;
            }
        }
        if folded != 0 {
            found.add(Hashed::mixed(folded));
        }
        found
    }

    /// Whether the text may hold an identifier: one whose bits others have set costs a needless look at a file,
    /// nothing else.
    pub(crate) fn may_hold(&self, word: Hashed) -> bool {
        word.bits()
            .into_iter()
            .all(|bit| self.0.get(self.place(bit)).is_some_and(|set| set >> (bit % 64) & 1 != 0))
    }

    fn add(&mut self, word: Hashed) {
        for bit in word.bits() {
            let place = self.place(bit);
            self.0[place] |= 1 << (bit % 64);
        }
    }

    fn place(&self, bit: u32) -> usize {
        (bit / 64) as usize & self.0.len().wrapping_sub(1)
    }
}

/// A word, ready to be looked up in many texts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed(u64);

impl Hashed {
    /// Of a word.
    pub(crate) fn of(word: &str) -> Self {
        Self::mixed(word.bytes().fold(0, fold))
    }

    fn mixed(folded: u64) -> Self {
        // Fibonacci hashing: the upper half depends on every bit.
        Self(folded.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn bits(self) -> [u32; 2] {
        [(self.0 >> 32) as u32, (self.0 >> 40 ^ self.0 >> 12) as u32]
    }
}

/// One byte more of a word: no two words of up to nine letters fold to the same.
fn fold(folded: u64, byte: u8) -> u64 {
    folded.rotate_left(7) ^ u64::from(byte)
}

/// Bytes that identifiers are made of.
const PART: [bool; 256] = {
    let mut part = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        part[byte] = (byte as u8).is_ascii_alphanumeric() || byte == b'_' as usize || byte >= 0x80;
        byte += 1;
    }
    part
};

/// Places at which a whole identifier stands.
pub(crate) fn words_at<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = u32> + 't {
    let bytes = text.as_bytes();
    let part = |byte: u8| PART[byte as usize];
    memmem::find_iter(bytes, word.as_bytes())
        .filter(move |at| {
            let before = at.checked_sub(1).map(|before| bytes[before]);
            let after = bytes.get(at + word.len()).copied();
            !before.is_some_and(part) && !after.is_some_and(part)
        })
        .map(|at| at as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_is_held_and_few_others_are() {
        let words: Vec<String> = (0..600).map(|number| format!("name_of_{number}")).collect();
        let held = Identifiers::of(words.join(" + a.b(1), ").as_bytes());
        assert!(words.iter().all(|word| held.may_hold(Hashed::of(word))));
        let others = (0..10_000).filter(|number| held.may_hold(Hashed::of(&format!("other_{number}"))));
        assert!(others.count() < 300);
        assert!(!Identifiers::default().may_hold(Hashed::of("name")));
        assert!(Identifiers::of(b"last").may_hold(Hashed::of("last")));
    }
}
