//! The hidden last line by which the bot knows its own comments again.
//!
//! A marker proves nothing: anybody can write one. It is read only in comments whose author GitHub says is the bot.

use std::collections::BTreeMap;

use crate::remark::Remark;

const BEGIN: &str = "<!-- runtime-policy:v1 ";
const END: &str = " -->";
/// Marks the reply that a finding is gone.
pub const GONE: &str = "<!-- runtime-policy:v1 gone -->";

/// What a comment is about: the finding's fingerprint, and which of those that share it, from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// 32 hexadecimal digits.
    pub fingerprint: String,
    /// From 1, in order of place.
    pub occurrence: u32,
}

impl Key {
    /// The marker of a comment about it.
    pub fn marker(&self) -> String {
        format!("{BEGIN}{} {}{END}", self.fingerprint, self.occurrence)
    }

    /// What a comment of the bot's own is about; none if it has no marker as its last line.
    pub fn read(body: &str) -> Option<Key> {
        let last = body.trim_end().lines().next_back()?;
        let (fingerprint, occurrence) = last.strip_prefix(BEGIN)?.strip_suffix(END)?.split_once(' ')?;
        let is_digest = fingerprint.len() == 32 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        let occurrence = occurrence.parse().ok()?;
        is_digest.then(|| Key { fingerprint: fingerprint.to_owned(), occurrence })
    }
}

/// The keys of findings, in their order.
pub fn keys<'r>(remarks: impl IntoIterator<Item = &'r Remark>) -> Vec<Key> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let key = |remark: &'r Remark| {
        let occurrence = seen.entry(&remark.fingerprint).or_default();
        *occurrence += 1;
        Key { fingerprint: remark.fingerprint.clone(), occurrence: *occurrence }
    };
    remarks.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remark::tests::remark;

    #[test]
    fn a_marker_is_read_only_as_the_last_line() {
        let key = keys([&remark("manual-gc", "a.rs", 3)]).remove(0);
        assert_eq!(Key::read(&format!("text\n{}\n", key.marker())), Some(key.clone()));
        assert_eq!(Key::read(&format!("{}\ntext", key.marker())), None);
        assert_eq!(Key::read(&format!("> {}", key.marker())), None);
        assert_eq!(Key::read(""), None);
        assert_eq!(Key::read(GONE), None);
    }

    #[test]
    fn findings_that_share_a_fingerprint_are_counted() {
        let one = remark("manual-gc", "a.rs", 3);
        let occurrences: Vec<u32> = keys([&one, &one]).iter().map(|key| key.occurrence).collect();
        assert_eq!(occurrences, [1, 2]);
    }
}
