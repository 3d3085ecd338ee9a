//! The baseline: findings that were there when a code base adopted the tool, by fingerprint and count.
//!
//! A text file with one line a fingerprint, sorted by path, so that two branches merge without conflict unless both
//! touch the same findings.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::finding::{Finding, Lift, Report, Suppressed};

const HEADER: &str = "# Findings that cargo runtime-policy accepts: fingerprint, count, rule, path. Version 1.\n\
                      # Written by `cargo runtime-policy baseline write`; `baseline prune` removes what is mended.\n";

/// What identifies a finding of the baseline, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Path relative to the root of the run.
    pub path: Arc<str>,
    /// The rule's id.
    pub rule: Arc<str>,
    /// The fingerprint.
    pub fingerprint: String,
}

impl Key {
    fn of(finding: &Finding) -> Key {
        Key {
            path: finding.location.path.clone(),
            rule: finding.rule.clone(),
            fingerprint: finding.fingerprint.clone(),
        }
    }
}

/// Accepted findings with how often each may occur.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: BTreeMap<Key, u32>,
}

/// Why a baseline could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaselineError {
    /// Line of the file, counted from 1.
    pub line: usize,
    /// What is wrong with it and how to mend it.
    pub message: String,
}

impl fmt::Display for BaselineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for BaselineError {}

impl Baseline {
    /// Every finding of a report.
    pub fn of(report: &Report) -> Baseline {
        let mut entries = BTreeMap::new();
        for finding in &report.findings {
            *entries.entry(Key::of(finding)).or_default() += 1;
        }
        Baseline { entries }
    }

    /// Reads the file's text.
    ///
    /// # Errors
    /// A line is not a fingerprint, a count, a rule and a path, or repeats an earlier line.
    pub fn parse(text: &str) -> Result<Baseline, BaselineError> {
        let mut entries = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let error = |message: &str| BaselineError { line: index + 1, message: message.to_owned() };
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|mark| line.starts_with(mark)) {
                return Err(error(
                    "an unresolved merge conflict; run `cargo runtime-policy baseline write` anew",
                ));
            }
            let (key, count) = parse_line(line).ok_or_else(|| {
                error("not a fingerprint, a count, a rule and a path with spaces between them")
            })?;
            if entries.insert(key, count).is_some() {
                return Err(error("repeats an earlier line; leave one of them"));
            }
        }
        Ok(Baseline { entries })
    }

    /// Moves accepted findings from the shown to the suppressed ones. Of more findings with one fingerprint than are
    /// accepted, the last ones stay.
    pub fn apply(&self, report: &mut Report) {
        let mut left = self.entries.clone();
        for finding in std::mem::take(&mut report.findings) {
            match left.get_mut(&Key::of(&finding)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    report.suppressed.push(Suppressed { finding, by: Lift::Baseline, reason: String::new() });
                }
                _ => report.findings.push(finding),
            }
        }
        let place =
            |suppressed: &Suppressed| (suppressed.finding.location.clone(), suppressed.finding.rule.clone());
        report.suppressed.sort_by_cached_key(place);
    }

    /// Entries that no finding of a report uses up, with how many are too many. `concerns` says whether a path was
    /// part of the run; entries of other paths are left alone.
    pub fn stale(&self, report: &Report, concerns: impl Fn(&str) -> bool) -> Vec<(Key, u32)> {
        let seen = Baseline::of(report).entries;
        self.entries
            .iter()
            .filter(|(key, _)| concerns(&key.path))
            .filter_map(|(key, count)| {
                let surplus = count.saturating_sub(seen.get(key).copied().unwrap_or(0));
                (surplus > 0).then(|| (key.clone(), surplus))
            })
            .collect()
    }

    /// Without stale entries, as [`Baseline::stale`] gives them.
    pub fn pruned(mut self, stale: &[(Key, u32)]) -> Baseline {
        for (key, surplus) in stale {
            if let Some(count) = self.entries.get_mut(key) {
                *count = count.saturating_sub(*surplus);
            }
        }
        self.entries.retain(|_, count| *count > 0);
        self
    }

    /// How many findings are accepted.
    pub fn total(&self) -> u64 {
        self.entries.values().map(|count| u64::from(*count)).sum()
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (key, count) in &self.entries {
            write!(f, "{} {count} {} ", key.fingerprint, key.rule)?;
            for character in key.path.chars() {
                match character {
                    '\\' => f.write_str("\\\\")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    other => f.write_char(other)?,
                }
            }
            f.write_str("\n")?;
        }
        Ok(())
    }
}

fn parse_line(line: &str) -> Option<(Key, u32)> {
    let mut parts = line.splitn(4, ' ');
    let fingerprint = parts.next()?;
    let count: u32 = parts.next()?.parse().ok().filter(|count| *count > 0)?;
    let rule = parts.next().filter(|rule| !rule.is_empty())?;
    let path = unescape(parts.next().filter(|path| !path.is_empty())?)?;
    let is_digest = fingerprint.len() == 32 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digest
        .then(|| (Key { path: path.into(), rule: rule.into(), fingerprint: fingerprint.to_owned() }, count))
}

fn unescape(path: &str) -> Option<String> {
    let mut plain = String::with_capacity(path.len());
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        plain.push(match character {
            '\\' => match characters.next()? {
                '\\' => '\\',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::tests::finding;

    fn report(places: &[(&str, u32)]) -> Report {
        Report {
            findings: places.iter().map(|(path, line)| finding("manual-gc", path, *line)).collect(),
            ..Report::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let baseline = Baseline::of(&report(&[("src/a b.rs", 3), ("src/a b.rs", 9), ("odd\\na\nme.rs", 1)]));
        let text = baseline.to_string();
        assert_eq!(Baseline::parse(&text), Ok(baseline));
        assert!(text.contains(" 2 manual-gc src/a b.rs\n"), "{text}");
    }

    #[test]
    fn accepted_findings_go_and_new_ones_stay() {
        let baseline = Baseline::of(&report(&[("src/a.rs", 3), ("src/a.rs", 9)]));
        let mut later = report(&[("src/a.rs", 5), ("src/a.rs", 12), ("src/a.rs", 40), ("src/b.rs", 1)]);
        baseline.apply(&mut later);
        let left: Vec<u32> = later.findings.iter().map(|finding| finding.location.start.line).collect();
        assert_eq!(left, [40, 1]);
        assert_eq!(later.suppressed.len(), 2);
    }

    #[test]
    fn what_was_mended_is_stale_and_can_be_pruned() {
        let baseline =
            Baseline::of(&report(&[("src/a.rs", 3), ("src/a.rs", 9), ("src/b.rs", 1), ("old/c.rs", 1)]));
        let now = report(&[("src/a.rs", 3)]);
        let stale = baseline.stale(&now, |path| path.starts_with("src/"));
        let shown: Vec<(&str, u32)> = stale.iter().map(|(key, count)| (key.path.as_ref(), *count)).collect();
        assert_eq!(shown, [("src/a.rs", 1), ("src/b.rs", 1)]);
        let pruned = baseline.pruned(&stale);
        assert_eq!(pruned.total(), 2);
        assert_eq!(pruned.stale(&now, |path| path.starts_with("src/")), []);
    }

    #[test]
    fn a_damaged_file_is_refused_with_its_line() {
        let good = Baseline::of(&report(&[("src/a.rs", 3)])).to_string();
        let line = good.lines().last().map(str::to_owned).unwrap_or_default();
        for (text, at, says) in [
            (format!("{good}{line}\n"), 4, "repeats"),
            (format!("{good}<<<<<<< ours\n"), 4, "merge conflict"),
            ("12 manual-gc src/a.rs\n".to_owned(), 1, "not a fingerprint"),
            (line.replace(" 1 ", " 0 "), 1, "not a fingerprint"),
        ] {
            let error = Baseline::parse(&text).expect_err(&text);
            assert_eq!(error.line, at, "{text}");
            assert!(error.message.contains(says), "{}", error.message);
        }
    }
}
