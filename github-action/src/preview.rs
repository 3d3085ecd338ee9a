//! What a changed policy would say about the repository, once it is merged.

use std::collections::BTreeMap;

use runtime_policy_lints::finding::{Finding, Level};
use serde::{Deserialize, Serialize};

/// Most effects that are listed.
pub const MOST: usize = 50;

/// The new policy beside the one that holds, both on the head commit's files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// Why the new policy cannot be used, if so.
    pub error: Option<String>,
    /// Findings that would be gone.
    pub gone: usize,
    /// Findings that would be new.
    pub new: usize,
    /// Findings whose level would be another one.
    pub relevelled: usize,
    /// Those of them that come first by path and line, at most [`MOST`].
    pub effects: Vec<Effect>,
}

/// What the new policy would do to one finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Path relative to the repository's root.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// The rule's id.
    pub rule: String,
    /// What was seen.
    pub message: String,
    /// The level by the policy that holds; none, if the finding would be new.
    pub now: Option<Level>,
    /// The level by the new policy; none, if the finding would be gone.
    pub then: Option<Level>,
}

impl Preview {
    /// Compares findings by the policy that holds with those by the new one.
    pub fn of(now: &[Finding], then: &[Finding]) -> Preview {
        let mut sides: BTreeMap<(&str, usize), [Option<&Finding>; 2]> = BTreeMap::new();
        for (side, findings) in [now, then].into_iter().enumerate() {
            let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
            for finding in findings {
                let count = seen.entry(&finding.fingerprint).or_default();
                sides.entry((&finding.fingerprint, *count)).or_default()[side] = Some(finding);
                *count += 1;
            }
        }
        let mut effects: Vec<Effect> = sides.into_values().filter_map(effect).collect();
        effects.sort();
        let count = |is: &dyn Fn(&Effect) -> bool| effects.iter().filter(|effect| is(effect)).count();
        let (gone, new) = (count(&|effect| effect.then.is_none()), count(&|effect| effect.now.is_none()));
        let relevelled = effects.len() - gone - new;
        effects.truncate(MOST);
        Preview { error: None, gone, new, relevelled, effects }
    }

    /// For a policy that cannot be used.
    pub fn wrong(error: &str) -> Preview {
        // What is wrong and where; the lines that show it are for terminals.
        let said = error
            .lines()
            .take(2)
            .map(|line| line.trim_start_matches([' ', '-', '>']).trim_start_matches("error: "));
        Preview { error: Some(said.collect::<Vec<_>>().join(", at ")), ..Preview::default() }
    }

    /// What it comes to, in a sentence.
    pub fn sentence(&self) -> String {
        let count = |number: usize| match number {
            1 => "1 finding".to_owned(),
            number => format!("{number} findings"),
        };
        match &self.error {
            Some(error) => format!("the policy is changed, and the new one cannot be used: {error}"),
            None if self.effects.is_empty() => {
                "the policy is changed; the repository would have the same findings under the new one"
                    .to_owned()
            }
            None => format!(
                "the policy is changed; under the new one {} would be gone, {} new, and {} at another level",
                count(self.gone),
                self.new,
                self.relevelled
            ),
        }
    }
}

fn effect([now, then]: [Option<&Finding>; 2]) -> Option<Effect> {
    let finding = then.or(now)?;
    let level = |finding: Option<&Finding>| finding.map(|finding| finding.level);
    (level(now) != level(then)).then(|| Effect {
        path: finding.location.path.to_string(),
        line: finding.location.start.line,
        rule: finding.rule.to_string(),
        message: finding.message.clone(),
        now: level(now),
        then: level(then),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use runtime_policy_lints::source::{Source, Span};

    fn finding(rule: &str, line: usize, level: Level) -> Finding {
        let source = Source::new(Arc::from("a.rs"), "x\n".repeat(100));
        let start = u32::try_from(line * 2 - 2).expect("a short file");
        Finding {
            rule: rule.into(),
            level,
            location: source.location(Span { start, end: start + 1 }),
            message: "seen".to_owned(),
            why: String::new(),
            help: String::new(),
            related: Vec::new(),
            fix: None,
            fingerprint: rule.to_owned(),
            approvals: None,
        }
    }

    #[test]
    fn what_would_be_new_gone_and_otherwise_is_told_apart() {
        use Level::{Error, Warning};
        let now = [finding("gone", 3, Error), finding("same", 1, Error), finding("level", 2, Error)];
        let then = [finding("level", 2, Warning), finding("same", 1, Error), finding("same", 9, Error)];
        let preview = Preview::of(&now, &then);
        let seen: Vec<_> = preview.effects.iter().map(|e| (&*e.rule, e.line, e.now, e.then)).collect();
        let expected = [
            ("level", 2, Some(Error), Some(Warning)),
            ("gone", 3, Some(Error), None),
            ("same", 9, None, Some(Error)),
        ];
        assert_eq!(seen, expected);
        let sentence = preview.sentence();
        assert!(sentence.ends_with("1 finding would be gone, 1 new, and 1 at another level"), "{sentence}");
    }

    #[test]
    fn of_a_wrong_policy_only_what_and_where_is_said() {
        let error = "error: unknown value `warn`\n --> runtime-policy.toml:2:13\n  |\n2 | gc = \"warn\"\n";
        let said = "unknown value `warn`, at runtime-policy.toml:2:13";
        assert_eq!(Preview::wrong(error).error.as_deref(), Some(said));
        assert_eq!(Preview::wrong("no commit").error.as_deref(), Some("no commit"));
    }

    #[test]
    fn no_more_are_listed_than_people_read() {
        let many: Vec<Finding> = (1..=90).map(|line| finding("r", line, Level::Error)).collect();
        let preview = Preview::of(&[], &many);
        assert_eq!((preview.new, preview.effects.len()), (90, MOST));
    }
}
