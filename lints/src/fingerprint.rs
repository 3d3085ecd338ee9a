//! The identity of a finding that survives moved lines.

use xxhash_rust::xxh3::Xxh3;

/// 32 hexadecimal digits of a rule, a path, the enclosing item and the text of the place.
///
/// Runs of white space in `text` count as one space, so that formatting changes nothing. Two findings of one rule in
/// one item with the same text share a fingerprint; whoever compares them counts.
pub fn fingerprint(rule: &str, path: &str, item: &str, text: &str) -> String {
    let mut hash = Xxh3::new();
    for part in [rule, path, item] {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    for word in text.split_whitespace() {
        hash.update(word.as_bytes());
        hash.update(b" ");
    }
    format!("{:032x}", hash.digest128())
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn formatting_does_not_change_it_and_every_part_does() {
        let base = fingerprint("manual-gc", "src/a.rs", "trim", "malloc_trim(0)");
        assert_eq!(base, fingerprint("manual-gc", "src/a.rs", "trim", "  malloc_trim(0)\n"));
        assert_eq!(base.len(), 32);
        for other in [
            fingerprint("profile-rate", "src/a.rs", "trim", "malloc_trim(0)"),
            fingerprint("manual-gc", "src/b.rs", "trim", "malloc_trim(0)"),
            fingerprint("manual-gc", "src/a.rs", "trimmed", "malloc_trim(0)"),
            fingerprint("manual-gc", "src/a.rs", "trim", "malloc_trim(1)"),
        ] {
            assert_ne!(base, other);
        }
    }
}
